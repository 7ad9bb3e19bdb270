"""What bowl and valley have in common: counts, rules of one's own, pictures never blank."""

import itertools
import re
from types import SimpleNamespace

import numpy as np
import pytest
from drawing import LINEAR, assert_readable, bowl_result, entry, framed, inked, valley_result

from momentum_lab.labs import bowl, valley
from momentum_lab.labs.bowl.experiment import BOWL_UPDATES
from momentum_lab.labs.bowl.lab import BOWL_PRESETS
from momentum_lab.labs.bowl.view import BOWL
from momentum_lab.labs.descents import PathResult, crossings, foretell
from momentum_lab.labs.settings import LINEAR_RULES
from momentum_lab.labs.valley.lab import VALLEY_PRESETS
from momentum_lab.labs.valley.view import VALLEY
from momentum_lab.live.style import PIN_LOOKS
from momentum_lab.measures import settling_update
from momentum_lab.rules import heavy_ball


def clipped(weight, gradient, memory, learning_rate, momentum):
    """A reader's rule that is not linear: no step is longer than 0.5."""
    step = np.clip(learning_rate * gradient, -0.5, 0.5)
    return weight - step, memory


def doubled(weight, gradient, memory, learning_rate, momentum):
    """A reader's linear rule: plain with twice the learning rate."""
    return weight - 2 * learning_rate * gradient, memory


def runaway(weight, gradient, memory, learning_rate, momentum):
    """Neither linear nor bound: the first update is past any limit."""
    return weight + 1e6 * (1 + gradient * gradient), memory


both = pytest.mark.parametrize("factory", [bowl, valley])


CASES = [
    *((BOWL, bowl_result, settings) for settings in BOWL_PRESETS.values()),
    *((VALLEY, valley_result, settings) for settings in VALLEY_PRESETS.values()),
    (BOWL, bowl_result, {"curvature": 10, "learning_rate": 10, "start": 2}),
    (BOWL, bowl_result, {"rule": "averaged", "curvature": 0.1, "start": 0}),
    (VALLEY, valley_result, {"condition_number": 400, "rotation": 90, "updates": 300}),
    (VALLEY, valley_result, {"condition_number": 1, "start_1": 6, "start_2": 3.6}),
    (VALLEY, valley_result, {"learning_rate": 30, "start_1": 0, "start_2": 0}),
]


@pytest.mark.parametrize(
    ("series", "count"),
    [
        ([1, 0.5, 0.25], 0),
        ([1, -1, 1, -1], 3),
        ([1, -0.5, 0.25, -0.04, 0.02, -0.01], 5),  # small ones are crossings, too
        ([1, 0, 0, 0], 0),  # it lands in the middle
        ([1, 0, -1, 0, 1], 2),  # it stops in the middle, but goes on to the other side
        ([1, 1e-17, -1e-17, 0.5, -0.5], 1),  # rounding dust is no crossing
        ([0, 0], 0),
    ],
)
def test_crossings_are_changes_of_sign_that_can_be_seen(series, count):
    assert crossings(np.array(series), 1) == count


def swift(rule, rates, momenta, curvatures, start, n):
    """Places after 0 to n updates, for whole arrays of settings at once, (n + 1, …)."""
    weights, memory = [start + 0.0 * rates * momenta * curvatures], 0.0
    with np.errstate(all="ignore"):
        for _ in range(n):
            weight, memory = rule(weights[-1], curvatures * weights[-1], memory, rates, momenta)
            weights.append(np.clip(weight, -1e9, 1e9))
    return np.array(weights)


@pytest.mark.parametrize("rule", LINEAR_RULES, ids=LINEAR)
def test_what_a_bowl_says_has_settled_has_settled_in_a_run_20_times_as_long(rule):
    rates, momenta = np.linspace(0.1, 3.8, 25), np.linspace(0, 0.95, 20)[:, None]
    distances = np.abs(swift(rule, rates, momenta, 1.0, -1.6, 20 * BOWL_UPDATES)) / 1.6
    left_again = 0
    for row, column in np.ndindex(20, 25):
        settings = {"learning_rate": rates[column], "momentum": momenta[row, 0]}
        result = bowl_result(settings | {"rule": rule.__name__})
        in_time = settling_update(distances[:, row, column], 0)
        in_time = None if in_time is None or in_time > BOWL_UPDATES else in_time
        assert result.settled == in_time, settings
        assert in_time is None or (result.stays_near and "for good" in result.sentence)
        left_again += in_time is None and result.distances[-1] < 0.05 * 1.6
    assert left_again > 0 or rule is not heavy_ball


