"""What the labs compute: words and numbers that agree with the run, and the post's own sum."""

import re

import numpy as np
import pytest

from momentum_lab.data import load
from momentum_lab.labs.network_lab.experiment import DATA_SETS, MOST_WORK, train_and_test, train_lab
from momentum_lab.labs.one_weight.experiment import SLOPE_UPDATES, update_one_weight
from momentum_lab.labs.words import WITHOUT_MOMENTUM, as_written, in_words, settings_in_words
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
POST = {
    "rule": "previous_delta",
    "weight": 3.56,
    "gradient": -2.7,
    "learning_rate": 0.01,
    "momentum": 0.5,
    "prev_delta": 0.044,
}

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


def one(**settings):
    return update_one_weight(**(POST | settings))


def numbers_in(words):
    """Every number in a text, as it is written."""
    return re.findall(r"\d[\d,]*(?:\.\d+)?(?:e-?\d+)?", words)


# --- the data -------------------------------------------------------------------------------


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


# --- a training run in words ----------------------------------------------------------------


@pytest.mark.parametrize("settings", RUNS.values(), ids=RUNS)
def test_the_numbers_are_those_of_the_run(settings):
    result = lab(settings)
    run, told, numbers = result.run, result.summary, result.numbers
    assert told.diverged_at == run.diverged_at
    assert numbers["rule"] == in_words(run.rule)
    assert float(numbers["α"]) == run.learning_rate
    assert numbers["swings"] == str(swings(run.epoch_errors) if run.epoch_errors.size else 0)
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
    assert f"{numbers['swings']} swings" in sentence
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
    assert "never" in result.sentence and "0 swings" in result.sentence


def test_a_swinging_run_says_how_often():
    result = lab(SWINGING)
    errors = result.run.epoch_errors
    assert errors[-1] < result.summary.guessing and swings(errors) >= 6
    assert f"swings {swings(errors)} times" in result.finding


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


# --- a training run -------------------------------------------------------------------------


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


# --- names ----------------------------------------------------------------------------------


def test_rules_are_spoken_as_the_lessons_write_them():
    assert in_words("previous_delta") == "previous-delta"
    assert in_words("heavy_ball") == "heavy ball"
    assert in_words("my_own_rule") == "my own rule"


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


# --- one weight -----------------------------------------------------------------------------


def test_the_first_update_is_the_posts_sum():
    result = one()
    assert result.equation(1) == "3.56 + 0.027 + 0.022 = 3.609"
    assert result.equation(1) in result.sentence
    assert result.numbers["new weight"] == "3.609"
    assert (result.numbers["gradient part"], result.numbers["memory part"]) == ("0.027", "0.022")


def test_the_gradient_that_the_post_states_gives_another_sum():
    assert one(gradient=-2.78).equation(1) == "3.56 + 0.0278 + 0.022 = 3.6098"


def test_an_uphill_gradient_is_subtracted_with_a_true_minus():
    assert one(gradient=2.7).equation(1) == "3.56 − 0.027 + 0.022 = 3.555"


def test_a_negative_weight_is_written_with_the_same_minus():
    assert one(weight=-1.2, gradient=0.8, learning_rate=0.1, prev_delta=0).equation(1) == (
        "−1.2 − 0.08 + 0 = −1.28"
    )


@pytest.mark.parametrize("rule", ["plain", "previous_delta", "heavy_ball", "nesterov", "averaged"])
@pytest.mark.parametrize("update", [1, 2, SLOPE_UPDATES])
def test_every_equation_adds_up(rule, update):
    words = one(rule=rule, momentum=0.9).equation(update).replace("−", "-")
    weight, first_sign, gradient, second_sign, memory, _, after = words.split()
    total = float(weight) + float(first_sign + gradient) + float(second_sign + memory)
    assert total == pytest.approx(float(after), abs=2e-5)


@pytest.mark.parametrize(
    ("rule", "gain"),
    [
        ("plain", 1.0),
        ("previous_delta", 1.9),
        ("heavy_ball", (1 - 0.9**12) / 0.1),
        ("nesterov", (1 - 0.9**13) / 0.1),
        ("averaged", 1 - 0.9**12),
    ],
)
def test_gain_counts_in_steps_of_the_plain_rule(rule, gain):
    result = one(rule=rule, weight=0, gradient=-1, learning_rate=1, momentum=0.9, prev_delta=0)
    assert result.numbers["gain"] == f"{gain:.3g}"
    assert result.response.steps[-1] == pytest.approx(gain, rel=1e-12)
    if rule != "plain":
        assert f"{gain:.3g} times" in result.finding


def test_look_back_and_build_up_are_in_the_table():
    start = {"weight": 0, "gradient": -1, "learning_rate": 1, "momentum": 0.9, "prev_delta": 0}
    assert one(rule="previous_delta", **start).numbers["steps"] == "1 1.9 1.9 1.9 …"
    assert one(rule="heavy_ball", **start).numbers["steps"] == "1 1.9 2.71 3.44 …"


def test_on_flat_ground_nothing_is_measured_against_a_plain_step():
    result = one(gradient=0.0)
    assert result.equation(1) == "3.56 + 0 + 0.022 = 3.582"
    assert "plain step" not in result.finding + result.sentence
    assert "-0" not in str(result.numbers) and "nan" not in str(result.numbers)


@pytest.mark.parametrize("settings", [{"rule": "plain"}, {"prev_delta": 0.0}])
def test_without_slope_and_memory_nothing_moves(settings):
    result = one(gradient=0.0, **settings)
    assert not result.response.steps.any()
    assert "nothing moves the weight" in result.finding


def test_memory_that_cancels_the_gradient_leaves_no_rounding_dust():
    result = one(rule="heavy_ball", gradient=1, learning_rate=0.1, momentum=0.5, prev_delta=0.2)
    assert result.numbers["steps"].startswith("0 ")
    assert "e-" not in result.numbers["steps"]


def test_one_weight_opens_at_the_first_of_twelve_updates():
    result = one()
    assert (result.opens_at, result.n_updates, len(result.response.steps)) == (1, 12, 12)
    assert len(result.response.weights) == 13


def test_the_label_of_one_weight_names_its_settings():
    assert one().label == "previous-delta, α 0.01, β 0.5"
    assert one(rule="plain").label == "plain, α 0.01"
    assert one(rule="plain").numbers["β"] == "–"


def test_the_work_of_one_event_is_bounded():
    settings = ("plain", "digits", 0.001, 30, 0.0, "all", 200, 0)
    result = train_lab((), *settings)
    items = train_and_test("digits")[0].n_items
    assert result.epochs * items * result.run.network.n_weights <= MOST_WORK
    assert 1 < result.epochs == len(result.run.epoch_errors) < 200
    assert f"Only {result.epochs} of 200 epochs" in result.sentence


@pytest.mark.parametrize(
    ("value", "words"),
    [(7554.3, "7550"), (1e4, "10000"), (0.1234, "0.123"), (0, "0"), (-4.111e-5, "−4.11·10⁻⁵")]
    + [(99.96, "100"), (1.6e7, "1.6·10⁷"), (-0.5, "−0.5"), (1e-4, "0.0001")],
)
def test_a_number_is_written_without_an_e(value, words):
    assert as_written(value) == words
