"""One item an update: limits by hand, runs beside theory, words and a picture that fit them."""

import numpy as np
import pytest
from drawing import LINEAR, assert_readable, drawn, entry, framed, headings

from momentum_lab import theory
from momentum_lab.labs import one_item
from momentum_lab.labs.one_item.experiment import RUNS, SHARES, run_items
from momentum_lab.labs.one_item.lab import ONE_ITEM_PRESETS
from momentum_lab.labs.one_item.view import ONE_ITEM
from momentum_lab.labs.settings import LINEAR_RULES
from momentum_lab.live.style import PIN_LOOKS
from momentum_lab.rules import adagrad, heavy_ball

SETTINGS = {
    "rule": "heavy_ball",
    "share": 0.1,
    "learning_rate": 0.2,
    "momentum": 0.9,
    "updates": 100,
    "seed": 0,
}
TELLING = [
    {},
    *ONE_ITEM_PRESETS.values(),
    {"rule": "plain", "learning_rate": 40.0, "share": 1.0, "updates": 500},
    {"rule": "averaged", "momentum": 0.99, "learning_rate": 40.0},
    {"rule": "nesterov", "share": 0.01, "learning_rate": 0.01, "updates": 50},
    {"rule": "previous_delta", "share": 0.95, "momentum": 0.0, "learning_rate": 1.0},
]


def result_of(own_rules=(), **settings):
    return run_items(own_rules, LINEAR_RULES, **(SETTINGS | settings))


def clipped(weight, gradient, memory, learning_rate, momentum):
    return weight - learning_rate * np.clip(gradient, -1, 1), memory


def half_ball(weight, gradient, memory, learning_rate, momentum):
    """Linear: heavy ball with half the step."""
    step = momentum * memory - 0.5 * learning_rate * gradient
    return weight + step, step


# --- numbers --------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", LINEAR)
@pytest.mark.parametrize("share", [1.0, 0.5, 0.1, 0.02])
def test_the_limit_of_the_lab_is_the_one_of_theory(rule, share):
    result = result_of(rule=rule, share=share)
    limit = theory.online_learning_rate_limit(rule, 1.0, 0.9, share)
    assert result.limit == pytest.approx(limit, rel=1e-5)
    assert result.numbers["limit"] == f"{limit:.4g}"
    assert result.batch_limit == pytest.approx(theory.learning_rate_limit(rule, 1.0, 0.9), rel=1e-5)
    for name, curve in result.curves.items():
        at_end = theory.learning_rate_limit(name, 1.0, 0.9)
        assert curve[SHARES == 1] == pytest.approx(at_end, rel=1e-5)


def test_where_each_update_sees_the_item_all_runs_are_one():
    result = result_of(share=1.0, learning_rate=0.5)
    alone = theory.from_rest("heavy_ball", 1.0, 0.5, 0.9, 100)
    np.testing.assert_allclose(result.weights, np.repeat(alone[:, None], RUNS, 1), atol=1e-12)
    np.testing.assert_allclose(result.squares, result.seen_squares, rtol=1e-9)


def test_the_row_has_the_mean_of_theory_and_what_the_runs_show():
    result = result_of()
    squares = theory.mean_squares("heavy_ball", 1.0, 0.2, 0.9, 0.1, 100)
    assert result.squares.tolist() == squares.tolist()
    row, distances = result.numbers, np.abs(result.weights[-1])
    assert float(row["mean square"]) == pytest.approx(squares[-1], rel=1e-3)
    assert float(row["seen"]) == pytest.approx((distances**2).mean(), rel=1e-2)
    assert float(row["half within"]) == pytest.approx(np.median(distances), rel=1e-2)
    assert float(row["farthest"]) == pytest.approx(distances.max(), rel=1e-2)
    growth = theory.mean_square_growth("heavy_ball", 1.0, 0.2, 0.9, 0.1)
    assert row["an update"] == f"× {growth:.4g}"


def test_the_limit_in_the_row_changes_with_a_thousandth_of_the_rule():
    def slip(weight, gradient, memory, learning_rate, momentum):
        return heavy_ball(weight, 1.001 * gradient, memory, learning_rate, momentum)

    for share in (0.1, 1.0):
        right, wrong = result_of(share=share), result_of((slip,), rule="slip", share=share)
        assert right.numbers["limit"] != wrong.numbers["limit"]


# --- words ----------------------------------------------------------------------------------


def test_below_the_limit_the_finding_says_stable_in_the_mean():
    result = result_of()
    assert result.learning_rate < result.limit
    assert result.finding == "Stable in the mean: each update keeps 99.2 % of the square"
    assert "below the limit 0.2209 at share 0.1 (at share 1 it is 3.8)" in result.sentence


def test_above_it_the_finding_tells_most_runs_from_the_mean():
    carried, away = result_of(learning_rate=0.26), result_of(learning_rate=0.6)
    assert np.median(np.abs(carried.weights[-1])) < 1 < np.median(np.abs(away.weights[-1]))
    assert carried.finding.startswith("The mean square grows 1.015 times an update: a few runs")
    assert carried.finding.endswith("carry it, at least half came closer")
    assert away.finding.endswith("; at least half of the runs moved away")
    assert "above the limit 0.2209 at share 0.1" in away.sentence


