"""The bowl and the valley: fates that agree with theory, honest counts, pictures never blank."""

import io
import itertools
import re

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image
from test_plots import assert_readable, entry, framed, texts_of  # noqa: F401, a fixture

from momentum_lab import theory
from momentum_lab.labs import bowl, valley
from momentum_lab.labs.bowl.experiment import descend_bowl
from momentum_lab.labs.bowl.lab import BOWL_PRESETS
from momentum_lab.labs.bowl.view import BOWL
from momentum_lab.labs.descents import crossings, exit_in_words
from momentum_lab.labs.settings import LINEAR_RULES
from momentum_lab.labs.valley.experiment import VALLEY_WINDOW, descend_valley, valley_directions
from momentum_lab.labs.valley.lab import VALLEY_PRESETS
from momentum_lab.labs.valley.view import VALLEY
from momentum_lab.live.style import PIN_LOOKS, rule_look

LINEAR = [rule.__name__ for rule in LINEAR_RULES]
IN_BOWL = {"rule": "plain", "learning_rate": 0.1, "momentum": 0.5, "curvature": 1.0, "start": -1.6}
IN_VALLEY = {
    "rule": "plain",
    "learning_rate": 1.5,
    "momentum": 0.9,
    "condition_number": 20,
    "rotation": 20,
    "start_1": -5.0,
    "start_2": -0.5,
    "updates": 100,
}


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


def bowl_result(settings=(), own_rules=()):
    return descend_bowl(own_rules, **(IN_BOWL | dict(settings)))


def valley_result(settings=(), own_rules=()):
    return descend_valley(own_rules, **(IN_VALLEY | dict(settings)))


def inked(lab):
    pixels = np.asarray(Image.open(io.BytesIO(lab.picture.live_png()))).astype(int)
    color = 255 * np.array(to_rgb(rule_look(lab.result.rule).color))
    return int((np.abs(pixels - color).sum(axis=2) < 60).sum())


# --- counting -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("series", "count"),
    [
        ([1, 0.5, 0.25], 0),
        ([1, -1, 1, -1], 3),
        ([1, -0.5, 0.25, -0.04, 0.02, -0.01], 3),  # the crossing into the last 5 % is the last
        ([1, 0, 0, 0], 0),  # it lands in the middle
        ([1, 0, -1, 0, 1], 2),  # it stops in the middle, but goes on to the other side
        ([1, 1e-17, -1e-17, 0.5, -0.5], 1),  # rounding dust is no crossing
        ([0.01, -0.01, 0.01], 0),
        ([0, 0], 0),
    ],
)
def test_crossings_are_changes_of_sign_that_can_be_seen(series, count):
    assert crossings(series, 1) == count


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ([0, 1, 2], ""),
        ([0, 3, 1], "was outside the picture at update 1"),
        ([0, 3, 1, 4, 0], "was outside the picture between updates 1 and 3"),
        ([0, 1, 3, 4], "left the picture at update 2"),
    ],
)
def test_a_path_that_leaves_the_picture_says_when(weights, words):
    assert exit_in_words(np.array(weights)[:, None], 2) == words


# --- the bowl -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("learning_rate", "finding"),
    [
        (0.1, "Slow but sure: each update keeps 90 % of the distance"),
        (0.6, "Quick and sure: each update keeps 40 % of the distance"),
        (1, "Just right: one update lands in the middle"),
        (1.002, "Just right: one update lands almost in the middle"),
        (1.8, "Zig-zag: each update jumps over the middle and keeps 80 % of the distance"),
        (2, "On the edge: each update jumps just as far to the other side, for ever"),
        (2.1, "Diverging: each update makes the distance 1.1 times as long"),
        (2.001, "Diverging: each update makes the distance 1.001 times as long"),
    ],
)
def test_plain_has_four_fates_and_an_edge(learning_rate, finding):
    for curvature in (1, 0.5, 4):  # only the product counts
        settings = {"learning_rate": learning_rate / curvature, "curvature": curvature}
        assert bowl_result(settings).finding == finding


