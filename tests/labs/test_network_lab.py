"""The network lab: words and numbers that agree with the run, and a picture that shows it."""

import itertools
import re

import numpy as np
import pytest
from drawing import assert_readable, drawn, entry, framed, headings, image, some_pixels_have, within
from hypothesis import given
from hypothesis import strategies as st

from momentum_lab.data import load
from momentum_lab.labs.items import DATA_SETS, train_and_test
from momentum_lab.labs.network_lab.experiment import MOST_WORK, train_lab
from momentum_lab.labs.network_lab.lab import LAB_PRESETS
from momentum_lab.labs.network_lab.view import NETWORK_LAB, epoch_means
from momentum_lab.labs.words import WITHOUT_MOMENTUM, in_words, settings_in_words
from momentum_lab.live.style import (
    PIN_LOOKS,
    rule_look,
)
from momentum_lab.measures import swings
from momentum_lab.rules import RULES

LAB = {
    "rule": "previous_delta",
    "data_set": "iris",
    "learning_rate": 0.05,
    "hidden_units": 7,
    "momentum": 0.5,
    "batch_size": 1,
    "epochs": 50,
    "seed": 0,
}


DIVERGES = {"rule": "heavy_ball", "learning_rate": 10.0, "momentum": 0.99}


LAB_SETTINGS = [
    *LAB_PRESETS.values(),
    DIVERGES,  # in its first epoch
    DIVERGES | {"batch_size": 20, "epochs": 200},  # later
    {"rule": "rmsprop", "learning_rate": 10.0, "momentum": 0.0},
    {"rule": "plain", "learning_rate": 0.001, "batch_size": "all"},
    {"rule": "adagrad", "epochs": 5, "data_set": "spirals"},
    {"epochs": 200, "data_set": "penguins", "hidden_units": 1, "batch_size": 5},
    {"rule": "heavy_ball", "data_set": "two_moons", "learning_rate": 0.3, "epochs": 200}
    | {"hidden_units": 20},  # ends below 0.0001
]


def lab_result(settings):
    return train_lab((), **(LAB | {"epochs": 20} | settings))


GOOD = {}


SLOW = {"rule": "plain", "learning_rate": 0.005, "epochs": 20}


SWINGING = {"rule": "heavy_ball", "learning_rate": 0.2, "momentum": 0.9}


WORSE = {"rule": "plain", "learning_rate": 3.0}


DIVERGED_AT_ONCE = {"rule": "heavy_ball", "learning_rate": 10.0, "momentum": 0.99}


DIVERGED_LATER = DIVERGED_AT_ONCE | {"batch_size": 20, "epochs": 200, "seed": 1}


# Falls below 0.1 in one epoch and climbs again:
RELAPSED = {
    "rule": "nesterov",
    "data_set": "two_moons",
    "learning_rate": 4.0,
    "hidden_units": 9,
    "momentum": 0.99,
    "batch_size": "all",
    "seed": 30,
}


RUNS = {
    "good": GOOD,
    "slow": SLOW,
    "swinging": SWINGING,
    "worse": WORSE,
    "diverged at once": DIVERGED_AT_ONCE,
    "diverged later": DIVERGED_LATER,
    "relapsed": RELAPSED,
}


def lab(settings=(), own_rules=()):
    return train_lab(own_rules, **(LAB | dict(settings)))


def numbers_in(words):
    """Every number in a text, as it is written."""
    return re.findall(r"\d[\d,]*(?:\.\d+)?(?:e-?\d+)?", words)


@pytest.mark.parametrize("settings", LAB_SETTINGS, ids=str)
def test_texts_of_the_network_lab_are_readable(texts_of, settings):
    assert_readable(texts_of(NETWORK_LAB, entry(lab_result(settings))))


def test_a_readers_long_rule_name_fits_into_the_legend(texts_of):
    def nesterov_then_plain(weight, gradient, memory, learning_rate, momentum):
        return weight - learning_rate * gradient, memory

    settings = LAB | {"rule": "nesterov_then_plain", "learning_rate": 0.0015}
    result = train_lab((nesterov_then_plain,), **settings)
    pinned = [entry(result, look=look) for look in PIN_LOOKS]
    assert_readable(texts_of(NETWORK_LAB, entry(result), pinned))


