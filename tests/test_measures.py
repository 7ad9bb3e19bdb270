"""Swings, overshoot, settling: against closed forms, brute force and what the docstrings say."""

import math
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from momentum_lab import data
from momentum_lab.measures import (
    GOOD_ERROR,
    first_epoch_below,
    overshoot,
    settling_update,
    summarize,
    swings,
)
from momentum_lab.network import Network
from momentum_lab.rules import heavy_ball, plain, previous_delta
from momentum_lab.training import train

whole_series = st.lists(st.integers(-20, 20), min_size=1, max_size=25)
tolerances = st.sampled_from([0.0, 0.0625, 0.125, 0.25, 0.5, 0.75])  # exact in binary


def path(rule, learning_rate, momentum, n=200, weight=1.0):
    """The weights of `rule` on the loss w²/2, whose minimum is at 0."""
    weights, memory = [weight], 0.0
    for _ in range(n):
        weight, memory = rule(weight, weight, memory, learning_rate, momentum)
        weights.append(weight)
    return np.array(weights)


def most_turns(series, threshold):
    """Try all ways to pick entries that rise and fall in turn by more than the threshold."""
    moves = {1: [0] * len(series), -1: [0] * len(series)}  # up and down moves that end here
    for i, value in enumerate(series):
        for j in range(i):
            for up in (1, -1):
                if up * (value - series[j]) > threshold:
                    moves[up][i] = max(moves[up][i], moves[-up][j] + 1)
    return max(0, max(moves[1] + moves[-1]) - 1)


# --- swings ---------------------------------------------------------------------------------


@given(whole_series, tolerances)
def test_swings_is_the_largest_number_of_turns_between_moves_above_the_threshold(series, tolerance):
    threshold = tolerance * (max(series) - min(series))
    assert swings(series, tolerance) == most_turns(series, threshold)


@given(whole_series, tolerances, st.sampled_from([-4.0, -1.0, 0.5, 2.0]), st.integers(-9, 9))
def test_swings_notices_neither_scale_nor_shift_nor_the_direction_of_time(
    series, tolerance, scale, shift
):
    expected = swings(series, tolerance)
    assert swings(scale * np.array(series) + shift, tolerance) == expected
    assert swings(series[::-1], tolerance) == expected


@given(st.lists(st.integers(0, 20), min_size=1), tolerances, st.integers(-20, 20))
def test_a_monotone_series_has_no_swings(rises, tolerance, start):
    series = start + np.cumsum(rises)
    assert swings(series, tolerance) == swings(-series, tolerance) == 0


@pytest.mark.parametrize(
    ("series", "expected"),
    [([5], 0), ([2, 2, 2], 0), ([0, 1], 0), ([0, 1, 0], 1), ([0, 1, -1, 0], 2), ([1, 0, 1, 0], 2)],
)
def test_one_bounce_is_one_swing_and_a_full_wave_two(series, expected):
    assert swings(series) == expected


@given(st.integers(1, 30))
def test_a_cosine_turns_twice_in_each_period(n_periods):
    wave = np.cos(np.linspace(0, 2 * np.pi * n_periods, 40 * n_periods + 1))
    assert swings(wave) == 2 * n_periods - 1  # it starts and ends on top


@given(st.floats(0.5, 0.95), st.integers(2, 60))
def test_a_bounce_that_decays_is_counted_until_it_is_lost_in_the_noise(ratio, n):
    series = (-ratio) ** np.arange(n)  # 1, −r, r², −r³ …: the k-th move is r^(k−1)·(1 + r)
    for tolerance in (0.0, 0.1, 0.3):
        n_moves = sum(ratio**k > tolerance for k in range(n - 1))
        assert swings(series, tolerance) == max(0, n_moves - 1)


@given(st.integers(0, 2**32))
def test_noise_within_the_tolerance_is_not_a_swing(seed):
    rng = np.random.default_rng(seed)
    slope = np.linspace(1, 0, 500) + rng.uniform(-0.045, 0.045, 500)
    assert swings(slope) == 0  # the tolerance is 0.1 of a range that is at least 0.91
    assert swings(slope, tolerance=0) > 200


def test_heavy_ball_swings_twice_in_the_period_of_its_complex_roots():
    learning_rate, momentum, n = 0.05, 0.9, 150
    period = 2 * np.pi / np.arccos((1 + momentum - learning_rate) / (2 * np.sqrt(momentum)))
    assert abs(swings(path(heavy_ball, learning_rate, momentum, n), 0) - 2 * n / period) <= 1
    assert swings(path(plain, learning_rate, 0.0, n), 0) == 0


@given(whole_series, tolerances, st.integers(1, 40))
def test_with_a_height_all_series_are_measured_with_one_ruler(series, tolerance, height):
    assert swings(series, tolerance, height) == most_turns(series, tolerance * height)


