"""Theory read off the rules: matrices by hand, numpy's eigenvalues, closed forms, simulation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from momentum_lab import theory
from momentum_lab.rules import RULES

LINEAR = ("plain", "previous_delta", "heavy_ball", "nesterov", "averaged")
MOMENTA = [round(0.1 * i, 1) for i in range(1, 10)]

linear_rules = st.sampled_from(LINEAR)
curvatures = st.floats(0.01, 10)
learning_rates = st.floats(0.01, 2)
momenta = st.floats(0, 0.99)

# The matrix on (weight, memory), by hand from the update rules, with a = learning rate · curvature.
MATRIX_BY_HAND = {
    "plain": lambda a, b: [[1 - a, 0], [0, 1]],
    "previous_delta": lambda a, b: [[1 - a, b], [-a, 0]],
    "heavy_ball": lambda a, b: [[1 - a, b], [-a, b]],
    "nesterov": lambda a, b: [[1 - a - a * b, b * b], [-a, b]],
    "averaged": lambda a, b: [[1 - a * (1 - b), b], [-a * (1 - b), b]],
}

# z² − p·z + q, the characteristic polynomials of THEORY.md section 3, as (p, q).
POLYNOMIALS = {
    "plain": lambda a, b: (1 - a, 0),
    "previous_delta": lambda a, b: (1 - a, b * a),
    "heavy_ball": lambda a, b: (1 + b - a, b),
    "nesterov": lambda a, b: ((1 + b) * (1 - a), b * (1 - a)),
    "averaged": lambda a, b: (1 + b - a * (1 - b), b),
}

LIMITS = {
    "plain": lambda b: 2,
    "previous_delta": lambda b: min(2 / (1 - b), 1 / b),
    "heavy_ball": lambda b: 2 * (1 + b),
    "nesterov": lambda b: 2 * (1 + b) / (1 + 2 * b),
    "averaged": lambda b: 2 * (1 + b) / (1 - b),
}


def look_back_twice(weight, gradient, memory, learning_rate, momentum):
    """A reader's own rule: heavy ball whose memory counts half."""
    step = momentum * memory / 2 - learning_rate * gradient
    return weight + step, step


def on_single_numbers(weight, gradient, memory, learning_rate, momentum):
    """A reader's own rule that no array can go through: heavy ball with an `if` and math."""
    push = 0.0 if gradient == 0 else -learning_rate * gradient
    step = math.fsum([momentum * memory, push])
    return weight + step, step


def never_converges(weight, gradient, memory, learning_rate, momentum):
    return 2 * weight - learning_rate * gradient * 0, memory


# The learning rates between which the roots are complex, at curvature 1.
RINGING = {
    "plain": lambda b: (1, 1),
    "previous_delta": lambda b: (
        (np.sqrt(1 + b) - np.sqrt(b)) ** 2,
        (np.sqrt(1 + b) + np.sqrt(b)) ** 2,
    ),
    "heavy_ball": lambda b: ((1 - np.sqrt(b)) ** 2, (1 + np.sqrt(b)) ** 2),
    "nesterov": lambda b: (((1 - b) / (1 + b)) ** 2, 1),
    "averaged": lambda b: ((1 - np.sqrt(b)) ** 2 / (1 - b), (1 + np.sqrt(b)) ** 2 / (1 - b)),
}

# The best learning rate, momentum and rate for curvatures from 1/k to 1; r = √k, n = √(3k + 1).
BEST = {
    "plain": lambda k: (2 * k / (k + 1), 0, (k - 1) / (k + 1)),
    "previous_delta": lambda k: (
        (3 * k + 1) / (k + 3),
        (k - 1) ** 2 / ((k + 3) * (3 * k + 1)),
        (k - 1) / (k + 3),
    ),
    "heavy_ball": lambda k, r: (4 * k / (r + 1) ** 2, ((r - 1) / (r + 1)) ** 2, (r - 1) / (r + 1)),
    "nesterov": lambda k, n: (4 * k / (3 * k + 1), (n - 2) / (n + 2), 1 - 2 / n),
    "averaged": lambda k, r: (r, ((r - 1) / (r + 1)) ** 2, (r - 1) / (r + 1)),
}

STEADY_GAIN = {
    "plain": lambda b: 1,
    "previous_delta": lambda b: 1 + b,
    "heavy_ball": lambda b: 1 / (1 - b),
    "nesterov": lambda b: 1 / (1 - b),
    "averaged": lambda b: 1,
}

ALTERNATING_GAIN = {
    "plain": lambda b: 1,
    "previous_delta": lambda b: 1 - b,
    "heavy_ball": lambda b: 1 / (1 + b),
    "nesterov": lambda b: (1 + 2 * b) / (1 + b),
    "averaged": lambda b: (1 - b) / (1 + b),
}

# The stationary variance for noise of variance 1, times curvature / learning rate.
NOISE = {
    "plain": lambda a, b: 1 / (2 - a),
    "previous_delta": lambda a, b: ((1 + b) - a * b * (1 - b)) / ((1 - a * b) * (2 - a * (1 - b))),
    "heavy_ball": lambda a, b: (1 + b) / ((1 - b) * (2 * (1 + b) - a)),
    "averaged": lambda a, b: (1 + b) / (2 * (1 + b) - a * (1 - b)),
}


def best_by_hand(rule, k):
    """Return the closed form's best (learning rate, momentum, rate) for condition number k."""
    extra = {"heavy_ball": [np.sqrt(k)], "averaged": [np.sqrt(k)], "nesterov": [np.sqrt(3 * k + 1)]}
    return BEST[rule](k, *extra.get(rule, []))


def growth_per_update(rule, curvature, learning_rate, momentum, updates=3000, settled=1000):
    """Run the rule; return the mean factor by which (weight, memory) grows once it has settled."""
    weight, memory, log_size = 1.0, 0.0, 0.0
    for update in range(updates):
        weight, memory = RULES[rule](weight, curvature * weight, memory, learning_rate, momentum)
        size = np.hypot(weight, memory)
        if size < 1e-300:
            return 0.0
        weight, memory = weight / size, memory / size
        log_size += np.log(size) if update >= settled else 0.0
    return np.exp(log_size / (updates - settled))


# --- matrix and roots -----------------------------------------------------------------------


@given(linear_rules, curvatures, learning_rates, momenta)
def test_matrix_read_off_a_rule_is_the_one_written_by_hand(
    rule, curvature, learning_rate, momentum
):
    given = theory.transition_matrix(rule, curvature, learning_rate, momentum)
    expected = MATRIX_BY_HAND[rule](learning_rate * curvature, momentum)
    np.testing.assert_allclose(given, expected, rtol=1e-12, atol=1e-12)


@given(linear_rules, curvatures, learning_rates, momenta, st.floats(-5, 5), st.floats(-5, 5))
def test_matrix_does_what_the_rule_does(rule, curvature, learning_rate, momentum, weight, memory):
    matrix = theory.transition_matrix(rule, curvature, learning_rate, momentum)
    expected = RULES[rule](weight, curvature * weight, memory, learning_rate, momentum)
    np.testing.assert_allclose(matrix @ [weight, memory], expected, rtol=1e-10, atol=1e-10)


@given(linear_rules, curvatures, learning_rates, momenta)
def test_roots_solve_the_characteristic_polynomial(rule, curvature, learning_rate, momentum):
    p, q = POLYNOMIALS[rule](learning_rate * curvature, momentum)
    both = theory.roots(rule, curvature, learning_rate, momentum)
    size = 1 + np.abs(both).max() ** 2
    assert abs(both.sum() - p) < 1e-12 * size
    assert abs(both.prod() - q) < 1e-12 * size