def test_presets_of_the_bowl_show_what_their_names_say():
    lab, found = bowl(), {}
    for name in BOWL_PRESETS:
        found[name] = lab.reset().preset(name).result.finding.lower().partition(":")[0]
    assert found.pop("ringing") == "ringing"
    assert all(name == begin for name, begin in found.items())


@pytest.mark.parametrize(
    ("learning_rate", "settled", "crossed"),
    [(0.1, 29, 0), (1, 1, 0), (1.8, 14, 14), (2, None, 40), (1.5, 5, 5)],
)
def test_settling_and_crossings_of_plain_are_powers_of_its_rate(learning_rate, settled, crossed):
    # |1 − a|ⁿ ≤ 0.05 for the first time at n = settled; each update crosses where a > 1.
    result = bowl_result({"learning_rate": learning_rate})
    assert (result.settled, result.crossings) == (settled, crossed)
    assert result.numbers["settled"] == ("never" if settled is None else str(settled))
    assert result.numbers["crossings"] == str(crossed)


@pytest.mark.parametrize("rule", LINEAR)
@pytest.mark.parametrize("learning_rate", [0.1, 1.0, 2.5, 8.0])
def test_the_bowl_says_what_theory_says(rule, learning_rate):
    settings = {"rule": rule, "learning_rate": learning_rate, "curvature": 1.5}
    result = bowl_result(settings)
    regime = theory.regime(rule, 1.5, learning_rate, 0.5)
    limit = theory.learning_rate_limit(rule, 1.5, 0.5)
    assert result.numbers["regime"] == regime
    assert result.numbers["limit of α"] == f"{limit:.4g}"
    assert ("Diverg" in result.finding) == (regime == "diverging")
    side = {"diverging": "above", "edge": "at"}.get(regime, "below")
    assert f"learning rate {learning_rate:g} is {side} the limit" in result.sentence.lower()
    if rule != "plain":
        words = {"diverging": "diverging", "edge": "on the edge"}.get(regime, regime)
        assert result.finding.lower().startswith(words)


def test_a_bowl_that_diverges_names_the_limit_and_when_it_left():
    # 1.6 · 1.1ⁿ > 2.4 for the first time at n = 5.
    sentence = bowl_result({"learning_rate": 2.1}).sentence
    assert sentence.startswith(
        "Diverging: learning rate 2.1 is above the limit 2 of plain at curvature 1; "
        "left the picture at update 5; "
    )
    stopped = bowl_result({"learning_rate": 10, "curvature": 10}).sentence
    assert stopped.startswith("Diverged: learning rate 10 is above the limit 0.2 of plain")
    assert "stopped at update 2," in stopped  # 1.6 · 99² is past 10,000


def test_bowls_of_different_curvature_have_different_names_in_the_legend():
    labels = {bowl_result({"learning_rate": 0.5, "curvature": c}).label for c in (0.4, 2, 4)}
    assert labels == {f"plain, α 0.5, λ {c}" for c in ("0.4", "2", "4")}


def test_every_preset_of_the_bowl_lies_on_its_slider():
    wanted = {preset["learning_rate"] for preset in BOWL_PRESETS.values()}
    assert wanted <= set(bowl().learning_rate.grid)


@pytest.mark.parametrize("rule", ["previous_delta", "heavy_ball", "nesterov", "averaged"])
def test_critical_damping_sets_the_momentum_of_theory(rule):
    lab = bowl(rule=rule, learning_rate=0.2, curvature=2)
    best = theory.critical_damping(rule, 2, 0.2)
    lab.answer("critical damping")
    assert lab.momentum.value == pytest.approx(min(best.momentum, 0.99), abs=1e-6)
    assert lab.learning_rate.value == 0.2


# --- the valley -----------------------------------------------------------------------------


@pytest.mark.parametrize("rotation", [0, 20, 45, 90])
def test_directions_of_the_valley_are_those_of_its_curvatures(rotation):
    hessian = valley_result({"rotation": rotation}).path.landscape.hessian(np.zeros(2))
    along, across = valley_directions(rotation)
    np.testing.assert_allclose(hessian @ along, along / 20, atol=1e-12)
    np.testing.assert_allclose(hessian @ across, across, atol=1e-12)


