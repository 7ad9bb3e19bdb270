"""One item an update: what theory says of the mean over all orders, and 2,000 runs to check it."""

from dataclasses import dataclass

import numpy as np

from momentum_lab import theory
from momentum_lab.labs.one_item.words import OneItemWords
from momentum_lab.labs.words import function_of, offered
from momentum_lab.meaning import cached_by_meaning
from momentum_lab.online import many_runs
from momentum_lab.rules import RULES

RUNS = 2000
SHARES = np.array([0.01, 0.03, *np.linspace(0.05, 0.95, 19), 0.98, 1])  # where limits are computed


@dataclass(frozen=True, eq=False)
class OneItemResult(OneItemWords):
    """A rule on curvature 1, of which only a share of the updates sees an item.

    curves: the limits at SHARES of each rule on offer, by name, at this momentum.
    limit, batch_limit: the mean-square limit at this share, and where every update sees an item.
    growth: by how much the mean square grows in an update in the long run.
    squares: what theory says of the mean square before the first and after each update.
    weights: all runs, (updates + 1, RUNS), each from weight 1 at rest.
    """

    share: float
    n_updates: int
    curves: dict
    limit: float
    batch_limit: float
    growth: float
    squares: np.ndarray
    weights: np.ndarray


def run_items(own_rules, built_in, rule, share, learning_rate, momentum, updates, seed):
    """Ask theory for the mean over all orders of items, then let RUNS runs go; return the result.

    own_rules, built_in: the rule functions on offer (see `offered`); each gets a curve.
    Raises ValueError for a rule that is not linear: it has no such limit.
    """
    function, rules = function_of(rule, own_rules), offered(own_rules, built_in)
    names = sorted(rules, key=lambda name: name not in RULES)  # a shared curve is a built-in one's
    settings = function, 1.0, learning_rate, momentum, share
    with np.errstate(all="ignore"):  # theory tries a rule at weights that no run may reach
        curves = {name: _limits(rules[name], momentum) for name in names}
        limits = (theory.online_limits(function, momentum, [share, 1.0])).tolist()
        growth = float(theory.mean_square_growth(*settings))
        squares = theory.mean_squares(*settings, updates)
    weights = many_runs(*settings, updates, RUNS, seed)
    found = share, updates, curves, *limits, growth, squares, weights
    return OneItemResult(rule, learning_rate, momentum, *found)


@cached_by_meaning(maxsize=256)
def _limits(rule, momentum):
    """Return the limits of a rule function at SHARES; kept, as long as the rule means the same."""
    return theory.online_limits(rule, momentum, SHARES)