@given(st.sampled_from(LINEAR[1:]), curvatures, learning_rates, momenta)
def test_roots_are_the_eigenvalues_that_numpy_finds(rule, curvature, learning_rate, momentum):
    matrix = theory.transition_matrix(rule, curvature, learning_rate, momentum)
    first, second = np.linalg.eigvals(matrix)
    given = theory.roots(rule, curvature, learning_rate, momentum)
    distances = [np.abs(given - pair).max() for pair in ([first, second], [second, first])]
    # Near a double root both lose half of their digits; elsewhere they agree to rounding.
    tolerance = 1e-6 if abs(first - second) < 1e-3 else 1e-9
    assert min(distances) < tolerance * (1 + abs(first) + abs(second))


def test_plain_has_one_root_because_its_memory_never_reaches_the_weight():
    np.testing.assert_allclose(theory.roots("plain", 2.0, 0.3, 0.9), [0.4, 0.0], atol=1e-15)
    assert theory.rate("plain", 2.0, 0.3, 0.9) == pytest.approx(0.4)


@pytest.mark.parametrize("momentum", MOMENTA)
def test_heavy_ball_rings_between_its_two_borders_with_modulus_root_momentum(momentum):
    root = np.sqrt(momentum)
    inside = np.linspace((1 - root) ** 2, (1 + root) ** 2, 30)[1:-1]
    np.testing.assert_allclose(theory.rate("heavy_ball", 1.0, inside, momentum), root, rtol=1e-9)
    assert (theory.roots("heavy_ball", 1.0, inside, momentum).imag != 0).all()
    outside = np.array([0.99 * (1 - root) ** 2, 1.01 * (1 + root) ** 2])
    assert (theory.roots("heavy_ball", 1.0, outside, momentum).imag == 0).all()


@pytest.mark.parametrize("momentum", MOMENTA)
def test_previous_delta_rings_between_its_two_borders(momentum):
    low = (np.sqrt(1 + momentum) - np.sqrt(momentum)) ** 2
    high = (np.sqrt(1 + momentum) + np.sqrt(momentum)) ** 2
    inside = np.linspace(low, high, 30)[1:-1]
    expected = np.sqrt(inside * momentum)
    np.testing.assert_allclose(
        theory.rate("previous_delta", 1.0, inside, momentum), expected, rtol=1e-9
    )
    outside = np.array([0.99 * low, 1.01 * high])
    assert (theory.roots("previous_delta", 1.0, outside, momentum).imag == 0).all()


def test_critical_damping_of_heavy_ball_is_the_best_momentum_for_one_curvature():
    a = 0.25
    best = (1 - np.sqrt(a)) ** 2
    tried = theory.rate("heavy_ball", 1.0, a, np.linspace(0, 0.99, 1000))
    assert theory.rate("heavy_ball", 1.0, a, best) == pytest.approx(0.5, abs=1e-7)
    assert tried.min() >= 0.5 - 1e-7


# --- the learning-rate limit ----------------------------------------------------------------


@pytest.mark.parametrize("momentum", MOMENTA)
@pytest.mark.parametrize("rule", LINEAR)
def test_limit_is_the_closed_form(rule, momentum):
    expected = LIMITS[rule](momentum)
    assert theory.learning_rate_limit(rule, 1.0, momentum) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("curvature", [0.01, 0.3, 40.0])
@pytest.mark.parametrize("rule", LINEAR)
def test_limit_shrinks_as_the_curvature_grows(rule, curvature):
    expected = LIMITS[rule](0.7) / curvature
    assert theory.learning_rate_limit(rule, curvature, 0.7) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("rule", LINEAR)
def test_without_momentum_every_rule_has_the_limit_two(rule):
    assert theory.learning_rate_limit(rule, 1.0, 0.0) == pytest.approx(2, abs=1e-6)


def test_previous_delta_has_its_largest_limit_three_at_one_third():
    limits = {b: theory.learning_rate_limit("previous_delta", 1.0, b) for b in MOMENTA}
    assert theory.learning_rate_limit("previous_delta", 1.0, 1 / 3) == pytest.approx(3, abs=1e-6)
    assert max(limits.values()) < 3


def test_previous_delta_is_less_stable_than_plain_above_one_half():
    plain = theory.learning_rate_limit("plain", 1.0, 0.5)
    limits = [theory.learning_rate_limit("previous_delta", 1.0, b) for b in (0.4, 0.5, 0.51, 0.9)]
    assert limits[0] > plain
    assert limits[1] == pytest.approx(plain, abs=1e-6)
    assert limits[2] < plain and limits[3] == pytest.approx(1 / 0.9, abs=1e-6)


def test_previous_delta_changes_its_sign_at_each_update_or_rings_at_its_limit():
    limits = {b: LIMITS["previous_delta"](b) for b in (0.1, 0.3, 0.4, 0.9)}
    at_limit = {b: theory.roots("previous_delta", 1.0, a, b) for b, a in limits.items()}
    assert [bool((z.imag != 0).all()) for z in at_limit.values()] == [False, False, True, True]
    assert [z.real.min() for z in at_limit.values()][:2] == pytest.approx([-1, -1], abs=1e-12)


def test_previous_delta_with_momentum_one_half_repeats_every_three_updates_at_its_limit():
    assert theory.regime("previous_delta", 1.0, 2.0, 0.5) == "edge"
    weights = theory.from_rest("previous_delta", 1.0, 2.0, 0.5, 12)
    np.testing.assert_array_equal(weights[3:], weights[:-3])
    assert len(set(weights[:3].tolist())) > 1


@given(st.floats(1e-6, 0.99))
def test_nesterov_has_a_limit_below_two_at_every_momentum_above_zero(momentum):
    limit = theory.learning_rate_limit("nesterov", 1.0, momentum)
    assert limit == pytest.approx(LIMITS["nesterov"](momentum), abs=1e-6)
    assert limit < 2


@pytest.mark.parametrize("momentum", MOMENTA)
def test_nesterov_is_less_stable_than_plain_at_every_momentum(momentum):
    assert theory.learning_rate_limit("nesterov", 1.0, momentum) < 2


@given(linear_rules, momenta)
def test_below_the_limit_the_rule_converges_and_above_it_diverges(rule, momentum):
    limit = theory.learning_rate_limit(rule, 1.0, momentum)
    assert theory.rate(rule, 1.0, 0.999 * limit, momentum) < 1
    assert theory.rate(rule, 1.0, 1.001 * limit, momentum) > 1


def test_a_rule_that_never_diverges_has_no_limit_and_one_that_always_does_has_zero():
    def halve(weight, gradient, memory, learning_rate, momentum):
        return 0.5 * weight, memory

    assert theory.learning_rate_limit(halve, 1.0, 0.5) == np.inf
    assert theory.learning_rate_limit(never_converges, 1.0, 0.5) == 0


# --- the rate -------------------------------------------------------------------------------


@given(linear_rules, st.floats(0.05, 4), st.floats(0, 0.95))
def test_rate_is_the_shrink_factor_of_a_long_simulation(rule, learning_rate, momentum):
    simulated = growth_per_update(rule, 1.0, learning_rate, momentum)
    assert theory.rate(rule, 1.0, learning_rate, momentum) == pytest.approx(simulated, abs=3e-3)


@given(linear_rules, curvatures, learning_rates, momenta)
def test_rate_is_the_larger_of_the_two_roots(rule, curvature, learning_rate, momentum):
    both = theory.roots(rule, curvature, learning_rate, momentum)
    given = theory.rate(rule, curvature, learning_rate, momentum)
    assert given == pytest.approx(np.abs(both).max(), rel=1e-12, abs=1e-12)


@given(linear_rules, learning_rates, momenta, st.floats(0.01, 5), st.floats(0.01, 5))
def test_the_worst_of_a_range_of_curvatures_is_one_of_its_ends(rule, rate, momentum, one, other):
    between = np.linspace(one, other, 50)
    worst = theory.rate(rule, between, rate, momentum)
    assert worst.max() <= max(worst[0], worst[-1]) + 1e-7


# --- the regimes ----------------------------------------------------------------------------


def regime_by_hand(rule, a, b):
    """Return the regime that the borders of the closed forms give, for arrays a and b."""
    low, high = RINGING[rule](b)
    limit = np.vectorize(LIMITS[rule])(b)
    conditions = [a > limit, a <= low, a < high]
    return np.select(conditions, ["diverging", "smooth", "ringing"], "sign-flipping")


