"""The data sets and `Dataset`: facts of the data, properties, and every kind of bad input."""

import sys
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import datasets as sklearn_datasets
from sklearn.preprocessing import StandardScaler

from momentum_lab import data
from momentum_lab.data import Dataset, one_hot, read_csv

FEATURES = ("length (mm)", "mass (g)")
CLASSES = ("cat", "dog")
GOOD_CSV = "length (mm),mass (g),species\n1.5,2,cat\n3,4.25,dog\n5,6,cat\n"

seeds = st.integers(0, 2**32)
numbers = st.floats(-1e6, 1e6, allow_subnormal=False)


def small(inputs=((1.0, 2.0), (3.0, 4.0), (5.0, 7.0)), labels=(0, 1, 0), **names):
    """Three made-up items of two classes, any part of which a test may replace."""
    names = {"feature_names": FEATURES, "class_names": CLASSES} | names
    return Dataset(inputs, one_hot(labels, 2), **names)


def of_labels(labels, n_classes):
    """Return a data set whose only feature numbers its items, to see where each item went."""
    names = [f"class {label}" for label in range(n_classes)]
    inputs = np.arange(len(labels), dtype=float)[:, None]
    return Dataset(inputs, one_hot(labels, n_classes), ["row"], names)


def condition_number(dataset):
    """Return the largest over the smallest eigenvalue of the inputs' covariance matrix."""
    eigenvalues = np.linalg.eigvalsh(np.cov(dataset.inputs.T))
    return eigenvalues[-1] / eigenvalues[0]


@st.composite
def labellings(draw):
    """Draw labels of up to four classes, of which each that occurs has two items or more."""
    n_classes = draw(st.integers(1, 4))
    counts = draw(st.lists(st.integers(2, 30), min_size=n_classes, max_size=n_classes))
    return draw(st.permutations(np.repeat(np.arange(n_classes), counts).tolist())), n_classes


# --- the real data --------------------------------------------------------------------------


def test_iris_equals_scikit_learns_copy_in_values_order_and_names():
    oracle = sklearn_datasets.load_iris()
    iris = data.iris()
    np.testing.assert_array_equal(iris.inputs, oracle.data)
    np.testing.assert_array_equal(iris.labels, oracle.target)
    assert list(iris.feature_names) == oracle.feature_names
    assert list(iris.class_names) == list(oracle.target_names)


def test_iris_has_fifty_flowers_of_each_species_in_fishers_order():
    iris = data.iris()
    assert iris.class_names == ("setosa", "versicolor", "virginica")
    np.testing.assert_array_equal(iris.labels, np.repeat([0, 1, 2], 50))


def test_iris_has_fishers_values_in_the_two_rows_that_uci_has_wrong():
    np.testing.assert_array_equal(data.iris().inputs[34], [4.9, 3.1, 1.5, 0.2])
    np.testing.assert_array_equal(data.iris().inputs[37], [4.9, 3.6, 1.4, 0.1])


def test_penguins_are_151_adelie_68_chinstrap_and_123_gentoo():
    penguins = data.penguins()
    assert penguins.class_names == ("Adelie", "Chinstrap", "Gentoo")
    np.testing.assert_array_equal(penguins.targets.sum(axis=0), [151, 68, 123])


def test_penguins_have_the_means_and_ranges_that_r_prints_for_them():
    # summary(penguins) in R, which rounds to four significant digits.
    inputs = data.penguins().inputs
    np.testing.assert_allclose(inputs.mean(axis=0), [43.92, 17.15, 200.9, 4202], rtol=2e-4)
    np.testing.assert_array_equal(inputs.min(axis=0), [32.1, 13.1, 172, 2700])
    np.testing.assert_array_equal(inputs.max(axis=0), [59.6, 21.5, 231, 6300])


def test_penguins_condition_number_falls_by_four_orders_of_magnitude_when_standardized():
    raw = condition_number(data.penguins())
    standardized = condition_number(data.penguins().standardized())
    assert raw == pytest.approx(274_502, rel=1e-5)
    assert standardized == pytest.approx(25.382, rel=1e-4)
    assert 4 < np.log10(raw / standardized) < 5