def test_a_curve_that_falls_less_is_not_measured_with_a_finer_ruler():
    small_bounces = [0.5, 0.4, 0.45, 0.4, 0.45]
    assert swings(small_bounces) == swings([3, *small_bounces], height=0.1) == 3
    assert swings([3, *small_bounces]) == swings(small_bounces, height=3) == 0


@pytest.mark.parametrize("height", [0, -1, math.nan, [1, 2]])
def test_a_height_is_one_positive_number(height):
    with pytest.raises(ValueError, match="^height must be "):
        swings([1, 2], height=height)


# --- overshoot ------------------------------------------------------------------------------


@given(st.floats(0.01, 1.99))
def test_plain_overshoots_by_what_its_rate_exceeds_one(rate):
    series = path(plain, rate, 0.0, n=5)
    assert overshoot(series, 0) == pytest.approx(max(0, rate - 1), abs=1e-14)


@given(st.floats(0.05, 0.95), st.sampled_from([-4.0, 0.5, 8.0]), st.integers(-9, 9))
def test_overshoot_is_a_share_of_the_first_distance_on_either_side_of_any_target(
    ratio, far, target
):
    series = target + far * (-ratio) ** np.arange(10)
    assert overshoot(series, target) == pytest.approx(ratio, rel=1e-12)


def test_a_path_that_never_passes_its_target_overshoots_by_zero():
    assert overshoot([4, 3, 3.5, 2], 2) == 0
    assert overshoot([4, 5, 9], 2) == 0
    assert overshoot([4], 2) == 0


def test_an_undamped_swing_overshoots_by_one_and_a_growing_one_by_more():
    assert overshoot([3, 1, 3, 1], 2) == 1
    assert overshoot([3, 0, 6], 2) == 2


def test_heavy_ball_overshoots_where_its_roots_are_complex_and_not_below():
    momentum = 0.81
    edge = (1 - math.sqrt(momentum)) ** 2  # critical damping
    assert overshoot(path(heavy_ball, 0.9 * edge, momentum), 0) == 0
    assert overshoot(path(heavy_ball, 4 * edge, momentum), 0) > 0.1


# --- settling -------------------------------------------------------------------------------


@given(st.floats(0.02, 0.98))
def test_plain_settles_when_its_power_falls_to_the_tolerance(rate):
    series = path(plain, rate, 0.0, n=400)
    expected = math.ceil(math.log(0.05) / math.log(1 - rate))
    assert settling_update(series, 0) in (expected, expected + (abs(1 - rate) ** expected >= 0.05))
    below, above = abs(series[settling_update(series, 0) :]), series[settling_update(series, 0) - 1]
    assert below.max() <= 0.05 < abs(above)


@given(whole_series, st.integers(-20, 20), tolerances)
def test_a_series_has_settled_where_all_that_follows_is_near(series, target, tolerance):
    distances = [abs(value - target) for value in series]
    near = [distance <= tolerance * distances[0] for distance in distances]
    expected = next((t for t in range(len(near)) if all(near[t:])), None)
    assert settling_update(series, target, tolerance) == expected


def test_a_series_that_comes_near_and_leaves_again_has_not_settled():
    assert settling_update([1, 0, 0, 1, 0, 0], 0) == 4
    assert settling_update([1, 0, 0, 1], 0) is None


def test_a_series_that_starts_at_its_target_and_stays_has_settled_before_any_update():
    assert settling_update([2, 2, 2], 2) == 0
    assert settling_update([2, 2, 2.1], 2) is None


def test_previous_delta_tuned_for_its_best_rate_settles_later_than_plain_at_first():
    # The best settings for a condition number of 100 (THEORY, section 4): at the strongest
    # curvature both roots are −99/103, so the weight goes as (−99/103)^t·(1 + t). The rule needs
    # half of plain's updates in the long run only.
    learning_rate, momentum = 301 / 103, 99**2 / (103 * 301)
    tuned = path(previous_delta, learning_rate, momentum, 2000)
    t = np.arange(2001)
    np.testing.assert_allclose(tuned[:300], ((-99 / 103) ** t * (1 + t))[:300], rtol=1e-9)
    in_closed_form = 1 + int(np.flatnonzero((99 / 103) ** t * (1 + t) > 0.05)[-1])
    assert settling_update(tuned, 0) == in_closed_form
    assert in_closed_form > settling_update(path(plain, 2 / 1.01, 0.0, 2000), 0)


# --- convergence ----------------------------------------------------------------------------