def test_a_plain_zig_zag_crosses_the_floor_until_its_swings_are_small():
    # From (−4, −2), across −2·(−0.9)ⁿ: 5 % of √20 is passed for the last time at n = 20.
    settings = {"rotation": 0, "start_1": -4, "start_2": -2, "learning_rate": 1.9}
    result = valley_result(settings)
    assert 2 * 0.9**20 > 0.05 * np.sqrt(20) > 2 * 0.9**21
    assert (result.crossings, result.overshoots) == (21, 0)
    # Along −4·0.905ⁿ is always the longer part and decides.
    n = np.arange(101)
    distances = np.hypot(4 * 0.905**n, 2 * 0.9**n)
    assert result.settled == np.flatnonzero(distances > 0.05 * distances[0])[-1] + 1
    assert result.rate == pytest.approx(0.905)
    assert result.measured_rate == pytest.approx(0.905, abs=0.001)


def test_heavy_ball_runs_past_the_minimum_and_plain_does_not():
    assert valley_result({"rule": "heavy_ball"}).overshoots > 0
    assert "ran past the minimum" in valley_result({"rule": "heavy_ball"}).finding
    assert valley_result().overshoots == 0


def test_the_second_update_makes_the_posts_zig_zag_diverge():
    tame, wild = (valley().preset(n).result for n in ("zig-zag", "zig-zag + second update"))
    assert tame.path.diverged_at is None and tame.settled is not None
    assert tame.path.learning_rate == wild.path.learning_rate
    assert wild.finding.startswith("Diverging across the valley: 1.31 times as far")
    assert wild.sentence.startswith(
        "Diverged: learning rate 1.9 is above the limit 1.11 of previous-delta at curvature 1 "
        "and momentum 0.9; left the picture at update "
    )


@pytest.mark.parametrize("rule", LINEAR)
@pytest.mark.parametrize("condition_number", [3, 100])
def test_the_measured_rate_is_near_the_foretold_one(rule, condition_number):
    for learning_rate in (0.3, 1.0):
        settings = {"rule": rule, "condition_number": condition_number, "momentum": 0.6}
        result = valley_result(settings | {"learning_rate": learning_rate, "updates": 300})
        expected = max(
            theory.rate(rule, curvature, learning_rate, 0.6)
            for curvature in (1, 1 / condition_number)
        )
        assert result.rate == pytest.approx(expected)
        if result.measured_rate is not None:
            assert result.measured_rate == pytest.approx(expected, abs=0.02)


def test_a_valley_on_the_edge_says_so_only_where_the_path_swings():
    edge = {"learning_rate": 2, "rotation": 0}
    assert valley_result(edge).finding.startswith("On the edge: across the valley")
    on_the_floor = valley_result(edge | {"start_2": 0})
    assert on_the_floor.finding.startswith("Settled")


def test_a_slow_floor_says_how_much_is_left():
    finding = valley_result({"learning_rate": 0.1, "rotation": 0, "start_2": 0}).finding
    left = 0.995**100
    assert finding == f"Slow along the floor: {100 * left:.3g} % of the distance is left " + (
        "after 100 updates"
    )


def test_the_d2l_preset_prints_the_numbers_of_d2l():
    end = valley().preset("d2l's example").result.path.weights[-1]
    np.testing.assert_allclose(end, [0.007188, 0.002553], atol=5e-7)


@pytest.mark.parametrize("rule", LINEAR)
@pytest.mark.parametrize("condition_number", [2, 20, 400])
def test_best_settings_are_those_of_theory(rule, condition_number):
    lab = valley(rule=rule, condition_number=condition_number)
    best = theory.best_settings(rule, condition_number)
    lab.answer("best settings")
    assert lab.learning_rate.value == pytest.approx(best.learning_rate, rel=1e-5)
    assert lab.momentum.value == pytest.approx(best.momentum, abs=1e-6)
    assert [control.note for control in lab.controls.values()] == [""] * len(lab.controls)
    assert lab.result.rate == pytest.approx(best.rate, abs=2e-3)