def random_settings(rule, count, edge, seed=1):
    """Return random learning rates and momenta that are no nearer than `edge` to a border."""
    generator = np.random.default_rng(seed)
    b = generator.uniform(0.02, 0.98, count)
    a = generator.uniform(0, 1.3, count) * np.vectorize(LIMITS[rule])(b)
    borders = [*np.broadcast_arrays(*RINGING[rule](b), b)[:2], np.vectorize(LIMITS[rule])(b)]
    away = np.abs(a - np.array(borders)).min(axis=0) > edge
    return a[away & (a > edge)], b[away & (a > edge)]


@pytest.mark.parametrize("rule", LINEAR)
def test_regime_is_the_one_between_the_borders_of_the_closed_forms(rule):
    a, b = random_settings(rule, count=40_000, edge=1e-6)
    assert a.size > 39_000
    given = theory.regime(rule, 1.0, a, b)
    np.testing.assert_array_equal(given, regime_by_hand(rule, a, b))
    possible = {"smooth", "ringing", "sign-flipping", "diverging"}
    never = {"plain": {"ringing"}, "nesterov": set()}
    assert set(given.tolist()) == possible - never.get(rule, set())


def test_previous_delta_flips_its_sign_at_each_update_only_below_a_momentum_of_one_third():
    a, b = random_settings("previous_delta", count=40_000, edge=1e-6)
    flips = theory.regime("previous_delta", 1.0, a, b) == "sign-flipping"
    assert 0.3 < b[flips].max() < 1 / 3


@pytest.mark.parametrize("rule", LINEAR)
def test_regime_is_what_a_simulation_of_the_rule_does(rule):
    a, b = random_settings(rule, count=3000, edge=0.02)
    assert a.size > 2000
    weight, memory, log_size, signs = np.ones(a.shape), np.zeros(a.shape), 0.0, []
    for update in range(3000):
        weight, memory = RULES[rule](weight, weight, memory, a, b)
        size = np.hypot(weight, memory) if rule != "plain" else np.abs(weight)
        weight, memory, log_size = weight / size, memory / size, log_size + np.log(size)
        signs.append(weight > 0)
        if update == 1999:
            log_size, signs = 0.0, []
    changes = np.mean(np.diff(signs, axis=0), axis=0)
    seen = np.select([changes == 0, changes == 1], ["smooth", "sign-flipping"], "ringing")
    seen = np.where(log_size > 0, "diverging", seen)
    np.testing.assert_array_equal(theory.regime(rule, 1.0, a, b), seen)


@pytest.mark.parametrize("momentum", [b for b in MOMENTA if b != 0.3])
@pytest.mark.parametrize("rule", LINEAR)
def test_the_edge_is_at_the_limit_and_nowhere_near_it(rule, momentum):
    limit = LIMITS[rule](momentum)
    around = limit * np.array([1 - 1e-6, 1, 1 + 1e-6])
    below, at, above = theory.regime(rule, 1.0, around, momentum)
    assert (at, above) == ("edge", "diverging")
    assert below == regime_by_hand(rule, np.array(around[0]), np.array(momentum))


@pytest.mark.parametrize(("a", "b"), [(0.1, 0.9), (0.5, 0.5), (1.4, 0.3), (3.0, 0.9)])
def test_heavy_ball_rings_with_the_period_of_the_closed_form(a, b):
    period = 2 * np.pi / np.arccos((1 + b - a) / (2 * np.sqrt(b)))
    angle = np.abs(np.angle(theory.roots("heavy_ball", 1.0, a, b)))
    np.testing.assert_allclose(2 * np.pi / angle, period, rtol=1e-12)
    weight, memory, swings, updates = 1.0, 0.0, 0, 20_000
    for _ in range(updates):
        new, memory = RULES["heavy_ball"](weight, weight, memory, a, b)
        swings += (new > 0) != (weight > 0)
        weight, memory = new / np.sqrt(b), memory / np.sqrt(b)
    assert 2 * updates / swings == pytest.approx(period, rel=1e-3)


def test_regime_of_one_setting_is_a_plain_word_and_of_a_grid_an_array_of_words():
    word = theory.regime("heavy_ball", 1.0, 0.1, 0.9)
    assert type(word) is str and f"{word}" == "ringing" and word in theory.REGIMES
    words = theory.regime("plain", [0.1, 1.0, 1.5], [[1.0], [2.0]], 0.0)
    assert words.tolist() == [
        ["smooth", "smooth", "sign-flipping"],
        ["smooth", "edge", "diverging"],
    ]
    assert theory.REGIMES == ("smooth", "ringing", "sign-flipping", "edge", "diverging")


# --- the best settings ----------------------------------------------------------------------


@pytest.mark.parametrize("condition_number", [1.2, 3, 10, 47.0, 100, 400, 10_000, 1_000_000])
@pytest.mark.parametrize("rule", LINEAR)
def test_best_settings_are_those_of_the_closed_forms(rule, condition_number):
    best = theory.best_settings(rule, condition_number)
    assert best == pytest.approx(best_by_hand(rule, condition_number), rel=1e-5, abs=1e-7)
    ends = [1 / condition_number, 1.0]
    worst = theory.rate(rule, ends, best.learning_rate, best.momentum).max()
    assert worst == pytest.approx(best.rate, rel=1e-12)


@given(linear_rules, st.floats(10, 400), st.floats(-0.3, 0.3), st.floats(0.0, 0.95))
def test_no_other_settings_are_better_than_the_best(rule, condition_number, shift, momentum):
    best = theory.best_settings(rule, condition_number)
    other = best.learning_rate * np.exp(shift)
    worst = theory.rate(rule, [1 / condition_number, 1.0], other, momentum).max()
    assert worst >= best.rate - 1e-7


def test_best_settings_for_curvatures_01_1_and_1_are_those_of_goh():
    # Goh 2017: curvatures .01, .1 and 1.
    plain, ball = (theory.best_settings(rule, 100) for rule in ("plain", "heavy_ball"))
    assert plain.learning_rate == pytest.approx(200 / 101, rel=1e-7)
    assert plain.momentum == 0
    assert ball == pytest.approx((400 / 121, 81 / 121, 9 / 11), rel=1e-6)
    rates = theory.rate("heavy_ball", [0.01, 0.1, 1.0], 400 / 121, 81 / 121)
    np.testing.assert_allclose(rates, 9 / 11, atol=1e-7)


def test_the_post_at_its_best_halves_plains_updates_and_heavy_ball_takes_their_root():
    times = {rule: -1 / np.log(theory.best_settings(rule, 1e4).rate) for rule in LINEAR}
    assert times["plain"] / times["previous_delta"] == pytest.approx(2, rel=1e-3)
    assert times["plain"] / times["heavy_ball"] == pytest.approx(100, rel=1e-3)
    assert times["plain"] / times["nesterov"] == pytest.approx(100 / np.sqrt(3), rel=0.01)


@pytest.mark.parametrize("condition_number", [4, 100, 10_000])
def test_the_standard_settings_of_nesterov_give_one_minus_one_over_root_kappa(condition_number):
    root = np.sqrt(condition_number)
    rates = theory.rate("nesterov", [1 / condition_number, 1.0], 1.0, (root - 1) / (root + 1))
    assert rates.max() == pytest.approx(1 - 1 / root, abs=1e-7)
    assert theory.best_settings("nesterov", condition_number).rate < 1 - 1 / root


@pytest.mark.parametrize("rule", LINEAR)
def test_one_curvature_alone_is_solved_in_one_update(rule):
    best = theory.best_settings(rule, 1)
    assert best.rate == pytest.approx(0, abs=1e-7)
    assert best[:2] == pytest.approx((1, 0), abs=1e-7)