def test_penguins_mass_varies_400_times_as_much_as_bill_depth():
    _, depth, _, mass = data.penguins().inputs.std(axis=0)
    assert mass / depth == pytest.approx(400, rel=0.02)


def test_digits_equal_scikit_learns_with_pixels_from_0_to_16():
    oracle = sklearn_datasets.load_digits()
    digits = data.digits()
    np.testing.assert_array_equal(digits.inputs, oracle.data)
    np.testing.assert_array_equal(digits.labels, oracle.target)
    assert list(digits.feature_names) == oracle.feature_names
    assert digits.class_names == tuple("0123456789")
    assert (digits.inputs.min(), digits.inputs.max()) == (0, 16)


def test_digits_standardize_although_some_pixels_are_always_empty():
    digits = data.digits()
    empty = (digits.inputs == 0).all(axis=0)
    assert empty.sum() == 3
    np.testing.assert_array_equal(digits.standardized().inputs[:, empty], 0)


def test_digits_without_scikit_learn_say_what_to_install(monkeypatch):
    data.digits.cache_clear()
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ModuleNotFoundError, match="digits.*needs scikit-learn: pip install"):
        data.digits()


# --- the made-up data -----------------------------------------------------------------------


@pytest.mark.parametrize("n_items", [2, 7, 200])
def test_two_moons_without_noise_are_scikit_learns(n_items):
    moons = data.two_moons(n_items, noise=0)
    inputs, labels = sklearn_datasets.make_moons(n_items, shuffle=False, noise=None)
    np.testing.assert_allclose(moons.inputs, inputs, atol=1e-14)
    np.testing.assert_array_equal(moons.labels, labels)


def test_two_moons_spread_around_their_arcs_by_the_noise():
    quiet, noisy = data.two_moons(4000, 0), data.two_moons(4000, 0.15)
    assert (noisy.inputs - quiet.inputs).std() == pytest.approx(0.15, rel=0.03)


def test_spirals_are_one_arm_turned_by_equal_angles():
    spirals = data.spirals(30, 3, noise=0)
    first, second, third = (x + 1j * y for x, y in spirals.inputs.reshape(3, 10, 2).swapaxes(1, 2))
    third_of_a_turn = np.exp(2j * np.pi / 3)
    np.testing.assert_allclose(second, first * third_of_a_turn)
    np.testing.assert_allclose(third, second * third_of_a_turn)
    np.testing.assert_allclose(np.abs(first[[0, -1]]), [0.3, 2])
    assert np.angle(first[-1] / first[0]) == pytest.approx(np.pi)


@given(n_classes=st.integers(2, 6), extra=st.integers(0, 50))
def test_spirals_share_out_their_items_as_evenly_as_they_can(n_classes, extra):
    spirals = data.spirals(n_classes + extra, n_classes)
    counts = spirals.targets.sum(axis=0)
    assert spirals.n_items == n_classes + extra
    assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize("make", [data.two_moons, data.spirals])
@given(n_items=st.integers(3, 50), noise=st.floats(0, 2), seed=seeds)
def test_equal_arguments_make_equal_bytes(make, n_items, noise, seed):
    first, second = (make(n_items, noise=noise, seed=seed) for _ in range(2))
    assert first.inputs.tobytes() == second.inputs.tobytes()
    assert first.targets.tobytes() == second.targets.tobytes()


@pytest.mark.parametrize("make", [data.two_moons, data.spirals])
def test_another_seed_makes_other_data(make):
    assert make(seed=0).inputs.tobytes() != make(seed=1).inputs.tobytes()


