"""Data sets: Fisher's iris, the Palmer penguins, 8×8 digits and two made-up ones.

Each function returns a `Dataset`, which cannot be changed; `load` finds one by its name. The csv
files lie beside this file, with their licence notes.
"""

import csv
import functools
import io
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from momentum_lab import validation as check

FOLDER = Path(__file__).parent


@dataclass(frozen=True, eq=False)  # == would compare arrays element by element
class Dataset:
    """Items to learn from: `inputs` (n_items, n_features), one-hot `targets` (n_items, n_classes).

    Both are copied to read-only float64 arrays. Raises ValueError for what is empty, not finite,
    not one-hot or does not fit together; TypeError for what is no number, and for names of no text.
    """

    inputs: np.ndarray
    targets: np.ndarray
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]
    name: str = ""

    def __post_init__(self):
        inputs = _table("inputs", self.inputs, "(n_items, n_features)")
        targets = _table("targets", self.targets, "(n_items, n_classes), see one_hot()")
        if len(inputs) != len(targets):
            lengths = f"{len(inputs)} and {len(targets)}"
            raise ValueError(f"inputs and targets must have the same number of rows, got {lengths}")
        features = _names("feature_names", self.feature_names, inputs.shape[1])
        classes = _names("class_names", self.class_names, targets.shape[1])
        targets = check.one_hot_targets(targets)
        names = {"feature_names": features, "class_names": classes}
        vars(self).update(inputs=inputs, targets=targets, **names)  # the fields are frozen

    n_items = property(lambda self: self.inputs.shape[0], doc="The number of items (rows).")
    n_features = property(lambda self: self.inputs.shape[1], doc="The number of measurements.")
    n_classes = property(lambda self: self.targets.shape[1], doc="Also of those without items.")
    labels = property(lambda self: self.targets.argmax(axis=1), doc="Each item's class, from 0.")

    def __repr__(self):
        sizes = f"{self.n_items} items, {self.n_features} features, {self.n_classes} classes"
        return f"Dataset {self.name}".strip() + f": {sizes}"

    def standardized(self, reference=None):
        """Return the data with x ← (x − mean) / sd for each feature; a constant one is centred.

        Mean and population sd are those of the Dataset `reference`, by default this one: scale
        a test set by its training set, `test.standardized(train)`. Raises TypeError for another
        type, ValueError for another number of features or one that is too large to have an sd.
        """
        reference = self if reference is None else reference
        if not isinstance(reference, Dataset):
            raise TypeError(f"reference must be a Dataset, got {type(reference).__name__}")
        if reference.n_features != self.n_features:
            sizes = f"{self.n_features} features as the data, got {reference.n_features}"
            raise ValueError(f"reference must have {sizes}")
        inputs = reference.inputs
        with np.errstate(over="ignore", invalid="ignore"):  # reported just below
            mean, sd = inputs.mean(axis=0), inputs.std(axis=0)
        if not np.isfinite(sd).all():
            feature = reference.feature_names[np.argmin(np.isfinite(sd))]
            raise ValueError(f"feature {feature!r} is too large to be standardized")
        # Rounding gives a constant column a tiny sd; dividing by that would turn it into noise.
        constant = (inputs == inputs[0]).all(axis=0) | (sd == 0)
        mean[constant], sd[constant] = inputs[0, constant], 1
        return replace(self, inputs=(self.inputs - mean) / sd)

    def split(self, test_fraction=0.2, seed=0):
        """Return the data sets (train, test), with the items mixed in an order set by the `seed`.

        Each class gives round(test_fraction · its items) to `test`, but at least one to either
        side. Raises ValueError unless 0 < test_fraction < 1 and each class present has two items.
        """
        share = check.one_number("test_fraction", test_fraction)
        if not 0 < share < 1:
            raise ValueError(f"test_fraction must be between 0 and 1, got {share}")
        rng = np.random.default_rng(check.whole_number("seed", seed, 0))
        train, test = [], []
        for label in np.unique(self.labels):
            rows = rng.permutation(np.flatnonzero(self.labels == label))
            if len(rows) == 1:
                name = self.class_names[label]
                raise ValueError(f"split needs two items of each class, got 1 of {name!r}")
            n_test = min(max(round(share * len(rows)), 1), len(rows) - 1)
            test.extend(rows[:n_test])
            train.extend(rows[n_test:])
        return self.take(rng.permutation(train)), self.take(rng.permutation(test))

    def take(self, rows):
        """Return the data set of these rows, in this order; raises as `one_hot` for its labels."""
        rows = _whole_numbers("rows", rows, self.n_items)
        return replace(self, inputs=self.inputs[rows], targets=self.targets[rows])