@pytest.mark.parametrize("rule", LINEAR)
def test_best_rates_draw_the_curve_of_the_closed_form(rule):
    condition_numbers = np.geomspace(1.5, 1e4, 30)
    expected = [best_by_hand(rule, k)[2] for k in condition_numbers]
    given = theory.best_rates(rule, condition_numbers)
    np.testing.assert_allclose(given, expected, rtol=1e-6)
    assert theory.best_rates(rule, 10) == pytest.approx(theory.best_settings(rule, 10).rate)
    grid = theory.best_rates(rule, [[10, 100, 400], [2, 3, 4]])
    assert grid.shape == (2, 3) and grid[0, 1] > grid[0, 0] > grid[1, 2]


@pytest.mark.parametrize("a", [0.04, 0.25, 0.6, 1.44, 2.0])
def test_critical_damping_of_heavy_ball_is_one_minus_root_a_squared(a):
    best = theory.critical_damping("heavy_ball", 2.0, a / 2)
    assert best[1:] == pytest.approx(((1 - np.sqrt(a)) ** 2, abs(1 - np.sqrt(a))), abs=1e-7)


@pytest.mark.parametrize("a", [0.18, 0.25, 0.6, 1.5, 2.9])
def test_critical_damping_of_previous_delta_is_the_closed_form(a):
    best = theory.critical_damping("previous_delta", 0.5, 2 * a)
    assert best[1:] == pytest.approx(((1 - a) ** 2 / (4 * a), abs(1 - a) / 2), abs=1e-7)


@pytest.mark.parametrize("a", [0.01, 0.1, 0.17])
def test_previous_delta_never_has_enough_momentum_below_three_minus_two_root_two(a):
    best = theory.critical_damping("previous_delta", 1.0, a)
    assert best.momentum == pytest.approx(theory.LARGEST_MOMENTUM, rel=1e-12)
    assert best.rate > (1 - a) / 2


def test_critical_damping_of_the_other_rules():
    assert theory.critical_damping("plain", 1.0, 0.3) == (0.3, 0, 0.7)
    assert theory.critical_damping("nesterov", 1.0, 1.5) == (1.5, 0, 0.5)
    root = np.sqrt(0.3)
    nesterov = theory.critical_damping("nesterov", 1.0, 0.3)
    assert nesterov[1:] == pytest.approx(((1 - root) / (1 + root), 1 - root), abs=1e-7)
    averaged = theory.critical_damping("averaged", 1.0, 0.3)
    assert averaged[1:] == pytest.approx(((0.7 / 1.3) ** 2, 0.7 / 1.3), abs=1e-7)


# --- gains and memory -----------------------------------------------------------------------


@given(linear_rules, momenta)
def test_gains_are_the_closed_forms(rule, momentum):
    steady, alternating = STEADY_GAIN[rule](momentum), ALTERNATING_GAIN[rule](momentum)
    assert theory.steady_gain(rule, momentum) == pytest.approx(steady, rel=1e-12)
    assert theory.alternating_gain(rule, momentum) == pytest.approx(alternating, rel=1e-12)


@pytest.mark.parametrize("rule", [*LINEAR, look_back_twice, on_single_numbers])
def test_gains_are_what_a_long_series_of_gradients_ends_with(rule):
    alternating = np.resize([1.0, -1.0], 400)  # the last one is -1
    last = theory.response(rule, alternating, 1.0, 0.8).steps[-1]
    assert theory.alternating_gain(rule, 0.8) == pytest.approx(last, rel=1e-12)
    last = theory.response(rule, [-1.0] * 400, 1.0, 0.8).steps[-1]
    assert theory.steady_gain(rule, 0.8) == pytest.approx(last, rel=1e-12)


@pytest.mark.parametrize("rule", ["heavy_ball", "previous_delta"])
def test_at_equal_effective_rates_small_steps_follow_plains_path(rule):
    plain = theory.from_rest("plain", 1.0, 1e-4, 0.0, 20_000)
    gain = theory.steady_gain(rule, 0.9)
    with_momentum = theory.from_rest(rule, 1.0, 1e-4 / gain, 0.9, 20_000)
    np.testing.assert_allclose(with_momentum, plain, atol=1e-3)
    not_scaled = theory.from_rest(rule, 1.0, 1e-4, 0.9, 20_000)
    assert np.abs(not_scaled - plain).max() > 0.2


def steps_after_one_gradient(rule, momentum, updates):
    return theory.response(rule, [-1.0] + [0.0] * (updates - 1), 1.0, momentum).steps


def test_memory_of_the_post_ends_after_one_update_and_heavy_balls_fades():
    assert steps_after_one_gradient("plain", 0.9, 4).tolist() == [1, 0, 0, 0]
    assert steps_after_one_gradient("previous_delta", 0.9, 4).tolist() == [1, 0.9, 0, 0]
    heavy_ball = steps_after_one_gradient("heavy_ball", 0.9, 50)
    np.testing.assert_allclose(heavy_ball, 0.9 ** np.arange(50), rtol=1e-13)


@pytest.mark.parametrize("rule", [*LINEAR, look_back_twice, on_single_numbers])
def test_gains_are_the_sums_of_the_steps_that_one_gradient_leaves_behind(rule):
    steps = steps_after_one_gradient(rule, 0.8, 500)
    assert steps.sum() == pytest.approx(theory.steady_gain(rule, 0.8), rel=1e-12)
    alternating = (steps * (-1.0) ** np.arange(500)).sum()
    assert alternating == pytest.approx(theory.alternating_gain(rule, 0.8), rel=1e-12)


def test_gains_have_the_shape_of_the_momentum():
    grid = np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]])
    for function in (theory.steady_gain, theory.alternating_gain):
        for rule in LINEAR:
            given = function(rule, grid)
            assert given.shape == (2, 3)
            assert given[1, 0] == function(rule, 0.4)


def test_a_memory_that_never_fades_has_no_finite_gain():
    def hoard(weight, gradient, memory, learning_rate, momentum):
        memory = memory - learning_rate * gradient
        return weight + memory, memory

    assert theory.steady_gain(hoard, 0.5) == np.inf
    assert theory.alternating_gain(hoard, 0.5) == np.inf
    assert steps_after_one_gradient(hoard, 0.5, 3).tolist() == [1, 1, 1]


# --- from rest ------------------------------------------------------------------------------


@given(linear_rules, curvatures, learning_rates, momenta)
def test_from_rest_is_the_rule_called_again_and_again(rule, curvature, learning_rate, momentum):
    weights = theory.from_rest(rule, curvature, learning_rate, momentum, 30)
    weight, memory, size = 1.0, 0.0, 1.0
    for told in weights:
        size = max(size, abs(weight))
        assert told == pytest.approx(weight, rel=1e-9, abs=1e-9 * size)
        weight, memory = RULES[rule](weight, curvature * weight, memory, learning_rate, momentum)


@pytest.mark.parametrize("rule", LINEAR)
def test_a_way_that_diverges_stays_finite(rule):
    weights = theory.from_rest(rule, [1.0, 1e6], 5.0, [[0.2], [0.9]], 3000)
    assert weights.shape == (2, 2, 3001)
    assert np.abs(weights[:, 1]).max() == theory.LARGEST_WEIGHT
    assert (weights[..., 0] == 1).all() and np.isfinite(weights).all()
    assert np.isfinite(theory.error_by_curvature(rule, [1e6], 5.0, 0.9, 3000)).all()


@pytest.mark.parametrize("condition_number", [25, 400, 10_000])
def test_heavy_ball_at_its_best_gets_worse_before_it_gets_better(condition_number):
    root = np.sqrt(condition_number)
    shrink, k = (root - 1) / (root + 1), np.arange(1001)
    expected = shrink**k * (1 + k * (1 + shrink))
    best = 4 / (1 + 1 / root) ** 2, shrink**2
    weights = theory.from_rest("heavy_ball", 1.0, *best, 1000)
    np.testing.assert_allclose(np.abs(weights), expected, rtol=1e-6, atol=1e-9)
    peak = theory.transient_growth("heavy_ball", 1.0, *best)
    assert peak == pytest.approx(expected.max(), rel=1e-9)
    if condition_number == 10_000:
        assert peak == pytest.approx(root / np.e, rel=0.02)


