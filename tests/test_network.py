"""The network: gradients against finite differences, the flat order, and every bad input."""

import warnings
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from momentum_lab.network import ERRORS, Network

TRUE_ERRORS = ("cross_entropy", "squared_error")

sizes = st.tuples(st.integers(1, 6), st.integers(1, 8), st.integers(2, 5))
seeds = st.integers(0, 2**32)


def items(network, n_items=9, seed=0):
    """Random inputs, about as large as standardised features, and one-hot targets."""
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(n_items, network.n_inputs))
    return inputs, np.eye(network.n_outputs)[rng.integers(network.n_outputs, size=n_items)]


def central_differences(function, weights, step):
    """The slopes of `function` at `weights`, one weight after the other, last axis."""
    moves = step * np.eye(len(weights))
    slopes = [(function(weights + move) - function(weights - move)) / (2 * step) for move in moves]
    return np.stack(slopes, axis=-1)


def by_hand(network, weights, inputs):
    """The outputs of one item with loops, as the class docstring defines them."""
    ih_weights, h_biases, ho_weights, o_biases = network.unpack(weights)
    hidden = [
        np.tanh(h_biases[j] + sum(inputs[i] * ih_weights[i, j] for i in range(network.n_inputs)))
        for j in range(network.n_hidden)
    ]
    sums = [
        o_biases[k] + sum(hidden[j] * ho_weights[j, k] for j in range(network.n_hidden))
        for k in range(network.n_outputs)
    ]
    return np.exp(sums) / np.exp(sums).sum()


# --- the flat weight vector -----------------------------------------------------------------