def test_axes_of_the_network_lab_say_what_they_show():
    axes = framed(NETWORK_LAB, entry(lab_result({})))
    assert set(axes) == {"error", "accuracy", "steps"}
    for name, word in (("error", "error"), ("accuracy", "accuracy"), ("steps", "step length")):
        assert word in headings(axes[name])
    assert axes["error"].get_xlabel() == axes["steps"].get_xlabel() == "epochs"
    assert axes["error"].get_yscale() == axes["steps"].get_yscale() == "log"
    assert "gradient now" in headings(axes["steps"]) and "memory" in headings(axes["steps"])


@pytest.mark.parametrize("settings", LAB_SETTINGS, ids=str)
def test_limits_of_the_network_lab_hold_the_means(settings):
    result = lab_result(settings)
    run, axes = result.run, framed(NETWORK_LAB, entry(result))
    assert axes["error"].get_xlim() == axes["steps"].get_xlim() == (0, result.epochs)
    assert within(axes["error"].get_ylim(), run.epoch_means)
    assert within(axes["accuracy"].get_ylim(), run.epoch_accuracies)
    assert run.step_parts.max() <= axes["steps"].get_ylim()[1]
    assert axes["steps"].get_ylim()[0] < run.step_parts.mean(axis=0).max(), "nothing to be seen"


def test_limits_of_the_network_lab_hold_the_pinned_runs():
    wild, tame = lab_result(DIVERGES), lab_result({"epochs": 5})
    axes = framed(NETWORK_LAB, entry(tame), [entry(wild, look=PIN_LOOKS[0])])
    assert axes["error"].get_xlim() == (0, 20)
    assert within(axes["error"].get_ylim(), wild.run.update_errors[wild.run.update_errors > 0.01])
    assert wild.run.step_parts.max() <= axes["steps"].get_ylim()[1]


def test_limits_stay_while_a_slider_moves_a_little():
    limits = set()
    for momentum in np.linspace(0.3, 0.7, 9):
        axes = framed(NETWORK_LAB, entry(lab_result({"momentum": momentum})))
        limits.add(str([(a.get_xlim(), a.get_ylim()) for a in axes.values()]))
    assert len(limits) == 1


@pytest.mark.parametrize(
    "settings",
    [
        DIVERGES,
        DIVERGES | {"batch_size": 20, "epochs": 200},
        DIVERGES | {"data_set": "spirals", "hidden_units": 30},
        {"rule": "plain", "learning_rate": 0.05},
    ],
    ids=str,
)
def test_nothing_that_is_drawn_is_nan_not_even_on_divergence(settings):
    result = lab_result(settings)
    picture = drawn(NETWORK_LAB, entry(result))
    for axes in picture.axes.values():
        for line in axes.get_lines():
            assert np.isfinite(line.get_xydata()).all()
    assert some_pixels_have(rule_look(result.rule).color, image(picture)) > 20


def test_a_run_that_diverges_at_the_end_of_an_epoch_is_drawn():
    def explode(weight, gradient, memory, learning_rate, momentum):
        return 3 * weight - learning_rate * gradient, memory

    settings = LAB | {"rule": "explode", "batch_size": "all"}
    result = train_lab((explode,), **settings)
    assert result.run.diverged_at % result.run.updates_per_epoch == 0
    axes = framed(NETWORK_LAB, entry(result))
    (accuracies,) = axes["accuracy"].get_lines()
    np.testing.assert_array_equal(accuracies.get_ydata(), result.run.epoch_accuracies)


def test_a_pinned_run_that_diverged_in_its_first_epoch_leaves_a_mark():
    wild = entry(lab_result(DIVERGES), look=PIN_LOOKS[1])
    with_pin = image(drawn(NETWORK_LAB, entry(lab_result({})), [wild]))
    assert some_pixels_have(PIN_LOOKS[1].color, with_pin) > 3