@given(st.floats(0.01, 1.99))
def test_plain_never_gets_worse_first(learning_rate):
    assert theory.transient_growth("plain", 1.0, learning_rate, 0.5) == 1


@given(linear_rules, st.floats(0.01, 0.5), momenta)
def test_errors_by_curvature_are_half_the_curvature_times_the_weight_squared(rule, rate, momentum):
    spectrum = [0.01, 0.5, 1.0]
    errors = theory.error_by_curvature(rule, spectrum, rate, momentum, 40)
    assert errors.shape == (3, 41)
    np.testing.assert_allclose(errors[:, 0], [0.005, 0.25, 0.5], rtol=1e-15)
    for curvature, error in zip(spectrum, errors, strict=True):
        alone = theory.from_rest(rule, curvature, rate, momentum, 40)
        np.testing.assert_allclose(error, curvature * alone**2 / 2, rtol=1e-12)


# --- noise ----------------------------------------------------------------------------------


@given(st.sampled_from(sorted(NOISE)), curvatures, st.floats(0.01, 0.98), st.floats(0, 0.95))
def test_noise_variance_is_the_closed_form(rule, curvature, share, momentum):
    a = share * LIMITS[rule](momentum) if momentum else share * 2
    expected = a / curvature**2 * NOISE[rule](a, momentum)
    given = theory.noise_variance(rule, curvature, a / curvature, momentum)
    assert given == pytest.approx(expected, rel=1e-8)


@given(linear_rules, st.floats(0.05, 0.9), st.floats(0.01, 0.9), st.floats(0, 3))
def test_noise_variance_is_the_sum_of_what_each_old_kick_has_left(rule, share, momentum, noise):
    rate = share * LIMITS[rule](momentum)
    left, (weight, memory) = 0.0, RULES[rule](0.0, noise, 0.0, rate, momentum)
    for _ in range(3000):
        left += weight**2
        weight, memory = RULES[rule](weight, weight, memory, rate, momentum)
    given = theory.noise_variance(rule, 1.0, rate, momentum, noise)
    assert given == pytest.approx(left, rel=1e-8)


@pytest.mark.parametrize("rule", [*LINEAR, look_back_twice])
def test_noise_variance_is_the_spread_of_many_noisy_weights(rule):
    generator, update = np.random.default_rng(7), RULES.get(rule, rule)
    weight, memory = np.zeros(20_000), np.zeros(20_000)
    for _ in range(300):
        gradient = 1.5 * weight + generator.normal(0, 2, weight.shape)
        weight, memory = update(weight, gradient, memory, 0.4, 0.7)
    given = theory.noise_variance(rule, 1.5, 0.4, 0.7, noise=2.0)
    assert given == pytest.approx(weight.var(), rel=0.04)


@pytest.mark.parametrize("rule", LINEAR)
def test_momentum_does_not_lower_the_noise_floor_at_equal_effective_rates(rule):
    learning_rate = 1e-4 / theory.steady_gain(rule, 0.9)
    given = theory.noise_variance(rule, 2.0, learning_rate, 0.9, noise=3.0)
    assert given == pytest.approx(1e-4 * 9 / (2 * 2.0), rel=2e-3)


@pytest.mark.parametrize("rule", LINEAR)
def test_noise_variance_is_infinite_from_the_limit_on(rule):
    rates = LIMITS[rule](0.7) * np.array([0.5, 0.999, 1.0, 1.001, 3.0])
    given = theory.noise_variance(rule, 1.0, rates, 0.7)
    assert np.isinf(given).tolist() == [False, False, True, True, True]
    assert given[1] > given[0] > 0
    grid = theory.noise_variance(rule, [0.5, 1.0], 0.1, 0.7, [[1.0], [2.0], [3.0]])
    assert grid.shape == (3, 2)
    np.testing.assert_allclose(grid[1], 4 * grid[0], rtol=1e-12)


# --- grids and own rules --------------------------------------------------------------------


@pytest.mark.parametrize("rule", LINEAR)
def test_a_grid_gives_what_its_points_give_one_by_one(rule):
    rates, kept = np.geomspace(0.01, 4, 5), np.linspace(0, 0.9, 7)
    matrices = theory.transition_matrix(rule, 1.5, rates[:, None], kept)
    roots = theory.roots(rule, 1.5, rates[:, None], kept)
    shrink = theory.rate(rule, 1.5, rates[:, None], kept)
    assert (matrices.shape, roots.shape, shrink.shape) == ((5, 7, 2, 2), (5, 7, 2), (5, 7))
    for i, j in np.ndindex(5, 7):
        point = rule, 1.5, rates[i], kept[j]
        np.testing.assert_array_equal(matrices[i, j], theory.transition_matrix(*point))
        np.testing.assert_array_equal(roots[i, j], theory.roots(*point))
        assert shrink[i, j] == theory.rate(*point)


def test_curvatures_broadcast_too():
    shrink = theory.rate("heavy_ball", np.array([0.1, 1.0, 10.0]), 0.1, 0.5)
    assert shrink.tolist() == [theory.rate("heavy_ball", c, 0.1, 0.5) for c in (0.1, 1.0, 10.0)]


def test_a_readers_own_rule_is_analysed_as_a_built_in_one():
    np.testing.assert_allclose(
        theory.transition_matrix(look_back_twice, 2.0, 0.25, 0.8),
        theory.transition_matrix("heavy_ball", 2.0, 0.25, 0.4),
        rtol=1e-15,
    )
    assert theory.learning_rate_limit(look_back_twice, 1.0, 0.8) == pytest.approx(2.8, abs=1e-6)
    assert theory.response(look_back_twice, [-1, -1], 1, 0.8).steps.tolist() == [1, 1.4]


def test_a_readers_own_rule_is_given_everything_a_built_in_one_is():
    own, ball = look_back_twice, "heavy_ball"  # own at momentum .8 is heavy ball at .4
    best, expected = theory.best_settings(own, 4), theory.best_settings(ball, 4)
    assert best.rate == pytest.approx(expected.rate, abs=1e-6)
    assert best.momentum == pytest.approx(2 * expected.momentum, abs=1e-6)
    rates, expected = theory.best_rates(own, [2, 4]), theory.best_rates(ball, [2, 4])
    np.testing.assert_allclose(rates, expected, rtol=1e-6)
    damping, expected = (theory.critical_damping(rule, 1.0, 0.3) for rule in (own, ball))
    assert damping[1:] == pytest.approx((2 * expected.momentum, expected.rate), abs=1e-7)
    assert theory.steady_gain(own, 0.8) == pytest.approx(1 / 0.6)
    assert theory.alternating_gain(own, 0.8) == pytest.approx(1 / 1.4)
    assert theory.regime(own, 1.0, 0.3, 0.8) == theory.regime(ball, 1.0, 0.3, 0.4) == "ringing"
    for function in (theory.rate, theory.noise_variance):
        assert function(own, 1.0, 0.3, 0.8) == pytest.approx(function(ball, 1.0, 0.3, 0.4))


def test_a_rule_for_single_numbers_only_is_analysed_too():
    def same(function, *arguments):
        given, expected = (
            np.asarray(function(rule, *arguments)) for rule in (on_single_numbers, "heavy_ball")
        )
        if given.dtype.kind == "U":
            return (given == expected).all()
        return given.shape == expected.shape and np.allclose(given, expected, atol=1e-7)

    rates, kept = np.geomspace(0.01, 4, 7)[:, None], np.linspace(0, 0.9, 5)
    grid = 1.5, rates, kept
    assert all(same(f, *grid) for f in (theory.transition_matrix, theory.roots, theory.rate))
    assert same(theory.regime, *grid) and same(theory.noise_variance, *grid)
    assert same(theory.from_rest, *grid, 20) and same(theory.transient_growth, *grid, 20)
    assert same(theory.learning_rate_limit, 1.0, 0.5) and same(theory.best_settings, 30)
    assert same(theory.best_rates, [10.0, 100.0]) and same(theory.critical_damping, 1.0, 0.3)
    assert same(theory.steady_gain, kept) and same(theory.alternating_gain, kept)