def test_the_flat_order_is_input_hidden_row_major_biases_hidden_output_biases():
    network = Network(2, 3, 2)
    assert network.n_weights == 17
    ih_weights, h_biases, ho_weights, o_biases = network.unpack(np.arange(17.0))
    np.testing.assert_array_equal(ih_weights, [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(h_biases, [6, 7, 8])
    np.testing.assert_array_equal(ho_weights, [[9, 10], [11, 12], [13, 14]])
    np.testing.assert_array_equal(o_biases, [15, 16])


@given(sizes)
def test_unpacked_parts_are_views_that_cover_the_vector_once(size):
    network = Network(*size)
    weights = np.zeros(network.n_weights)
    for part in network.unpack(weights):
        assert np.shares_memory(part, weights)
        part += 1
    np.testing.assert_array_equal(weights, 1)


def test_the_parts_have_names_and_the_shapes_of_their_layers():
    parts = Network(4, 7, 3).unpack(np.zeros(59))
    assert parts.ih_weights.shape == (4, 7)
    assert parts.h_biases.shape == (7,)
    assert parts.ho_weights.shape == (7, 3)
    assert parts.o_biases.shape == (3,)


def test_a_stack_of_vectors_unpacks_to_stacks_of_the_same_parts():
    network = Network(3, 4, 2)
    stack = np.random.default_rng(0).normal(size=(5, 2, network.n_weights))
    parts = network.unpack(stack)
    for index in np.ndindex(5, 2):
        for part, alone in zip(parts, network.unpack(stack[index]), strict=True):
            np.testing.assert_array_equal(part[index], alone)


@given(sizes, seeds, st.floats(0.01, 100))
def test_initial_weights_lie_within_the_scale_over_the_root_of_the_nodes_inputs(size, seed, scale):
    network = Network(*size)
    weights = network.initial_weights(seed, scale=scale)
    assert weights.shape == (network.n_weights,)
    ih_weights, h_biases, ho_weights, o_biases = network.unpack(weights)
    for part, n_into_node in (
        (ih_weights, network.n_inputs),
        (h_biases, network.n_inputs),
        (ho_weights, network.n_hidden),
        (o_biases, network.n_hidden),
    ):
        assert (np.abs(part) <= scale / np.sqrt(n_into_node)).all()


def test_initial_weights_fill_their_range_evenly():
    network = Network(100, 50, 60)
    parts = network.unpack(network.initial_weights(1))
    for weights in (10 * parts.ih_weights, np.sqrt(50) * parts.ho_weights):  # both now in ±1
        assert 0.998 < np.abs(weights).max() <= 1
        assert abs(weights.mean()) < 0.03
        assert weights.var() == pytest.approx(1 / 3, rel=0.03)


def test_the_seed_decides_the_initial_weights():
    network = Network(4, 7, 3)
    one, same, other = (network.initial_weights(seed) for seed in (1, 1, 2))
    assert one.tobytes() == same.tobytes()
    assert (one != other).all()
    np.testing.assert_array_equal(network.initial_weights(1, scale=2.0), 2 * one)
    np.testing.assert_array_equal(network.initial_weights(np.random.default_rng(1)), one)


def test_a_network_is_a_value_that_cannot_be_changed():
    network = Network(4, 7, 3)
    assert network == Network(4, 7, 3, error="cross_entropy")
    assert network != Network(4, 7, 3, error="squared_error")
    assert len({network, Network(4, 7, 3), Network(4, 6, 3)}) == 2
    with pytest.raises(FrozenInstanceError):
        network.n_hidden = 8


# --- outputs and errors ---------------------------------------------------------------------


@given(sizes, seeds)
def test_outputs_are_the_docstrings_formula_and_sum_to_one(size, seed):
    network = Network(*size)
    inputs, _ = items(network, seed=seed)
    weights = network.initial_weights(seed, scale=3)
    outputs = network.outputs(weights, inputs)
    np.testing.assert_allclose(outputs.sum(axis=1), 1, rtol=1e-14)
    expected = [by_hand(network, weights, item) for item in inputs]
    np.testing.assert_allclose(outputs, expected, rtol=1e-12)


def test_a_single_item_gives_a_single_row_of_outputs():
    network = Network(4, 7, 3)
    inputs, _ = items(network)
    weights = network.initial_weights(0)
    assert network.outputs(weights, inputs[0]).shape == (3,)
    np.testing.assert_allclose(
        network.outputs(weights, inputs[0]), network.outputs(weights, inputs)[0], rtol=1e-14
    )


def test_a_single_item_may_be_measured_without_a_second_axis():
    network = Network(4, 7, 3)
    inputs, targets = items(network)
    weights = network.initial_weights(0)
    for function in (network.error, network.accuracy, network.gradient):
        np.testing.assert_array_equal(
            function(weights, inputs[0], targets[0]), function(weights, inputs[:1], targets[:1])
        )


@given(sizes, seeds)
def test_the_errors_are_their_formulas_averaged_over_the_items(size, seed):
    inputs, targets = items(Network(*size), seed=seed)
    weights = Network(*size).initial_weights(seed)
    outputs = Network(*size).outputs(weights, inputs)
    expected = {
        "cross_entropy": -np.log(outputs[targets == 1]).mean(),
        "squared_error": ((targets - outputs) ** 2).sum(axis=1).mean(),
    }
    expected["article"] = expected["squared_error"]
    for name in ERRORS:
        error = Network(*size, error=name).error(weights, inputs, targets)
        assert error == pytest.approx(expected[name], rel=1e-13)


def test_with_all_weights_zero_the_network_guesses():
    inputs, targets = items(Network(4, 7, 3))
    zeros = np.zeros(59)
    np.testing.assert_array_equal(Network(4, 7, 3).outputs(zeros, inputs), np.full((9, 3), 1 / 3))
    assert Network(4, 7, 3).error(zeros, inputs, targets) == pytest.approx(np.log(3), rel=1e-15)
    squared = Network(4, 7, 3, error="squared_error").error(zeros, inputs, targets)
    assert squared == pytest.approx(2 / 3, rel=1e-15)


def test_accuracy_is_the_share_of_items_with_the_largest_output_at_their_class():
    network = Network(4, 7, 3)
    inputs, targets = items(network, n_items=50)
    weights = network.initial_weights(3)
    guesses = network.outputs(weights, inputs).argmax(axis=1)
    share = np.mean(guesses == targets.argmax(axis=1))
    assert 0 < share < 1
    assert network.accuracy(weights, inputs, targets) == share
    assert network.accuracy(weights, inputs, np.eye(3)[guesses]) == 1


@pytest.mark.parametrize("name", ERRORS)
def test_a_stack_of_weight_vectors_gives_what_each_gives_alone(name):
    network = Network(4, 7, 3, error=name)
    inputs, targets = items(network)
    stack = np.random.default_rng(5).normal(size=(4, 3, network.n_weights))
    errors, accuracies = network.error_and_accuracy(stack, inputs, targets)
    outputs = network.outputs(stack, inputs)
    assert outputs.shape == (4, 3, 9, 3)
    assert network.outputs(stack, inputs[0]).shape == (4, 3, 3)
    for index in np.ndindex(4, 3):
        alone = network.error(stack[index], inputs, targets)
        assert errors[index] == pytest.approx(alone, rel=1e-13)
        assert accuracies[index] == network.accuracy(stack[index], inputs, targets)
        alone = network.outputs(stack[index], inputs)
        np.testing.assert_allclose(outputs[index], alone, rtol=1e-13)


@pytest.mark.parametrize("name", ERRORS)
def test_huge_inputs_and_weights_overflow_nowhere(name):
    network = Network(4, 7, 3, error=name)
    inputs, targets = items(network)
    weights = 1e3 * np.random.default_rng(6).normal(size=network.n_weights)
    with warnings.catch_warnings(), np.errstate(over="raise", invalid="raise", divide="raise"):
        warnings.simplefilter("error")
        outputs = network.outputs(weights, 1e3 * inputs)
        error = network.error(weights, 1e3 * inputs, targets)
        gradient = network.gradient(weights, 1e3 * inputs, targets)
    np.testing.assert_allclose(outputs.sum(axis=1), 1, rtol=1e-14)
    assert np.isfinite(error)
    assert np.isfinite(gradient).all()


def test_cross_entropy_still_counts_what_the_outputs_round_to_zero():
    network = Network(1, 1, 2)
    weights = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 2000.0])  # only the second output's bias
    assert network.outputs(weights, [1.0])[0] == 0
    assert network.error(weights, [1.0], [1, 0]) == 2000


