"""Theory read off the rules: matrices by hand, numpy's eigenvalues, closed forms, simulation."""

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

    def double(weight, gradient, memory, learning_rate, momentum):
        return 2 * weight - learning_rate * gradient * 0, memory

    assert theory.learning_rate_limit(halve, 1.0, 0.5) == np.inf
    assert theory.learning_rate_limit(double, 1.0, 0.5) == 0


# --- the rate -------------------------------------------------------------------------------


@given(linear_rules, st.floats(0.05, 4), st.floats(0, 0.95))
def test_rate_is_the_shrink_factor_of_a_long_simulation(rule, learning_rate, momentum):
    simulated = growth_per_update(rule, 1.0, learning_rate, momentum)
    assert theory.rate(rule, 1.0, learning_rate, momentum) == pytest.approx(simulated, abs=3e-3)


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