@pytest.mark.parametrize("rule", LINEAR_RULES, ids=LINEAR)
def test_what_a_valley_says_has_settled_has_settled_in_a_run_20_times_as_long(rule):
    rng, curvatures = np.random.default_rng(0), np.array([0.05, 1.0])
    for _ in range(40):
        rate, momentum, updates = rng.uniform(0.1, 2.5), rng.uniform(0, 0.97), rng.integers(9, 40)
        start = rng.choice([-5, -0.2, 0, 0.2, 4], 2)
        distances = np.hypot(*swift(rule, rate, momentum, curvatures, start, 20 * updates).T)
        settings = {"rule": rule.__name__, "learning_rate": rate, "momentum": momentum}
        settings |= {"start_1": start[0], "start_2": start[1], "updates": int(updates)}
        result = valley_result(settings | {"rotation": 0})
        in_time = settling_update(distances, 0)
        expected = None if in_time is None or in_time > updates else in_time
        assert result.settled == expected, settings


def test_a_run_that_leaves_again_has_not_settled():
    # At update 40 the weight is near, but it leaves again to 10.6 %; it settles at update 58.
    result = bowl_result({"rule": "heavy_ball", "learning_rate": 0.4, "momentum": 0.9})
    assert result.distances[-1] < 0.05 * 1.6 and result.stays_near is False
    assert result.settled is None and result.numbers["settled"] == "> 40"
    assert result.sentence.startswith("Not settled after 40 updates: crossed the minimum 8 times; ")


def test_of_a_rule_that_is_not_linear_nobody_knows_what_it_does_later():
    result = bowl_result({"rule": "clipped", "learning_rate": 1.2}, own_rules=(clipped,))
    assert result.stays_near is None
    assert "first distance up to update 40, the last)" in result.sentence
    assert f"Settled after {result.settled} updates (within 5 % of the " in result.sentence


@pytest.mark.parametrize(
    ("places", "settings", "stays"),
    [
        ([[1], [1], [0]], ("plain", 1.0, 1.0, 0.0), True),
        ([[0], [0]], ("plain", 1.0, 2.1, 0.0), True),  # where it starts at 0, it stays
        ([[1], [1e-3], [-1.1e-3]], ("plain", 1.0, 2.1, 0.0), False),  # but what is small may grow
        ([[1], [1e-3], [-1e-3]], ("plain", 1.0, 2.0, 0.0), True),
        ([[1], [1e-2], [1e-2]], ("heavy_ball", 1e-7, 1.0, 0.999999), None),  # too far ahead
    ],
)
def test_theory_knows_whether_a_run_stays_near(places, settings, stays):
    path = SimpleNamespace(weights=np.array(places, float), diverged_at=None)
    result = PathResult("plain", 1.0, 0.0, path, (foretell(*settings),))
    assert result.stays_near is stays


def test_a_tiny_learning_rate_is_below_the_limit_and_not_at_the_edge():
    for factory in (bowl_result, valley_result):
        result = factory({"rule": "plain", "learning_rate": 1e-16})
        assert "is below the limit 2 of plain" in result.sentence
        assert {told.regime for told in result.foretold} == {"smooth"}
        assert "edge" not in result.finding + result.sentence


@both
def test_starting_at_the_minimum_nothing_moves(factory):
    lab = factory()
    lab.set(**{name: 0 for name in lab.controls if name.startswith("start")})
    assert lab.result.finding.endswith("without a slope nothing moves")
    assert not lab.result.path.weights.any()
    assert inked(lab) > 50


@both
def test_a_readers_linear_rule_has_half_the_limit_of_plain(factory):
    lab = factory(doubled, learning_rate=0.4)
    assert lab.rule.value == "doubled"
    assert lab.result.numbers["limit of α"] == "1"
    own = lab.result.path.weights
    np.testing.assert_allclose(lab.set(rule="plain", learning_rate=0.8).result.path.weights, own)


@both
def test_a_readers_rule_that_is_not_linear_runs_and_theory_is_silent(factory):
    lab = factory(clipped, learning_rate=1.5)
    assert "clipped is not linear" in lab.result.sentence.lower()
    assert "limit " not in lab.result.sentence.replace("no limit", "")
    assert lab.result.numbers["limit of α"] == lab.result.numbers["rate"] == "–"
    assert lab.result.finding.startswith(("Settled", "Not settled", "Slow", "Still"))
    before = lab.values
    for name in lab.answers:
        assert lab.answer(name).values == before
    steps = np.diff(lab.result.path.weights, axis=0)
    assert np.abs(steps).max() == pytest.approx(0.5)