# --- gradients ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TRUE_ERRORS)
@given(size=sizes, seed=seeds)
def test_the_gradient_is_the_slope_of_the_error_in_every_weight(name, size, seed):
    network = Network(*size, error=name)
    inputs, targets = items(network, seed=seed)
    weights = network.initial_weights(seed, scale=2)
    slopes = central_differences(lambda w: network.error(w, inputs, targets), weights, 1e-5)
    gradient = network.gradient(weights, inputs, targets)
    np.testing.assert_allclose(gradient, slopes, rtol=1e-6, atol=1e-9)


@given(sizes, seeds)
def test_the_articles_signal_keeps_the_diagonal_of_the_softmax_jacobian_only(size, seed):
    network = Network(*size, error="article")
    inputs, targets = items(network, seed=seed)
    outputs = network.outputs(network.initial_weights(seed), inputs)
    for y, t in zip(outputs, targets, strict=True):
        jacobian = np.diag(y) - np.outer(y, y)  # of the outputs, in the output nodes' sums
        half_gradient = jacobian @ (y - t)
        np.testing.assert_allclose(
            network.output_slope(y, t), np.diag(jacobian) * (y - t), rtol=1e-13
        )
        squared = Network(*size, error="squared_error").output_slope(y, t)
        np.testing.assert_allclose(squared, 2 * half_gradient, rtol=1e-10, atol=1e-15)


