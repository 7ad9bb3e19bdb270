"""The lab of seeds: its numbers, its words, its picture, and what it does for a reader's rule."""

import re

import numpy as np
import pytest
from drawing import assert_readable, drawn, entry, framed, image, some_pixels_have, within

from momentum_lab.labs.items import train_and_test
from momentum_lab.labs.seed_bands import experiment
from momentum_lab.labs.seed_bands.experiment import HELD, gain_of, train_bands
from momentum_lab.labs.seed_bands.lab import PRESETS, SAME, seed_bands
from momentum_lab.labs.seed_bands.view import PLAIN, SEED_BANDS
from momentum_lab.labs.settings import LINEAR_RULES
from momentum_lab.live.style import OWN_RULE_LOOK, PIN_LOOKS, rule_look
from momentum_lab.network import Network
from momentum_lab.rules import RULES
from momentum_lab.training import train

BANDS = {
    "rule": "previous_delta",
    "learning_rate": 0.05,
    "momentum": 0.5,
    "compare_at": SAME,
    "data_set": "iris",
    "batch_size": 1,
    "epochs": 12,
    "seeds": 20,
}
HEAVY = {"rule": "heavy_ball", "momentum": 0.9}
SETTINGS = [
    {},
    {"compare_at": HELD, "learning_rate": 0.003},
    {"rule": "plain"},
    HEAVY | {"learning_rate": 10.0, "momentum": 0.99},  # each seed diverges, in the first epoch
    HEAVY | {"learning_rate": 1.0, "momentum": 0.99},  # some diverge later
    HEAVY | {"learning_rate": 2.0, "batch_size": "all", "epochs": 50, "compare_at": HELD},
    {"data_set": "penguins", "batch_size": 20, "epochs": 5, "seeds": 40},
    {"rule": "plain", "learning_rate": 0.001},  # never
    {"epochs": 200, "learning_rate": 0.01},
]
each_setting = pytest.mark.parametrize("settings", SETTINGS, ids=str)


def bands(settings=(), own_rules=()):
    return train_bands(own_rules, **(BANDS | dict(settings)))


def half(weight, gradient, memory, learning_rate, momentum):
    return weight - 0.5 * learning_rate * gradient, memory


def clipped(weight, gradient, memory, learning_rate, momentum):
    return weight - learning_rate * min(max(gradient, -0.1), 0.1), memory


def without_an_end(weight, gradient, memory, learning_rate, momentum):
    memory = memory - learning_rate * gradient  # it never fades
    return weight + memory, memory


def as_python(weight, gradient, memory, learning_rate, momentum):
    return weight - [learning_rate][0] * gradient, memory


# --- what is trained -------------------------------------------------------------------------


@pytest.mark.parametrize(("compare_at", "rate"), [(SAME, 0.05), (HELD, 0.05 / 1.5)])
def test_each_seed_is_a_training_of_its_own_at_the_learning_rates_that_are_told(compare_at, rate):
    result = bands({"compare_at": compare_at})
    items, _ = train_and_test("iris")
    for runs, rule, α, β in (
        (result.runs, "previous_delta", rate, 0.5),
        (result.plain, "plain", 0.05, 0),
    ):
        for seed in (0, 19):
            run = train(Network(4, 7, 3), items, rule, α, β, 12, seed=seed)
            assert runs.epoch_errors[seed].tobytes() == run.epoch_errors.tobytes()
    assert result.learning_rate == rate and result.numbers["α"] == f"{rate:.4g}"
    assert result.effective == pytest.approx(1.5 * rate)


@pytest.mark.parametrize("rule", [rule.__name__ for rule in LINEAR_RULES])
def test_held_equal_the_effective_learning_rate_is_plains(rule):
    gains = {"previous_delta": 1.8, "heavy_ball": 5, "nesterov": 5}
    result = bands({"rule": rule, "momentum": 0.8, "compare_at": HELD, "epochs": 1})
    assert result.learning_rate == pytest.approx(0.05 / gains.get(rule, 1))
    assert result.effective == pytest.approx(0.05)
    assert result.numbers["effective α"] == "0.05"


def test_the_gains_are_the_closed_forms_and_none_where_there_is_none():
    assert gain_of(RULES["heavy_ball"], 0.9) == pytest.approx(10)
    assert gain_of(half, 0.9) == 0.5
    assert gain_of(RULES["adagrad"], 0.9) is gain_of(clipped, 0.9) is None
    assert gain_of(without_an_end, 0.9) is None


def test_at_the_same_effective_rate_a_rule_with_half_the_step_is_plain():
    result = bands({"rule": "half", "compare_at": HELD}, (half,))
    assert result.learning_rate == 0.1
    assert result.runs.epoch_errors.tobytes() == result.plain.epoch_errors.tobytes()
    assert "sooner in 0, later in 0" in result.sentence and "a tie" in result.finding


