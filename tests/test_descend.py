"""Descents: against matrices, closed forms and others' printed numbers; noise; every bad input."""

import itertools
import math
import warnings
from dataclasses import FrozenInstanceError, fields, replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from momentum_lab import theory
from momentum_lab.landscapes import LANDSCAPES, bowl, lessard, noisy, quadratic, valley
from momentum_lab.rules import RULES, heavy_ball, plain
from momentum_lab.training import Path, descend

LINEAR = ("plain", "previous_delta", "heavy_ball", "nesterov", "averaged")
every_rule = pytest.mark.parametrize("rule", RULES)


def same_bytes(one, other):
    """Whether two paths agree in every array, to the last bit."""
    pairs = [(getattr(one, field.name), getattr(other, field.name)) for field in fields(Path)]
    arrays = [(a, b) for a, b in pairs if isinstance(a, np.ndarray)]
    return all((a.shape, a.tobytes()) == (b.shape, b.tobytes()) for a, b in arrays)


# --- what a descent does --------------------------------------------------------------------


@pytest.mark.parametrize("landscape", LANDSCAPES)
@every_rule
def test_a_path_is_the_plain_loop_with_the_pure_rule_on_arrays(rule, landscape):
    landscape = LANDSCAPES[landscape]
    path = descend(landscape, landscape.start, rule, 0.002, 0.8, 40)
    weights, memory = landscape.start, np.zeros(landscape.dimension)
    for update in range(40):
        np.testing.assert_allclose(path.weights[update], weights, rtol=1e-11, atol=1e-13)
        gradient = landscape.gradient(weights)
        np.testing.assert_allclose(path.gradients[update], gradient, rtol=1e-9, atol=1e-11)
        alone, _ = RULES[rule](weights, gradient, 0.0, 0.002, 0.8)
        np.testing.assert_allclose(path.gradient_parts[update], alone - weights, atol=1e-11)
        weights, memory = RULES[rule](weights, gradient, memory, 0.002, 0.8)
    np.testing.assert_array_equal(path.losses, landscape.value(path.weights))
    assert (path.n_updates, len(path.weights), path.diverged_at) == (40, 41, None)


@pytest.mark.parametrize("rule", LINEAR)
@given(st.lists(st.floats(0.05, 1), min_size=1, max_size=3), st.floats(0.01, 2), st.floats(0, 0.95))
def test_on_a_quadratic_each_weight_follows_the_powers_of_its_transition_matrix(
    rule, curvatures, learning_rate, momentum
):
    start = [3.0, -2.0, 1.0][: len(curvatures)]
    path = descend(quadratic(curvatures), start, rule, learning_rate, momentum, 50)
    matrices = theory.transition_matrix(rule, curvatures, learning_rate, momentum)
    states = np.stack([start, np.zeros(len(start))], axis=-1)[..., None]
    for weights in path.weights:
        np.testing.assert_allclose(weights, states[:, 0, 0], rtol=1e-9, atol=1e-11)
        states = matrices @ states


@pytest.mark.parametrize("rule", LINEAR)
@given(st.floats(1, 100), st.floats(-180, 180))
def test_in_a_turned_valley_each_direction_of_curvature_goes_its_own_way(rule, kappa, rotation):
    turned = valley(kappa, rotation)
    path = descend(turned, turned.start, rule, 0.3, 0.6, 60)
    angle = math.radians(rotation)
    along = np.array([math.cos(angle), math.sin(angle)])
    across = np.array([-math.sin(angle), math.cos(angle)])
    for direction, curvature, start in ((along, 1 / kappa, -5), (across, 1, -2)):
        alone = descend(bowl(curvature), start, rule, 0.3, 0.6, 60)
        np.testing.assert_allclose(path.weights @ direction, alone.weights[:, 0], atol=1e-12)


def test_twenty_steps_arrive_where_d2l_prints():
    landscape = quadratic([0.2, 4])  # f = 0.1 x₁² + 2 x₂²
    path = descend(landscape, (-5, -2), "plain", 0.4, 0, 20)
    assert path.weights[-1].round(6).tolist() == [-0.943467, -0.000073]
    path = descend(landscape, (-5, -2), "heavy_ball", 0.6, 0.5, 20)
    assert path.weights[-1].round(6).tolist() == [0.007188, 0.002553]