def test_at_the_limit_the_finding_says_neither_stable_nor_growing():
    result = result_of(learning_rate=2.0, momentum=0.0, share=1.0)
    assert result.finding.startswith("At the limit") and ": at the limit 2 " in result.sentence


def test_what_is_held_is_not_told_as_if_it_were_known():
    result = result_of(learning_rate=40.0, share=1.0)
    assert np.abs(result.weights[-1]).max() == 1e100
    assert "over 10⁴⁰ by theory, over 10⁴⁰ seen" in result.sentence
    assert result.numbers["farthest"] == result.numbers["mean square"] == "over 10⁴⁰"


@pytest.mark.parametrize("settings", TELLING, ids=str)
def test_no_number_is_written_as_a_computer_does(settings):
    result = result_of(**settings)
    for text in (result.finding, result.sentence, result.label, *result.numbers.values()):
        assert not any(wrong in text for wrong in ("nan", "inf", "e-", "e+"))


# --- own rules ------------------------------------------------------------------------------


def test_an_own_linear_rule_is_run_and_gets_its_own_curve():
    lab = one_item(half_ball)
    assert lab.rule.value == "half_ball"
    assert lab.result.limit == pytest.approx(2 * result_of().limit, rel=1e-5)
    curves = lab.result.curves
    np.testing.assert_allclose(curves["half_ball"], 2 * curves["heavy_ball"], rtol=1e-5)
    lab.answer("to the limit")
    assert lab.result.growth == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("rule", [clipped, adagrad])
def test_a_rule_that_is_not_linear_is_refused_in_words(rule):
    with pytest.raises(ValueError, match=f"rule {rule.__name__} must be linear on a quadratic"):
        one_item(rule)


# --- the controls ---------------------------------------------------------------------------


def test_the_button_to_the_limit_sets_the_learning_rate_and_nothing_else():
    lab = one_item(share=0.5).answer("to the limit")
    limit = theory.online_learning_rate_limit("heavy_ball", 1.0, 0.9, 0.5)
    assert lab.learning_rate.value == pytest.approx(limit, rel=1e-5)
    assert (lab.rule.value, lab.share.value, lab.momentum.value) == ("heavy_ball", 0.5, 0.9)


def test_a_click_among_the_limits_sets_share_and_learning_rate():
    lab = one_item().point("limits", 0.8, 1.5)
    assert (lab.share.value, lab.learning_rate.value) == (0.8, 1.5)


def test_another_seed_draws_other_items_and_the_same_theory():
    lab = one_item().pin()
    lab.new_seed()
    one, other = lab.pinned[0].result, lab.result
    assert one.weights.tobytes() != other.weights.tobytes()
    assert one.squares.tobytes() == other.squares.tobytes()


# --- the picture ----------------------------------------------------------------------------


@pytest.mark.parametrize("settings", TELLING, ids=str)
def test_texts_of_the_lab_are_readable(texts_of, settings):
    result = result_of(**settings)
    for shown in (0, 7, result.n_updates):
        assert_readable(texts_of(ONE_ITEM, entry(result, shown)))


def test_texts_of_the_lab_are_readable_with_pins(texts_of):
    results = [result_of(**settings) for settings in TELLING[:4]]
    pinned = [entry(r, look=look) for r, look in zip(results, PIN_LOOKS, strict=True)]
    for settings in (TELLING[5], TELLING[7]):
        assert_readable(texts_of(ONE_ITEM, entry(result_of(**settings)), pinned))


def test_the_plots_hold_the_mean_of_theory_and_of_the_runs():
    result = result_of()
    lines = framed(ONE_ITEM, entry(result))["squares"].get_lines()
    drawn_lines = [line.get_ydata() for line in lines if len(line.get_xdata()) == 101]
    for expected in (result.squares, result.seen_squares):
        assert any(np.allclose(line, expected) for line in drawn_lines)


def test_playback_stops_the_lines_and_moves_the_bars():
    result = result_of()
    early, late = (framed(ONE_ITEM, entry(result, shown)) for shown in (3, 100))
    lengths = [
        max(len(line.get_xdata()) for line in a["squares"].get_lines()) for a in (early, late)
    ]
    assert lengths == [4, 101]
    bars = [
        np.array([p.vertices for p in a["where"].collections[0].get_paths()]) for a in (early, late)
    ]
    assert not np.allclose(bars[0], bars[1])


def test_every_run_is_in_one_of_the_bars():
    result = result_of(learning_rate=0.6)
    (bars,) = framed(ONE_ITEM, entry(result))["where"].collections
    heights = np.array([path.vertices[:, 1].max() for path in bars.get_paths()])
    assert heights.max() == 1
    powers = np.log10(np.abs(result.weights[-1]))
    beyond = (powers >= 5.5).sum()
    tallest = max(np.histogram(np.clip(powers, -6, 6), np.arange(-6, 6.01, 0.5))[0])
    assert heights[-1] == pytest.approx(beyond / tallest)


def test_limits_of_every_rule_are_named():
    axes = drawn(ONE_ITEM, entry(result_of())).axes
    ONE_ITEM.draw(axes, *entry(result_of()))
    words = headings(axes["limits"])
    for name in ("plain", "previous-delta", "heavy ball", "nesterov", "averaged"):
        assert name in words