def clipped(weight, gradient, memory, learning_rate, momentum):
    return weight - learning_rate * np.clip(gradient, -1, 1), memory


def restarted(weight, gradient, memory, learning_rate, momentum):
    step = momentum * np.where(gradient * memory > 0, 0, memory) - learning_rate * gradient
    return weight + step, step


def stopped(weight, gradient, memory, learning_rate, momentum):
    step = (momentum * memory if gradient * memory < 0 else 0.0) - learning_rate * gradient
    return weight + step, step


@pytest.mark.parametrize("rule", ["adagrad", "rmsprop", clipped, restarted, stopped])
@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (theory.rate, (1.0, 0.1, 0.9)),
        (theory.regime, (1.0, [0.01, 0.1], [[0.5], [0.9]])),
        (theory.noise_variance, (1.0, 0.1, 0.9)),
        (theory.from_rest, ([0.1, 1.0], 0.1, 0.9, 10)),
        (theory.learning_rate_limit, (1.0, 0.9)),
        (theory.best_settings, (10,)),
        (theory.best_rates, ([10, 100],)),
        (theory.critical_damping, (1.0, 0.1)),
        (theory.steady_gain, (0.9,)),
        (theory.alternating_gain, ([0.5, 0.9],)),
    ],
)
def test_rules_that_are_not_linear_are_refused_everywhere(rule, function, arguments):
    with pytest.raises(ValueError, match="must be linear on a quadratic loss"):
        function(rule, *arguments)


@pytest.mark.parametrize("rule", ["adagrad", "rmsprop"])
def test_rules_that_are_not_linear_are_refused_without_a_warning(rule):
    with pytest.raises(ValueError, match=f"rule {rule} must be linear on a quadratic loss"):
        theory.rate(rule, 1.0, 0.1, 0.9)
    with pytest.raises(ValueError, match="must be linear"):
        theory.learning_rate_limit(rule, 1.0, 0.9)


def test_a_rule_with_a_constant_push_is_not_linear():
    def drift(weight, gradient, memory, learning_rate, momentum):
        return weight - learning_rate * gradient + 0.01, memory

    with pytest.raises(ValueError, match="rule drift must be linear"):
        theory.roots(drift, 1.0, 0.1, 0.9)


# --- the response to a series of gradients --------------------------------------------------


def steady(rule, momentum=0.9, updates=4):
    return theory.response(rule, [-1.0] * updates, 1.0, momentum).steps


def test_previous_delta_looks_back_one_update_and_forgets():
    np.testing.assert_allclose(steady("previous_delta"), [1, 1.9, 1.9, 1.9], rtol=1e-15)


def test_heavy_ball_builds_up():
    np.testing.assert_allclose(steady("heavy_ball"), [1, 1.9, 2.71, 3.439], rtol=1e-15)


def test_the_first_two_steps_of_the_post_and_of_the_textbook_are_the_same():
    np.testing.assert_array_equal(steady("previous_delta")[:2], steady("heavy_ball")[:2])


@pytest.mark.parametrize("momentum", MOMENTA)
def test_gain_on_a_steady_slope_is_that_of_the_table(momentum):
    gains = {rule: steady(rule, momentum, updates=400)[-1] for rule in LINEAR}
    expected = {
        "plain": 1,
        "previous_delta": 1 + momentum,
        "heavy_ball": 1 / (1 - momentum),
        "nesterov": 1 / (1 - momentum),
        "averaged": 1,
    }
    assert gains == pytest.approx(expected, rel=1e-12)


def test_an_alternating_gradient_is_damped_as_the_table_says():
    gradients, b = np.resize([1.0, -1.0], 400), 0.9
    gains = {r: abs(theory.response(r, gradients, 1.0, b).steps[-1]) for r in LINEAR}
    expected = {
        "plain": 1,
        "previous_delta": 1 - b,
        "heavy_ball": 1 / (1 + b),
        "nesterov": (1 + 2 * b) / (1 + b),
        "averaged": (1 - b) / (1 + b),
    }
    assert gains == pytest.approx(expected, rel=1e-12)


@given(
    st.sampled_from(sorted(RULES)),
    st.lists(st.floats(-10, 10), min_size=1, max_size=20),
    learning_rates,
    momenta,
    st.floats(-5, 5),
)
def test_response_is_the_rule_called_again_and_again(rule, gradients, rate, momentum, weight):
    told = theory.response(rule, gradients, rate, momentum, weight, memory=0.5)
    memory = 0.5
    for update, gradient in enumerate(gradients):
        weight, memory = RULES[rule](weight, gradient, memory, rate, momentum)
        assert told.weights[update + 1] == weight
    np.testing.assert_allclose(np.diff(told.weights), told.steps, rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(told.gradient_parts + told.memory_parts, told.steps)


@pytest.mark.parametrize("rule", LINEAR)
def test_parts_are_the_gradients_own_and_what_memory_adds(rule):
    told = theory.response(rule, [2.0, -3.0], 0.1, 0.5, memory=0.8)
    without_memory, _ = RULES[rule](0.0, 2.0, 0.0, 0.1, 0.5)
    with_memory, _ = RULES[rule](0.0, 2.0, 0.8, 0.1, 0.5)
    assert told.gradient_parts[0] == without_memory
    assert told.memory_parts[0] == pytest.approx(with_memory - without_memory, abs=1e-15)


def test_small_steps_of_a_large_weight_keep_all_their_digits():
    told = theory.response("plain", [1.0], 1e-9, 0.5, weight=1e6)
    assert told.steps[0] == -1e-9


# --- bad input ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("curvature", "learning_rate", "momentum", "error", "message"),
    [
        (1.0, 0.0, 0.5, ValueError, "learning_rate must be greater than 0, got 0"),
        (1.0, -0.1, 0.5, ValueError, "learning_rate must be greater than 0, got -0.1"),
        (1.0, 0.1, 1.2, ValueError, r"momentum must be in \[0, 1\), got 1.2"),
        (1.0, 0.1, np.nan, ValueError, r"momentum must be in \[0, 1\), got nan"),
        (np.nan, 0.1, 0.5, ValueError, "curvature must be finite, got nan"),
        ("steep", 0.1, 0.5, TypeError, "curvature must be numbers, got 'steep'"),
        ([1.0, 2.0], [0.1, 0.2, 0.3], 0.5, ValueError, "broadcast"),
    ],
)
@pytest.mark.parametrize("function", [theory.transition_matrix, theory.roots, theory.rate])
def test_bad_settings_are_refused(function, curvature, learning_rate, momentum, error, message):
    with pytest.raises(error, match=message):
        function("heavy_ball", curvature, learning_rate, momentum)


def test_an_unknown_rule_suggests_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'heavy_ball'"):
        theory.rate("heavyball", 1.0, 0.1, 0.9)
    with pytest.raises(TypeError, match="rule must be a name or a function, got int"):
        theory.learning_rate_limit(3, 1.0, 0.9)


@pytest.mark.parametrize("returned", [1.0, None, "ab", (1.0, 2.0, 3.0)])
def test_a_rule_that_returns_the_wrong_thing_is_refused(returned):
    def wrong(weight, gradient, memory, learning_rate, momentum):
        return returned

    with pytest.raises(ValueError, match="rule wrong must return"):
        theory.transition_matrix(wrong, 1.0, 0.1, 0.9)
    with pytest.raises(ValueError, match="rule wrong must return"):
        theory.response(wrong, [1.0], 0.1, 0.9)


@pytest.mark.parametrize("curvature", [0.0, -1.0])
def test_a_limit_needs_a_positive_curvature(curvature):
    with pytest.raises(ValueError, match="curvature must be greater than 0, got"):
        theory.learning_rate_limit("plain", curvature, 0.5)


