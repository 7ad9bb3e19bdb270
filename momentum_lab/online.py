"""One item an update, by simulation: many runs of a rule, each with its own order of items.

The loss is λ·w²/2, but only a share of the updates sees an item of that curvature; the others see
none. What theory.py says of the mean over all orders (`mean_squares`, `mean_square_growth`), these
runs find out by calling the rule.
"""

import numpy as np

from momentum_lab import theory
from momentum_lab import validation as check
from momentum_lab.rules import call_on_arrays, get_rule, rule_name, try_rule

FARTHEST = 1e100  # a weight that diverges is held here, so that its square stays a finite number


def limits_row(rule, momentum, shares=(1, 0.5, 0.1, 0.02)):
    """Return a rule's limits of the learning rate at curvature 1, as a row for a table.

    A column for each share (see `theory.online_learning_rate_limit`); steady gain: the rule's; and
    the product of the last limit and that gain, which comes to 2 where items are rare.
    """
    gain = theory.steady_gain(rule, momentum)
    limits = [theory.online_learning_rate_limit(rule, 1.0, momentum, share) for share in shares]
    row = {"rule": rule_name(get_rule(rule)), "β": momentum, "steady gain": float(gain)}
    row |= {f"q = {share:g}": limit for share, limit in zip(shares, limits, strict=True)}
    return row | {"last × steady gain": limits[-1] * float(gain)}


def many_runs(rule, curvature, learning_rate, momentum, share, updates, runs, seed=0):
    """Return the weights of many runs before the first and after each update, (updates + 1, runs).

    Each starts at weight 1 with memory 0, and draws its own items.
    Raises ValueError or TypeError as `train`, and for a share outside (0, 1].
    """
    update = _update(rule, curvature, learning_rate, momentum, share, seed)
    weights, memory = np.ones((updates + 1, runs)), np.zeros(runs)
    for n in range(updates):
        new = update(weights[n], memory)
        weights[n + 1], memory = (np.clip(part, -FARTHEST, FARTHEST) for part in new)
    return weights


def growth_in_runs(rule, curvature, learning_rate, momentum, share, updates=500, runs=2000, seed=0):
    """Return by how much the mean of weight² + memory² grows in each update, found by runs.

    That mean is soon carried by one run in thousands, so that runs which only go on miss it. Here
    each update is followed by a draw: a run has heirs in proportion to its square, and each heir
    goes on from length 1. The growth is the (geometric) mean of what each update made of the
    mean; the first fifth of them, which the start decides, is left out. Arguments and errors as
    `many_runs`. Source: population Monte Carlo, as in Grassberger 2002, Go with the winners.
    """
    update = _update(rule, curvature, learning_rate, momentum, share, seed)
    weights, memory, growth = np.ones(runs), np.zeros(runs), []
    draws = np.random.default_rng([seed, 1]).random(updates)
    for draw in draws:
        weights, memory = update(weights, memory)
        squares = weights * weights + memory * memory
        growth.append(squares.mean())
        if growth[-1] == 0:
            return 0.0
        heirs = np.searchsorted(np.cumsum(squares), (np.arange(runs) + draw) * growth[-1])
        heirs = np.minimum(heirs, runs - 1)  # a sum may be rounded down
        weights, memory = (part[heirs] / np.sqrt(squares[heirs]) for part in (weights, memory))
    return float(np.exp(np.log(growth[updates // 5 :]).mean()))


def _update(rule, curvature, learning_rate, momentum, share, seed):
    """Check everything; return a function that makes one update of many runs."""
    rule = try_rule(get_rule(rule))
    curvature = check.one_number("curvature", check.positive("curvature", curvature))
    learning_rate = check.one_number("learning_rate", check.learning_rates(learning_rate))
    momentum = check.one_number("momentum", check.momenta(momentum))
    share = check.one_number("share", check.shares(share))
    rng = np.random.default_rng(check.whole_number("seed", seed, 0))

    def update(weights, memory):
        gradient = np.where(rng.random(weights.size) < share, curvature * weights, 0.0)
        return call_on_arrays(rule, weights, gradient, memory, learning_rate, momentum)

    return update
