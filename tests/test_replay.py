"""The post's arithmetic, exactly; its author's program of 2017, written again in plain Python."""

import math
import random
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from momentum_lab import data, replay
from momentum_lab.measures import first_epoch_below
from momentum_lab.network import Network
from momentum_lab.replay import OneWeight, one_weight, program_2017, rows_2017
from momentum_lab.rules import previous_delta
from momentum_lab.training import Run, train

# --- the post's arithmetic ------------------------------------------------------------------


def in_decimals(gradient, momentum):
    """The post's example in decimal numbers: nothing is rounded."""
    return one_weight(
        Decimal(gradient), Decimal(momentum), Decimal("0.044"), Decimal("3.56"), Decimal("0.01")
    )


@pytest.mark.parametrize(
    ("gradient", "without_momentum", "with_momentum"),
    [("2.70", "3.587", "3.609"), ("2.78", "3.5878", "3.6098")],
)
def test_both_readings_of_the_posts_sums_to_the_last_digit(
    gradient, without_momentum, with_momentum
):
    assert in_decimals(gradient, "0").new_weight == Decimal(without_momentum)
    assert in_decimals(gradient, "0.50").new_weight == Decimal(with_momentum)


def test_the_parts_of_the_posts_sum_are_those_that_it_prints():
    exact = in_decimals("2.70", "0.50")
    assert exact == OneWeight(Decimal("3.56"), Decimal("0.027"), Decimal("0.022"), Decimal("3.609"))
    assert exact.weight + exact.gradient_part + exact.memory_part == exact.new_weight


def test_the_defaults_are_the_posts_numbers_and_python_adds_them_as_the_post_does():
    assert one_weight().new_weight == 3.56 + (0.01 * 2.70) + (0.50 * 0.044)
    assert one_weight(gradient=2.78).new_weight == 3.56 + (0.01 * 2.78) + (0.50 * 0.044)
    assert f"{one_weight().new_weight:.4f}" == "3.6090"
    assert f"{one_weight(2.78).new_weight:.4f}" == "3.6098"
    assert f"{one_weight(momentum=0).new_weight:.4f}" == "3.5870"
    assert f"{one_weight(2.78, 0).new_weight:.4f}" == "3.5878"


def test_the_posts_gradient_points_downhill_and_ours_uphill_to_the_same_weight():
    ours = previous_delta(
        Fraction("3.56"), -Fraction("2.70"), Fraction("0.044"), Fraction("0.01"), Fraction("0.5")
    )
    assert ours == (Fraction("3.609"), Fraction("0.027"))


# --- the program of 2017 --------------------------------------------------------------------


def hyperbolic_tangent(x):
    return -1.0 if x < -20 else 1.0 if x > 20 else math.tanh(x)


def softmax(sums):
    top = max(sums)
    powers = [math.exp(value - top) for value in sums]
    return [power / sum(powers) for power in powers]


class PlainPython:
    """The demonstration with lists and loops; gradients point downhill and are added."""

    def __init__(self, generator):
        def small():
            return -0.01 + 0.02 * generator.random()

        self.ih_weights = [[small() for _ in range(5)] for _ in range(4)]
        self.h_biases = [small() for _ in range(5)]
        self.ho_weights = [[small() for _ in range(3)] for _ in range(5)]
        self.o_biases = [small() for _ in range(3)]
        self.layers = [*self.ih_weights, self.h_biases, *self.ho_weights, self.o_biases]
        self.prev_deltas = [[0.0] * len(layer) for layer in self.layers]

    def outputs(self, x):
        sums = [
            sum(x[i] * self.ih_weights[i][j] for i in range(4)) + self.h_biases[j] for j in range(5)
        ]
        self.hidden = [hyperbolic_tangent(value) for value in sums]
        return softmax(
            [
                sum(self.hidden[j] * self.ho_weights[j][k] for j in range(5)) + self.o_biases[k]
                for k in range(3)
            ]
        )

    def update(self, x, t, learning_rate, momentum):
        y = self.outputs(x)
        h = self.hidden
        o_signals = [(1 - y[k]) * y[k] * (t[k] - y[k]) for k in range(3)]
        h_signals = [
            (1 - h[j]) * (1 + h[j]) * sum(o_signals[k] * self.ho_weights[j][k] for k in range(3))
            for j in range(5)
        ]
        gradients = [
            *[[x[i] * signal for signal in h_signals] for i in range(4)],
            h_signals,
            *[[h[j] * signal for signal in o_signals] for j in range(5)],
            o_signals,
        ]
        for layer, prev, slopes in zip(self.layers, self.prev_deltas, gradients, strict=True):
            for w, gradient in enumerate(slopes):
                delta = learning_rate * gradient
                layer[w] += delta
                layer[w] += momentum * prev[w]
                prev[w] = delta

    def error(self, items):
        squares = [
            sum((a - b) ** 2 for a, b in zip(t, self.outputs(x), strict=True)) for x, t in items
        ]
        return sum(squares) / len(items)

    def accuracy(self, items):
        guesses = [self.outputs(x) for x, _ in items]
        right = [y.index(max(y)) == t.index(1) for y, (_, t) in zip(guesses, items, strict=True)]
        return sum(right) / len(items)