def test_heavy_ball_at_its_best_is_the_best_setting():
    preset = valley().preset("heavy ball at its best").values
    best = theory.best_settings("heavy_ball", preset["condition_number"])
    assert preset["learning_rate"] == pytest.approx(best.learning_rate, rel=1e-3)
    assert preset["momentum"] == pytest.approx(best.momentum, rel=1e-3)


# --- both -----------------------------------------------------------------------------------

both = pytest.mark.parametrize("factory", [bowl, valley])


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


def test_pointing_into_the_valley_moves_the_start():
    lab = valley()
    lab.point("contours", 3.3, -2.1)
    assert lab.result.path.weights[0].tolist() == [3.3, -2.1]
    assert (lab.start_1.value, lab.start_2.value) == (3.3, -2.1)


def test_pointing_into_the_bowl_moves_the_start_along_the_weight_only():
    lab = bowl()
    lab.point("bowl", 1.25, 2.7)
    assert lab.result.weights[0] == lab.start.value == 1.25


def test_a_circle_is_a_circle_in_the_valley():
    axes = framed(VALLEY, entry(valley_result()))["contours"]
    (across, up) = np.abs(axes.transData.transform((1, 1)) - axes.transData.transform((0, 0)))
    assert across == pytest.approx(up, rel=1e-9)
    assert axes.get_xlim() == (-VALLEY_WINDOW[0], VALLEY_WINDOW[0])


def test_on_a_contour_the_loss_is_the_same():
    result = valley_result({"condition_number": 50, "rotation": 35})
    axes = framed(VALLEY, entry(result))
    VALLEY.scene(axes, result)
    (ellipses,) = axes["contours"].collections
    for path in ellipses.get_paths():
        losses = result.path.landscape.value(path.vertices)
        assert np.ptp(losses) < 1e-9 * losses.max()


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


def test_arrows_of_the_valley_are_the_two_parts_of_the_shown_step():
    result = valley_result({"rule": "heavy_ball"})
    axes = framed(VALLEY, entry(result, 7))["contours"]
    heads = [arrow._posA_posB for arrow in axes.patches if hasattr(arrow, "_posA_posB")]
    gradient, memory = (np.subtract(end, start) for start, end in heads)
    np.testing.assert_allclose(gradient, result.path.gradient_parts[6])
    np.testing.assert_allclose(memory, result.path.memory_parts[6])
    (first, _), (_, last) = heads
    np.testing.assert_allclose([first, last], result.path.weights[6:8])


def test_a_present_path_does_not_hide_the_letters_of_pins():
    lab = valley(rule="heavy_ball").pin()
    contours = lab.picture.axes["contours"]
    (now,) = [text for text in contours.texts if text.get_text() == "A"]
    assert now.get_zorder() > max(line.get_zorder() for line in contours.get_lines())
    contours = lab.clear_pins().picture.axes["contours"]
    assert [text for text in contours.texts if text.get_text() == "A"] == []


CASES = [
    *((BOWL, bowl_result, settings) for settings in BOWL_PRESETS.values()),
    *((VALLEY, valley_result, settings) for settings in VALLEY_PRESETS.values()),
    (BOWL, bowl_result, {"curvature": 10, "learning_rate": 10, "start": 2}),
    (BOWL, bowl_result, {"rule": "averaged", "curvature": 0.1, "start": 0}),
    (VALLEY, valley_result, {"condition_number": 400, "rotation": 90, "updates": 300}),
    (VALLEY, valley_result, {"condition_number": 1, "start_1": 6, "start_2": 3.6}),
    (VALLEY, valley_result, {"learning_rate": 30, "start_1": 0, "start_2": 0}),
]


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
        # The valley writes its letters twice in the same place: a path may go over the first.
        texts = list({(text.words, *text.box.bounds): text for text in texts}.values())
        assert {"A", "B", "C", "D"} <= {text.words for text in texts}
        assert_readable(texts)


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


def test_a_valley_run_that_has_not_reached_the_floor_is_not_called_slow_along_it():
    lab = valley(rule="plain", rotation=0, start_2=-2)
    slow, slower = (lab.set(learning_rate=rate).result for rate in (0.2, 0.01))
    assert slow.finding.startswith("Slow along the floor: ")
    assert slower.finding.startswith("Slow down to the floor and along it: ")