def test_the_first_epoch_below_is_counted_from_one_and_may_never_come():
    assert first_epoch_below([0.09, 0.5], 0.1) == 1
    assert first_epoch_below([0.5, 0.1, 0.09, 0.2], 0.1) == 3
    assert first_epoch_below([0.5, 0.1], 0.1) is None
    assert first_epoch_below([], 0.1) is None


def test_the_summary_of_a_run_is_read_off_its_epochs():
    run = train(Network(4, 7, 3), data.iris().standardized(), "heavy_ball", 0.01, 0.9)
    summary = summarize(run)
    assert summary.error == run.epoch_errors[-1]
    assert summary.accuracy == run.epoch_accuracies[-1]
    assert summary.good_epoch == first_epoch_below(run.epoch_errors, GOOD_ERROR)
    assert summary.good_epoch is not None
    assert summary.swings == swings(run.epoch_errors, height=np.log(3))
    assert (summary.n_updates, summary.diverged_at) == (7500, None)
    with pytest.raises(FrozenInstanceError):
        summary.error = 0.0


def test_the_late_error_is_the_largest_in_the_last_fifth_of_the_epochs():
    iris = data.iris().standardized()
    run = train(Network(4, 7, 3), iris, "plain", 0.5, 0.0, epochs=50, batch_size=150)
    assert (np.diff(run.epoch_errors) < 0).all()
    assert summarize(run).late_error == run.epoch_errors[40]


@pytest.mark.parametrize(("learning_rate", "stays"), [(0.003, True), (0.005, False)])
def test_a_run_stays_good_when_no_epoch_after_its_first_good_one_is_not(learning_rate, stays):
    iris = data.iris().standardized()
    run = train(Network(4, 7, 3), iris, "heavy_ball", learning_rate, 0.9)
    summary = summarize(run)
    assert summary.good_epoch is not None
    assert summary.stays_good == (max(run.epoch_errors[summary.good_epoch :]) < GOOD_ERROR) == stays


@pytest.mark.parametrize("error", ["cross_entropy", "squared_error", "article"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_guessing_is_the_error_of_a_network_without_weights(error, n_classes):
    items = data.spirals(n_items=30, n_classes=n_classes)
    network = Network(2, 3, n_classes, error=error)
    summary = summarize(train(network, items, "plain", 0.1, 0.0, epochs=1))
    guess = network.error(np.zeros(network.n_weights), items.inputs, items.targets)
    assert summary.guessing == pytest.approx(guess, rel=1e-14)


def test_the_summary_of_a_run_that_diverged_at_once_has_no_error():
    run = train(Network(4, 7, 3), data.iris(), "plain", 1e9, 0.0)
    summary = summarize(run)
    assert (summary.error, summary.accuracy, summary.good_epoch) == (None, None, None)
    assert summary.diverged_at == summary.n_updates == run.diverged_at
    assert summary.swings == 0


# --- bad input ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measure", "settings"), [(swings, ()), (overshoot, (0.5,)), (settling_update, (0.5,))]
)
@pytest.mark.parametrize(
    ("series", "error", "complaint"),
    [
        ([], ValueError, r"series must be one row of numbers, got shape \(0,\)$"),
        (3.0, ValueError, r"series must be one row of numbers, got shape \(\)$"),
        ([[1.0, 2.0]], ValueError, r"series must be one row of numbers, got shape \(1, 2\)$"),
        ([1.0, math.nan], ValueError, r"series must be finite, got nan at index \(1,\)$"),
        ([math.inf, 1.0], ValueError, r"series must be finite, got inf at index \(0,\)$"),
        (["a"], TypeError, "series must be numbers, got "),
    ],
)
def test_a_series_is_one_finite_row_of_numbers(measure, settings, series, error, complaint):
    with pytest.raises(error, match=f"^{complaint}"):
        measure(series, *settings)


@pytest.mark.parametrize("tolerance", [-0.1, 1, 1.5, math.nan])
def test_a_tolerance_is_a_share(tolerance):
    for measure in (
        lambda: swings([1, 2], tolerance),
        lambda: settling_update([1, 2], 0, tolerance),
    ):
        with pytest.raises(ValueError, match=rf"^tolerance must be in \[0, 1\), got {tolerance}$"):
            measure()


def test_targets_and_thresholds_are_finite():
    with pytest.raises(ValueError, match="^target must be finite, got nan$"):
        overshoot([1, 2], math.nan)
    with pytest.raises(ValueError, match="^target must be finite, got inf$"):
        settling_update([1, 2], math.inf)
    with pytest.raises(ValueError, match="^threshold must be finite, got nan$"):
        first_epoch_below([1, 2], math.nan)


def test_there_is_no_overshoot_without_a_first_distance():
    with pytest.raises(ValueError, match=r"^series must not start at the target 2\.0$"):
        overshoot([2, 3], 2)
