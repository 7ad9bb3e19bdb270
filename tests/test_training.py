"""Training: against a plain numpy loop and scikit-learn, a reader's own rules, every bad input."""

import _thread
import ctypes
import functools
import math
import os
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from types import FunctionType, SimpleNamespace

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neural_network import MLPClassifier

from momentum_lab import data, kernels, training
from momentum_lab.network import ERRORS, Network
from momentum_lab.rules import RULES, heavy_ball, plain, try_rule
from momentum_lab.training import Run, train

ROOT = Path(__file__).parents[1]
NETWORK = Network(4, 5, 3)
IRIS = data.iris().standardized()
SMALL = IRIS.take(np.arange(0, 150, 8))  # 19 items: no batch size above 1 divides them


def draw(seed, epochs, dataset=SMALL, network=NETWORK):
    """The initial weights and the order of the items, as the docstring of `train` says."""
    rng = np.random.default_rng(seed)
    weights = network.initial_weights(rng)
    return weights, [rng.permutation(dataset.n_items) for _ in range(epochs)]


def numpy_loop(network, dataset, rule, learning_rate, momentum, order, weights, batch_size=1):
    """Train with the pure rule and the vectorised gradient; return the trajectory and errors."""
    batches = [
        epoch[i : i + batch_size] for epoch in order for i in range(0, len(epoch), batch_size)
    ]
    learning_rates = np.broadcast_to(learning_rate, len(batches))
    momenta = np.broadcast_to(momentum, len(batches))
    memory = np.zeros_like(weights)
    trajectory, errors = [weights], []
    for batch, rate, kept in zip(batches, learning_rates, momenta, strict=True):
        items = dataset.inputs[batch], dataset.targets[batch]
        errors.append(network.error(weights, *items))
        gradient = network.gradient(weights, *items)
        weights, memory = rule(weights, gradient, memory, rate, kept)
        trajectory.append(weights)
    return np.array(trajectory), np.array(errors)


def same_bytes(one, other):
    """Whether two runs agree in every field, to the last bit."""
    for field in fields(Run):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if isinstance(a, np.ndarray):
            a, b = (a.shape, a.tobytes()), (b.shape, b.tobytes())
        if field.name != "rule" and a != b:
            return False
    return True


def short(rule, dataset=SMALL, **changed):
    """A run of three epochs, with everything recorded."""
    settings = {"learning_rate": 0.05, "momentum": 0.7, "epochs": 3} | changed
    recorded = dict.fromkeys(("trajectory", "step_parts", "gradients"), True)
    return train(NETWORK, dataset, rule, **recorded, **settings)


# --- what training does ---------------------------------------------------------------------