def test_a_limit_is_for_one_curvature_and_one_momentum():
    with pytest.raises(TypeError, match="curvature must be one number"):
        theory.learning_rate_limit("plain", [1.0, 2.0], 0.5)
    with pytest.raises(TypeError, match="momentum must be one number"):
        theory.learning_rate_limit("plain", 1.0, [0.5, 0.6])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"gradients": [[1.0]]}, ValueError, "gradients must be one row of numbers"),
        ({"gradients": 1.0}, ValueError, "gradients must be one row of numbers"),
        ({"gradients": [1.0, np.inf]}, ValueError, "gradients must be finite, got inf"),
        ({"learning_rate": 0}, ValueError, "learning_rate must be greater than 0"),
        ({"learning_rate": [0.1, 0.2]}, TypeError, "learning_rate must be one number"),
        ({"momentum": 1.0}, ValueError, r"momentum must be in \[0, 1\)"),
        ({"weight": np.nan}, ValueError, "weight must be finite"),
        ({"memory": np.inf}, ValueError, "memory must be finite"),
    ],
)
def test_bad_input_to_response_is_refused(arguments, error, message):
    settings = {"gradients": [1.0], "learning_rate": 0.1, "momentum": 0.5} | arguments
    with pytest.raises(error, match=message):
        theory.response("heavy_ball", **settings)


@pytest.mark.parametrize(
    ("function", "arguments", "error", "message"),
    [
        (theory.best_settings, (0.5,), ValueError, "condition_number must be at least 1, got 0.5"),
        (theory.best_settings, (np.inf,), ValueError, "condition_number must be finite, got inf"),
        (theory.best_settings, ([2, 3],), TypeError, "condition_number must be one number"),
        (theory.best_settings, ("big",), TypeError, "condition_number must be numbers, got 'big'"),
        (theory.best_rates, ([2, 0.9],), ValueError, "condition_number must be at least 1, got 0"),
        (theory.best_rates, ([2, np.nan],), ValueError, "condition_number must be finite, got nan"),
        (theory.critical_damping, (0.0, 0.1), ValueError, "curvature must be greater than 0"),
        (theory.critical_damping, (1.0, -0.1), ValueError, "learning_rate must be greater than 0"),
        (theory.critical_damping, ([1.0], 0.1), TypeError, "curvature must be one number"),
        (theory.steady_gain, (1.0,), ValueError, r"momentum must be in \[0, 1\), got 1"),
        (theory.alternating_gain, (-0.1,), ValueError, r"momentum must be in \[0, 1\)"),
        (theory.steady_gain, (np.nan,), ValueError, r"momentum must be in \[0, 1\), got nan"),
        (theory.from_rest, (1.0, 0.1, 0.9, 1.5), TypeError, "updates must be a whole number"),
        (theory.from_rest, (1.0, 0.1, 0.9, 0), ValueError, "updates must be at least 1, got 0"),
        (theory.from_rest, (np.inf, 0.1, 0.9, 5), ValueError, "curvature must be finite, got inf"),
        (theory.transient_growth, (1.0, 0.1, 2.0), ValueError, r"momentum must be in \[0, 1\)"),
        (theory.error_by_curvature, (1.0, 0.1, 0.9, 5), ValueError, "curvatures must be one row"),
        (theory.error_by_curvature, ([1.0], [0.1], 0.9, 5), TypeError, "must be one number"),
        (
            theory.noise_variance,
            (1.0, 0.1, 0.9, -1.0),
            ValueError,
            "noise must be at least 0, got -1",
        ),
        (theory.noise_variance, (1.0, 0.1, 0.9, np.nan), ValueError, "noise must be finite"),
        (theory.regime, (1.0, 0.0, 0.5), ValueError, "learning_rate must be greater than 0, got 0"),
        (theory.regime, (1.0, [0.1, 0.2], [0.1, 0.2, 0.3]), ValueError, "broadcast"),
    ],
)
def test_bad_input_is_told_what_is_allowed(function, arguments, error, message):
    with pytest.raises(error, match=message):
        function("heavy_ball", *arguments)


@pytest.mark.parametrize("function", [theory.best_settings, theory.best_rates])
def test_a_rule_that_converges_nowhere_has_no_best_settings(function):
    message = "rule never_converges does not converge at any learning rate and momentum"
    with pytest.raises(ValueError, match=message):
        function(never_converges, 10)


# --- rules that use their weight, creep, end late or break far away --------------------------


def from_the_last_weight(weight, gradient, last_weight, learning_rate, momentum):
    """Heavy ball whose memory is the last weight."""
    return weight - learning_rate * gradient + momentum * (weight - last_weight), weight


def with_decay(weight, gradient, memory, learning_rate, momentum):
    return 0.75 * weight - learning_rate * gradient, memory


@pytest.mark.parametrize("momentum", MOMENTA)
def test_a_memory_that_is_the_last_weight_counts_as_the_step_that_it_implies(momentum):
    for function in (theory.steady_gain, theory.alternating_gain):
        expected = function("heavy_ball", momentum)
        assert function(from_the_last_weight, momentum) == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(
        steps_after_one_gradient(from_the_last_weight, momentum, 40),
        steps_after_one_gradient("heavy_ball", momentum, 40),
        atol=1e-13,
    )
    told, expected = (
        theory.response(rule, [-1.0, 2.0, 0.5], 0.1, momentum, weight=3.0, memory=memory)
        for rule, memory in ((from_the_last_weight, 3.0), ("heavy_ball", 0.0))
    )
    np.testing.assert_allclose(told.weights, expected.weights, rtol=1e-14)


@pytest.mark.parametrize("rule", [from_the_last_weight, with_decay])
def test_the_parts_of_a_response_are_what_the_rule_does_at_its_weight(rule):
    told = theory.response(rule, [1.0, -2.0, 0.5], 0.1, 0.5, weight=4.0, memory=3.0)
    memory = 3.0
    for k, gradient in enumerate([1.0, -2.0, 0.5]):
        alone, _ = rule(told.weights[k], gradient, 0.0, 0.1, 0.5)
        new, memory = rule(told.weights[k], gradient, memory, 0.1, 0.5)
        assert told.weights[k + 1] == new
        assert told.gradient_parts[k] == pytest.approx(alone - told.weights[k], abs=1e-15)
        assert told.memory_parts[k] == pytest.approx(new - alone, abs=1e-15)


def test_with_weight_decay_a_steady_gradient_makes_no_step_in_the_long_run():
    assert theory.steady_gain(with_decay, 0.5) == 0
    last = theory.response(with_decay, np.resize([1.0, -1.0], 200), 1.0, 0.5).steps[-1]
    assert theory.alternating_gain(with_decay, 0.5) == pytest.approx(last, rel=1e-12)
    steps = steps_after_one_gradient(with_decay, 0.5, 60)  # 1, then back by a quarter of the rest
    expected = np.append(1.0, -0.25 * 0.75 ** np.arange(59))
    np.testing.assert_allclose(steps, expected, atol=1e-15)


@pytest.mark.parametrize(("offset", "limit"), [(0.05, 2.05), (1.0, 3.0)])
def test_the_limit_is_the_upper_end_of_a_stable_range_that_does_not_begin_at_zero(offset, limit):
    def late(weight, gradient, memory, learning_rate, momentum):
        return weight - (learning_rate - offset) * gradient, memory

    assert theory.learning_rate_limit(late, 1.0, 0.5) == pytest.approx(limit, rel=1e-9)
    assert theory.regime(
        late, 1.0, [offset / 2, offset, offset + 0.1, limit + 0.1], 0.5
    ).tolist() == [
        "diverging",
        "edge",
        "smooth",
        "diverging",
    ]


@pytest.mark.parametrize("factor", [1e-6, 1e5])
def test_the_limit_of_a_rule_with_another_unit_is_found(factor):
    def scaled(weight, gradient, memory, learning_rate, momentum):
        return weight - factor * learning_rate * gradient, memory

    assert theory.learning_rate_limit(scaled, 1.0, 0.5) == pytest.approx(2 / factor, rel=1e-9)


