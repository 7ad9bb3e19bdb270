"""The valley: honest counts, the best settings, contours and arrows where they belong."""

import numpy as np
import pytest
from drawing import LINEAR, entry, framed, valley_result

from momentum_lab import theory
from momentum_lab.labs import valley
from momentum_lab.labs.valley.experiment import VALLEY_WINDOW, valley_directions
from momentum_lab.labs.valley.view import VALLEY


@pytest.mark.parametrize("rotation", [0, 20, 45, 90])
def test_directions_of_the_valley_are_those_of_its_curvatures(rotation):
    hessian = valley_result({"rotation": rotation}).path.landscape.hessian(np.zeros(2))
    along, across = valley_directions(rotation)
    np.testing.assert_allclose(hessian @ along, along / 20, atol=1e-12)
    np.testing.assert_allclose(hessian @ across, across, atol=1e-12)


def test_a_plain_zig_zag_crosses_the_floor_in_each_update_until_the_run_has_settled():
    # From (−4, −2) it is at −2·(−0.9)ⁿ across, and along at −4·0.905ⁿ, the longer part.
    settings = {"rotation": 0, "start_1": -4, "start_2": -2, "learning_rate": 1.9}
    result = valley_result(settings)
    assert (result.crossings, result.overshoots) == (result.settled, 0)
    n = np.arange(101)
    distances = np.hypot(4 * 0.905**n, 2 * 0.9**n)
    assert result.settled == np.flatnonzero(distances > 0.05 * distances[0])[-1] + 1
    assert result.rate == pytest.approx(0.905)
    assert result.measured_rate == pytest.approx(0.905, abs=0.001)


@pytest.mark.parametrize(
    ("rule", "settled", "crossings", "overshoots"),
    [("plain", 116, 0, 0), ("heavy_ball", 49, 12, 2), ("nesterov", 45, 11, 2)]
    + [("previous_delta", 60, 23, 0), ("averaged", 94, 7, 0)],
)
def test_crossings_and_overshoots_are_counted_until_the_run_settles(
    rule, settled, crossings, overshoots
):
    settings = {"rule": rule, "learning_rate": 0.5, "rotation": 0, "start_2": -2, "updates": 200}
    result = valley_result(settings)
    counts = result.settled, result.crossings, result.overshoots
    assert counts == (settled, crossings, overshoots)
    along, across = result.path.weights[: settled + 1].T  # a valley that is not turned
    assert crossings == (across[1:] * across[:-1] < 0).sum()
    assert overshoots == (along[1:] * along[:-1] < 0).sum()
    assert ("never crossed the floor" in result.finding) == (crossings == 0)


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
        "and momentum 0.9; stopped at update "
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
    assert valley_result(edge).finding.startswith("Neutral edge: across the valley")
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


def test_pointing_into_the_valley_moves_the_start():
    lab = valley()
    lab.point("contours", 3.3, -2.1)
    assert lab.result.path.weights[0].tolist() == [3.3, -2.1]
    assert (lab.start_1.value, lab.start_2.value) == (3.3, -2.1)


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


def test_arrows_of_the_valley_are_the_two_parts_of_the_shown_step():
    result = valley_result({"rule": "heavy_ball"})
    axes = framed(VALLEY, entry(result, 7))["contours"]
    heads = [arrow._posA_posB for arrow in axes.patches if hasattr(arrow, "_posA_posB")]
    gradient, memory = (np.subtract(end, start) for start, end in heads)
    np.testing.assert_allclose(gradient, result.path.gradient_parts[6])
    np.testing.assert_allclose(memory, result.path.memory_parts[6])
    (first, _), (_, last) = heads
    np.testing.assert_allclose([first, last], result.path.weights[6:8])


def test_a_valley_run_that_has_not_reached_the_floor_is_not_called_slow_along_it():
    lab = valley(rule="plain", rotation=0, start_2=-2)
    slow, slower = (lab.set(learning_rate=rate).result for rate in (0.2, 0.01))
    assert slow.finding.startswith("Slow along the floor: ")
    assert slower.finding.startswith("Slow down to the floor and along it: ")