@pytest.mark.parametrize(
    ("make", "arguments", "error", "message"),
    [
        (data.two_moons, {"n_items": 1}, ValueError, "n_items must be at least 2, got 1"),
        (data.two_moons, {"n_items": 20.5}, TypeError, "n_items must be a whole number"),
        (data.two_moons, {"noise": -0.1}, ValueError, "noise must be at least 0, got -0.1"),
        (data.two_moons, {"noise": np.nan}, ValueError, "noise must be finite, got nan"),
        (data.two_moons, {"noise": [0.1, 0.2]}, TypeError, "noise must be one number"),
        (data.two_moons, {"noise": "loud"}, TypeError, "noise must be numbers, got 'loud'"),
        (data.two_moons, {"seed": -1}, ValueError, "seed must be at least 0, got -1"),
        (data.two_moons, {"seed": None}, TypeError, "seed must be a whole number"),
        (data.spirals, {"n_classes": 1}, ValueError, "n_classes must be at least 2, got 1"),
        (data.spirals, {"n_items": 4, "n_classes": 5}, ValueError, "n_items must be at least 5"),
        (data.spirals, {"noise": -1}, ValueError, "noise must be at least 0, got -1"),
        (data.spirals, {"seed": 0.5}, TypeError, "seed must be a whole number"),
    ],
)
def test_made_up_data_refuse_bad_arguments(make, arguments, error, message):
    with pytest.raises(error, match=message):
        make(**arguments)


# --- finding a data set by name -------------------------------------------------------------


def test_every_known_data_set_loads_under_its_own_name_as_float64():
    assert list(data.DATASETS) == ["iris", "penguins", "two_moons", "spirals", "digits"]
    for name in data.DATASETS:
        dataset = data.load(name)
        assert dataset.name == name
        assert dataset.inputs.dtype == dataset.targets.dtype == np.float64
        assert dataset.inputs.flags.c_contiguous and dataset.targets.flags.c_contiguous


def test_an_unknown_name_is_answered_with_the_nearest_known_one():
    with pytest.raises(ValueError, match="unknown data set 'irs': did you mean 'iris'.*penguins"):
        data.load("irs")


def test_a_name_like_no_other_is_answered_with_the_known_ones_only():
    with pytest.raises(ValueError, match="unknown data set 42: Known: iris, penguins"):
        data.load(42)


# --- Dataset --------------------------------------------------------------------------------


def test_dataset_describes_itself_in_one_line():
    assert repr(data.iris()) == "Dataset iris: 150 items, 4 features, 3 classes"
    assert repr(small()) == "Dataset: 3 items, 2 features, 2 classes"


def test_dataset_counts_items_features_and_classes_and_knows_labels():
    dataset = small()
    assert (dataset.n_items, dataset.n_features, dataset.n_classes) == (3, 2, 2)
    np.testing.assert_array_equal(dataset.labels, [0, 1, 0])


def test_dataset_keeps_its_own_copy_of_what_it_is_given():
    inputs, targets = np.ones((3, 2)), one_hot([0, 1, 0], 2)
    dataset = Dataset(inputs, targets, FEATURES, CLASSES)
    inputs[:], targets[:] = 7, 0
    np.testing.assert_array_equal(dataset.inputs, np.ones((3, 2)))
    np.testing.assert_array_equal(dataset.labels, [0, 1, 0])


def test_dataset_cannot_be_changed():
    dataset = small()
    with pytest.raises(FrozenInstanceError):
        dataset.inputs = np.zeros((3, 2))
    for array in (dataset.inputs, dataset.targets):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 5


@pytest.mark.parametrize(
    "layout", [np.asfortranarray, lambda array: np.repeat(array, 2, axis=0)[::2], np.ndarray.tolist]
)
def test_dataset_stores_any_layout_as_contiguous_float64(layout):
    whole_numbers = np.arange(6).reshape(3, 2)
    dataset = small(layout(whole_numbers))
    assert dataset.inputs.dtype == np.float64 and dataset.inputs.flags.c_contiguous
    np.testing.assert_array_equal(dataset.inputs, whole_numbers)


def test_dataset_names_become_tuples():
    dataset = small(feature_names=list(FEATURES), class_names=np.array(CLASSES))
    assert dataset.feature_names == FEATURES
    assert dataset.class_names == CLASSES
    assert type(dataset.class_names[0]) is str