def test_a_rule_without_a_steady_gain_is_compared_at_the_same_learning_rate_and_it_is_said():
    result = bands({"rule": "clipped", "compare_at": HELD}, (clipped,))
    assert (result.learning_rate, result.effective, result.compare_at) == (0.05, None, SAME)
    assert "Clipped has no steady gain: its learning rate is plain's." in result.sentence
    assert result.finding.startswith("Same learning rate: ")
    assert result.numbers["effective α"] == "–"


def test_what_would_take_long_is_made_shorter_and_it_is_said(monkeypatch):
    assert "Only" not in bands().sentence
    monkeypatch.setattr(experiment, "MOST_WORK", 2 * 20 * 120 * 59 * 5)
    result = bands()
    assert result.epochs == result.runs.n_epochs == 5
    assert "Only 5 of 12 epochs, to keep the waiting short." in result.sentence


def test_a_rule_that_runs_as_python_is_called_no_more_than_agreed(monkeypatch):
    monkeypatch.setattr(experiment, "MOST_CALLS", 20 * 59 * 130)
    result = bands({"rule": "as_python"}, (as_python,))
    assert (result.epochs, result.n_items) == (1, 120)
    monkeypatch.setattr(experiment, "MOST_CALLS", 20 * 59 * 30)
    result = bands({"rule": "as_python", "batch_size": "all"}, (as_python,))
    assert (result.epochs, result.n_items) == (12, 120)
    result = bands({"rule": "as_python"}, (as_python,))
    assert (result.epochs, result.n_items) == (1, 30)
    assert "Only 1 of 12 epochs with 30 of 120 items" in result.sentence


def test_progress_counts_the_trainings_of_both():
    told = []
    bands({"epochs": 1, "progress": lambda *at: told.append(at)})
    assert told == [(done, 40) for done in range(1, 41)]


# --- words and numbers -----------------------------------------------------------------------


def first_epochs(runs):
    below = [np.flatnonzero(errors < 0.1) for errors in runs.epoch_errors]
    return np.array([where[0] + 1 if where.size else np.inf for where in below])


@each_setting
def test_the_numbers_are_those_of_the_runs(settings):
    result = bands(settings)
    mine, plains = first_epochs(result.runs), first_epochs(result.plain)
    for name, first in (("error < 0.1", mine), ("plain's", plains)):
        median = np.median(first)
        assert result.numbers[name] == ("never" if median == np.inf else f"epoch {median:g}")
    assert f"sooner in {(mine < plains).sum()}, later in {(mine > plains).sum()}" in (
        result.sentence + "sooner in 0, later in 0" * (result.rule == "plain")
    )
    last = result.runs.epoch_errors[:, -1]
    if np.isfinite(last).all():
        assert result.numbers["last error"] == f"{np.median(last):.4g}"
    for words in (result.finding, result.sentence, str(result.numbers)):
        assert not re.search(r"\bnan\b|\binf\b", words)


@pytest.mark.parametrize(
    ("settings", "finding"),
    [
        ({}, "learning rate: previous-delta first, below 0.1 at epoch {0}, plain at epoch {1}"),
        (
            {"rule": "averaged", "momentum": 0.99, "learning_rate": 0.2},
            "learning rate: plain first, below 0.1 at epoch {1}, averaged at epoch {0}",
        ),
        (
            {"compare_at": HELD, "learning_rate": 0.01},
            "effective learning rate: neither is below 0.1 within 12 epochs",
        ),
        (
            {"compare_at": HELD, "learning_rate": 0.01, "epochs": 50},
            "effective learning rate: a tie, both are below 0.1 at epoch {0}",
        ),
        (
            {"learning_rate": 0.02},
            "learning rate: previous-delta first, below 0.1 at epoch {0}, plain never",
        ),
    ],
)
def test_the_title_names_the_comparison_and_the_first(settings, finding):
    result = bands(settings)
    medians = [f"{np.median(first_epochs(runs)):g}" for runs in (result.runs, result.plain)]
    assert result.finding == "Same " + finding.format(*medians)


def test_where_no_seed_gets_there_never_is_said_once():
    result = bands({"compare_at": HELD, "learning_rate": 0.01})
    assert "previous-delta is never below 0.1, plain with α 0.01 is never below" in result.sentence
    assert result.numbers["80 % of seeds"] == "never"


@pytest.mark.parametrize(("learning_rate", "when"), [(0.05, "at epoch 6"), (0.001, "never")])
def test_plain_is_compared_with_nothing(learning_rate, when):
    result = bands({"rule": "plain", "learning_rate": learning_rate})
    assert result.finding == f"Plain gradient descent: below 0.1 {when}"
    assert "plain with" not in result.sentence and "sooner" not in result.sentence


def test_of_two_pinned_settings_the_status_says_which_was_first():
    slow, fast = bands({"learning_rate": 0.02}), bands({"learning_rate": 0.1})
    never = bands({"learning_rate": 0.001})
    epochs = [f"at epoch {result.median_epochs[0]:g}" for result in (fast, slow)]
    told = slow.beside({"A": fast, "B": never, "C": slow})
    assert told == (
        f"Below 0.1 first, by their medians: A ({epochs[0]}), then now and C ({epochs[1]}), "
        "then B (never)."
    )
    assert slow.beside({}) == ""