@every_rule
def test_the_two_parts_of_a_step_add_up_to_it_and_the_first_step_has_no_memory(rule):
    path = descend("banana", (-1.2, 1), rule, 0.001, 0.9, 100)
    np.testing.assert_allclose(path.steps, np.diff(path.weights, axis=0), rtol=0, atol=1e-15)
    np.testing.assert_array_equal(path.memory_parts[0], [0, 0])
    assert path.memory_parts[1:].any() == (rule != "plain")


def test_the_parts_of_previous_delta_and_heavy_ball_are_those_of_their_formulas():
    path = descend("banana", (-1.2, 1), "previous_delta", 0.0005, 0.7, 50)
    np.testing.assert_allclose(path.gradient_parts, -0.0005 * path.gradients, atol=1e-14)
    np.testing.assert_allclose(path.memory_parts[1:], 0.7 * path.gradient_parts[:-1], atol=1e-14)
    path = descend("banana", (-1.2, 1), "heavy_ball", 0.0005, 0.7, 50)
    np.testing.assert_allclose(path.gradient_parts, -0.0005 * path.gradients, atol=1e-14)
    np.testing.assert_allclose(path.memory_parts[1:], 0.7 * path.steps[:-1], atol=1e-14)


def test_a_schedule_is_used_one_value_an_update():
    rates, kept = np.geomspace(0.5, 0.01, 30), np.linspace(0, 0.9, 30)
    path = descend("bowl", 2, "heavy_ball", rates, kept, 30)
    weight, step = 2.0, 0.0
    for update in range(30):
        step = kept[update] * step - rates[update] * weight
        weight += step
        assert path.weights[update + 1, 0] == pytest.approx(weight, rel=1e-12)
    np.testing.assert_array_equal(path.learning_rate, rates)
    np.testing.assert_array_equal(path.momentum, kept)
    assert rates.flags.writeable  # the path keeps a copy
    constant = descend("bowl", 2, "heavy_ball", np.full(30, 0.1), 0.9, 30)
    assert (
        constant.weights.tobytes() == descend("bowl", 2, heavy_ball, 0.1, 0.9, 30).weights.tobytes()
    )


def test_one_weight_may_start_from_a_number_and_a_landscape_go_by_its_name():
    one, other = (
        descend(landscape, start, "nesterov", 0.1, 0.5, 9)
        for landscape, start in (("bowl", -2), (LANDSCAPES["bowl"], [-2.0]))
    )
    assert same_bytes(one, other)
    assert one.weights.shape == (10, 1)


def test_a_path_has_a_short_text_and_cannot_be_changed():
    path = descend("valley", (-5, -2), "plain", 0.1, 0, 3)
    assert repr(path) == "Path of plain on valley: 3 updates, loss 2.24"
    arrays = [value for value in vars(path).values() if isinstance(value, np.ndarray)]
    assert len(arrays) == 5
    for array in arrays:
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    with pytest.raises(FrozenInstanceError):
        path.rule = "heavy_ball"


# --- what momentum does to landscapes -------------------------------------------------------

PIECES = [  # slope a·w + b of Lessard's loss where low ≤ w < high
    (25, 0, -math.inf, 1),
    (1, 24, 1, 2),
    (25, -24, 2, math.inf),
]


def solved(matrix, right):
    """Solve a small linear system in fractions (Gauss-Jordan)."""
    rows = [
        [Fraction(x) for x in row] + [Fraction(y)] for row, y in zip(matrix, right, strict=True)
    ]
    for i in range(len(rows)):
        pivot = next(k for k in range(i, len(rows)) if rows[k][i])
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [x / rows[i][i] for x in rows[i]]
        for k in range(len(rows)):
            if k != i:
                rows[k] = [x - rows[k][i] * y for x, y in zip(rows[k], rows[i], strict=True)]
    return [row[-1] for row in rows]