NAN_IN_ROW_1 = [[1.0, 2.0], [3.0, np.nan], [np.inf, 4.0]]


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"inputs": [1.0, 2.0, 3.0]}, ValueError, r"inputs must have two dim.*got shape \(3,\)"),
        ({"inputs": np.empty((0, 2))}, ValueError, r"inputs .*not be empty, got shape \(0, 2\)"),
        ({"inputs": np.empty((3, 0))}, ValueError, r"inputs .*not be empty, got shape \(3, 0\)"),
        ({"inputs": np.ones((4, 2))}, ValueError, "same number of rows, got 4 and 3"),
        ({"inputs": NAN_IN_ROW_1}, ValueError, r"inputs must be finite, got nan at index \(1, 1\)"),
        ({"inputs": [[1, 2], [3, 4], [-np.inf, 0]]}, ValueError, r"-inf at index \(2, 0\)"),
        ({"inputs": [["a", 2], [3, 4], [5, 6]]}, TypeError, "inputs must be numbers, got.*'a'"),
        ({"inputs": [[1, 2], [3], [5, 6]]}, TypeError, "inputs must be numbers"),
        ({"inputs": None}, TypeError, "inputs must be numbers"),
        ({"targets": [0, 1, 0]}, ValueError, r"targets must have two dim.*see one_hot\(\)"),
        ({"targets": np.empty((3, 0))}, ValueError, "targets must .*not be empty"),
        ({"targets": [[1, 0], [0.5, 0.5], [2, -1]]}, ValueError, "one-hot.* in row 1"),
        ({"targets": [[1, 0], [0, 1], [1, 1]]}, ValueError, "one-hot.* in row 2"),
        ({"targets": [[0, 0], [0, 1], [1, 0]]}, ValueError, "one-hot.* in row 0"),
        ({"targets": [[np.nan, 1], [0, 1], [1, 0]]}, ValueError, "targets must be finite, got nan"),
        ({"targets": [["yes", "no"]] * 3}, TypeError, "targets must be numbers"),
        ({"feature_names": ["one"]}, ValueError, r"feature_names must be 2 names.*got \('one',\)"),
        ({"feature_names": "ab"}, ValueError, r"feature_names must be 2 names.*got \('ab',\)"),
        ({"feature_names": [1, 2]}, TypeError, r"feature_names must be text, got \(1, 2\)"),
        ({"class_names": ["a", "b", "c"]}, ValueError, "class_names must be 2 names"),
        ({"class_names": ["a", None]}, TypeError, "class_names must be text"),
    ],
)
def test_dataset_refuses_bad_parts(changes, error, message):
    parts = {
        "inputs": np.ones((3, 2)),
        "targets": one_hot([0, 1, 0], 2),
        "feature_names": FEATURES,
        "class_names": CLASSES,
    }
    with pytest.raises(error, match=message):
        Dataset(**parts | changes)


# --- one_hot --------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 6), min_size=1, max_size=30))
def test_one_hot_is_undone_by_the_place_of_the_largest_value(labels):
    targets = one_hot(labels, 7)
    assert targets.shape == (len(labels), 7)
    np.testing.assert_array_equal(targets.argmax(axis=1), labels)
    np.testing.assert_array_equal(targets.sum(axis=1), 1)
    assert set(np.unique(targets)) == {0.0, 1.0}


@pytest.mark.parametrize(
    ("labels", "n_classes", "error", "message"),
    [
        ([0, 3, 7], 3, ValueError, "labels must be from 0 to 2, got 3"),
        ([0, -1], 3, ValueError, "labels must be from 0 to 2, got -1"),
        ([], 3, ValueError, "labels must be a list of at least one"),
        ([[0, 1]], 3, ValueError, r"labels must be a list.*got shape \(1, 2\)"),
        ([0.0, 1.0], 3, TypeError, "labels must be whole numbers, got values of type float64"),
        (["cat"], 3, TypeError, "labels must be whole numbers"),
        ([0], 0, ValueError, "n_classes must be at least 1, got 0"),
        ([0], 2.5, TypeError, "n_classes must be a whole number"),
    ],
)
def test_one_hot_refuses_bad_labels(labels, n_classes, error, message):
    with pytest.raises(error, match=message):
        one_hot(labels, n_classes)


# --- standardized ---------------------------------------------------------------------------


@pytest.mark.parametrize("make", [data.iris, data.penguins, data.digits])
def test_standardized_agrees_with_scikit_learns_standard_scaler(make):
    train, test = make().split(0.3, seed=1)
    scaler = StandardScaler().fit(train.inputs)
    for part in (train, test):
        expected = scaler.transform(part.inputs)
        np.testing.assert_allclose(part.standardized(train).inputs, expected, atol=1e-11)