def test_diverged_seeds_are_counted():
    result = bands(HEAVY | {"learning_rate": 10.0, "momentum": 0.99})
    plains = sum(at is not None for at in result.plain.diverged_at)
    assert f"Diverged: 20 seeds, of plain {plains or 'none'}." in result.sentence
    assert result.numbers["last error"] == "diverged"
    assert "Diverged" not in bands().sentence


# --- the picture -----------------------------------------------------------------------------


@each_setting
def test_texts_are_readable(texts_of, settings):
    assert_readable(texts_of(SEED_BANDS, entry(bands(settings))))


def test_texts_are_readable_with_four_pins(texts_of):
    pinned = [
        entry(bands(each), look=look) for each, look in zip(SETTINGS, PIN_LOOKS, strict=False)
    ]
    assert_readable(texts_of(SEED_BANDS, entry(bands()), pinned))


@each_setting
def test_nothing_that_is_drawn_is_nan_and_the_rule_is_seen(settings):
    result = bands(settings)
    picture = drawn(SEED_BANDS, entry(result))
    for axes in picture.axes.values():
        for line in axes.get_lines():
            assert np.isfinite(line.get_xydata()).all()
    assert some_pixels_have(rule_look(result.rule).color, image(picture)) > 20


def dots(axes, color):
    """Where the dots of a colour stand, (epoch, row) pairs."""
    lines = [line for line in axes.get_lines() if line.get_color() == color]
    points = [line.get_xydata() for line in lines if line.get_linestyle() == "None"]
    return np.concatenate(points) if points else np.empty((0, 2))


def test_there_is_a_dot_for_each_seed_and_a_bar_at_the_median():
    result = bands()
    axes = framed(SEED_BANDS, entry(result))["seeds"]
    for color, row, first in (
        (rule_look(result.rule).color, 1, result.first_epochs[0]),
        (PLAIN.color, 0, result.first_epochs[1]),
    ):
        found = dots(axes, color)
        np.testing.assert_array_equal(np.sort(found[:, 0]), np.sort(first))
        assert len({tuple(point) for point in found}) == 20, "dots hide each other"
        assert (np.abs(found[:, 1] - row) <= 0.4).all()
        bars = [line for line in axes.get_lines() if line.get_color() == color]
        (bar,) = [line for line in bars if line.get_linestyle() == "-"]
        assert list(bar.get_xdata()) == [np.median(first)] * 2


def test_seeds_that_never_get_there_stand_at_never():
    result = bands({"learning_rate": 0.001})
    axes = framed(SEED_BANDS, entry(result))["seeds"]
    np.testing.assert_allclose(dots(axes, PLAIN.color)[:, 0], 12 * 1.32)
    label = axes.xaxis.get_major_formatter()
    assert [label(tick, 0) for tick in axes.get_xticks()] == ["1", "2", "3", "5", "10", "never"]


def test_the_line_is_the_median_and_the_limits_hold_it():
    result = bands()
    axes = framed(SEED_BANDS, entry(result))["error"]
    lines = [line for line in axes.get_lines() if line.get_color() == rule_look(result.rule).color]
    (line,) = lines
    np.testing.assert_array_equal(line.get_ydata(), result.runs.median)
    assert within(axes.get_ylim(), result.runs.median) and within(
        axes.get_ylim(), result.plain.median
    )
    bands_drawn = [each.get_paths()[0].vertices for each in axes.collections]
    np.testing.assert_allclose(bands_drawn[1][:, 1].max(), result.runs.band()[1].max())


@pytest.mark.parametrize("shown", [0, 119, 120, 5 * 120, 12 * 120])
def test_no_more_epochs_are_drawn_than_are_shown(shown):
    result = bands()
    axes = framed(SEED_BANDS, entry(result, shown))
    (line,) = [
        a for a in axes["error"].get_lines() if a.get_color() == rule_look(result.rule).color
    ]
    assert len(line.get_xdata()) == shown // 120
    found = dots(axes["seeds"], rule_look(result.rule).color)
    assert len(found) == (result.first_epochs[0] <= shown // 120).sum()


def test_a_row_of_its_own_for_each_pin():
    pinned = [entry(bands({"seeds": 30}), look=look) for look in PIN_LOOKS[:2]]
    axes = framed(SEED_BANDS, entry(bands()), pinned)["seeds"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["plain", "now", "A", "B"]
    for row, look in enumerate(PIN_LOOKS[:2], 2):
        assert np.abs(dots(axes, look.color)[:, 1] - row).max() <= 0.4


# --- the lab ---------------------------------------------------------------------------------


def test_presets_and_own_rules():
    lab = seed_bands(half, epochs=5, learning_rate=0.01)
    assert lab.rule.value == lab.result.rule == "half"
    assert rule_look(lab.result.rule) is OWN_RULE_LOOK
    assert lab.compare_at.value == SAME
    assert lab.preset("same effective learning rate").result.effective == pytest.approx(0.01)
    assert len(PRESETS) >= 3