def test_the_articles_signal_is_not_the_gradient_of_the_error_that_it_reports():
    network = Network(4, 7, 3, error="article")
    inputs, targets = items(network)
    weights = network.initial_weights(0)
    slopes = central_differences(lambda w: network.error(w, inputs, targets), weights, 1e-5)
    signal = network.gradient(weights, inputs, targets)
    cosine = signal @ slopes / np.linalg.norm(signal) / np.linalg.norm(slopes)
    assert 0 < cosine < 0.99  # not even the same direction, so no learning rate mends it


@given(seeds)
def test_with_two_classes_the_articles_signal_is_a_quarter_of_the_gradient(seed):
    inputs, targets = items(Network(3, 4, 2), seed=seed)
    weights = Network(3, 4, 2).initial_weights(seed)
    signal = Network(3, 4, 2, error="article").gradient(weights, inputs, targets)
    gradient = Network(3, 4, 2, error="squared_error").gradient(weights, inputs, targets)
    np.testing.assert_allclose(4 * signal, gradient, rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("name", ERRORS)
def test_the_gradient_of_a_batch_is_the_mean_of_its_items_gradients(name):
    network = Network(4, 7, 3, error=name)
    inputs, targets = items(network)
    weights = network.initial_weights(1)
    each = [network.gradient(weights, x, t) for x, t in zip(inputs, targets, strict=True)]
    np.testing.assert_allclose(
        network.gradient(weights, inputs, targets), np.mean(each, axis=0), rtol=1e-12, atol=1e-16
    )


@pytest.mark.parametrize("name", TRUE_ERRORS)
def test_the_hessian_is_symmetric_and_holds_the_second_differences_of_the_error(name):
    network = Network(2, 3, 3, error=name)
    inputs, targets = items(network)
    weights = network.initial_weights(2)
    hessian = network.hessian(weights, inputs, targets)
    assert hessian.shape == (network.n_weights, network.n_weights)
    np.testing.assert_array_equal(hessian, hessian.T)
    second = central_differences(
        lambda u: central_differences(lambda v: network.error(v, inputs, targets), u, 1e-3),
        weights,
        1e-3,
    )
    np.testing.assert_allclose(hessian, second, rtol=1e-4, atol=1e-6)


def test_the_hessian_of_the_output_biases_is_the_mean_softmax_jacobian():
    network = Network(4, 7, 3)
    inputs, targets = items(network)
    weights = network.initial_weights(0)
    outputs = network.outputs(weights, inputs)
    expected = np.mean([np.diag(y) - np.outer(y, y) for y in outputs], axis=0)
    hessian = network.hessian(weights, inputs, targets)
    np.testing.assert_allclose(hessian[-3:, -3:], expected, rtol=1e-8, atol=1e-10)


# --- bad input ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error", "complaint"),
    [
        ((0, 7, 3), ValueError, "n_inputs must be at least 1, got 0"),
        ((4, -1, 3), ValueError, "n_hidden must be at least 1, got -1"),
        ((4, 7, 1), ValueError, "n_outputs must be at least 2, got 1"),
        ((4, 7.5, 3), TypeError, r"n_hidden must be a whole number at least 1, got 7\.5"),
        ((4, "7", 3), TypeError, "n_hidden must be a whole number at least 1, got '7'"),
        ((4, 7, 3, "crossentropy"), ValueError, "unknown error 'crossentropy': did you mean "),
        ((4, 7, 3, "squared"), ValueError, ".*did you mean 'squared_error'.* Known: cross_entropy"),
        ((4, 7, 3, None), ValueError, "unknown error None"),
    ],
)
def test_a_network_that_cannot_be_is_refused(arguments, error, complaint):
    with pytest.raises(error, match=f"^{complaint}"):
        Network(*arguments)