@pytest.mark.parametrize("rule", LINEAR)
@pytest.mark.parametrize("learning_rate", [1e-9, 1e-11, 1e-13])
def test_at_a_tiny_learning_rate_a_rule_creeps_smoothly_and_is_not_at_its_edge(rule, learning_rate):
    assert theory.regime(rule, 1.0, learning_rate, 0.5) == "smooth"


def test_a_rule_that_breaks_where_theory_looks_is_told_so_as_in_a_descent():
    def careful(weight, gradient, memory, learning_rate, momentum):
        if weight < -100:
            raise RuntimeError("too far")
        return weight - learning_rate * gradient, memory

    for function, arguments in (
        (theory.rate, (1.0, 0.1, 0.5)),
        (theory.learning_rate_limit, (1.0, 0.5)),
        (theory.best_settings, (10,)),
        (theory.steady_gain, (0.5,)),
    ):
        with pytest.raises(ValueError, match=r"^rule careful raised RuntimeError: too far, when"):
            function(careful, *arguments)


@pytest.mark.parametrize(
    "root", [math.sqrt, np.sqrt, np.log, lambda g: g**0.5, lambda g: np.float64(g) ** 0.5]
)
def test_roots_of_negative_gradients_are_an_error_in_words_and_never_a_warning(root):
    def rooted(weight, gradient, memory, learning_rate, momentum):
        return weight - learning_rate * root(gradient), memory

    with pytest.raises(ValueError, match="^rule rooted "):
        theory.rate(rooted, 1.0, 0.1, 0.5)
    if root in (np.sqrt, np.log):
        assert np.isnan(theory.response(rooted, [-1.0], 0.1, 0.5).weights[1])


# --- one item an update ----------------------------------------------------------------------

ONLINE = {  # THEORY.md section 12, at shares 1, .5, .2, .1 and .02
    ("plain", 0.5): (2, 2, 2, 2, 2),
    ("previous_delta", 0.5): (2, 1.528, 1.399, 1.365, 1.339),
    ("previous_delta", 0.9): (1.111, 1.081, 1.064, 1.058, 1.054),
    ("heavy_ball", 0.5): (3, 1.5, 1.155, 1.072, 1.014),
    ("heavy_ball", 0.9): (3.8, 0.381, 0.248, 0.221, 0.205),
    ("nesterov", 0.9): (1.357, 0.848, 0.356, 0.260, 0.211),
    ("averaged", 0.9): (38, 3.8, 2.47, 2.21, 2.04),
}


@pytest.mark.parametrize(("rule", "momentum"), ONLINE)
def test_one_item_an_update_lowers_the_limit_towards_two_over_the_gain(rule, momentum):
    limits = [
        theory.online_learning_rate_limit(rule, 1.0, momentum, share)
        for share in (1, 0.5, 0.2, 0.1, 0.02)
    ]
    np.testing.assert_allclose(limits, ONLINE[rule, momentum], rtol=6e-3)
    for share, limit in zip((1, 0.5, 0.2, 0.1, 0.02), limits, strict=True):
        for factor, stable in ((1 - 1e-6, True), (1 + 1e-6, False)):
            seen, unseen = (
                np.array(MATRIX_BY_HAND[rule](a, momentum)) for a in (factor * limit, 0)
            )
            if rule == "plain":  # its memory never reaches the weight
                seen, unseen = seen[:1, :1], unseen[:1, :1]
            moments = share * np.kron(seen, seen) + (1 - share) * np.kron(unseen, unseen)
            assert (np.abs(np.linalg.eigvals(moments)).max() < 1) == stable
    assert limits[0] == pytest.approx(theory.learning_rate_limit(rule, 1.0, momentum), rel=1e-9)
    rare = theory.online_learning_rate_limit(rule, 4.0, momentum, 1e-4)
    assert 4 * rare == pytest.approx(2 / theory.steady_gain(rule, momentum), rel=1e-2)


@pytest.mark.parametrize("share", [0, -0.1, 1.5])
def test_a_share_lies_above_zero_and_at_most_at_one(share):
    with pytest.raises(ValueError, match=r"share must be in \(0, 1\], got"):
        theory.online_learning_rate_limit("plain", 1.0, 0.5, share)


EXACT = {  # to four digits, from the moments on (weight, memory) ⊗ (weight, memory) by hand
    ("heavy_ball", 0.9): (3.8, 0.3800, 0.2468, 0.2209, 0.2039),
    ("previous_delta", 0.9): (1.111, 1.080, 1.063, 1.058, 1.054),
}


@pytest.mark.parametrize(("rule", "momentum"), EXACT)
def test_the_online_limits_to_four_digits(rule, momentum):
    shares = (1, 0.5, 0.2, 0.1, 0.02)
    limits = [theory.online_learning_rate_limit(rule, 1.0, momentum, share) for share in shares]
    assert [f"{limit:.4g}" for limit in limits] == [f"{x:.4g}" for x in EXACT[rule, momentum]]


@pytest.mark.parametrize("rule", LINEAR)
@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9, 0.99])
def test_a_row_of_shares_has_the_limits_of_each(rule, momentum):
    shares = [0.01, 0.3, 0.8, 1.0]
    each = [theory.online_learning_rate_limit(rule, 1.0, momentum, share) for share in shares]
    np.testing.assert_allclose(theory.online_limits(rule, momentum, shares), each, rtol=2e-6)


@pytest.mark.parametrize("rule", LINEAR)
def test_the_mean_square_neither_grows_nor_shrinks_at_the_limit(rule):
    for share in (0.02, 0.4, 1.0):
        limit = theory.online_learning_rate_limit(rule, 3.0, 0.7, share)
        growth = theory.mean_square_growth(rule, 3.0, [0.9 * limit, limit, 1.1 * limit], 0.7, share)
        assert growth[0] < 1 < growth[2] and growth[1] == pytest.approx(1)


@pytest.mark.parametrize("rule", LINEAR)
def test_where_every_update_sees_an_item_the_mean_square_grows_by_the_rate_squared(rule):
    settings = rule, [0.5, 2.0], 0.6, 0.8
    growth = theory.mean_square_growth(*settings, 1.0)
    np.testing.assert_allclose(growth, theory.rate(*settings) ** 2, rtol=1e-9)


def test_mean_squares_are_the_mean_over_every_order_of_items():
    curvature, learning_rate, momentum, share = 2.0, 0.3, 0.6, 0.25
    seen, unseen = (
        np.array(MATRIX_BY_HAND["heavy_ball"](learning_rate * c, momentum)) for c in (curvature, 0)
    )
    states, chances, expected = [np.array([1.0, 0.0])], [1.0], [1.0]
    for _ in range(6):
        states = [matrix @ state for state in states for matrix in (seen, unseen)]
        chances = [chance * p for chance in chances for p in (share, 1 - share)]
        expected.append(sum(p * state[0] ** 2 for p, state in zip(chances, states, strict=True)))
    squares = theory.mean_squares("heavy_ball", curvature, learning_rate, momentum, share, 6)
    np.testing.assert_allclose(squares, expected, rtol=1e-12)


def test_mean_squares_go_on_by_the_growth_in_the_long_run():
    settings = "nesterov", 1.0, 0.2, 0.9, 0.3
    squares = theory.mean_squares(*settings, 400)
    assert squares[-1] / squares[-2] == pytest.approx(theory.mean_square_growth(*settings))


@pytest.mark.parametrize(
    "ask",
    [
        lambda rule: theory.mean_square_growth(rule, 1.0, 0.1, 0.5, 0.5),
        lambda rule: theory.mean_squares(rule, 1.0, 0.1, 0.5, 0.5, 3),
        lambda rule: theory.online_limits(rule, 0.5, [0.5]),
    ],
)
def test_one_item_an_update_needs_a_linear_rule(ask):
    with pytest.raises(ValueError, match="rule adagrad must be linear"):
        ask("adagrad")