def one_hot(labels, n_classes):
    """Return targets (n_items, n_classes): a 1 in the column of each item's label, else 0.

    Raises TypeError unless labels are whole numbers, ValueError for none or one out of range.
    """
    n_classes = check.whole_number("n_classes", n_classes, 1)
    return np.eye(n_classes)[_whole_numbers("labels", labels, n_classes)]


@functools.cache  # safe to share: a Dataset cannot be changed
def iris():
    """Return Fisher's iris: 150 flowers, 4 lengths and widths in cm, 50 of each of 3 species.

    The values are those of the paper: the UCI file has two rows wrong (see README.md beside it).
    Source: Fisher 1936, The use of multiple measurements in taxonomic problems.
    """
    features = ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)")
    return read_csv(FOLDER / "iris.csv", features, ("setosa", "versicolor", "virginica"), 150)


@functools.cache
def penguins():
    """Return the Palmer penguins: 342 birds, 4 measurements in mm and g, 3 species.

    The sd of the body mass in g is 400 times that of the bill depth in mm: a lesson on scaling.
    Source: Horst, Hill & Gorman 2020, palmerpenguins (CC0); Gorman, Williams & Fraser 2014.
    """
    features = ("bill length (mm)", "bill depth (mm)", "flipper length (mm)", "body mass (g)")
    return read_csv(FOLDER / "penguins.csv", features, ("Adelie", "Chinstrap", "Gentoo"), 342)


@functools.cache
def digits():
    """Return 1797 handwritten digits: 8×8 pixels with ink from 0 to 16, classes "0" to "9".

    Raises ModuleNotFoundError without scikit-learn, which brings the data.
    Source: Alpaydin & Kaynak 1998, Optical Recognition of Handwritten Digits (UCI).
    """
    try:
        from sklearn.datasets import load_digits
    except ModuleNotFoundError as missing:
        message = "digits() needs scikit-learn: pip install scikit-learn"
        raise ModuleNotFoundError(message, name=missing.name) from missing
    inputs, labels = load_digits(return_X_y=True)
    features = [f"pixel_{row}_{column}" for row in range(8) for column in range(8)]
    return Dataset(inputs, one_hot(labels, 10), features, list("0123456789"), "digits")