def three_cycles(learning_rate, momentum):
    """Every exact cycle of three points of heavy ball on Lessard's loss, from each of its points.

    With the piece of each point given, w_{k+1} = w_k − α·(a·w_k + b) + β·(w_k − w_{k−1}) around
    the cycle is three linear equations; a solution counts if its points lie in their pieces.
    """
    for pieces in itertools.product(PIECES, repeat=3):
        matrix, right = [[0] * 3 for _ in range(3)], [0] * 3
        for k, (a, b, _, _) in enumerate(pieces):
            matrix[k][k] += 1 - learning_rate * a + momentum
            matrix[k][k - 1] -= momentum
            matrix[k][(k + 1) % 3] -= 1
            right[k] = learning_rate * b
        points = solved(matrix, right)
        if all(low <= w < high for w, (_, _, low, high) in zip(points, pieces, strict=True)):
            yield tuple(points)


CYCLE = Fraction(792, 1225), Fraction(-2208, 1225), Fraction(2592, 1225)
REPELLING = Fraction(792, 1367), Fraction(-2208, 1367), Fraction(2592, 1367)


def test_tuned_heavy_ball_has_two_cycles_of_three_points_on_lessards_loss_and_one_attracts():
    cycles = set(three_cycles(Fraction(1, 9), Fraction(4, 9))) - {(0, 0, 0)}
    assert cycles == {c[k:] + c[:k] for c in (CYCLE, REPELLING) for k in range(3)}
    growth = {}
    for cycle in (CYCLE, REPELLING):  # of a small deviation, once around
        curvatures = lessard().hessian([[float(w)] for w in cycle])[:, 0, 0]
        first, second, third = theory.transition_matrix("heavy_ball", curvatures, 1 / 9, 4 / 9)
        growth[cycle] = np.abs(np.linalg.eigvals(third @ second @ first)).max()
    assert growth[CYCLE] == pytest.approx((4 / 9) ** 1.5)
    assert growth[REPELLING] > 1


def test_tuned_heavy_ball_ends_in_the_attracting_cycle_from_lessards_start_and_stays():
    path = descend("lessard", lessard().start, "heavy_ball", 1 / 9, 4 / 9, 3000)
    late = path.weights[600:3000].reshape(-1, 3)
    phase = int(np.argmax(late[0]))  # the largest point comes last in CYCLE
    expected = np.roll([float(w) for w in CYCLE], phase + 1)
    np.testing.assert_allclose(late, np.broadcast_to(expected, late.shape), atol=1e-14)


@pytest.mark.parametrize(
    ("rule", "learning_rate", "momentum"),
    [("plain", 1 / 13, 0), ("nesterov", 1 / 25, 2 / 3), ("heavy_ball", 1 / 25, 4 / 9)],
)
def test_other_settings_converge_on_lessards_loss(rule, learning_rate, momentum):
    for start in np.linspace(-5, 5, 41):
        path = descend("lessard", start, rule, learning_rate, momentum, 600)
        assert abs(path.weights[-1, 0]) < 1e-9


def test_from_the_start_of_the_double_well_heavy_ball_jumps_where_plain_descent_stays():
    landscape = LANDSCAPES["double_well"]
    deep, shallow = landscape.minima
    for learning_rate in (0.02, 0.05, 0.1, 0.2):
        path = descend(landscape, landscape.start, "plain", learning_rate, 0, 3000)
        np.testing.assert_allclose(path.weights[-1], shallow, atol=1e-9)
    path = descend(landscape, landscape.start, "heavy_ball", 0.05, 0.9, 3000)
    np.testing.assert_allclose(path.weights[-1], deep, atol=1e-9)


def test_a_large_enough_learning_rate_jumps_the_shallow_well_without_momentum():
    landscape = LANDSCAPES["double_well"]
    path = descend(landscape, landscape.start, "plain", 0.5, 0, 3000)
    np.testing.assert_allclose(path.weights[-1], landscape.minima[0], atol=1e-9)


def test_from_the_same_start_heavy_ball_can_also_jump_the_deep_well_and_come_back():
    landscape = LANDSCAPES["double_well"]
    deep, shallow = landscape.minima
    path = descend(landscape, landscape.start, "heavy_ball", 0.1, 0.9, 3000)
    assert path.weights.min() < deep[0]
    np.testing.assert_allclose(path.weights[-1], shallow, atol=1e-9)


