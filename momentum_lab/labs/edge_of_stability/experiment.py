"""The edge of stability: train on all items at once, and measure how sharp the error gets."""

from dataclasses import dataclass

import numpy as np

from momentum_lab import kernels, theory
from momentum_lab.labs.edge_of_stability.coins import COINS
from momentum_lab.labs.edge_of_stability.words import EdgeWords
from momentum_lab.labs.words import function_of
from momentum_lab.meaning import cached_by_meaning
from momentum_lab.network import Network
from momentum_lab.sharpness import sharpness
from momentum_lab.training import Run, train

MEASURED = 61  # how often in a run, its start and its end among them
DRAWN = np.linspace(-1, 1, 61)[:, None]  # inputs at which the outputs are drawn
NETWORK = Network(1, 10, 2)
SCALE = 0.5  # of the start weights: the error begins flat
PRODUCTS = 12  # of the Hessian with a vector, at each place: more change nothing here
MOST_CALLS = 500_000  # of a rule that has to run as plain Python, in one event


@dataclass(frozen=True, eq=False)
class EdgeResult(EdgeWords):
    """A training on all items at once, and the curvature on its way.

    at, products: the updates at which the sharpness was measured, the first 0, and there learning
    rate × sharpness. limit: the largest product that is stable for this rule on a parabola; None
    for a rule that is not linear. settled: the median of the products over the second half.
    outputs: at each of those updates, the probability of heads at the inputs DRAWN.
    """

    run: Run
    n_updates: int
    wanted_updates: int
    at: np.ndarray
    products: np.ndarray
    limit: float | None
    settled: float
    outputs: np.ndarray


def train_at_once(own_rules, rule, learning_rate, momentum, updates, seed):
    """Train NETWORK on all of COINS at once; return the `EdgeResult`.

    own_rules: rule functions that `rule` may name besides the built-in ones (see `offered`).
    """
    function, wanted = function_of(rule, own_rules), updates
    if not kernels.is_compiled(function):
        updates = min(updates, MOST_CALLS // (2 * NETWORK.n_weights))
    settings = NETWORK, COINS, function, learning_rate, momentum, updates, COINS.n_items, seed
    start = NETWORK.initial_weights(seed, SCALE)
    run = train(*settings, weights=start)
    path = np.concatenate([[start], run.epoch_weights])
    done = len(path) - 1
    at = np.unique(np.linspace(0, done, MEASURED).round().astype(int))
    sharp = sharpness(NETWORK, path[at], COINS.inputs, COINS.targets, PRODUCTS)
    products = learning_rate * sharp
    settled = float(np.median(products[len(products) // 2 :]))
    outputs = NETWORK.outputs(path[at], DRAWN)[..., 1]
    found = run, done, wanted, at, products, _limit(function, momentum), settled, outputs
    return EdgeResult(rule, learning_rate, momentum, *found)


def settled_row(rule, momentum, part=0.7, updates=4000, seeds=range(3)):
    """Train a linear rule at this part of its limit at curvature 1; return a row for a table.

    A column for each seed: `EdgeResult.share`, or "out" for a run that was thrown out. Two digits,
    since the others are chaotic, and so is all of a run that was thrown out.
    """
    limit = theory.learning_rate_limit(rule, 1.0, momentum)
    row = {"rule": rule, "β": momentum, "limit": limit, "α": part * limit}
    for seed in seeds:
        result = train_at_once((), rule, part * limit, momentum, updates, seed)
        row[f"seed {seed}"] = "out" if result.is_thrown_out else f"{result.share:.2g}"
    return row


@cached_by_meaning(maxsize=64)
def _limit(rule, momentum):
    try:
        with np.errstate(all="ignore"):
            return theory.learning_rate_limit(rule, 1.0, momentum)
    except ValueError:  # it is not linear
        return None
