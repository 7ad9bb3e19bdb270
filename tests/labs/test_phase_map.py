"""The phase map: its regions are theory's, its names lie in them, its point does as predicted."""

import itertools

import numpy as np
import pytest

from momentum_lab import theory
from momentum_lab.labs import phase_map
from momentum_lab.labs.best import critical_momentum
from momentum_lab.labs.phase_map.experiment import (
    MAP_LEARNING_RATES,
    MAP_MOMENTA,
    probe_map,
    rule_map,
)
from momentum_lab.labs.phase_map.lab import PHASE_MAP_PRESETS
from momentum_lab.labs.phase_map.view import PHASE_MAP, _paint
from momentum_lab.labs.settings import LINEAR_RULES
from momentum_lab.labs.words import regime_in_words
from momentum_lab.live.picture import Picture
from momentum_lab.live.style import rule_look

every_rule = pytest.mark.parametrize("rule", LINEAR_RULES, ids=lambda rule: rule.__name__)


def probe(rule="heavy_ball", learning_rate=0.1, momentum=0.9, updates=200, own_rules=()):
    return probe_map(own_rules, rule, learning_rate, momentum, updates)


def half_ball(weight, gradient, memory, learning_rate, momentum):
    """A reader's own rule: heavy ball with half the memory."""
    step = momentum / 2 * memory - learning_rate * gradient
    return weight + step, step


@every_rule
def test_map_has_the_regime_and_rate_that_theory_gives_for_a_single_point(rule):
    found = rule_map(rule)
    for row, column in np.random.default_rng(0).integers((344, 391), size=(40, 2)):
        point = rule, 1.0, MAP_LEARNING_RATES[column], MAP_MOMENTA[row]
        assert found.regimes[row, column] == theory.regime(*point)
        assert found.rates[row, column] == pytest.approx(float(theory.rate(*point)), rel=1e-12)


@every_rule
def test_each_name_on_the_map_stands_in_its_region(rule):
    found = rule_map(rule)
    height, width = found.regimes.shape
    for name, (x, y, room) in _paint(found)[1].items():
        row, column = round(y * height), int(x * width)
        assert found.regimes[row, column] == name
        assert room == pytest.approx((found.regimes[row] == name).mean(), abs=0.01)


def names_on_the_map(rule):
    """The names written on the map of a rule, and their boxes in pixels; and the map's axes."""
    picture, result = Picture(PHASE_MAP), probe(rule)
    picture.draw([], (result, rule_look(rule), 10))
    plane = picture.axes["map"]
    before, renderer = set(plane.texts), picture.sheet()._canvas.get_renderer()
    PHASE_MAP.scene(picture.axes, result)
    texts = [text for text in plane.texts if text not in before]
    return {text.get_text(): text.get_window_extent(renderer) for text in texts}, plane


@every_rule
def test_every_regime_that_has_room_for_its_name_is_named_on_the_map(rule):
    names, plane = names_on_the_map(rule.__name__)
    regimes = {
        "plain": {"smooth", "sign-flipping", "diverging"},
        "nesterov": {"smooth", "ringing", "sign-flipping", "diverging"},
    }
    assert set(names) == regimes.get(rule.__name__, {"smooth", "ringing", "diverging"})
    for name, box in names.items():
        room = _paint(rule_map(rule))[1][name][2]
        assert box.width <= room * plane.bbox.width
        assert plane.bbox.x0 < box.x0 and box.x1 < plane.bbox.x1
        assert plane.bbox.y0 < box.y0 and box.y1 < plane.bbox.y1


@pytest.mark.parametrize(
    ("rule", "learning_rate", "momentum", "regime", "words"),
    [
        ("plain", 0.5, 0, "smooth", "each update keeps 50 %"),
        ("plain", 1.8, 0, "sign-flipping", "keeps 80 %"),
        ("plain", 2, 0, "edge", "neither settles nor runs away"),
        ("plain", 2.1, 0, "diverging", "the distance grows 1.1 times an update"),
        ("plain", 1, 0, "smooth", "At the minimum after one update"),
        ("previous_delta", 1.5, 0.8, "diverging", "grows 1.1 times"),
        (
            "heavy_ball",
            0.1,
            0.9,
            "ringing",
            "period of 19.5 updates; in the long run each update keeps 94.9 %",
        ),
    ],
)
def test_finding_names_what_theory_predicts(rule, learning_rate, momentum, regime, words):
    result = probe(rule, learning_rate, momentum)
    assert result.regime == regime
    assert result.numbers["regime"] == regime_in_words(regime)
    assert words in result.finding