METHODS = ("error", "accuracy", "gradient", "error_and_accuracy", "hessian")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("changed", "error", "complaint"),
    [
        ({"weights": np.zeros(58)}, ValueError, r"weights must have shape \(59,\) .*got \(58,\)"),
        ({"weights": 0.0}, ValueError, r"weights must have shape \(59,\) .*got \(\)"),
        ({"weights": np.zeros(1)}, ValueError, r"weights must have shape \(59,\) .*got \(1,\)"),
        ({"weights": "many"}, TypeError, "weights must be numbers, got 'many'"),
        ({"inputs": np.zeros((9, 3))}, ValueError, r"inputs must have shape .* 4\), got \(9, 3\)"),
        ({"inputs": np.zeros((9, 4, 1))}, ValueError, r"inputs must .*, got \(9, 4, 1\)"),
        ({"inputs": 1.0}, ValueError, r"inputs must have shape .*, got \(\)"),
        ({"inputs": [["a"] * 4] * 9}, TypeError, "inputs must be numbers, got"),
        ({"inputs": np.zeros((8, 4))}, ValueError, r"targets must .* \(8, 3\), got \(9, 3\)"),
        ({"targets": np.eye(4)[[0] * 9]}, ValueError, r"targets must .*\(9, 3\), got \(9, 4\)"),
        ({"targets": np.zeros((9, 3))}, ValueError, "targets must be one-hot .* in row 0"),
        ({"targets": np.full((9, 3), 1 / 3)}, ValueError, "targets must be one-hot"),
        ({"targets": np.ones((9, 3))}, ValueError, "targets must be one-hot"),
        ({"targets": np.full((9, 3), np.nan)}, ValueError, r"targets must be finite, got nan at"),
        ({"targets": np.zeros(9)}, ValueError, "targets must be one-hot"),
        ({"targets": np.zeros((9, 3, 1))}, ValueError, "targets must have two dimensions"),
        (
            {"inputs": np.zeros((0, 4)), "targets": np.zeros((0, 3))},
            ValueError,
            "inputs must hold at least one item, got none",
        ),
    ],
)
def test_what_does_not_fit_the_network_is_refused(method, changed, error, complaint):
    network = Network(4, 7, 3)
    inputs, targets = items(network)
    arguments = {"weights": np.zeros(59), "inputs": inputs, "targets": targets} | changed
    with pytest.raises(error, match=f"^{complaint}"):
        getattr(network, method)(**arguments)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_bad_number_among_the_inputs_is_named_with_its_place(bad):
    network = Network(4, 7, 3)
    inputs, targets = items(network)
    inputs[5, 2] = bad
    with pytest.raises(ValueError, match=rf"^inputs must be finite, got {bad} at index \(5, 2\)$"):
        network.error(np.zeros(59), inputs, targets)
    with pytest.raises(ValueError, match=rf"^inputs must be finite, got {bad} at index \(2,\)$"):
        network.outputs(np.zeros(59), inputs[5])


def test_the_row_that_is_not_one_hot_is_shown():
    network = Network(4, 7, 3)
    inputs, targets = items(network)
    targets[4] = [0, 1, 1]
    with pytest.raises(ValueError, match=r"one-hot .*, got \[0\. 1\. 1\.\] in row 4$"):
        network.error(np.zeros(59), inputs, targets)


def test_the_gradient_takes_one_weight_vector_not_a_stack():
    network = Network(2, 2, 2)
    stack = np.zeros((2, network.n_weights))
    with pytest.raises(ValueError, match=r"^weights must be one vector, got shape \(2, 12\)$"):
        network.gradient(stack, *items(network))


@pytest.mark.parametrize("error", ["cross_entropy", "squared_error", "article"])
def test_the_gradients_of_a_stack_are_the_gradient_of_each(error):
    network = Network(3, 4, 2, error)
    stack = np.array([[network.initial_weights(seed) for seed in (0, 1)] for _ in range(3)])
    stack[2] *= 3
    found = network.gradients(stack, *items(network))
    each = [[network.gradient(w, *items(network)) for w in row] for row in stack]
    np.testing.assert_allclose(found, each, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("scale", [np.nan, np.inf])
def test_the_scale_of_the_initial_weights_is_finite(scale):
    with pytest.raises(ValueError, match=f"^scale must be finite, got {scale}$"):
        Network(4, 7, 3).initial_weights(0, scale=scale)