def two_moons(n_items=200, noise=0.15, seed=0):
    """Return two interlocked half circles of radius 1 in the plane, one for each class.

    `noise` is the sd of what is added to both coordinates, in radii; the upper moon comes first.
    Raises ValueError for fewer than 2 items or a negative noise.
    """
    n_items = check.whole_number("n_items", n_items, 2)
    upper = _circle(np.linspace(0, np.pi, n_items // 2))
    lower = (1.0, 0.5) - _circle(np.linspace(0, np.pi, n_items - n_items // 2))
    return _from_arms("two_moons", [upper, lower], ("upper", "lower"), noise, seed)


def spirals(n_items=210, n_classes=3, noise=0.1, seed=0):
    """Return spiral arms that wind half a turn around each other, one for each class.

    Along an arm the radius grows from 0.3 to 2; `noise` is the sd added to both coordinates.
    Raises ValueError for fewer than 2 classes or items than classes, or a negative noise.
    """
    n_classes = check.whole_number("n_classes", n_classes, 2)
    n_items = check.whole_number("n_items", n_items, n_classes)
    arms = []
    for index, part in enumerate(np.array_split(np.arange(n_items), n_classes)):
        along = np.linspace(0, 1, len(part))
        turned = _circle(2 * np.pi * (index / n_classes + along / 2))
        arms.append((0.3 + 1.7 * along)[:, None] * turned)
    classes = [f"arm {index}" for index in range(1, n_classes + 1)]
    return _from_arms("spirals", arms, classes, noise, seed)


DATASETS = {make.__name__: make for make in (iris, penguins, two_moons, spirals, digits)}
"""Every data set's function by its name, in the order in which the dashboards offer them."""


def load(name):
    """Return the data set called `name` in `DATASETS`; an unknown name is a ValueError."""
    return check.by_name("data set", name, DATASETS)()


def read_csv(path, feature_names, class_names, n_items=None):
    """Return the data set in a csv file: a header, then a line for each item; `species` its class.

    The columns `feature_names` become the inputs, in this order; others are not read. `n_items`,
    if given, is how many items there must be. Raises FileNotFoundError, and ValueError that names
    the line for whatever is wrong in the file.
    """
    path = Path(path)
    # A byte that is not UTF-8 becomes a mark that no number and no class contains.
    text = path.read_bytes().decode("utf-8-sig", errors="replace")
    lines = csv.reader(io.StringIO(text), strict=True)
    try:
        items = list(_items(filter(None, lines), feature_names, class_names))
        if not items or n_items not in (None, len(items)):
            wanted = n_items or "at least 1"
            raise ValueError(f"the file ends with {len(items)} items, expected {wanted}")
    except (ValueError, TypeError, csv.Error) as error:
        raise ValueError(f"{path.name}, line {lines.line_num or 1}: {error}") from error
    inputs, labels = zip(*items, strict=True)
    return Dataset(inputs, one_hot(labels, len(class_names)), feature_names, class_names, path.stem)


def _items(lines, feature_names, class_names):
    """Give the numbers of each item and the position of its class."""
    header, classes = next(lines, []), {name: label for label, name in enumerate(class_names)}
    for name in (*feature_names, "species"):
        if (found := header.count(name)) != 1:
            raise ValueError(f"expected one column {name!r}, found {found} among {header}")
    for fields in lines:
        if len(fields) != len(header):
            raise ValueError(f"expected {len(header)} fields, found {len(fields)}: {fields}")
        item = dict(zip(header, fields, strict=True))
        numbers = [check.one_number(name, item[name]) for name in feature_names]
        yield numbers, check.by_name("class", item["species"], classes)


def _table(name, value, shape):
    array = np.array(check.finite(name, value), order="C")
    if array.ndim != 2 or array.size == 0:
        wanted = f"two dimensions {shape} and not be empty"
        raise ValueError(f"{name} must have {wanted}, got shape {array.shape}")
    array.flags.writeable = False
    return array


def _names(name, value, length):
    names = (value,) if isinstance(value, str) else tuple(value)  # a lone string is one name
    if not all(isinstance(text, str) for text in names):
        raise TypeError(f"{name} must be text, got {names}")
    if len(names) != length:
        raise ValueError(f"{name} must be {length} names, one for each column, got {names}")
    return tuple(map(str, names))


def _whole_numbers(name, value, end):
    array = np.asarray(value)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"{name} must be a list of at least one number, got shape {array.shape}")
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} must be whole numbers, got values of type {array.dtype}")
    return check.required(name, array, (array >= 0) & (array < end), f"from 0 to {end - 1}")


def _circle(angle):
    return np.column_stack([np.cos(angle), np.sin(angle)])


def _from_arms(name, arms, class_names, noise, seed):
    points = np.concatenate(arms)
    noise = check.one_number("noise", check.at_least(0, "noise", noise))
    rng = np.random.default_rng(check.whole_number("seed", seed, 0))
    inputs = points + rng.normal(0.0, noise, points.shape)
    labels = np.repeat(np.arange(len(arms)), [len(arm) for arm in arms])
    return Dataset(inputs, one_hot(labels, len(arms)), ("x", "y"), class_names, name)