@pytest.mark.parametrize("batch_size", [1, 4, 19])
@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_compiled_training_is_the_plain_loop_with_the_pure_rule(rule, error, batch_size):
    network = Network(4, 5, 3, error=error)
    weights, order = draw(7, epochs=5)
    run = train(
        network, SMALL, rule, 0.02, 0.8, epochs=5, batch_size=batch_size, seed=7, trajectory=True
    )
    trajectory, errors = numpy_loop(network, SMALL, rule, 0.02, 0.8, order, weights, batch_size)
    np.testing.assert_allclose(run.trajectory, trajectory, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(run.update_errors, errors, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(run.weights, run.trajectory[-1])
    np.testing.assert_array_equal(
        run.epoch_weights, run.trajectory[run.updates_per_epoch :: run.updates_per_epoch]
    )
    for i, at_end in enumerate(run.epoch_weights):
        error, accuracy = network.error_and_accuracy(at_end, SMALL.inputs, SMALL.targets)
        assert run.epoch_errors[i] == pytest.approx(error, rel=1e-14)
        assert run.epoch_accuracies[i] == accuracy


@given(
    st.tuples(st.integers(1, 5), st.integers(1, 6), st.integers(2, 4)),
    st.integers(1, 12),
    st.data(),
)
def test_networks_and_batches_of_any_size_train_as_the_plain_loop_does(size, n_items, more):
    network = Network(*size, error=more.draw(st.sampled_from(ERRORS)))
    rng = np.random.default_rng(more.draw(st.integers(0, 1000)))
    items = SimpleNamespace(
        inputs=rng.normal(size=(n_items, size[0])),
        targets=np.eye(size[2])[rng.integers(size[2], size=n_items)],
        n_items=n_items,
    )
    batch_size = more.draw(st.integers(1, n_items))
    weights, order = draw(3, 4, items, network)
    run = train(network, items, "nesterov", 0.1, 0.6, 4, batch_size, seed=3)
    trajectory, errors = numpy_loop(
        network, items, RULES["nesterov"], 0.1, 0.6, order, weights, batch_size
    )
    np.testing.assert_allclose(run.weights, trajectory[-1], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(run.update_errors, errors, rtol=1e-12, atol=1e-12)
    assert run.n_updates == 4 * math.ceil(n_items / batch_size)


@pytest.mark.parametrize("rule", ["heavy_ball", "nesterov"])
@pytest.mark.parametrize("momentum", [0.5, 0.9])
def test_six_hundred_online_updates_agree_with_scikit_learn(rule, momentum):
    network = Network(4, 7, 3)
    weights, order = draw(11, 4, IRIS, network)
    run = train(network, IRIS, rule, 0.05, momentum, epochs=4, seed=11)

    oracle = MLPClassifier(
        hidden_layer_sizes=(7,),
        activation="tanh",
        solver="sgd",
        alpha=0,
        batch_size=1,
        learning_rate="constant",
        learning_rate_init=0.05,
        momentum=momentum,
        nesterovs_momentum=rule == "nesterov",
    )
    labels = IRIS.targets.argmax(axis=1)
    oracle.partial_fit(IRIS.inputs[:1], labels[:1], classes=[0, 1, 2])  # makes what we fill in
    parts = network.unpack(weights)
    for theirs, ours in (
        (oracle.coefs_, (parts.ih_weights, parts.ho_weights)),
        (oracle.intercepts_, (parts.h_biases, parts.o_biases)),
    ):
        for layer in (0, 1):
            theirs[layer][...] = ours[layer]
    for velocity in oracle._optimizer.velocities:
        velocity[...] = 0
    n_updates = 0
    for item in np.concatenate(order):
        oracle.partial_fit(IRIS.inputs[[item]], labels[[item]])
        assert oracle.loss_ == pytest.approx(run.update_errors[n_updates], rel=1e-9, abs=1e-12)
        n_updates += 1

    parts = network.unpack(run.weights)
    assert n_updates == run.n_updates == 600
    np.testing.assert_allclose(parts.ih_weights, oracle.coefs_[0], rtol=0, atol=1e-10)
    np.testing.assert_allclose(parts.h_biases, oracle.intercepts_[0], rtol=0, atol=1e-10)
    np.testing.assert_allclose(parts.ho_weights, oracle.coefs_[1], rtol=0, atol=1e-10)
    np.testing.assert_allclose(parts.o_biases, oracle.intercepts_[1], rtol=0, atol=1e-10)
    assert np.abs(run.weights - weights).max() > 0.5  # it did move


def test_training_learns_to_tell_the_flowers_apart():
    run = train(Network(4, 7, 3), IRIS, "heavy_ball", 0.01, 0.9, epochs=50)
    assert run.diverged_at is None
    assert run.epoch_errors[-1] < 0.1 < np.log(3) / 2 < run.update_errors[0]
    assert run.epoch_accuracies[-1] >= 0.96


def test_equal_arguments_give_equal_bytes_and_another_seed_others():
    one, same, other = short("heavy_ball"), short("heavy_ball"), short("heavy_ball", seed=1)
    assert same_bytes(one, same)
    assert not same_bytes(one, other)


def test_a_rules_name_and_the_rule_itself_are_the_same_argument():
    for name, rule in RULES.items():
        assert same_bytes(short(name), short(rule))
        assert short(name).rule == name


def test_runs_on_several_threads_at_once_give_the_bytes_that_they_give_alone():
    seeds = range(8)
    alone = [short("nesterov", dataset=IRIS, seed=seed) for seed in seeds]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda s: short("nesterov", dataset=IRIS, seed=s), seeds))
    assert all(map(same_bytes, alone, together))


def test_in_batch_training_the_order_of_the_items_does_not_matter():
    one, other = (
        short("heavy_ball", batch_size=19, seed=seed, weights=NETWORK.initial_weights(5))
        for seed in (1, 2)
    )
    np.testing.assert_allclose(one.trajectory, other.trajectory, rtol=1e-12, atol=1e-14)
    errors = NETWORK.error(one.trajectory[:-1], SMALL.inputs, SMALL.targets)
    np.testing.assert_allclose(one.update_errors, errors, rtol=1e-13)
    assert one.n_updates == 3


def test_the_last_batch_of_an_epoch_may_be_smaller_and_counts_in_full():
    run = short("plain", batch_size=18)
    assert run.updates_per_epoch == 2
    assert run.n_updates == 6
    _, order = draw(0, 1)
    last = order[0][18:]  # one item, whose gradient is not divided by 18
    gradient = NETWORK.gradient(run.trajectory[1], SMALL.inputs[last], SMALL.targets[last])
    step = run.trajectory[2] - run.trajectory[1]
    np.testing.assert_allclose(step, -0.05 * gradient, rtol=1e-9, atol=1e-15)


# --- the order and the start ----------------------------------------------------------------


def test_the_seed_draws_the_weights_and_then_the_order_anew_in_each_epoch():
    weights, order = draw(4, epochs=3)
    assert not np.array_equal(order[0], order[1])
    assert same_bytes(short("nesterov", seed=4), short("nesterov", seed=4, order=order))
    np.testing.assert_array_equal(short("plain", seed=4).trajectory[0], weights)


def test_more_epochs_continue_the_same_run():
    three, five = short("nesterov"), short("nesterov", epochs=5)
    np.testing.assert_array_equal(five.trajectory[: len(three.trajectory)], three.trajectory)


def test_weights_given_start_the_run_and_leave_the_seeds_order_as_it_was():
    _, order = draw(4, epochs=3)
    weights = NETWORK.initial_weights(99)
    run = short("heavy_ball", seed=4, weights=weights)
    trajectory, _ = numpy_loop(NETWORK, SMALL, heavy_ball, 0.05, 0.7, order, weights)
    np.testing.assert_allclose(run.trajectory, trajectory, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(run.trajectory[0], NETWORK.initial_weights(99))
    assert same_bytes(run, short("heavy_ball", seed=4, weights=weights.tolist()))


def test_an_order_given_decides_which_item_comes_when_and_the_number_of_epochs():
    order = [[3] * 19, list(range(19))]
    run = short("plain", order=order)
    assert len(run.epoch_errors) == 2
    errors = [
        NETWORK.error(weights, SMALL.inputs[item], SMALL.targets[item])
        for weights, item in zip(run.trajectory, order[0] + order[1], strict=False)
    ]
    np.testing.assert_allclose(run.update_errors, errors, rtol=1e-12)


def test_what_the_caller_gave_is_neither_changed_nor_kept():
    weights, rates = NETWORK.initial_weights(1), np.full(57, 0.05)
    order = np.tile(np.arange(19), (3, 1))
    before = weights.copy(), rates.copy(), order.copy()
    run = short("heavy_ball", weights=weights, learning_rate=rates, order=order)
    for given_array, copy in zip((weights, rates, order), before, strict=True):
        np.testing.assert_array_equal(given_array, copy)
        assert given_array.flags.writeable
    rates[:] = 9
    assert (run.learning_rate == 0.05).all()


# --- schedules ------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES)
def test_a_schedule_that_never_changes_is_the_number_itself(rule):
    constant = short(rule)
    schedule = short(rule, learning_rate=np.full(57, 0.05), momentum=np.full(57, 0.7))
    assert schedule.trajectory.tobytes() == constant.trajectory.tobytes()
    assert schedule.step_parts.tobytes() == constant.step_parts.tobytes()


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_schedule_gives_each_update_its_own_settings(rule):
    rng = np.random.default_rng(8)
    rates, momenta = rng.uniform(0.01, 0.1, 57), rng.uniform(0, 0.95, 57)
    weights, order = draw(0, epochs=3)
    run = short(rule, learning_rate=rates, momentum=momenta)
    trajectory, _ = numpy_loop(NETWORK, SMALL, rule, rates, momenta, order, weights)
    np.testing.assert_allclose(run.trajectory, trajectory, rtol=1e-11, atol=1e-11)
    np.testing.assert_array_equal(run.learning_rate, rates)
    np.testing.assert_array_equal(run.momentum, momenta)


def test_a_change_of_the_learning_rate_mid_run_splits_a_run_without_memory_in_two():
    _, order = draw(0, epochs=4)
    whole = short("plain", learning_rate=np.repeat([0.2, 0.01], 38), order=order)
    first = short("plain", learning_rate=0.2, order=order[:2])
    second = short("plain", learning_rate=0.01, order=order[2:], weights=first.weights)
    np.testing.assert_array_equal(whole.trajectory[:39], first.trajectory)
    np.testing.assert_array_equal(whole.trajectory[38:], second.trajectory)


# --- what is recorded -----------------------------------------------------------------------


def test_previous_deltas_step_is_the_gradient_now_plus_a_share_of_the_gradient_before():
    _, order = draw(0, epochs=3)
    run = short("previous_delta")
    lengths = [
        np.linalg.norm(NETWORK.gradient(weights, SMALL.inputs[item], SMALL.targets[item]))
        for weights, item in zip(run.trajectory, np.concatenate(order), strict=False)
    ]
    from_gradient, from_memory = run.step_parts.T
    np.testing.assert_allclose(from_gradient, 0.05 * np.array(lengths), rtol=1e-9)
    np.testing.assert_allclose(from_memory[1:], 0.7 * from_gradient[:-1], rtol=1e-9)
    assert from_memory[0] == 0


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_parts_of_a_step_are_the_rule_without_memory_and_what_the_memory_adds(rule):
    _, order = draw(0, epochs=3)
    run = short(rule)
    memory = np.zeros(NETWORK.n_weights)
    for t, item in enumerate(np.concatenate(order)):
        weights = run.trajectory[t]
        gradient = NETWORK.gradient(weights, SMALL.inputs[item], SMALL.targets[item])
        without, _ = rule(weights, gradient, 0 * memory, 0.05, 0.7)
        with_memory, memory = rule(weights, gradient, memory, 0.05, 0.7)
        expected = np.linalg.norm(without - weights), np.linalg.norm(with_memory - without)
        np.testing.assert_allclose(run.step_parts[t], expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("batch_size", [1, 7, 19])
@pytest.mark.parametrize("is_compiled", [True, False])
def test_the_gradients_are_those_of_the_items_of_each_update(batch_size, is_compiled, monkeypatch):
    if not is_compiled:
        monkeypatch.setattr(kernels, "compiled_rule", lambda rule: None)
    _, order = draw(0, epochs=3)
    run = short("heavy_ball", batch_size=batch_size)
    batches = [rows[i : i + batch_size] for rows in order for i in range(0, 19, batch_size)]
    assert run.gradients.shape == (len(batches), NETWORK.n_weights)
    for gradient, weights, rows in zip(run.gradients, run.trajectory, batches, strict=False):
        expected = NETWORK.gradient(weights, SMALL.inputs[rows], SMALL.targets[rows])
        np.testing.assert_allclose(gradient, expected, rtol=1e-12, atol=1e-15)


def test_without_momentum_the_memory_adds_nothing():
    assert (short("heavy_ball", momentum=0).step_parts[:, 1] == 0).all()


def test_recording_changes_nothing_and_is_left_out_unless_asked_for():
    everything = short("heavy_ball")
    run = train(NETWORK, SMALL, "heavy_ball", 0.05, 0.7, 3)
    assert run.trajectory is None
    assert run.step_parts is None
    assert run.gradients is None
    assert run.weights.tobytes() == everything.weights.tobytes()
    assert run.update_errors.tobytes() == everything.update_errors.tobytes()
    assert everything.trajectory.shape == (58, NETWORK.n_weights)
    assert everything.step_parts.shape == (57, 2)
    assert everything.gradients.shape == (57, NETWORK.n_weights)


def test_epoch_means_average_the_errors_of_an_epochs_updates():
    run = short("plain", batch_size=4)
    np.testing.assert_allclose(
        run.epoch_means, [run.update_errors[i : i + 5].mean() for i in (0, 5, 10)], rtol=1e-15
    )


def test_epochs_are_measured_the_same_however_many_fit_into_memory_at_once(monkeypatch):
    expected = short("nesterov")
    monkeypatch.setattr(training, "NUMBERS_AT_ONCE", 1)
    one_by_one = short("nesterov")
    np.testing.assert_allclose(one_by_one.epoch_errors, expected.epoch_errors, rtol=1e-14)
    np.testing.assert_array_equal(one_by_one.epoch_accuracies, expected.epoch_accuracies)


def test_a_run_is_frozen_and_says_in_a_line_how_it_ended():
    run = short("heavy_ball")
    with pytest.raises(FrozenInstanceError):
        run.seed = 3
    for name in ("update_errors", "epoch_errors", "weights", "trajectory", "step_parts"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(run, name)[0] = 0
    error, accuracy = run.epoch_errors[-1], run.epoch_accuracies[-1]
    assert repr(run) == (
        f"Run of heavy_ball: 57 updates, error {error:.4g}, accuracy {accuracy:.4g}"
    )


# --- divergence is a result -----------------------------------------------------------------


@pytest.mark.parametrize("rule", ["plain", "previous_delta", "heavy_ball", "nesterov", "averaged"])
@pytest.mark.parametrize("error", ERRORS)
def test_a_huge_learning_rate_ends_the_run_with_all_numbers_finite(rule, error):
    network = Network(4, 5, 3, error=error)
    run = train(network, SMALL, rule, 1e9, 0.9, 50, trajectory=True, step_parts=True)
    assert 1 <= run.diverged_at == run.n_updates < 50 * 19
    assert run.trajectory.shape == (run.diverged_at, network.n_weights)
    assert run.step_parts.shape == (run.diverged_at - 1, 2)
    assert len(run.epoch_errors) == len(run.epoch_weights) == (run.diverged_at - 1) // 19
    for name in ("update_errors", "epoch_errors", "weights", "trajectory", "step_parts"):
        assert np.isfinite(getattr(run, name)).all()
    np.testing.assert_array_equal(run.weights, run.trajectory[-1])
    assert repr(run).endswith(f"diverged at update {run.diverged_at}")


@pytest.mark.parametrize("diverging", [1, 2, 19, 20, 39, 57])
@pytest.mark.parametrize("visits", [1, 200_000])  # all epochs in one call of the kernel, or one
def test_the_diverging_update_is_counted_from_one_and_undone(diverging, visits, monkeypatch):
    monkeypatch.setattr(training, "VISITS_A_CALL", visits)
    rates = np.full(57, 0.05)
    rates[diverging - 1] = 1e9
    run, calm = short("nesterov", learning_rate=rates), short("nesterov")
    assert run.diverged_at == diverging
    np.testing.assert_array_equal(run.trajectory, calm.trajectory[:diverging])
    np.testing.assert_array_equal(run.update_errors, calm.update_errors[:diverging])
    np.testing.assert_array_equal(run.step_parts, calm.step_parts[: diverging - 1])
    np.testing.assert_array_equal(run.gradients, calm.gradients[: diverging - 1])
    whole_epochs = (diverging - 1) // 19
    np.testing.assert_array_equal(run.epoch_errors, calm.epoch_errors[:whole_epochs])
    np.testing.assert_array_equal(run.weights, calm.trajectory[diverging - 1])
    assert len(run.epoch_means) == whole_epochs


def test_a_weight_vector_may_grow_to_ten_thousand_and_no_further():
    def move_by_the_learning_rate(weight, gradient, memory, learning_rate, momentum):
        return weight + learning_rate, memory

    corner = math.sqrt(NETWORK.n_weights)  # the length of the vector (1, 1, 1 …)
    start = np.zeros(NETWORK.n_weights)
    for length, diverges in ((0.999999e4, None), (1.000001e4, 1)):
        run = short(
            move_by_the_learning_rate,
            learning_rate=np.r_[length / corner, np.full(56, 1e-12)],
            weights=start,
        )
        assert run.diverged_at == diverges


def test_a_rule_that_makes_not_a_number_mid_run_has_diverged():
    def root(weight, gradient, memory, learning_rate, momentum):
        if weight > 1.2:
            return math.nan, memory
        return weight - learning_rate * gradient, memory

    run, calm = short(root, epochs=50), short("plain", epochs=50)
    first = int(np.argmax((calm.trajectory > 1.2).any(axis=1)))
    assert first > 0
    assert run.diverged_at == first + 1
    np.testing.assert_array_equal(run.trajectory, calm.trajectory[: first + 1])


# --- a reader's own rule --------------------------------------------------------------------


def own_heavy_ball(weight, gradient, prev_step, learning_rate, momentum):
    step = momentum * prev_step - learning_rate * gradient
    return weight + step, step


def with_a_list(weight, gradient, prev_step, learning_rate, momentum):
    step = momentum * prev_step - learning_rate * gradient
    return [weight + step, step]


def with_where(weight, gradient, prev_step, learning_rate, momentum):
    push = np.where(gradient > 0, learning_rate * gradient, learning_rate * gradient)
    step = momentum * prev_step - push
    return weight + step, step


def with_a_dict(weight, gradient, prev_step, learning_rate, momentum):
    parts = {"memory": momentum * prev_step, "names": ["gradient"]}
    parts["gradient"] = -learning_rate * gradient
    step = parts["memory"] + parts[parts["names"][0]]
    return weight + step, step


def with_a_generator(weight, gradient, prev_step, learning_rate, momentum):
    step = sum(part for part in (momentum * prev_step, -learning_rate * gradient))
    return weight + step, step


def with_keywords(weight, gradient, prev_step, learning_rate, momentum):
    settings = {"learning_rate": learning_rate, "momentum": momentum}
    return heavy_ball(weight, gradient, prev_step, **settings)


def that_counts(weight, gradient, prev_step, learning_rate, momentum):
    global n_calls
    n_calls += 1
    return heavy_ball(weight, gradient, prev_step, learning_rate, momentum)


def that_calls_a_built_in(weight, gradient, prev_step, learning_rate, momentum):
    return heavy_ball(weight, gradient, prev_step, learning_rate, momentum)


def with_a_strength(strength, weight, gradient, prev_step, learning_rate, momentum):
    return heavy_ball(weight, strength * gradient, prev_step, learning_rate, momentum)


class Ball:
    def roll(self, weight, gradient, prev_step, learning_rate, momentum):
        return heavy_ball(weight, gradient, prev_step, learning_rate, momentum)

    __call__ = roll


n_calls = 0
STRENGTH = 1.0


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_readers_copy_of_a_built_in_rule_gives_its_bytes(rule):
    copy = FunctionType(rule.__code__, rule.__globals__, "mine")
    run = short(copy)
    assert same_bytes(run, short(rule))
    assert run.rule == "mine"


@pytest.mark.parametrize(
    "rule",
    [
        own_heavy_ball,
        lambda w, g, v, a, b: (w + (b * v - a * g), b * v - a * g),
        numba.njit(own_heavy_ball),
        with_a_list,
        with_where,
        with_a_dict,
        with_a_generator,
        with_keywords,
        that_counts,
        that_calls_a_built_in,
        Ball().roll,
        Ball(),
        functools.partial(with_a_strength, 1.0),
    ],
    ids=lambda rule: getattr(rule, "__name__", type(rule).__name__),
)
def test_a_readers_own_heavy_ball_gives_the_built_ins_bytes_whatever_it_is_made_of(rule):
    assert same_bytes(short(rule), short("heavy_ball"))


def test_a_rule_that_cannot_be_compiled_is_called_once_for_each_weight_in_each_update():
    global n_calls
    n_calls = 0
    train(NETWORK, SMALL, that_counts, 0.05, 0.7, epochs=2)
    assert n_calls == 1 + 2 * 19 * NETWORK.n_weights  # the first is the trial call


def test_a_constant_that_a_reader_changes_changes_the_next_run(monkeypatch):
    def mine(weight, gradient, memory, learning_rate, momentum):
        return weight - STRENGTH * learning_rate * gradient, memory

    assert same_bytes(short(mine), short("plain"))
    monkeypatch.setitem(globals(), "STRENGTH", 2.0)
    assert (
        short(mine).trajectory.tobytes() == short("plain", learning_rate=0.1).trajectory.tobytes()
    )
    monkeypatch.setitem(globals(), "STRENGTH", 1.0)
    assert same_bytes(short(mine), short("plain"))


def test_an_enclosed_number_that_a_reader_changes_changes_the_next_run():
    strength = 1.0

    def mine(weight, gradient, memory, learning_rate, momentum):
        return weight - strength * learning_rate * gradient, memory

    assert same_bytes(short(mine), short("plain"))
    strength = 2.0
    assert (
        short(mine).trajectory.tobytes() == short("plain", learning_rate=0.1).trajectory.tobytes()
    )


def test_a_cell_that_is_run_again_replaces_the_rule_of_the_same_name():
    cell = """
def mine(weight, gradient, memory, learning_rate, momentum):
    return weight - {} * learning_rate * gradient, memory
"""
    runs = []
    for strength in ("1.0", "2.0"):
        namespace = {}
        exec(cell.format(strength), namespace)
        runs.append(short(namespace["mine"]).trajectory.tobytes())
    assert runs == [short("plain", learning_rate=rate).trajectory.tobytes() for rate in (0.05, 0.1)]


def compiled_and_stumbling(weight, gradient, memory, learning_rate, momentum):
    if weight > 1.2:
        raise RuntimeError("too far")
    return weight - learning_rate * gradient, memory


def called_and_stumbling(weight, gradient, memory, learning_rate, momentum):
    if weight > 1.2:
        raise RuntimeError("too far")
    return plain(weight, gradient, memory, learning_rate, momentum)


def dividing_by_zero(weight, gradient, memory, learning_rate, momentum):
    return weight - learning_rate * gradient / (0.0 if weight > 1.2 else 1.0), memory


def returning_text(weight, gradient, memory, learning_rate, momentum):
    if weight > 1.2:
        return "far", memory
    return plain(weight, gradient, memory, learning_rate, momentum)


def returning_one_value(weight, gradient, memory, learning_rate, momentum):
    if weight > 1.2:
        return weight
    return weight - learning_rate * gradient, memory


def returning_nothing(weight, gradient, memory, learning_rate, momentum):
    if weight <= 1.2:
        return weight - learning_rate * gradient, memory


@pytest.mark.parametrize(
    ("rule", "cause", "complaint"),
    [
        (compiled_and_stumbling, RuntimeError, "raised RuntimeError: too far"),
        (called_and_stumbling, RuntimeError, "raised RuntimeError: too far"),
        (dividing_by_zero, ZeroDivisionError, "raised ZeroDivisionError: float division by zero"),
        (returning_text, None, r"must return .*, two real numbers, got \('far', .*\)"),
        (returning_one_value, None, r"must return .*, two real numbers, got 1\.2\d*"),
        (returning_nothing, None, r"must return .*, two real numbers, got None"),
    ],
)
def test_a_rule_that_fails_in_the_middle_of_a_run_is_told_how_it_was_called(rule, cause, complaint):
    call = r", when it was called as rule\(weight=1\.2\d*, gradient=.*, learning_rate=0\.05, "
    with pytest.raises(ValueError, match=f"^rule {rule.__name__} {complaint}{call}") as caught:
        short(rule, epochs=50)
    assert isinstance(caught.value.__cause__, cause or type(None))
    assert short("plain").diverged_at is None  # the next run is not disturbed


# --- interrupts -----------------------------------------------------------------------------


def test_an_interrupt_between_two_calls_of_the_kernel_stops_the_run(monkeypatch):
    kernel, calls = kernels.training_kernel(), []

    def interrupted(*arguments):
        start, stop, *_ = arguments[1]
        calls.append((stop - start) / 19)  # how many epochs this call would train
        if len(calls) == 2:
            raise KeyboardInterrupt
        return kernel(*arguments)

    expected = short("heavy_ball", epochs=50)
    with monkeypatch.context() as patch:
        patch.setattr(training, "VISITS_A_CALL", 4 * 19)
        patch.setattr(kernels, "training_kernel", lambda: interrupted)
        with pytest.raises(KeyboardInterrupt):
            short("heavy_ball", epochs=50)
        assert calls == [4, 4]
        assert same_bytes(short("heavy_ball", epochs=50), expected)
    assert calls[2:] == [4] * 12 + [2]


def test_an_interrupt_inside_a_python_rule_stops_the_run():
    def mine(weight, gradient, memory, learning_rate, momentum):
        if weight > 1.2:
            _thread.interrupt_main()
        return plain(weight, gradient, memory, learning_rate, momentum)

    with pytest.raises(KeyboardInterrupt):
        short(mine, epochs=50)
    assert same_bytes(short("plain"), short(plain))


def test_an_interrupt_just_after_a_python_rule_stops_the_run():
    class Interrupt:
        __pos__ = staticmethod(_thread.interrupt_main)

    interrupt = Interrupt()

    def mine(weight, gradient, memory, learning_rate, momentum):
        result = plain(weight, gradient, memory, learning_rate, momentum)
        if weight > 1.2:
            _ = +interrupt  # Python looks for an interrupt after a call, but not after a sign
        return result

    with pytest.raises(KeyboardInterrupt):
        short(mine, epochs=50)


@pytest.mark.parametrize("slow", [True, False])
def test_an_interrupt_thrown_into_a_thread_stops_what_it_trains(slow):
    def mine(weight, gradient, memory, learning_rate, momentum):
        calls.append(weight)
        return plain(weight, gradient, memory, learning_rate, momentum)

    calls, ended, started = [], [], threading.Event()

    def train_for_minutes():
        started.set()
        try:
            train(NETWORK, IRIS, mine if slow else "plain", 0.01, 0.5, epochs=100_000)
        except KeyboardInterrupt:
            ended.append("interrupted")

    short(mine if slow else "plain")  # compiled before
    thread = threading.Thread(target=train_for_minutes)
    thread.start()
    started.wait()
    throw = ctypes.pythonapi.PyThreadState_SetAsyncExc
    throw(ctypes.c_ulong(thread.ident), ctypes.py_object(KeyboardInterrupt))
    thread.join(timeout=60)
    assert ended == ["interrupted"]


# --- machine code and Python do the same ----------------------------------------------------

FACTOR, WHOLE = 0.5, 3


def halved(x):
    return x * FACTOR


def capped(x, most=2):
    return max(min(x, most), -most)


NUMBERS = ["weight", "gradient", "memory", "learning_rate", "momentum", "FACTOR", "WHOLE"]
NUMBERS += ["0", "1", "2", "0.5", "-1.0", "1e-3", "1e30"]


def expressions(parts):
    two = st.tuples(parts, st.sampled_from(["+", "-", "*", "*", "/", "**", "//", "%"]), parts)
    one = st.sampled_from(
        "-({}) halved({}) capped({}) abs({}) math.sqrt({}) np.sqrt({}) math.exp({}) math.tanh({}) "
        "np.sign({}) np.exp({}) ({})**2 max(0,{}) round({}) float({})".split()
    )
    choice = st.tuples(parts, parts, parts, st.sampled_from(["<", ">=", "=="]))
    return (
        two.map(lambda p: f"({p[0]} {p[1]} {p[2]})")
        | st.tuples(one, parts).map(lambda p: p[0].format(p[1]))
        | choice.map(lambda p: f"({p[0]} if {p[1]} {p[3]} {p[2]} else {p[0]}*2)")
    )


trees = st.recursive(st.sampled_from(NUMBERS), expressions, max_leaves=6)
CELL = """
def mine(weight, gradient, memory, learning_rate, momentum):
    x = {0}
    if {1} > {2}:
        x = {2}
        {3} = learning_rate * gradient
    return weight - learning_rate * gradient + 0.01 * x * y, {1}
"""


def told(function, *arguments):
    """The bytes of a result, or the words of the error."""
    try:
        result = function(*arguments)
    except ValueError as error:
        return str(error)
    return result.weights.tobytes(), result.trajectory.tobytes(), result.diverged_at


@settings(max_examples=60)
@given(trees, trees, trees, st.sampled_from(["x", "y"]))
def test_any_rule_trains_as_machine_code_as_it_does_called_from_python(first, second, third, name):
    namespace = {"math": math, "np": np, "halved": halved, "capped": capped}
    namespace |= {"FACTOR": FACTOR, "WHOLE": WHOLE, "y": 0.25}
    exec(CELL.format(first, second, third, name), namespace)
    mine = namespace["mine"]

    def run():
        return train(NETWORK, SMALL, mine, 0.05, 0.7, 2, trajectory=True)

    with pytest.MonkeyPatch.context() as patch:
        given = told(run)
        patch.setattr(kernels, "compiled_rule", lambda rule: None)
        assert given == told(run)


@pytest.mark.parametrize(
    "body",
    [
        "return weight - 10**-WHOLE * gradient, memory",
        "return weight - learning_rate * gradient**2, memory",
        "return weight - math.sqrt(gradient) * learning_rate, memory",
        "return weight - gradient**0.5 * learning_rate, memory",
        "\n if gradient > 0: x = gradient\n return weight - learning_rate * x, memory",
        "return weight - np.random.normal() * learning_rate, memory",
        "return weight - WHOLE // 2 * learning_rate * gradient, memory",
        "return weight - 2**62 * 4 * 1e-20 * gradient, memory",
        "return weight + -max(0, gradient) * 0, memory * 0.0",
    ],
)
def test_where_machine_code_and_python_may_part_python_decides(body):
    namespace = {"math": math, "np": np, "WHOLE": WHOLE}
    exec(f"def mine(weight, gradient, memory, learning_rate, momentum): {body}", namespace)
    mine, (weights, order) = namespace["mine"], draw(0, 2)

    def by_hand():
        at, memory, path = weights.tolist(), [0.0] * len(weights), [weights]
        for item in np.concatenate(order):
            items = SMALL.inputs[[item]], SMALL.targets[[item]]
            slopes = NETWORK.gradient(np.array(at), *items).tolist()
            new = [mine(*n, 0.05, 0.7) for n in zip(at, slopes, memory, strict=True)]
            at, memory = [w for w, _ in new], [m for _, m in new]
            path.append(np.array(at, dtype=float))
        return np.array(path)

    np.random.seed(3)
    try:
        expected = by_hand()
    except (ValueError, UnboundLocalError, TypeError):
        with pytest.raises(ValueError, match="^rule mine (raised|must return) .*, when it was"):
            train(NETWORK, SMALL, mine, 0.05, 0.7, 2)
        return
    np.random.seed(3)
    try_rule(mine)
    state = np.random.get_state()
    np.random.seed(3)
    expected = (np.random.set_state(state), by_hand())[1]
    np.random.seed(3)
    run = train(NETWORK, SMALL, mine, 0.05, 0.7, 2, trajectory=True)
    np.testing.assert_allclose(run.trajectory, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("rule", [own_heavy_ball, that_calls_a_built_in, with_where, *RULES])
def test_ordinary_rules_train_as_machine_code(rule):
    assert kernels.is_compiled(rule)


@pytest.mark.parametrize("rule", [with_a_dict, that_counts, Ball(), Ball().roll])
def test_rules_that_cannot_be_followed_train_as_python(rule):
    assert not kernels.is_compiled(rule)


# --- bad input ------------------------------------------------------------------------------


def bad_items(**changed):
    return SimpleNamespace(**({"inputs": SMALL.inputs, "targets": SMALL.targets} | changed))


def damaged_inputs(value):
    inputs = SMALL.inputs.copy()
    inputs[4, 1] = value
    return inputs


ORDER = r"order must be whole numbers of shape \(epochs, 19\), got "


@pytest.mark.parametrize(
    ("changed", "error", "complaint"),
    [
        ({"momentum": 1.2}, ValueError, r"momentum must be in \[0, 1\), got 1\.2$"),
        ({"momentum": 1}, ValueError, r"momentum must be in \[0, 1\), got 1\.0$"),
        ({"momentum": -0.1}, ValueError, r"momentum must be in \[0, 1\), got -0\.1$"),
        ({"momentum": math.nan}, ValueError, r"momentum must be in \[0, 1\), got nan$"),
        ({"momentum": "much"}, TypeError, "momentum must be numbers, got 'much'$"),
        ({"momentum": [0.5, 0.9]}, ValueError, r"momentum must be one number or 57, .*\(2,\)$"),
        ({"learning_rate": 0}, ValueError, r"learning_rate must be greater than 0, got 0\.0$"),
        ({"learning_rate": -0.1}, ValueError, r"learning_rate must be greater than 0, got -0\.1"),
        ({"learning_rate": math.nan}, ValueError, "learning_rate must be finite, got nan$"),
        ({"learning_rate": math.inf}, ValueError, "learning_rate must be finite, got inf$"),
        ({"learning_rate": [[0.1]]}, ValueError, r"learning_rate must be one number .*\(1, 1\)$"),
        ({"epochs": 0}, ValueError, "epochs must be from 1 to 1052631, got 0$"),
        ({"epochs": 10**8}, ValueError, "epochs must be from 1 to 1052631, got 100000000$"),
        ({"epochs": 2.5}, TypeError, r"epochs must be a whole number .*, got 2\.5$"),
        ({"batch_size": 0}, ValueError, "batch_size must be from 1 to 19, got 0$"),
        ({"batch_size": 20}, ValueError, "batch_size must be from 1 to 19, got 20$"),
        ({"seed": -1}, ValueError, "seed must be at least 0, got -1$"),
        ({"seed": "x"}, TypeError, "seed must be a whole number at least 0, got 'x'$"),
        ({"weights": [1, 2]}, ValueError, r"weights must have shape \(43,\) .*, got \(2,\)$"),
        ({"weights": [math.nan] * 43}, ValueError, r"weights must be finite, got nan at index \(0"),
        ({"order": [[0, 1]]}, ValueError, ORDER + r"int64 of shape \(1, 2\)$"),
        ({"order": np.zeros((1, 19))}, ValueError, ORDER + r"float64 of shape \(1, 19\)$"),
        ({"order": np.zeros((0, 19), int)}, ValueError, "order must hold row numbers"),
        ({"order": [range(1, 20)]}, ValueError, "order must hold row numbers from 0 to 18$"),
        ({"order": [range(-1, 18)]}, ValueError, "order must hold row numbers from 0 to 18$"),
        ({"rule": "hevy_ball"}, ValueError, "unknown rule 'hevy_ball': did you mean 'heavy_ball'"),
        ({"rule": 3}, TypeError, "rule must be a name or a function, got int$"),
        ({"rule": lambda w, g, m, a, b: w}, ValueError, r"rule <lambda> must return \(weight, me"),
        ({"rule": lambda w, g: (w, g)}, ValueError, "rule <lambda> raised TypeError"),
        ({"rule": lambda w, g, m, a, b: 1 / 0}, ValueError, "rule <lambda> raised ZeroDivisionErr"),
        (
            {"dataset": bad_items(targets=np.full((19, 3), 1 / 3))},
            ValueError,
            r"targets must be one-hot .* in row 0$",
        ),
        (
            {"dataset": bad_items(inputs=damaged_inputs(math.nan))},
            ValueError,
            r"inputs must be finite, got nan at index \(4, 1\)$",
        ),
        (
            {"dataset": bad_items(inputs=damaged_inputs(math.inf))},
            ValueError,
            r"inputs must be finite, got inf at index \(4, 1\)$",
        ),
        (
            {"dataset": bad_items(inputs=SMALL.inputs[:, :3])},
            ValueError,
            r"inputs must have shape \(n_items, 4\), got \(19, 3\)$",
        ),
        (
            {"dataset": bad_items(targets=SMALL.targets[:5])},
            ValueError,
            r"targets must have shape \(19, 3\), got \(5, 3\)$",
        ),
        (
            {"dataset": bad_items(inputs=np.zeros((0, 4)), targets=np.zeros((0, 3)))},
            ValueError,
            "inputs must hold at least one item, got none$",
        ),
    ],
)
def test_bad_input_is_told_what_was_wrong_what_is_allowed_and_what_was_given(
    changed, error, complaint
):
    arguments = {"dataset": SMALL, "rule": "plain", "learning_rate": 0.1, "momentum": 0.5}
    arguments |= {"epochs": 3} | changed
    with pytest.raises(error, match=f"^{complaint}"):
        train(NETWORK, **arguments)


# --- what is loaded, compiled and kept on disk ----------------------------------------------


def python(code, path=ROOT, **environment):
    """Run `code` in a new process that imports momentum_lab from `path`; return what it prints."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("NUMBA_", "PYTHON"))}
    process = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=inherited | {"PYTHONPATH": str(path)} | environment,
        cwd=path,
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr
    assert process.stderr == ""
    return process.stdout.split()


def test_importing_the_package_loads_neither_pictures_nor_widgets_nor_the_compiler():
    loaded = python("import sys, momentum_lab; print(*sys.modules)")
    assert "momentum_lab.network" in loaded
    for name in ("matplotlib", "ipywidgets", "numba", "llvmlite", "momentum_lab.kernels"):
        assert name not in loaded


def test_importing_training_loads_the_compiler_but_compiles_nothing():
    code = """
import sys, momentum_lab.training
from momentum_lab import kernels
print("numba" in sys.modules, "matplotlib" in sys.modules, "ipywidgets" in sys.modules)
print(kernels.training_kernel.cache_info().currsize, kernels.compiled_rule.cache_info().currsize)
"""
    assert python(code) == ["True", "False", "False", "0", "0"]


TRAIN_PLAIN = """
from momentum_lab import Network, data, kernels, plain, train
run = train(Network(4, 5, 3), data.iris(), "plain", 0.0625, 0.5, epochs=2)
compiled = kernels.training_kernel(), kernels.compiled_rule(plain)
print(*[f.stats.cache_path is not None for f in compiled])
print(*[sum(f.stats.cache_hits.values()) for f in compiled])
print(run.weights.tobytes().hex())
"""


@pytest.fixture(scope="module")
def compiled_installation(tmp_path_factory):
    """A copy of the package that has trained once, and what it printed."""
    path = tmp_path_factory.mktemp("fresh installation")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "momentum_lab", path / "momentum_lab", ignore=ignored)
    return path, python(TRAIN_PLAIN, path)


@pytest.fixture
def installation(compiled_installation, tmp_path):
    """A folder with a copy of the package in which the loop is compiled, but no rule."""
    path = tmp_path / "an installation"
    shutil.copytree(compiled_installation[0], path, ignore=shutil.ignore_patterns("*plain*.*"))
    return path


def test_machine_code_is_kept_on_disk(compiled_installation):
    path, (*kept_and_hits, weights) = compiled_installation
    assert kept_and_hits == ["True", "True", "0", "0"]
    assert len(list(path.rglob("*.nbc"))) == 2  # the training loop and one rule
    assert python(TRAIN_PLAIN, path) == ["True", "True", "1", "1", weights]


def test_machine_code_never_outlives_an_edited_rule(installation):
    package = installation / "momentum_lab"
    weights = python(TRAIN_PLAIN, installation)[-1]
    rules = package / "rules.py"
    source = rules.read_text(encoding="utf-8")
    line = "weight = weight - learning_rate * gradient\n    return weight, memory"
    assert source.count(line) == 1
    edited = source.replace(line, line.replace("learning_rate", "2 * learning_rate"))
    rules.write_text(edited, encoding="utf-8")
    *kept_and_hits, faster = python(TRAIN_PLAIN, installation)
    assert kept_and_hits == ["True", "True", "1", "0"]
    doubled = train(NETWORK, data.iris(), "plain", 0.125, 0.5, epochs=2)
    assert faster == doubled.weights.tobytes().hex() != weights


EDIT_PLAIN = """
from pathlib import Path
from momentum_lab import rules
path = Path(rules.__file__)
text = path.read_text(encoding="utf-8")
text = text.replace("weight = weight - learning_rate", "weight = weight - 2 * learning_rate")
path.write_text(text, encoding="utf-8")
"""


def test_a_rule_edited_after_its_import_leaves_no_machine_code_for_its_successor(installation):
    *_, old = python(EDIT_PLAIN + TRAIN_PLAIN, installation)
    *_, new = python(TRAIN_PLAIN, installation)
    for weights, learning_rate in ((old, 0.0625), (new, 0.125)):
        run = train(NETWORK, data.iris(), "plain", learning_rate, 0.5, epochs=2)
        assert weights == run.weights.tobytes().hex()


@pytest.mark.skipif(sys.platform == "win32", reason="the user's folder is not taken from HOME")
def test_where_machine_code_cannot_be_kept_training_compiles_and_works(installation, tmp_path):
    shutil.rmtree(installation / "momentum_lab" / "__pycache__")
    (installation / "momentum_lab" / "__pycache__").touch()  # no folder, so nothing fits in
    a_file = tmp_path / "file"
    a_file.touch()
    nowhere = {"HOME": str(a_file), "XDG_CACHE_HOME": str(a_file)}
    *kept_and_hits, weights = python(TRAIN_PLAIN, installation, **nowhere)
    assert kept_and_hits == ["False", "False", "0", "0"]
    expected = train(NETWORK, data.iris(), "plain", 0.0625, 0.5, epochs=2)
    assert weights == expected.weights.tobytes().hex()


DAMAGE = {
    "truncated": "file.write_bytes(file.read_bytes()[:40])",
    "empty": "file.write_bytes(b'')",
    "garbled": "old = file.read_bytes(); file.write_bytes(old[:200] + b'?' * 5000 + old[5200:])",
    "another thing": "file.write_bytes(pickle.dumps([1, 2, 3]))",
    "a folder": "file.unlink(); file.mkdir()",
    "gone": "file.unlink()",
}
DAMAGED = [("plain*.nbc", damage) for damage in DAMAGE] + [
    ("plain*.nbi", "another thing"),
    ("plain*.nbi", "a folder"),
    ("plain*.sum", "truncated"),
]
DAMAGE_AND_TRAIN_TWICE = f"""
import pickle
from pathlib import Path
from momentum_lab import kernels
for pattern, damage in {[(pattern, DAMAGE[damage]) for pattern, damage in DAMAGED]!r}:
    (file,) = [p for p in Path(kernels.__file__).parent.rglob("*" + pattern) if p.is_file()]
    exec(damage)
    for _ in range(2):
        kernels.compiled_rule.cache_clear()  # so that it is read from disk again
        exec({TRAIN_PLAIN!r})
"""


@pytest.fixture(scope="module")
def repaired(compiled_installation):
    """What is told of each damage: of the training after it, and of the next one."""
    path, _ = compiled_installation  # which is left compiled
    told = python(DAMAGE_AND_TRAIN_TWICE, path)
    runs = [told[i : i + 5] for i in range(0, len(told), 5)]
    return dict(zip(DAMAGED, zip(runs[::2], runs[1::2], strict=True), strict=True))


@pytest.mark.parametrize(("pattern", "damage"), DAMAGED)
def test_damaged_machine_code_is_made_anew_and_whole(
    compiled_installation, repaired, pattern, damage
):
    _, (*_, weights) = compiled_installation
    after, then = repaired[pattern, damage]
    assert after == ["True", "True", "1", "0", weights]
    assert then == ["True", "True", "1", "1", weights]


def test_repaired_machine_code_is_read_in_the_next_process(compiled_installation, repaired):
    path, (*_, weights) = compiled_installation
    assert python(TRAIN_PLAIN, path) == ["True", "True", "1", "1", weights]


FULL_DISK = """
from numba.core import caching
def full(self, *arguments):
    raise OSError(28, "No space left on device")
caching.IndexDataCacheFile.save = full
"""


def test_on_a_full_disk_training_compiles_in_memory_and_works(installation):
    *_, weights = python(FULL_DISK + TRAIN_PLAIN, installation)
    assert not list(installation.rglob("*plain*.nbc"))
    assert python(TRAIN_PLAIN, installation) == ["True", "True", "1", "0", weights]


@pytest.mark.parametrize(
    ("network", "dataset", "wrong"),
    [
        (NETWORK, (np.zeros((3, 4)), np.eye(3)), "dataset must be a Dataset, got tuple"),
        ("4-7-3", data.iris(), "network must be a Network, got str"),
    ],
)
def test_what_is_no_network_or_data_set_is_refused(network, dataset, wrong):
    with pytest.raises(TypeError, match=wrong):
        train(network, dataset, "plain", 0.1, 0.0, epochs=1)


def clipped_heavy_ball(weight, gradient, memory, learning_rate, momentum):
    return heavy_ball(weight, min(max(gradient, -0.5), 0.5), memory, learning_rate, momentum)


def test_a_readers_rule_may_call_a_built_in_one_and_stays_compiled():
    assert kernels.is_compiled(clipped_heavy_ball)
    run = train(NETWORK, data.iris(), clipped_heavy_ball, 0.01, 0.9, epochs=1, trajectory=True)
    steps = np.diff(run.trajectory, axis=0)
    assert np.abs(steps).max() <= 0.01 * 0.5 / (1 - 0.9)
    assert run.diverged_at is None