def program(momentum):
    """Run the demonstration; return its 50 epoch errors, last weights and two accuracies."""
    iris = data.iris()
    everything = list(zip(iris.inputs.tolist(), iris.targets.tolist(), strict=True))
    items = everything[0:40] + everything[50:90] + everything[100:140]
    tests = everything[40:50] + everything[90:100] + everything[140:150]
    generator = random.Random(3)
    network = PlainPython(generator)
    order = list(range(120))
    errors = []
    for _ in range(50):
        generator.shuffle(order)
        for item in order:
            network.update(*items[item], 0.05, momentum)
        errors.append(network.error(items))
    return errors, sum(network.layers, []), network.accuracy(items), network.accuracy(tests)


PRINTED = {
    0.0: (["0.2500", "0.0990", "0.1005", "0.0595", "0.0709"], "0.9333", "0.9667"),
    0.75: (["0.1455", "0.0663", "0.0561", "0.0713", "0.0610"], "0.9583", "1.0000"),
}


@pytest.mark.parametrize("momentum", PRINTED)
def test_the_replay_prints_the_programs_digits_without_momentum_and_with_it(momentum):
    run = program_2017(momentum)
    errors, train_accuracy, test_accuracy = PRINTED[momentum]
    assert [f"{error:.4f}" for error in run.errors] == errors
    assert f"{run.train_accuracy:.4f}" == train_accuracy
    assert f"{run.test_accuracy:.4f}" == test_accuracy


@pytest.mark.parametrize("momentum", PRINTED)
def test_all_fifty_epochs_agree_with_the_program_written_in_plain_python(momentum):
    errors, weights, train_accuracy, test_accuracy = program(momentum)
    run = program_2017(momentum)
    np.testing.assert_allclose(run.epoch_errors, errors, rtol=0, atol=1e-9)
    np.testing.assert_allclose(run.weights, weights, rtol=0, atol=1e-9)
    assert (run.train_accuracy, run.test_accuracy) == (train_accuracy, test_accuracy)
    np.testing.assert_array_equal(run.errors, run.epoch_errors[[9, 19, 29, 39, 49]])


def test_the_replay_is_a_run_like_any_other():
    run = program_2017(0.75)
    assert isinstance(run, Run)
    assert run.network == Network(4, 5, 3, error="article")
    assert (run.rule, run.learning_rate, run.momentum) == ("previous_delta", 0.05, 0.75)
    assert (run.n_updates, run.batch_size, run.diverged_at) == (6000, 1, None)
    with pytest.raises(ValueError, match="read-only"):
        run.errors[0] = 0


def test_the_first_forty_flowers_of_each_species_train_and_the_last_ten_test():
    train_rows, test_rows = rows_2017()
    assert train_rows.tolist() == [*range(40), *range(50, 90), *range(100, 140)]
    assert test_rows.tolist() == [*range(40, 50), *range(90, 100), *range(140, 150)]


def first_good_epoch(rule, learning_rate, momentum, seed):
    """The program with another seed: its first epoch with an error below 0.1."""
    generator = random.Random(seed)
    weights = sum(PlainPython(generator).layers, [])
    order, orders = list(range(120)), []
    for _ in range(replay.EPOCHS_2017):
        generator.shuffle(order)
        orders.append(order.copy())
    run = train(
        Network(4, 5, 3, error="article"),
        data.iris().take(rows_2017()[0]),
        rule,
        learning_rate,
        momentum,
        weights=weights,
        order=orders,
    )
    return first_epoch_below(run.epoch_errors, 0.1)


def test_the_programs_momentum_does_what_a_larger_learning_rate_does():
    medians = [
        np.median([first_good_epoch(*settings, seed) for seed in range(20)])
        for settings in (
            ("plain", 0.05, 0.0),
            ("plain", 0.05 * 1.75, 0.0),
            ("previous_delta", 0.05, 0.75),
        )
    ]
    assert medians == [23.5, 16, 16]


@pytest.mark.parametrize("momentum", [1.2, -0.1, math.nan])
def test_the_programs_momentum_is_in_range(momentum):
    with pytest.raises(ValueError, match=rf"^momentum must be in \[0, 1\), got {momentum}$"):
        program_2017(momentum)
