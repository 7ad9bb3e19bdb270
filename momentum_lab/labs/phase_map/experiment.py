"""The phase map: what theory says of every learning rate and momentum, and one run to check it."""

from dataclasses import dataclass

import numpy as np

from momentum_lab import theory
from momentum_lab.labs.descents import foretell_linear
from momentum_lab.labs.phase_map.words import PhaseMapWords
from momentum_lab.labs.words import function_of
from momentum_lab.landscapes import bowl
from momentum_lab.meaning import cached_by_meaning
from momentum_lab.training import descend

MAP_LEARNING_RATES = np.geomspace(0.01, 10, 391)
MAP_MOMENTA = np.linspace(0, 0.99, 344)


@dataclass(frozen=True, eq=False)
class RuleMap:
    """The rate and the regime of a rule at curvature 1, (momenta, learning rates)."""

    rates: np.ndarray
    regimes: np.ndarray


@cached_by_meaning(maxsize=16)
def rule_map(rule):
    """Compute the `RuleMap` of a rule from its own code; kept, since it depends on nothing else."""
    grid = rule, 1.0, MAP_LEARNING_RATES, MAP_MOMENTA[:, None]
    return RuleMap(theory.rate(*grid), theory.regime(*grid))


@dataclass(frozen=True, eq=False)
class PhaseMapResult(PhaseMapWords):
    """One point of the map: what its roots say, and a run from weight 1 at rest.

    weights: at the start and after each update. scene: the map behind the point.
    kind: the regime, or "critical" where the two roots meet, as near as can be typed.
    period: updates for one whole oscillation, from the dominant root's angle; None without one.
    """

    weights: np.ndarray
    scene: RuleMap
    roots: np.ndarray
    regime: str
    rate: float
    limit: float
    period: float | None
    kind: str


def probe_map(own_rules, rule, learning_rate, momentum, updates):
    """Predict what a rule does at curvature 1, then let it run; return the `PhaseMapResult`.

    own_rules: rule functions that `rule` may name besides the built-in ones (see `offered`).
    Raises ValueError for a rule that is not linear: it has no roots.
    """
    function, settings = function_of(rule, own_rules), (learning_rate, momentum)
    path = descend(bowl(), [1.0], function, *settings, updates)
    told = foretell_linear(function, 1.0, *settings)
    angle = abs(np.angle(told.roots[np.argmax(abs(told.roots))]))
    meet = abs(told.roots[0] - told.roots[1]) < 1e-3 and 1e-6 < told.rate < 1 - theory.EDGE
    kind = "critical" if meet else told.regime
    period = None if kind in ("smooth", "critical") or angle <= 1e-9 else float(2 * np.pi / angle)
    of_theory = told.roots, told.regime, told.rate, told.limit, period, kind
    with np.errstate(all="ignore"):  # theory tries a rule at weights that no descent may reach
        seen = path, (told,), path.weights[:, 0], rule_map(function)
    return PhaseMapResult(rule, *settings, *seen, *of_theory)