@both
def test_a_run_that_diverges_at_once_is_shown(factory):
    lab = factory(runaway)
    assert (lab.result.n_updates, lab.shown) == (0, 0)
    assert lab.result.finding.startswith("Diverged at update 1")
    assert inked(lab) > 50


@both
def test_a_diverging_run_stays_in_the_picture_before_and_after_it_left(factory):
    lab = factory(rule="previous_delta", learning_rate=5, momentum=0.9)
    assert lab.result.path.diverged_at is not None
    for shown in range(lab.result.n_updates + 1):
        assert inked(lab.show_update(shown)) > 50


@pytest.mark.parametrize("learning_rate", [0.1, 1.0, 2.1, 10.0])
def test_the_windows_do_not_move_with_the_learning_rate(learning_rate):
    for view, result in ((BOWL, bowl_result), (VALLEY, valley_result)):
        still, moved = (
            [(a.get_xlim(), a.get_ylim()) for a in framed(view, entry(result(s))).values()]
            for s in ({}, {"learning_rate": learning_rate})
        )
        assert still == moved


def test_the_picture_draws_the_weights_of_the_path():
    result = valley_result()
    axes = framed(VALLEY, entry(result, 12))
    (path,) = [line for line in axes["contours"].get_lines() if len(line.get_xdata()) == 13]
    np.testing.assert_array_equal(path.get_xydata(), result.path.weights[:13])
    result = bowl_result({"learning_rate": 1.8})
    axes = framed(BOWL, entry(result, 12))
    (path,) = [line for line in axes["bowl"].get_lines() if len(line.get_xdata()) == 13]
    np.testing.assert_array_equal(path.get_xdata(), result.weights[:13])


@pytest.mark.parametrize(("view", "result", "settings"), CASES)
def test_texts_are_readable(texts_of, view, result, settings):  # noqa: F811
    for shown in (0, 1, 7, 10**9):
        found = result(settings)
        assert_readable(texts_of(view, entry(found, min(shown, found.n_updates))))


@pytest.mark.parametrize(
    ("view", "result", "presets"),
    [(BOWL, bowl_result, BOWL_PRESETS), (VALLEY, valley_result, VALLEY_PRESETS)],
    ids=["bowl", "valley"],
)
@pytest.mark.parametrize("same", [False, True])
def test_letters_of_four_pins_are_apart_and_readable(texts_of, view, result, presets, same):  # noqa: F811
    results = [result({} if same else settings) for settings in presets.values()]
    for first in range(len(results)):
        turned = itertools.islice(itertools.cycle(results), first, first + 4)
        pinned = [entry(r, look=k) for r, k in zip(turned, PIN_LOOKS, strict=True)]
        texts = texts_of(view, entry(results[0]), pinned)
        assert {"A", "B", "C", "D"} <= {text.words for text in texts}
        assert_readable(texts)


@pytest.mark.parametrize(("view", "result"), [(BOWL, bowl_result), (VALLEY, valley_result)])
@pytest.mark.parametrize("learning_rate", [0.1, 1.1, 10])
def test_a_letter_stands_above_its_own_line(view, result, learning_rate):
    found = result({"learning_rate": learning_rate})
    for column, look in enumerate(PIN_LOOKS, 1):
        axes = framed(view, entry(found), [entry(found, look=look)])["loss"]
        (letter,) = [text for text in axes.texts if text.get_text() == look.letter]
        update = round(letter.get_position()[0])
        assert update == round(column * axes.get_xlim()[1] / 5)
        loss = found.path.losses[min(update, found.n_updates)]
        _, line = axes.transAxes.inverted().transform(axes.transData.transform((0, loss)))
        assert letter.get_position()[1] == pytest.approx(0.02 + np.clip(line, 0, 0.82))


@both
def test_a_rule_without_momentum_says_so(factory):
    lab = factory(rule="plain")
    assert lab.result.sentence.endswith(" Plain uses no momentum.")
    assert "uses no momentum" not in lab.set(rule="heavy_ball").result.sentence


@both
@pytest.mark.parametrize("seed", range(3))
def test_random_settings_give_finite_words_and_a_picture(factory, seed):
    rng, lab = np.random.default_rng(seed), factory()
    for _ in range(8):
        options = {
            name: getattr(control, "grid", None) or list(control.options.values())
            for name, control in lab.controls.items()
        }
        lab.set(**{name: grid[rng.integers(len(grid))] for name, grid in options.items()})
        assert inked(lab) > 30, lab.values
        assert not re.search(r"\bnan\b|\binf\b", lab.line() + lab.alt), lab.values
