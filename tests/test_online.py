"""One item an update: simulation beside theory, for every linear rule and for a reader's own."""

import numpy as np
import pytest

from momentum_lab import online, theory
from momentum_lab.rules import RULES

LINEAR = ("plain", "previous_delta", "heavy_ball", "nesterov", "averaged")


def with_an_if(weight, gradient, memory, learning_rate, momentum):
    """A reader's own linear rule that takes no arrays: heavy ball that looks before it leaps."""
    step = momentum * memory
    if gradient != 0:
        step = step - learning_rate * gradient
    return weight + step, step


def two_slopes(weight, gradient, memory, learning_rate, momentum):
    """A reader's own linear rule that takes arrays: half of the step waits for the next update."""
    step = -0.5 * learning_rate * gradient
    return weight + step + momentum * memory, step


# --- simulation against theory ---------------------------------------------------------------


@pytest.mark.parametrize("share", [0.5, 0.1])
@pytest.mark.parametrize("rule", [*LINEAR, two_slopes])
def test_the_limit_that_2000_runs_find_is_within_two_percent_of_the_limit_by_formula(rule, share):
    limit = theory.online_learning_rate_limit(rule, 1.0, 0.9, share)
    settings = 0.9, share, 3000

    def grows(factor):
        return online.growth_in_runs(rule, 1.0, factor * limit, *settings) > 1

    assert not grows(0.98) and grows(1.02)


@pytest.mark.parametrize("rule", LINEAR)
@pytest.mark.parametrize("factor", [0.6, 1.3])
def test_the_growth_that_runs_find_is_that_of_the_second_moments(rule, factor):
    settings = 2.5, factor * theory.online_learning_rate_limit(rule, 2.5, 0.6, 0.3), 0.6, 0.3
    found = online.growth_in_runs(rule, *settings, updates=3000)
    assert np.log(found) == pytest.approx(
        np.log(theory.mean_square_growth(rule, *settings)), rel=0.03
    )


@pytest.mark.parametrize("rule", LINEAR)
def test_the_mean_square_of_many_runs_is_that_of_theory_while_the_tails_are_light(rule):
    limit = theory.online_learning_rate_limit(rule, 1.0, 0.5, 0.3)
    settings = rule, 1.0, 0.3 * limit, 0.5, 0.3, 12
    weights = online.many_runs(*settings, 100_000, seed=1)
    assert weights.shape == (13, 100_000)
    np.testing.assert_allclose((weights**2).mean(axis=1), theory.mean_squares(*settings), rtol=0.02)


def test_a_rule_that_takes_single_numbers_only_is_run_all_the_same():
    own, built_in = (
        online.many_runs(rule, 1.0, 0.2, 0.9, 0.3, 12, 50) for rule in (with_an_if, "heavy_ball")
    )
    np.testing.assert_allclose(own, built_in, rtol=1e-12)


def test_each_run_is_the_rule_called_on_items_or_on_nothing():
    weights = online.many_runs("heavy_ball", 2.0, 0.1, 0.9, 0.4, updates=5, runs=300, seed=3)
    ends = {1.0: set()}
    reached = [(1.0, 0.0)]
    for row in weights[1:]:
        reached = [
            RULES["heavy_ball"](w, slope, m, 0.1, 0.9)
            for w, m in reached
            for slope in (0.0, 2.0 * w)
        ]
        ends = np.unique(np.round([w for w, _ in reached], 12))
        assert set(np.round(row, 12)) <= set(ends.tolist())
    assert len(set(np.round(weights[-1], 12))) > 25  # of 32 orders


@pytest.mark.parametrize("rule", LINEAR)
def test_where_every_update_sees_an_item_all_runs_are_the_one_from_rest(rule):
    weights = online.many_runs(rule, 1.0, 0.7, 0.5, 1.0, updates=20, runs=3)
    alone = theory.from_rest(rule, 1.0, 0.7, 0.5, 20)
    np.testing.assert_allclose(weights, np.repeat(alone[:, None], 3, axis=1), atol=1e-12)
    squares = theory.mean_squares(rule, 1.0, 0.7, 0.5, 1.0, 20)
    np.testing.assert_allclose(squares, alone**2, atol=1e-12)


def test_most_runs_can_come_closer_while_the_mean_square_grows():
    settings = "heavy_ball", 1.0, 0.26, 0.9, 0.1
    assert theory.mean_square_growth(*settings) > 1
    distances = np.abs(online.many_runs(*settings, updates=400, runs=2000))
    assert np.median(distances[-1]) < 0.01 < 10 < distances[-1].max()


def test_a_rule_that_jumps_to_the_minimum_leaves_nothing_to_grow():
    assert online.growth_in_runs("plain", 1.0, 1.0, 0.0, 1.0, updates=10) == 0


def test_what_diverges_stays_a_number():
    weights = online.many_runs("plain", 1.0, 40.0, 0.0, 1.0, updates=300, runs=2)
    assert np.isfinite(weights**2).all()
    assert np.isfinite(theory.mean_squares("plain", 1.0, 40.0, 0.0, 1.0, 300)).all()


def test_equal_seeds_give_equal_runs_and_other_seeds_others():
    settings = "plain", 1.0, 1.5, 0.0, 0.5, 30, 50
    one, same, other = (online.many_runs(*settings, seed=seed) for seed in (0, 0, 1))
    assert one.tobytes() == same.tobytes() != other.tobytes()


@pytest.mark.parametrize("rule", [*LINEAR, two_slopes])
def test_the_row_of_limits_ends_near_two(rule):
    row = online.limits_row(rule, 0.5, shares=(1, 0.3, 1e-4))
    limits = [theory.online_learning_rate_limit(rule, 1.0, 0.5, q) for q in (1, 0.3, 1e-4)]
    assert list(row.values())[3:6] == limits
    assert row["rule"] == getattr(rule, "__name__", rule)
    assert row["last × steady gain"] == pytest.approx(2, rel=1e-3)


@pytest.mark.parametrize("function", [online.many_runs, online.growth_in_runs])
def test_a_share_must_lie_above_zero_and_at_most_at_one(function):
    for share in (0, 1.5):
        with pytest.raises(ValueError, match=r"share must be in \(0, 1\], got"):
            function("plain", 1.0, 0.5, 0.0, share, 10, 10)