def test_a_lab_picture_draws_what_the_run_measured():
    result = lab_result({"epochs": 5})
    run, axes = result.run, framed(NETWORK_LAB, entry(result))
    dots, means = (line.get_ydata() for line in axes["error"].get_lines())
    np.testing.assert_array_equal(dots, run.update_errors)
    np.testing.assert_allclose(means, run.epoch_means, rtol=1e-12)
    (accuracies,) = axes["accuracy"].get_lines()
    assert accuracies.get_xdata().tolist() == [1, 2, 3, 4, 5]
    np.testing.assert_array_equal(accuracies.get_ydata(), run.epoch_accuracies)
    gradient, memory = (line.get_ydata() for line in axes["steps"].get_lines())
    expected = run.step_parts.reshape(5, -1, 2).mean(axis=1)
    np.testing.assert_allclose(np.transpose([gradient, memory]), expected, rtol=1e-12)


@pytest.mark.parametrize("shown", [0, 1, 119, 120, 121, 300])
def test_a_lab_picture_draws_no_more_than_is_shown(shown):
    result = lab_result({"epochs": 5})
    axes = framed(NETWORK_LAB, entry(result, shown))
    dots, means = axes["error"].get_lines()
    (accuracies,) = axes["accuracy"].get_lines()
    assert len(dots.get_xdata()) == shown
    assert len(means.get_xdata()) == -(-shown // 120)
    assert len(accuracies.get_xdata()) == shown // 120


@given(st.lists(st.floats(-1e3, 1e3), max_size=30), st.integers(1, 10))
def test_epoch_means_are_those_of_the_slices(values, updates_per_epoch):
    slices = [values[i : i + updates_per_epoch] for i in range(0, len(values), updates_per_epoch)]
    given_means = epoch_means(np.array(values), updates_per_epoch)
    np.testing.assert_allclose(given_means, [np.mean(part) for part in slices], atol=1e-9)


@pytest.mark.parametrize("data_set", DATA_SETS)
def test_tests_are_standardised_by_the_training_items(data_set):
    items, tests = train_and_test(data_set)
    raw_items, raw_tests = load(data_set).split(test_fraction=0.2, seed=0)
    mean, spread = raw_items.inputs.mean(axis=0), raw_items.inputs.std(axis=0)
    spread = np.where(spread == 0, 1, spread)  # a pixel that is always white
    np.testing.assert_allclose(items.inputs, (raw_items.inputs - mean) / spread, atol=1e-12)
    np.testing.assert_allclose(tests.inputs, (raw_tests.inputs - mean) / spread, atol=1e-12)
    np.testing.assert_array_equal(items.targets, raw_items.targets)
    np.testing.assert_array_equal(tests.targets, raw_tests.targets)
    assert items.n_items + tests.n_items == load(data_set).n_items


def test_the_tests_own_mean_is_not_used():
    _, tests = train_and_test("iris")
    assert np.abs(tests.inputs.mean(axis=0)).max() > 0.01


@pytest.mark.parametrize("settings", RUNS.values(), ids=RUNS)
def test_the_numbers_are_those_of_the_run(settings):
    result = lab(settings)
    run, told, numbers = result.run, result.summary, result.numbers
    assert told.diverged_at == run.diverged_at
    assert numbers["rule"] == in_words(run.rule)
    assert float(numbers["α"]) == run.learning_rate
    assert numbers["swings"] == str(told.swings)
    tenth_of_guessing = {"height": told.guessing}
    assert told.swings == (swings(run.epoch_errors, **tenth_of_guessing) if told.error else 0)
    below = [epoch for epoch, error in enumerate(run.epoch_errors, 1) if error < 0.1]
    assert numbers["error < 0.1"] == (f"epoch {below[0]}" if below else "never")
    if run.diverged_at is None:
        assert numbers["error"] == f"{run.epoch_errors[-1]:.4g}"
        assert numbers["accuracy"] == f"{run.epoch_accuracies[-1]:.1%}"
        _, tests = train_and_test((LAB | settings)["data_set"])
        accuracy = run.network.accuracy(run.weights, tests.inputs, tests.targets)
        assert numbers["test"] == f"{accuracy:.1%}"
    else:
        assert numbers["error"] == f"diverged at {run.diverged_at}"
        assert numbers["accuracy"] == numbers["test"] == "–"


@pytest.mark.parametrize("settings", [GOOD, SLOW, SWINGING, WORSE, RELAPSED])
def test_the_sentence_has_the_numbers_of_the_table(settings):
    result = lab(settings)
    numbers, sentence = result.numbers, result.sentence
    assert f"{result.n_updates:,} updates with {numbers['rule']}" in sentence
    assert f"error {numbers['error']} " in sentence
    assert f"{result.summary.guessing:.3f}" in sentence
    assert f"{numbers['swings'].replace('0', 'no')} swings of more than" in sentence
    assert f"{numbers['accuracy']} on the training items, {numbers['test']} on new" in sentence
    assert numbers["error < 0.1"] in sentence  # "epoch 7" or "never"


@pytest.mark.parametrize("settings", RUNS.values(), ids=RUNS)
def test_the_title_says_nothing_that_the_run_does_not_show(settings):
    result = lab(settings)
    errors, told, words = result.run.epoch_errors, result.summary, result.finding
    known = {*map(str, (50, 20, 200, 0.1, told.good_epoch, told.swings)), f"{told.n_updates:,}"}
    if errors.size:
        known.add(f"{errors[-1]:.2g}")
    assert set(numbers_in(words)) <= known
    from_epoch = re.search(r"[Bb]elow 0.1 from epoch (\d+)", f"{words} {result.sentence}")
    if from_epoch:
        assert (errors[int(from_epoch[1]) - 1 :] < 0.1).all(), "it rose above 0.1 again"
    assert "\n" not in words + result.sentence


def test_a_good_run_says_when_it_became_good():
    result = lab(GOOD)
    errors = result.run.epoch_errors
    assert errors[-1] < 0.1
    first = int(np.argmax(errors < 0.1)) + 1
    assert f"epoch {first}" in result.finding and f"{errors[-1]:.2g}" in result.finding
    assert result.summary.diverged_at is None


def test_a_slow_run_is_still_learning():
    result = lab(SLOW)
    errors = result.run.epoch_errors
    assert 0.1 < errors[-1] < result.summary.guessing
    assert (np.diff(errors) < 0).all()
    assert result.finding == f"Still learning: error {errors[-1]:.2g} after 20 epochs"
    assert "never" in result.sentence and "no swings of more than 0.11" in result.sentence


def test_a_swinging_run_says_how_often():
    result = lab(SWINGING)
    errors = result.run.epoch_errors
    assert errors[-1] < result.summary.guessing and result.summary.swings >= 6
    assert f"swings {result.summary.swings} times" in result.finding


def test_a_run_worse_than_guessing_says_so():
    result = lab(WORSE)
    assert result.run.epoch_errors[-1] > np.log(3) == pytest.approx(result.summary.guessing)
    assert result.finding.startswith("No better than guessing: error ")
    assert "(guessing: 1.099)" in result.sentence


def test_a_run_that_fell_below_a_tenth_and_rose_again_is_not_called_below():
    result = lab(RELAPSED)
    assert result.summary.good_epoch and result.run.epoch_errors[-1] > 0.5
    assert "from epoch" not in result.finding + result.sentence


def test_a_run_that_diverges_in_its_first_epoch_has_no_error_to_show():
    result = lab(DIVERGED_AT_ONCE)
    at = result.run.diverged_at
    assert at < result.run.updates_per_epoch
    assert (result.summary.error, result.summary.accuracy) == (None, None)
    assert result.finding == f"Diverged at update {at}: the weights ran away"
    assert result.sentence.startswith(f"Diverged at update {at}, in epoch 1:")
    assert result.numbers["error < 0.1"] == "never"
    assert result.n_updates == result.opens_at == at


def test_a_run_that_diverges_later_names_the_epoch():
    result = lab(DIVERGED_LATER)
    at, a_epoch = result.run.diverged_at, result.run.updates_per_epoch
    assert at > 2 * a_epoch
    whole_epochs = len(result.run.epoch_errors)
    assert whole_epochs * a_epoch < at <= (whole_epochs + 1) * a_epoch
    assert f"Diverged at update {at:,}, in epoch {whole_epochs + 1}:" in result.sentence
    assert result.finding.startswith(f"Diverged at update {at:,}")
    assert "nan" not in str(result.numbers) + result.sentence


def test_the_last_update_of_an_epoch_belongs_to_that_epoch():
    def explode(weight, gradient, memory, learning_rate, momentum):
        return 3 * weight - learning_rate * gradient, memory

    result = lab({"rule": "explode", "batch_size": "all"}, own_rules=(explode,))
    at = result.run.diverged_at
    assert f"Diverged at update {at}, in epoch {at}:" in result.sentence


def test_equal_settings_give_equal_words_and_bytes():
    first, second = lab({"epochs": 5}), lab({"epochs": 5})
    assert first.numbers == second.numbers and first.sentence == second.sentence
    assert first.run.update_errors.tobytes() == second.run.update_errors.tobytes()


@pytest.mark.parametrize(
    "change",
    [{"seed": 1}, {"momentum": 0.6}, {"learning_rate": 0.06}, {"hidden_units": 8}]
    + [{"batch_size": 5}, {"data_set": "penguins"}, {"rule": "nesterov"}],
)
def test_every_setting_changes_the_run(change):
    before, after = lab({"epochs": 5}), lab({"epochs": 5} | change)
    assert before.numbers != after.numbers
    assert before.summary.error != after.summary.error


def test_batch_all_is_one_update_an_epoch():
    result = lab({"batch_size": "all", "epochs": 7})
    assert (result.n_updates, result.run.batch_size) == (7, 120)


def test_a_readers_own_rule_trains_by_its_name():
    def mine(weight, gradient, memory, learning_rate, momentum):
        step = momentum * memory - learning_rate * gradient
        return weight + step, step

    own = lab({"rule": "mine", "epochs": 5}, own_rules=(mine,))
    built_in = lab({"rule": "heavy_ball", "epochs": 5})
    assert (own.rule, own.numbers["rule"]) == ("mine", "mine")
    np.testing.assert_allclose(own.run.update_errors, built_in.run.update_errors, rtol=1e-9)


def test_an_unknown_rule_or_data_set_suggests_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'nesterov'"):
        lab({"rule": "nestorov"})
    with pytest.raises(ValueError, match="did you mean 'penguins'"):
        lab({"data_set": "penguin"})


@pytest.mark.parametrize("rule", RULES)
def test_momentum_is_named_exactly_where_the_rule_uses_it(rule):
    moved = {momentum: RULES[rule](1.0, 0.5, 0.75, 0.1, momentum) for momentum in (0.1, 0.9)}
    assert (moved[0.1] == moved[0.9]) == (rule in WITHOUT_MOMENTUM)
    words = settings_in_words(rule, 0.05, 0.9)
    assert words.startswith(f"{in_words(rule)}, α 0.05")
    assert ("β 0.9" in words) == (rule not in WITHOUT_MOMENTUM)
    result = lab({"rule": rule, "epochs": 1})
    assert result.label == settings_in_words(rule, 0.05, 0.5)
    assert result.numbers["β"] == ("–" if rule in WITHOUT_MOMENTUM else "0.5")


def test_the_work_of_one_event_is_bounded():
    settings = ("plain", "digits", 0.001, 30, 0.0, "all", 200, 0)
    result = train_lab((), *settings)
    items = train_and_test("digits")[0].n_items
    assert result.epochs * items * result.run.network.n_weights <= MOST_WORK
    assert 1 < result.epochs == len(result.run.epoch_errors) < 200
    assert f"Only {result.epochs} of 200 epochs" in result.sentence


@pytest.mark.parametrize("n_pins", [1, 4])
def test_texts_of_the_network_lab_stay_readable_with_presets_pinned(texts_of, n_pins):
    results = [lab_result(settings) for settings in LAB_PRESETS.values()]
    looks = PIN_LOOKS[:n_pins]
    pinned = [entry(r, look=k) for r, k in zip(itertools.cycle(results), looks, strict=False)]
    for present in results:
        assert_readable(texts_of(NETWORK_LAB, entry(present, present.opens_at), pinned))