def test_heavy_ball_leaves_the_saddle_sooner_than_plain_descent():
    landscape = LANDSCAPES["saddle"]
    halfway = landscape.value(landscape.minima[0]) / 2  # the saddle, at loss 0, must be left
    first = {
        rule: int(
            np.argmax(descend(landscape, landscape.start, rule, 0.1, 0.9, 900).losses < halfway)
        )
        for rule in ("plain", "heavy_ball")
    }
    assert 0 < 1.2 * first["heavy_ball"] < first["plain"]


# --- noise ----------------------------------------------------------------------------------


@every_rule
def test_equal_arguments_give_equal_bytes_with_noise_and_without(rule):
    for landscape in (valley(), noisy(valley(), 0.3, seed=5)):
        one, other = (descend(landscape, (-5, -2), rule, 0.05, 0.7, 80) for _ in range(2))
        assert same_bytes(one, other)


def test_the_noise_is_normal_independent_and_drawn_from_its_seed():
    landscape = noisy("valley", 0.5, seed=7)
    path = descend(landscape, landscape.start, "plain", 0.1, 0, 20_000)
    noise = path.gradients - landscape.gradient(path.weights[:-1])
    expected = np.random.default_rng(7).normal(0, 0.5, size=(20_000, 2))
    np.testing.assert_allclose(noise, expected, rtol=0, atol=1e-14)
    other = descend(replace(landscape, noise_seed=8), landscape.start, "plain", 0.1, 0, 20_000)
    assert (path.gradients != other.gradients).all()
    shorter = descend(landscape, landscape.start, "plain", 0.1, 0, 100)
    np.testing.assert_array_equal(shorter.weights, path.weights[:101])


STATIONARY = {  # THEORY: the variance of the weight around the minimum, σ = curvature = 1
    "plain": lambda a, b: a / (2 - a),
    "heavy_ball": lambda a, b: a * (1 + b) / ((1 - b) * (2 * (1 + b) - a)),
    "previous_delta": lambda a, b: (
        a * (1 + b - a * b * (1 - b)) / ((1 - a * b) * (2 - a * (1 - b)))
    ),
}


@pytest.mark.parametrize("rule", STATIONARY)
def test_on_a_noisy_bowl_the_weight_varies_as_much_as_the_closed_form_says(rule):
    path = descend(noisy(bowl(), 1, seed=1), 0, rule, 0.4, 0.6, 60_000)
    assert path.weights[100:].var() == pytest.approx(STATIONARY[rule](0.4, 0.6), rel=0.03)


# --- divergence -----------------------------------------------------------------------------


def all_finite(path):
    arrays = [value for value in vars(path).values() if isinstance(value, np.ndarray)]
    return all(np.isfinite(array).all() for array in arrays)


def test_the_update_past_the_limit_is_undone_and_ends_the_path():
    path = descend("bowl", 1, "plain", 3, 0, 50)  # each update multiplies the weight by −2
    np.testing.assert_array_equal(path.weights[:, 0], [(-2.0) ** k for k in range(14)])
    assert (path.diverged_at, path.n_updates, len(path.losses)) == (14, 13, 14)
    assert repr(path) == "Path of plain on bowl: 13 updates, diverged at update 14"
    exactly = descend("bowl", 1, "plain", 3, 0, 13)
    assert exactly.diverged_at is None


@pytest.mark.parametrize("landscape", LANDSCAPES)
@every_rule
def test_far_too_large_learning_rates_never_warn_and_leave_only_finite_numbers(rule, landscape):
    for learning_rate in (1e3, 1e200, 1e308):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            start = LANDSCAPES[landscape].start
            path = descend(landscape, start, rule, learning_rate, 0.9, 30)
        assert all_finite(path)
        assert path.gradients.shape == (path.n_updates, len(start)) == path.steps.shape


def test_a_first_update_that_diverges_leaves_the_start():
    path = descend("valley", (-5, -2), "plain", 1e9, 0, 5)
    assert (path.diverged_at, path.n_updates) == (1, 0)
    assert path.weights.tolist() == [[-5, -2]]
    assert path.steps.shape == (0, 2)