@given(arrays(np.float64, st.tuples(st.integers(2, 12), st.just(2)), elements=numbers))
def test_standardized_features_have_mean_0_and_sd_1_or_are_constant(inputs):
    spread = inputs.std(axis=0)
    large = 1e-6 * (1 + np.abs(inputs).max())  # below this, rounding alone moves the sd
    standardized = small(inputs, np.zeros(len(inputs), dtype=int)).standardized().inputs
    np.testing.assert_allclose(standardized[:, spread > large].mean(axis=0), 0, atol=1e-8)
    np.testing.assert_allclose(standardized[:, spread > large].std(axis=0), 1, rtol=1e-8)
    constant = (inputs == inputs[0]).all(axis=0)
    np.testing.assert_array_equal(standardized[:, constant], 0)


@given(numbers, st.integers(2, 200))
def test_a_constant_feature_becomes_exactly_zero_whatever_its_value(value, n_items):
    inputs = np.column_stack([np.full(n_items, value), np.arange(n_items)])
    standardized = small(inputs, np.zeros(n_items, dtype=int)).standardized()
    np.testing.assert_array_equal(standardized.inputs[:, 0], 0)


def test_a_feature_constant_in_the_reference_is_only_centred():
    reference = small([[0.1, 1.0], [0.1, 2.0], [0.1, 3.0]])
    standardized = small([[0.1, 2.0], [5.1, 2.0], [-2.9, 2.0]]).standardized(reference)
    np.testing.assert_allclose(standardized.inputs, [[0, 0], [5, 0], [-3, 0]], atol=1e-15)


def test_standardized_leaves_the_original_and_the_names_alone():
    iris = data.iris()
    before = iris.inputs.tobytes()
    standardized = iris.standardized()
    assert iris.inputs.tobytes() == before
    np.testing.assert_array_equal(standardized.targets, iris.targets)
    assert standardized.feature_names == iris.feature_names
    assert standardized.name == "iris"


@pytest.mark.parametrize(
    ("reference", "error", "message"),
    [
        (data.iris().inputs, TypeError, "reference must be a Dataset, got ndarray"),
        (data.iris(), ValueError, "reference must have 2 features as the data, got 4"),
    ],
)
def test_standardized_refuses_a_reference_that_does_not_fit(reference, error, message):
    with pytest.raises(error, match=message):
        small().standardized(reference)


def test_standardized_says_which_feature_is_too_large():
    huge = small([[1.0, 1e200], [2.0, -1e200], [3.0, 0.0]])
    with pytest.raises(ValueError, match=r"feature 'mass \(g\)' is too large"):
        huge.standardized()


# --- split and take -------------------------------------------------------------------------


@given(labellings(), st.floats(0.01, 0.99), seeds)
def test_split_gives_each_item_to_exactly_one_side(labelling, test_fraction, seed):
    labels, n_classes = labelling
    train, test = of_labels(labels, n_classes).split(test_fraction, seed)
    rows = np.concatenate([train.inputs[:, 0], test.inputs[:, 0]])
    np.testing.assert_array_equal(np.sort(rows), np.arange(len(labels)))
    for part in (train, test):
        np.testing.assert_array_equal(part.labels, np.array(labels)[part.inputs[:, 0].astype(int)])


@given(labellings(), st.floats(0.01, 0.99), seeds)
def test_split_gives_each_class_its_share_and_at_least_one_item(labelling, test_fraction, seed):
    dataset = of_labels(*labelling)
    train, test = dataset.split(test_fraction, seed)
    counts, n_test = dataset.targets.sum(axis=0), test.targets.sum(axis=0)
    assert (n_test >= 1).all() and (train.targets.sum(axis=0) >= 1).all()
    exact_share = np.clip(test_fraction * counts, 1, counts - 1)
    assert (np.abs(n_test - exact_share) <= 0.5).all()


def test_split_of_iris_keeps_the_species_equal():
    train, test = data.iris().split()
    np.testing.assert_array_equal(train.targets.sum(axis=0), [40, 40, 40])
    np.testing.assert_array_equal(test.targets.sum(axis=0), [10, 10, 10])


