"""The update rules: formulas by hand, exact identities in fractions, the post's loop bit by bit."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from momentum_lab.rules import (
    RULES,
    adagrad,
    averaged,
    get_rule,
    heavy_ball,
    nesterov,
    plain,
    previous_delta,
    rmsprop,
    try_rule,
)

LINEAR = (plain, previous_delta, heavy_ball, nesterov, averaged)
ADAPTIVE = (adagrad, rmsprop)

fractions = st.fractions(-10, 10, max_denominator=100)
learning_rates = st.fractions(Fraction(1, 100), 5, max_denominator=100)
momenta = st.fractions(0, Fraction(99, 100), max_denominator=100)
floats = st.floats(-1e6, 1e6)
gradient_floats = st.floats(1e-2, 1e6) | st.floats(-1e6, -1e-2)


def steps(rule, gradients, learning_rate, momentum):
    """The steps that `rule` takes from rest, in units of −learning_rate."""
    memory, taken = 0, []
    for gradient in gradients:
        step, memory = rule(0, gradient, memory, learning_rate, momentum)
        taken.append(-step / learning_rate)
    return taken


# --- the formulas ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "memory", "new_weight", "new_memory"),
    [
        (plain, 0.75, 2.5, 0.75),
        (previous_delta, 0.75, 2.875, -0.5),
        (heavy_ball, 0.75, 2.875, -0.125),
        (nesterov, 0.75, 2.4375, -0.125),
        (averaged, 0.75, 3.125, 0.125),
        (adagrad, 5.0, 3 - 0.5 / (3 + 1e-8), 9.0),
        (rmsprop, 14.0, 3 - 0.5 / (3 + 1e-8), 9.0),
    ],
)
def test_one_update_by_hand(rule, memory, new_weight, new_memory):
    assert rule(3.0, 2.0, memory, 0.25, 0.5) == (new_weight, new_memory)


def test_the_registry_names_each_rule_as_its_function_is_named_in_the_order_of_the_course():
    assert RULES == {rule.__name__: rule for rule in LINEAR + ADAPTIVE}
    assert list(RULES) == [rule.__name__ for rule in LINEAR + ADAPTIVE]


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_whole_grid_of_settings_gets_by_broadcasting_what_each_setting_gets_alone(rule):
    rng = np.random.default_rng(1)
    weight, gradient, memory = rng.uniform(0, 2, (3, 4))
    learning_rate = np.geomspace(0.01, 3, 5)[:, None, None]
    momentum = np.linspace(0, 0.99, 6)[:, None]
    weights, memories = np.broadcast_arrays(
        *rule(weight, gradient, memory, learning_rate, momentum), np.empty((5, 6, 4))
    )[:2]
    for a, b, w in np.ndindex(5, 6, 4):
        one = rule(weight[w], gradient[w], memory[w], learning_rate[a, 0, 0], momentum[b, 0])
        assert (weights[a, b, w], memories[a, b, w]) == one


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_leaves_its_arguments_as_they_were(rule):
    arguments = np.random.default_rng(2).uniform(0.1, 0.9, (5, 3))
    before = arguments.copy()
    weight, _ = rule(*arguments)
    np.testing.assert_array_equal(arguments, before)
    assert not np.shares_memory(weight, arguments)


@given(floats, floats, floats)
def test_plain_and_adagrad_ignore_momentum_and_plain_hands_its_memory_back(
    weight, gradient, memory
):
    assert plain(weight, gradient, memory, 0.1, 0.9) == plain(weight, gradient, memory, 0.1, 0.0)
    assert plain(weight, gradient, memory, 0.1, 0.9)[1] is memory
    squares = abs(memory)
    slow = adagrad(weight, gradient, squares, 0.1, 0.9)
    assert slow == adagrad(weight, gradient, squares, 0.1, 0.0)


@given(floats, floats, floats, st.floats(1e-6, 10))
def test_without_momentum_every_linear_rule_is_plain(weight, gradient, memory, learning_rate):
    expected, _ = plain(weight, gradient, memory, learning_rate, 0.0)
    for rule in LINEAR:
        assert rule(weight, gradient, memory, learning_rate, 0.0)[0] == expected


# --- the post's rule is not the textbook's --------------------------------------------------


def test_previous_delta_is_the_posts_loop_to_the_last_bit_over_hundreds_of_updates():
    rng = np.random.default_rng(3)
    ih_weights = rng.normal(size=(4, 7))
    ih_prev_weights_delta = np.zeros((4, 7))
    weight, prev_delta = ih_weights.copy(), np.zeros((4, 7))
    for _ in range(500):
        ih_grads = rng.normal(size=(4, 7)) * rng.choice([1e-8, 1.0, 1e8])
        learn_rate, momentum = rng.uniform(0.001, 2), rng.uniform(0, 1)
        for i in range(4):
            for j in range(7):  # as printed in the post, whose gradient points downhill
                delta = learn_rate * ih_grads[i, j]
                ih_weights[i, j] += delta
                ih_weights[i, j] += momentum * ih_prev_weights_delta[i, j]
                ih_prev_weights_delta[i, j] = delta
        weight, prev_delta = previous_delta(weight, -ih_grads, prev_delta, learn_rate, momentum)
        assert weight.tobytes() == ih_weights.tobytes()
        assert prev_delta.tobytes() == ih_prev_weights_delta.tobytes()


@given(st.lists(fractions, min_size=2, max_size=8), learning_rates, momenta)
def test_previous_delta_is_a_larger_learning_rate_plus_a_difference_of_gradients(
    gradients, learning_rate, momentum
):
    weight, prev_delta = previous_delta(Fraction(1), gradients[0], 0, learning_rate, momentum)
    for before, gradient in zip(gradients, gradients[1:], strict=False):
        expected = (
            weight
            - learning_rate * (1 + momentum) * gradient
            + learning_rate * momentum * (gradient - before)
        )
        weight, prev_delta = previous_delta(weight, gradient, prev_delta, learning_rate, momentum)
        assert weight == expected


def test_on_a_constant_slope_previous_delta_forgets_where_heavy_ball_builds_up():
    nine_tenths = Fraction(9, 10)
    slope = [Fraction(1)] * 4
    gains = {rule: steps(rule, slope, Fraction(1, 3), nine_tenths) for rule in LINEAR}
    decimals = {rule: [str(float(gain)) for gain in gains[rule]] for rule in LINEAR}
    assert decimals[plain] == ["1.0", "1.0", "1.0", "1.0"]
    assert decimals[previous_delta] == ["1.0", "1.9", "1.9", "1.9"]
    assert decimals[heavy_ball] == ["1.0", "1.9", "2.71", "3.439"]
    assert decimals[nesterov] == ["1.9", "2.71", "3.439", "4.0951"]
    assert decimals[averaged] == ["0.1", "0.19", "0.271", "0.3439"]


@given(momenta, st.integers(2, 40))
def test_the_steady_gains_on_a_constant_slope(momentum, n):
    gains = {rule: steps(rule, [Fraction(1)] * n, Fraction(1, 7), momentum) for rule in LINEAR}
    left = momentum**n  # what is still missing after n updates, as a share of the steady gain
    assert gains[plain][-1] == 1
    assert gains[previous_delta][1:] == [1 + momentum] * (n - 1)
    assert gains[heavy_ball][-1] == (1 - left) / (1 - momentum)
    assert gains[nesterov][-1] == (1 - momentum * left) / (1 - momentum)
    assert gains[averaged][-1] == 1 - left


@given(st.fractions(0, Fraction(4, 5), max_denominator=20))
def test_the_damping_of_a_gradient_that_alternates(momentum):
    zigzag = [Fraction((-1) ** t) for t in range(200)]
    gain = {
        rule: float(-steps(rule, zigzag, Fraction(1), momentum)[-1])  # the last gradient is −1
        for rule in LINEAR
    }
    b = float(momentum)
    assert gain[plain] == 1
    assert gain[previous_delta] == pytest.approx(1 - b, abs=1e-12)
    assert gain[heavy_ball] == pytest.approx(1 / (1 + b), abs=1e-12)
    assert gain[nesterov] == pytest.approx((1 + 2 * b) / (1 + b), abs=1e-12)
    assert gain[averaged] == pytest.approx((1 - b) / (1 + b), abs=1e-12)


# --- the other rules in the forms of their papers -------------------------------------------


@given(st.lists(fractions, min_size=2, max_size=8), learning_rates, momenta)
def test_heavy_ball_adds_a_share_of_the_whole_last_step(gradients, learning_rate, momentum):
    before, weight, prev_step = Fraction(2), Fraction(2), 0
    for gradient in gradients:  # Polyak's form, in positions only
        expected = weight - learning_rate * gradient + momentum * (weight - before)
        before = weight
        weight, prev_step = heavy_ball(weight, gradient, prev_step, learning_rate, momentum)
        assert weight == expected


@given(st.fractions(-5, 5, max_denominator=9), learning_rates, momenta)
def test_nesterov_stores_the_point_ahead_at_which_the_papers_form_takes_its_gradient(
    start, learning_rate, momentum
):
    def slope(weight):
        return 3 * weight - 1

    theta, velocity = start, Fraction(0)
    weight, prev_step = start, Fraction(0)
    for _ in range(6):  # Sutskever et al. 2013, equations 3 and 4
        velocity = momentum * velocity - learning_rate * slope(theta + momentum * velocity)
        theta = theta + velocity
        weight, prev_step = nesterov(weight, slope(weight), prev_step, learning_rate, momentum)
        assert (weight, prev_step) == (theta + momentum * velocity, velocity)


@given(st.lists(fractions, min_size=1, max_size=8), learning_rates, momenta)
def test_averaged_is_heavy_ball_with_a_smaller_learning_rate(gradients, learning_rate, momentum):
    one = other = (Fraction(1), Fraction(0))
    for gradient in gradients:
        one = averaged(one[0], gradient, one[1], learning_rate, momentum)
        smaller = learning_rate * (1 - momentum)
        other = heavy_ball(other[0], gradient, other[1], smaller, momentum)
        assert one == other


@given(gradient_floats)
def test_adagrads_steps_on_a_constant_slope_shrink_as_one_over_the_root_of_their_number(gradient):
    taken = steps(adagrad, [gradient] * 50, 0.1, 0.0)
    expected = np.sign(gradient) / np.sqrt(np.arange(1, 51))
    np.testing.assert_allclose(taken, expected, rtol=2e-6)


@given(st.lists(floats, min_size=1, max_size=20))
def test_adagrad_never_forgets_and_never_steps_further_than_the_learning_rate(gradients):
    memory = 0.0
    for gradient in gradients:
        before = memory
        step, memory = adagrad(0.0, gradient, memory, 0.1, 0.9)
        assert memory >= before
        assert abs(step) <= 0.1
    assert memory == pytest.approx(math.fsum(g * g for g in gradients), rel=1e-12)


@given(gradient_floats, st.floats(0, 0.9))
def test_rmsprop_starts_with_long_steps_and_settles_at_the_learning_rate(gradient, momentum):
    taken = steps(rmsprop, [gradient] * 200, 0.1, momentum)
    sign = math.copysign(1.0, gradient)
    assert taken[0] == pytest.approx(sign / math.sqrt(1 - momentum), rel=1e-5)
    assert taken[-1] == pytest.approx(sign, rel=1e-5)


@given(st.floats(-1e6, 1e6), st.floats(0, 0.99), st.floats(1e-6, 10))
def test_rmsprop_moves_a_mean_square_from_the_old_one_towards_the_new_square(old, kept, new):
    memory = rmsprop(0.0, new, old * old, 0.1, kept)[1]
    assert memory == pytest.approx(kept * old**2 + (1 - kept) * new**2, rel=1e-12)


@pytest.mark.parametrize("rule", ADAPTIVE)
def test_adaptive_rules_do_not_notice_the_scale_of_the_gradients(rule):
    gradients = np.random.default_rng(4).normal(size=50) + 3
    once = steps(rule, gradients, 0.1, 0.9)
    thousandfold = steps(rule, 1000 * gradients, 0.1, 0.9)
    np.testing.assert_allclose(once, thousandfold, rtol=1e-7)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_without_a_gradient_and_without_a_memory_no_rule_moves(rule):
    assert rule(1.5, 0.0, 0.0, 0.1, 0.9) == (1.5, 0.0)


# --- choosing and trying a rule -------------------------------------------------------------


def test_a_rule_is_chosen_by_its_name_or_given_as_a_function():
    def mine(weight, gradient, memory, learning_rate, momentum):
        return weight, memory

    assert get_rule("heavy_ball") is heavy_ball
    assert get_rule(nesterov) is nesterov
    assert get_rule(mine) is mine


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("hevy_ball", "heavy_ball"),
        ("Nesterov", "nesterov"),
        ("previous delta", "previous_delta"),
        ("rms", "rmsprop"),
        ("average", "averaged"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest_and_all_the_known(wrong, meant):
    with pytest.raises(ValueError, match=rf"^unknown rule '{wrong}': did you mean '{meant}'\?"):
        get_rule(wrong)
    with pytest.raises(ValueError, match=r"Known: " + ", ".join(RULES) + r"\.$"):
        get_rule(wrong)


def test_a_name_like_no_rule_gets_the_list_without_a_guess():
    with pytest.raises(ValueError, match=r"^unknown rule 'qqq': Known: plain, "):
        get_rule("qqq")


@pytest.mark.parametrize("thing", [None, 0.9, ["plain"]])
def test_what_is_neither_name_nor_function_is_no_rule(thing):
    kind = type(thing).__name__
    with pytest.raises(TypeError, match=f"^rule must be a name or a function, got {kind}$"):
        get_rule(thing)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_built_in_rule_passes_the_trial_call(rule):
    assert try_rule(rule) is rule


def test_a_rule_written_for_arrays_passes_the_trial_call():
    def gated(weight, gradient, memory, learning_rate, momentum):
        step = np.where(gradient > 0, momentum * memory - learning_rate * gradient, 0.0)
        return weight + step, step

    assert gated(1.0, 0.5, 0.25, 0.1, 0.9)[1].shape == ()
    assert try_rule(gated) is gated


@pytest.mark.parametrize(
    ("result", "complaint"),
    [
        (1.0, r"must return .*, two real numbers, got 1\.0"),
        (None, r"must return .*, two real numbers, got None"),
        ((1.0,), r"must return .*, two real numbers, got \(1\.0,\)"),
        ((1.0, 2.0, 3.0), r"must return .*, two real numbers, got \(1\.0, 2\.0, 3\.0\)"),
        (np.zeros(2), r"must return .*, two real numbers, got array\(\[0\., 0\.\]\)"),
        (("far", 0.0), r"must return .*, two real numbers, got \('far', 0\.0\)"),
        ((1.0, None), r"must return .*, two real numbers, got \(1\.0, None\)"),
        ((1.0, [2.0]), r"must return .*, two real numbers, got \(1\.0, \[2\.0\]\)"),
        ((1.0, 1j), r"must return .*, two real numbers, got \(1\.0, 1j\)"),
        ((math.nan, 0.0), r"must return finite numbers, got \(nan, 0\.0\)"),
        ((1.0, -math.inf), r"must return finite numbers, got \(1\.0, -inf\)"),
    ],
)
def test_a_rule_that_returns_the_wrong_thing_is_told_what_it_returned(result, complaint):
    def mine(weight, gradient, memory, learning_rate, momentum):
        return result

    with pytest.raises(ValueError, match=f"^rule mine {complaint}(, when it was called as .*)?$"):
        try_rule(mine)


def test_a_rule_that_raises_is_told_what_it_raised_and_how_it_was_called():
    def mine(weight, gradient, memory, learning_rate, momentum):
        return weight - undefined * gradient, memory  # noqa: F821

    with pytest.raises(ValueError, match="^rule mine raised NameError: name 'undefined'") as caught:
        try_rule(mine)
    assert "gradient=0.5" in str(caught.value)
    assert isinstance(caught.value.__cause__, NameError)


def test_a_rule_with_too_few_arguments_is_told_so():
    with pytest.raises(ValueError, match="raised TypeError: .*takes 2 positional arguments"):
        try_rule(lambda weight, gradient: (weight, gradient))


# --- the adaptive rules, written once more: all updates at once, from the papers ---------------


def test_adagrad_divides_each_gradient_by_the_length_of_all_so_far():
    gradients = np.random.default_rng(0).normal(size=200)
    roots = np.array([np.linalg.norm(gradients[: t + 1]) for t in range(200)])
    expected = gradients / (roots + 1e-8)
    np.testing.assert_allclose(steps(adagrad, gradients, 0.1, 0.0), expected, rtol=1e-12)


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9, 0.99])
def test_rmsprop_divides_each_gradient_by_the_root_of_a_fading_mean_square(momentum):
    gradients = np.random.default_rng(1).normal(size=200)
    ages = np.arange(200)[:, None] - np.arange(200)
    shares = np.where(ages >= 0, (1 - momentum) * momentum ** np.maximum(ages, 0), 0.0)
    expected = gradients / (np.sqrt(shares @ gradients**2) + 1e-8)
    np.testing.assert_allclose(steps(rmsprop, gradients, 0.1, momentum), expected, rtol=1e-9)