@pytest.mark.parametrize(
    "runs_away",
    [
        lambda w, m: (math.nan, m),
        lambda w, m: (w, math.inf),
        lambda w, m: (-math.inf, m),
        lambda w, m: (w, math.exp(1000 * w)),  # OverflowError
        lambda w, m: (w, np.float64(1e308) * 10),
    ],
)
def test_a_rule_whose_numbers_become_infinite_ends_the_path(runs_away):
    def mine(weight, gradient, memory, learning_rate, momentum):
        if weight > 1.5:
            return runs_away(weight, memory)
        return weight + 0.25, memory + 1

    path = descend("bowl", 1, mine, 0.1, 0.5, 50)
    assert path.weights[:, 0].tolist() == [1, 1.25, 1.5, 1.75]
    assert path.diverged_at == 4
    assert all_finite(path)


def test_a_step_of_the_gradient_alone_that_is_infinite_ends_the_path():
    def divides(weight, gradient, memory, learning_rate, momentum):
        alone = math.inf if memory == 0 and weight < 1 else weight - 0.25
        return alone, 1.0

    path = descend("bowl", 1.25, divides, 0.1, 0.5, 9)
    assert path.weights[:, 0].tolist() == [1.25, 1, 0.75]
    assert path.diverged_at == 3
    assert all_finite(path)


def test_a_slope_that_is_not_a_number_ends_the_path_also_of_a_rule_that_does_not_look():
    def onwards(weight, gradient, memory, learning_rate, momentum):
        return weight + 1, memory

    landscape = replace(bowl(), gradient=lambda w: np.where(w > 2.5, np.nan, -1.0))
    path = descend(landscape, 1, onwards, 0.1, 0.5, 9)
    assert path.weights[:, 0].tolist() == [1, 2, 3]
    assert path.diverged_at == 3
    assert all_finite(path)


def slope_down(weights):
    return np.full(np.shape(weights), -1.0)


@pytest.mark.parametrize(
    ("changed", "visited"),
    [
        ({"value": lambda w: np.where(w > 2.5, np.inf, -w)[..., 0]}, [1, 2]),
        ({"gradient": lambda w: np.where(w > 2.5, np.nan, -1.0)}, [1, 2, 3]),  # no way on from 3
    ],
)
def test_a_loss_or_slope_that_becomes_infinite_ends_the_path(changed, visited):
    landscape = replace(bowl(), **{"gradient": slope_down, "start": [1]} | changed)
    path = descend(landscape, 1, "plain", 1, 0, 10)
    assert path.weights[:, 0].tolist() == visited
    assert path.diverged_at == len(visited)
    assert all_finite(path)


# --- a reader's own rule --------------------------------------------------------------------


def test_a_rule_sees_plain_numbers_one_weight_at_a_time():
    seen = set()

    def mine(*arguments):
        seen.update(type(argument) for argument in arguments)
        return np.float32(arguments[0]), 0  # numbers, if not floats

    path = descend(noisy("banana", 1), (0.5, 1), mine, np.array([1, 1]), 0, 2)
    assert seen == {float}
    assert path.weights.tolist() == [[0.5, 1]] * 3


def test_a_rule_with_an_if_works_and_differs_where_it_should():
    def no_uphill(weight, gradient, memory, learning_rate, momentum):
        if memory * gradient > 0:  # the last step now leads uphill: forget it
            memory = 0.0
        return heavy_ball(weight, gradient, memory, learning_rate, momentum)

    path = descend("bowl", 1, no_uphill, 0.1, 0.9, 200)
    assert path.rule == "no_uphill"
    assert abs(path.weights[-1, 0]) < abs(
        descend("bowl", 1, heavy_ball, 0.1, 0.9, 200).weights[-1, 0]
    )


def late(result):
    """A rule that behaves until the weight is below ½."""

    def mine(weight, gradient, memory, learning_rate, momentum):
        if weight < 0.5:
            return result()
        return plain(weight, gradient, memory, learning_rate, momentum)

    return mine


