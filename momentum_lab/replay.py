"""The source post's arithmetic, and its author's demonstration program of 2017.

The author's gradients point downhill (target minus output) and are added; this course's, the
ordinary ones, point uphill and are subtracted. The numbers are the same.
"""

import random
from dataclasses import dataclass

import numpy as np

from momentum_lab import validation as check
from momentum_lab.data import iris
from momentum_lab.network import Network
from momentum_lab.rules import previous_delta
from momentum_lab.seeds import train_seeds
from momentum_lab.training import Run, train

LEARNING_RATE_2017 = 0.05
EPOCHS_2017 = 50
SEED_2017 = 3


@dataclass(frozen=True)
class OneWeight:
    """The post's sum, part by part: weight + gradient_part + memory_part = new_weight."""

    weight: float
    gradient_part: float
    memory_part: float
    new_weight: float


def one_weight(gradient=2.70, momentum=0.5, prev_delta=0.044, weight=3.56, learning_rate=0.01):
    """Return the post's example of one update with the previous-delta rule, part by part.

    `gradient` is the post's: it points downhill. The post states 2.78 and computes with 2.70:
    3.56 + 0.01·2.70 + 0.5·0.044 = 3.609; with 2.78 it is 3.6098.
    """
    new_weight, delta = previous_delta(weight, -gradient, prev_delta, learning_rate, momentum)
    return OneWeight(weight, delta, momentum * prev_delta, new_weight)


@dataclass(frozen=True, eq=False, repr=False)
class Replay(Run):
    """The `Run` of the 2017 program, with what the program prints.

    errors: Σ (t − y)² / 120 over the training items at epochs 10, 20, 30, 40, 50.
    train_accuracy, test_accuracy: shares of the 120 training and the 30 test items.
    """

    errors: np.ndarray
    train_accuracy: float
    test_accuracy: float


def rows_2017():
    """Return the row numbers of the 120 training and the 30 test items (iris, 0 to 149)."""
    is_train = np.arange(150) % 50 < 40
    return np.flatnonzero(is_train), np.flatnonzero(~is_train)


def network_and_items_2017():
    """Return the program's 4-5-3 network, which follows the author's signal, and the 120 items."""
    return Network(4, 5, 3, error="article"), iris().take(rows_2017()[0])


def start_2017(seed):
    """Return the start weights and the order of the items as the program draws them from a seed.

    `random.Random(seed)` draws the weights, uniform in ±0.01 in the flat order, then shuffles the
    items in each of the 50 epochs, starting from the last epoch's order.
    """
    network, items = network_and_items_2017()
    generator = random.Random(seed)
    weights = [-0.01 + 0.02 * generator.random() for _ in range(network.n_weights)]
    orders = [list(range(items.n_items))]
    for _ in range(EPOCHS_2017):
        orders.append(orders[-1].copy())
        generator.shuffle(orders[-1])
    return weights, orders[1:]


def program_2017(momentum):
    """Run the author's published demonstration again, digit for digit; return a `Replay`.

    A 4-5-3 network on iris as measured, online, learning rate 0.05, 50 epochs, previous_delta,
    and what `start_2017` draws from seed 3.
    Without momentum it prints 0.2500 0.0990 0.1005 0.0595 0.0709 and 0.9333, 0.9667.
    Raises ValueError unless momentum is in [0, 1).
    """
    (network, items), tests = network_and_items_2017(), iris().take(rows_2017()[1])
    weights, order = start_2017(SEED_2017)
    rule = previous_delta, LEARNING_RATE_2017, check.momenta(momentum)
    run = train(network, items, *rule, seed=SEED_2017, weights=weights, order=order)
    return Replay(
        **vars(run),
        errors=run.epoch_errors[9::10].copy(),
        train_accuracy=float(run.epoch_accuracies[-1]),
        test_accuracy=float(network.accuracy(run.weights, tests.inputs, tests.targets)),
    )


def seeds_2017(rule, learning_rate, momentum, seeds=range(20)):
    """Train as the 2017 program does, from other seeds and with any rule; return the `SeedRuns`.

    Weights and orders are those of `start_2017`; seed 3 is the program's own. Raises as `train`.
    """
    setting = *network_and_items_2017(), rule, learning_rate, momentum
    return train_seeds(*setting, seeds=seeds, start=start_2017)