def test_the_period_is_the_one_that_the_run_shows():
    weights = probe("heavy_ball", 0.1, 0.9).weights
    falls = np.flatnonzero((weights[:-1] > 0) & (weights[1:] <= 0))
    seen = np.diff(falls[:5]).mean()
    assert probe("heavy_ball", 0.1, 0.9).period == pytest.approx(seen, rel=0.03)


def test_previous_delta_at_one_half_comes_back_every_third_update():
    result = probe("previous_delta", 2.0, 0.5)
    assert result.regime == "edge" and result.period == pytest.approx(3)
    np.testing.assert_allclose(result.weights[3:], result.weights[:-3], atol=1e-9)


def test_critical_damping_is_at_the_border_of_smooth_and_ringing():
    found = critical_momentum((), "heavy_ball", 0.1)["momentum"]
    assert found == pytest.approx((1 - np.sqrt(0.1)) ** 2, abs=1e-5)
    result = probe("heavy_ball", 0.1, found)
    assert result.numbers["regime"] == "critical" and result.numbers["period"] == "–"
    assert (
        result.finding
        == "Critical damping: the two roots meet; in the long run each update keeps 68.4 %"
    )
    assert probe("heavy_ball", 0.1, found - 0.01).regime == "smooth"
    assert probe("heavy_ball", 0.1, found + 0.01).regime == "ringing"


def test_to_the_limit_goes_where_the_run_neither_settles_nor_runs_away():
    lab = phase_map(rule="previous_delta", momentum=0.25).answer("to the limit")
    assert lab.learning_rate.value == pytest.approx(2 / (1 - 0.25))
    assert lab.result.regime == "edge"


def test_a_reader_s_own_rule_has_its_own_map():
    lab = phase_map(half_ball, learning_rate=0.1, momentum=0.9)
    heavy = probe("heavy_ball", 0.1, 0.45)
    assert lab.rule.value == "half_ball"
    np.testing.assert_allclose(lab.result.roots, heavy.roots, atol=1e-12)
    np.testing.assert_allclose(lab.result.weights[:60], heavy.weights[:60], atol=1e-12)
    assert lab.result.scene is not heavy.scene


def test_a_rule_that_is_not_linear_is_refused_with_its_name():
    def signs(weight, gradient, memory, learning_rate, momentum):
        return weight - learning_rate * np.sign(gradient), memory

    with pytest.raises(ValueError, match="rule signs must be linear"):
        phase_map(signs)


def test_a_click_in_the_map_moves_the_point_and_changes_the_run():
    lab = phase_map()
    before = lab.result
    lab.screen.place = [0, 1 / 3, 0.5, 1]
    assert lab.learning_rate.value == pytest.approx(0.1, rel=0.01)
    assert lab.momentum.value == pytest.approx(0.495)
    assert not np.array_equal(lab.result.weights, before.weights)
    lab.point("map", 0.02, 0.1)
    assert (lab.learning_rate.value, lab.momentum.value) == (0.02, 0.1)


def test_a_diverging_run_shows_what_came_before_and_says_where_it_ended():
    result = probe("heavy_ball", 10, 0.9)
    assert f"diverged at update {result.path.diverged_at}" in result.sentence
    assert result.numbers["settled"] == "never" and len(result.weights) > 3


def test_presets_show_what_they_are_called():
    lab = phase_map()
    for name in PHASE_MAP_PRESETS:
        regime = lab.preset(name).result.regime
        assert regime == {"three by three": "edge"}.get(name, name)


@every_rule
def test_names_on_the_map_do_not_overlap(rule):
    boxes = list(names_on_the_map(rule.__name__)[0].values())
    assert len(boxes) >= 3
    assert not [(a, b) for a, b in itertools.combinations(boxes, 2) if a.overlaps(b)]


@pytest.mark.parametrize(("updates", "rule", "a"), [(20, "heavy_ball", 0.1), (60, "plain", 10)])
def test_updates_are_counted_in_whole_numbers_and_a_short_run_looks_short(updates, rule, a):
    picture, result = Picture(PHASE_MAP), probe(rule, a, 0.8, updates)
    picture.draw([], (result, rule_look(rule), result.n_updates))
    run = picture.axes["run"]
    assert run.get_xlim() == (0, 20) and result.n_updates <= 20
    assert all(float(tick).is_integer() for tick in run.get_xticks())


def test_a_point_at_the_upper_rim_of_the_map_does_not_cover_the_heading():
    picture, result = Picture(PHASE_MAP), probe(momentum=0.99)
    picture.draw([], (result, rule_look(result.rule), result.n_updates))
    plane, radius = picture.axes["map"], 0.5 * 15 * 100 / 72  # of the white ring, in pixels
    (words,) = [text for text in plane.texts if text.get_text().startswith("momentum β")]
    bottom = words.get_window_extent(picture.sheet()._canvas.get_renderer()).y0
    assert bottom > plane.bbox.y1 + radius