def test_split_repeats_with_its_seed_and_changes_with_another():
    first, again, other = (data.iris().split(seed=seed)[0].inputs.tobytes() for seed in (5, 5, 6))
    assert first == again
    assert first != other


def test_split_chooses_the_test_items_of_each_class_by_the_seed():
    dataset = of_labels([0] * 50 + [1] * 50, 2)
    chosen = [set(dataset.split(seed=seed)[1].inputs[:, 0]) for seed in (0, 1)]
    for rows in (set(range(50)), set(range(50, 100))):
        assert chosen[0] & rows != chosen[1] & rows


def test_split_mixes_the_classes():
    train, test = data.iris().split()
    assert (np.diff(train.labels) < 0).any() and (np.diff(test.labels) < 0).any()


def test_split_passes_over_a_class_without_items():
    setosa_and_virginica = data.iris().take([*range(50), *range(100, 150)])
    train, test = setosa_and_virginica.split(0.1)
    np.testing.assert_array_equal(train.targets.sum(axis=0), [45, 0, 45])
    np.testing.assert_array_equal(test.targets.sum(axis=0), [5, 0, 5])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"test_fraction": 0}, ValueError, "test_fraction must be between 0 and 1, got 0"),
        ({"test_fraction": 1.0}, ValueError, "test_fraction must be between 0 and 1, got 1.0"),
        ({"test_fraction": 30}, ValueError, "test_fraction must be between 0 and 1, got 30"),
        ({"test_fraction": np.nan}, ValueError, "test_fraction must be finite, got nan"),
        ({"test_fraction": "half"}, TypeError, "test_fraction must be numbers, got 'half'"),
        ({"seed": -3}, ValueError, "seed must be at least 0, got -3"),
        ({"seed": None}, TypeError, "seed must be a whole number"),
    ],
)
def test_split_refuses_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        data.iris().split(**arguments)


def test_split_names_the_class_that_has_a_single_item():
    with pytest.raises(ValueError, match="two items of each class, got 1 of 'dog'"):
        small().split()


def test_take_gives_the_named_rows_in_the_named_order():
    taken = data.iris().take([149, 0, 0])
    np.testing.assert_array_equal(taken.inputs, data.iris().inputs[[149, 0, 0]])
    np.testing.assert_array_equal(taken.labels, [2, 0, 0])
    assert taken.class_names == data.iris().class_names


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        ([0, 150], ValueError, "rows must be from 0 to 149, got 150"),
        ([-1], ValueError, "rows must be from 0 to 149, got -1"),
        ([], ValueError, "rows must be a list of at least one number"),
        (7, ValueError, "rows must be a list of at least one number"),
        ([0.5], TypeError, "rows must be whole numbers"),
        ([True] * 150, TypeError, "rows must be whole numbers, got values of type bool"),
    ],
)
def test_take_refuses_bad_rows(rows, error, message):
    with pytest.raises(error, match=message):
        data.iris().take(rows)


# --- csv files ------------------------------------------------------------------------------


def read_text(tmp_path, text, **arguments):
    """Write `text` (or bytes) to animals.csv and read it as two features and two classes."""
    path = tmp_path / "animals.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_csv(path, FEATURES, CLASSES, **arguments)


def test_read_csv_returns_the_numbers_and_classes_of_the_file(tmp_path):
    animals = read_text(tmp_path, GOOD_CSV, n_items=3)
    np.testing.assert_array_equal(animals.inputs, [[1.5, 2], [3, 4.25], [5, 6]])
    np.testing.assert_array_equal(animals.labels, [0, 1, 0])
    assert (animals.feature_names, animals.class_names) == (FEATURES, CLASSES)
    assert animals.name == "animals"


@pytest.mark.parametrize(
    "harmless",
    [
        "\ufeff" + GOOD_CSV,
        GOOD_CSV.replace("\n", "\r\n"),
        GOOD_CSV + "\n\n",
        GOOD_CSV.removesuffix("\n"),
        GOOD_CSV.replace("cat", '"cat"'),
        "island,species,mass (g),length (mm)\nA,cat,2,1.5\nB,dog,4.25,3\nC,cat,6,5\n",
    ],
    ids=["byte order mark", "crlf", "blank lines", "no last newline", "quotes", "other columns"],
)
def test_read_csv_does_not_mind_how_the_file_was_saved(tmp_path, harmless):
    animals = read_text(tmp_path, harmless)
    np.testing.assert_array_equal(animals.inputs, [[1.5, 2], [3, 4.25], [5, 6]])
    np.testing.assert_array_equal(animals.labels, [0, 1, 0])