@pytest.mark.parametrize(
    ("result", "complaint"),
    [
        (lambda: 1 / 0, "raised ZeroDivisionError: .*"),
        (lambda: [][3], "raised IndexError: .*"),
        (lambda: None, r"must return \(weight, memory\), two real numbers, got None"),
        (lambda: 3.0, r"must return \(weight, memory\), two real numbers, got 3\.0"),
        (lambda: (1.0, None), r"must return .*, two real numbers, got \(1\.0, None\)"),
        (lambda: ("1", 2.0), r"must return .*, two real numbers, got \('1', 2\.0\)"),
        (lambda: (1.0, 1j), r"must return .*, two real numbers, got \(1\.0, 1j\)"),
        (
            lambda: (np.ones(1), 0.0),
            r"must return .*, two real numbers, got \(array\(\[1\.\]\), 0\.0\)",
        ),
        (lambda: (1.0, 2.0, 3.0), r"must return .*, two real numbers, got \(1\.0, 2\.0, 3\.0\)"),
    ],
)
def test_a_rule_that_breaks_midway_is_told_how_it_was_called(result, complaint):
    call = r", when it was called as rule\(weight=0\.25, gradient=0\.25, memory=0\.0, "
    with pytest.raises(ValueError, match=f"^rule mine {complaint}{call}learning_rate=0.5, mom"):
        descend("bowl", 1, late(result), 0.5, 0, 10)


def test_an_interrupt_inside_a_rule_stops_the_descent():
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        descend("bowl", 1, late(interrupted), 0.5, 0, 10)


# --- bad input ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "error", "complaint"),
    [
        (
            {"landscape": "valleys"},
            ValueError,
            "unknown landscape 'valleys': did you mean 'valley'",
        ),
        ({"landscape": bowl}, TypeError, "landscape must be a name or a Landscape, got function$"),
        ({"start": 1.0}, ValueError, r"start must be a row of 2 numbers on .*, got shape \(\)$"),
        ({"start": [1, 2, 3]}, ValueError, r"start must be a row of 2 numbers on .*\(3,\)$"),
        ({"start": [[1, 2]]}, ValueError, r"start must be .* landscape valley, got shape \(1, 2"),
        (
            {"landscape": "bowl", "start": [1, 2]},
            ValueError,
            r"start must be 1 number on landscape bowl, got shape \(2,\)$",
        ),
        ({"start": [1, math.nan]}, ValueError, r"start must be finite, got nan at index \(1,\)$"),
        ({"start": None}, TypeError, "start must be numbers, got None$"),
        ({"start": [8e3, 8e3]}, ValueError, r"start must be at most 10000 long, got \[8000\.0, 80"),
        (
            {
                "landscape": replace(bowl(), value=lambda w: w[..., 0] / (w[..., 0] != 2)),
                "start": 2,
            },
            ValueError,
            "the loss at the start must be finite, got inf$",
        ),
        ({"rule": "hevy_ball"}, ValueError, "unknown rule 'hevy_ball': did you mean 'heavy_ball'"),
        ({"rule": 3}, TypeError, "rule must be a name or a function, got int$"),
        ({"rule": lambda w, g, m, a, b: w}, ValueError, r"rule <lambda> must return \(weight, me"),
        ({"rule": lambda w: w}, ValueError, "rule <lambda> raised TypeError"),
        ({"learning_rate": 0}, ValueError, r"learning_rate must be greater than 0, got 0\.0$"),
        ({"learning_rate": math.nan}, ValueError, "learning_rate must be finite, got nan$"),
        ({"learning_rate": [0.1, 0.1]}, ValueError, r"learning_rate must be one number or 5, .*2,"),
        ({"momentum": 1.2}, ValueError, r"momentum must be in \[0, 1\), got 1\.2$"),
        ({"momentum": [0.5] * 6}, ValueError, r"momentum must be one number or 5, one for .*\(6,"),
        ({"steps": 0}, ValueError, "steps must be from 1 to 100000, got 0$"),
        ({"steps": 10**6}, ValueError, "steps must be from 1 to 100000, got 1000000$"),
        ({"steps": 2.0}, TypeError, r"steps must be a whole number from 1 to 100000, got 2\.0$"),
    ],
)
def test_bad_input_is_told_what_was_wrong_what_is_allowed_and_what_was_given(
    changed, error, complaint
):
    arguments = {"landscape": "valley", "start": (-5, -2), "rule": "plain"}
    arguments |= {"learning_rate": 0.1, "momentum": 0.5, "steps": 5} | changed
    with pytest.raises(error, match=f"^{complaint}"):
        descend(**arguments)