def test_read_csv_takes_a_path_as_text(tmp_path):
    (tmp_path / "animals.csv").write_text(GOOD_CSV)
    assert read_csv(str(tmp_path / "animals.csv"), FEATURES, CLASSES).n_items == 3


@pytest.mark.parametrize(
    ("good", "damaged", "message"),
    [
        (GOOD_CSV, "", r"line 1: expected one column 'length \(mm\)', found 0 among \[\]"),
        ("mass (g),", "weight,", r"line 1: expected one column 'mass \(g\)', found 0 among"),
        ("mass (g),", "length (mm),", r"line 1: expected one column 'length \(mm\)', found 2"),
        (",species", ",kind", "line 1: expected one column 'species', found 0"),
        ("3,4.25,dog", "3,dog", r"line 3: expected 3 fields, found 2: \['3', 'dog'\]"),
        ("3,4.25,dog", "3,4,25,dog", "line 3: expected 3 fields, found 4"),
        ("4.25", "4.25g", r"line 3: mass \(g\) must be numbers, got '4.25g'"),
        ("4.25", "", r"line 3: mass \(g\) must be numbers, got ''"),
        ("4.25", "nan", r"line 3: mass \(g\) must be finite, got nan"),
        ("5,6", "-inf,6", r"line 4: length \(mm\) must be finite, got -inf"),
        ("dog", "cow", "line 3: unknown class 'cow': .*Known: cat, dog"),
        ("5,6,cat\n", "", "line 3: the file ends with 2 items, expected 3"),
        ("5,6,cat\n", "5,6,cat\n7,8,dog\n", "line 5: the file ends with 4 items, expected 3"),
        ("3,4.25,dog", '"3,4.25,dog', "line 4: unexpected end of data"),
        (b"dog", b"d\xf6g", "line 3: unknown class 'd\ufffdg'"),
        (b"4.25", b"4\x00.25", r"line 3: mass \(g\) must be numbers, got"),
    ],
)
def test_read_csv_names_file_and_line_of_the_damage(tmp_path, good, damaged, message):
    text = GOOD_CSV if isinstance(good, str) else GOOD_CSV.encode()
    assert text.count(good) == 1
    with pytest.raises(ValueError, match=f"^animals.csv, {message}"):
        read_text(tmp_path, text.replace(good, damaged), n_items=3)


def test_read_csv_wants_at_least_one_item(tmp_path):
    header = GOOD_CSV.splitlines()[0]
    with pytest.raises(ValueError, match="line 1: the file ends with 0 items, expected at least 1"):
        read_text(tmp_path, header)


@pytest.mark.parametrize("make", [data.iris, data.penguins])
def test_a_shipped_file_that_lost_its_last_line_is_noticed(make, tmp_path, monkeypatch):
    name = make.__name__
    whole = (data.FOLDER / f"{name}.csv").read_text()
    (tmp_path / f"{name}.csv").write_text("\n".join(whole.splitlines()[:-1]))
    monkeypatch.setattr(data, "FOLDER", tmp_path)
    make.cache_clear()
    with pytest.raises(ValueError, match=f"^{name}.csv, line .*: the file ends with"):
        make()


def test_read_csv_says_when_there_is_no_such_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere.csv"):
        read_csv(tmp_path / "nowhere.csv", FEATURES, CLASSES)


@given(rows=st.lists(st.tuples(numbers, numbers, st.sampled_from(CLASSES)), min_size=1))
def test_read_csv_reads_back_to_the_last_bit_what_was_written(tmp_path_factory, rows):
    lines = ["length (mm),mass (g),species", *(f"{x!r},{y!r},{name}" for x, y, name in rows)]
    animals = read_text(tmp_path_factory.mktemp("csv"), "\n".join(lines))
    np.testing.assert_array_equal(animals.inputs, [row[:2] for row in rows])
    assert [animals.class_names[label] for label in animals.labels] == [row[2] for row in rows]
