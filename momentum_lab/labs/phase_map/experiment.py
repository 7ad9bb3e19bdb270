"""The phase map: what theory says of every learning rate and momentum, and one run to check it."""

import functools
from dataclasses import dataclass

import numpy as np

from momentum_lab import theory
from momentum_lab.labs.descents import PathResult
from momentum_lab.labs.words import (
    WITHOUT_MOMENTUM,
    as_written,
    function_of,
    in_words,
    percent,
)
from momentum_lab.landscapes import bowl
from momentum_lab.measures import overshoot, settling_update
from momentum_lab.training import Path, descend

MAP_LEARNING_RATES = np.geomspace(0.01, 10, 391)
MAP_MOMENTA = np.linspace(0, 0.99, 344)


@dataclass(frozen=True, eq=False)
class RuleMap:
    """The rate and the regime of a rule at curvature 1, (momenta, learning rates)."""

    rates: np.ndarray
    regimes: np.ndarray


@functools.lru_cache(maxsize=16)
def rule_map(rule):
    """Compute the `RuleMap` of a rule from its own code; kept, since it depends on nothing else."""
    grid = rule, 1.0, MAP_LEARNING_RATES, MAP_MOMENTA[:, None]
    return RuleMap(theory.rate(*grid), theory.regime(*grid))


@dataclass(frozen=True, eq=False)
class PhaseMapResult(PathResult):
    """One point of the map: what its roots say, and a run from weight 1 at rest."""

    function: object
    learning_rate: float
    momentum: float
    roots: np.ndarray
    rate: float
    regime: str
    limit: float
    path: Path

    @property
    def scene(self):
        """The rule: the map behind the point is anew for another one."""
        return self.function

    @property
    def map(self):
        """The map that this point lies in."""
        return rule_map(self.function)

    @property
    def weights(self):
        """The weight at the start and after each update."""
        return self.path.weights[:, 0]

    @property
    def period(self):
        """Updates for one whole swing, from the angle of the dominant root; None for no swing."""
        angle = abs(np.angle(self.roots[np.argmax(abs(self.roots))]))
        return float(2 * np.pi / angle) if angle > 1e-9 else None

    @property
    def is_critical(self):
        """Whether the two roots meet, as near as can be typed: between creeping and swinging."""
        return abs(self.roots[0] - self.roots[1]) < 1e-3 and 1e-6 < self.rate < 1 - theory.EDGE

    @property
    def finding(self):
        """What theory says of this point."""
        kept = percent(self.rate)
        if self.regime == "diverging":
            return f"Diverging: in the long run, the distance grows {self.rate:.3g} times an update"
        if self.regime == "edge":
            return "On the edge: it neither settles nor runs away"
        if self.rate < 1e-6:
            return "At the bottom in one update, or two"
        if self.is_critical:
            return f"Critical damping: the two roots meet, and each update keeps {kept}"
        if self.regime == "ringing":
            return f"Ringing: a swing takes {self.period:.3g} updates, and each keeps {kept}"
        if self.regime == "sign-flipping":
            return f"Sign-flipping: each update lands on the other side, and keeps {kept}"
        return f"Smooth: no swinging, and in the long run each update keeps {kept}"

    @property
    def sentence(self):
        """The roots, the limit, and how the run went."""
        return f"{self._predicted} {self._seen}"

    @property
    def _predicted(self):
        return (
            f"Predicted: roots {_complex(self.roots[0])} and {_complex(self.roots[1])}, "
            f"rate {self.rate:.4g}; the limit at this momentum is αλ = {self.limit:.4g}."
        )

    @property
    def _seen(self):
        if self.path.diverged_at is not None:
            return (
                f"Seen: diverged at update {self.path.diverged_at}: {self.learning_rate:g} is "
                "above the limit; what came before stays drawn."
            )
        if self.regime == "diverging":
            last = as_written(self.weights[-1], 4)
            return f"Seen: after {self.n_updates} updates the weight is {last}."
        settled = settling_update(self.weights, 0)
        when = f"not settled after {self.n_updates} updates"
        if settled is not None:
            when = f"within 5 % of the first distance from update {settled} on"
        past = overshoot(self.weights, 0)
        side = f"it went past the bottom by {percent(past)}" if past > 0 else "it never went past"
        return f"Seen: {when}; {side}."

    @property
    def numbers(self):
        """The row of this run."""
        settled = settling_update(self.weights, 0)
        swings = self.regime != "smooth" and self.period and not self.is_critical
        return {
            "rule": in_words(self.rule),
            "αλ": f"{self.learning_rate:g}",
            "β": "–" if self.rule in WITHOUT_MOMENTUM else f"{self.momentum:g}",
            "regime": "critical" if self.is_critical else self.regime,
            "rate": f"{self.rate:.4g}",
            "period": f"{self.period:.4g}" if swings else "–",
            "limit": f"{self.limit:.4g}",
            "went past": "–" if self.regime == "diverging" else percent(overshoot(self.weights, 0)),
            "settled": "never" if settled is None else f"update {settled}",
            "last weight": as_written(self.weights[-1], 4),
        }


def _complex(root):
    real = as_written(root.real, 4)
    if root.imag == 0:
        return real
    return f"{real} {'+' if root.imag > 0 else '−'} {abs(root.imag):.3g}i"


def probe_map(own_rules, rule, learning_rate, momentum, updates):
    """Predict what a rule does at curvature 1, then let it run; return the `PhaseMapResult`.

    own_rules: rule functions that `rule` may name besides the built-in ones.
    Raises ValueError for a rule that is not linear: it has no roots.
    """
    function = function_of(rule, own_rules)
    settings = function, 1.0, learning_rate, momentum
    return PhaseMapResult(
        function=function,
        learning_rate=learning_rate,
        momentum=momentum,
        roots=theory.roots(*settings),
        rate=float(theory.rate(*settings)),
        regime=theory.regime(*settings),
        limit=theory.learning_rate_limit(function, 1.0, momentum),
        path=descend(bowl(), [1.0], function, learning_rate, momentum, updates),
    )


def critical_momentum(own_rules, rule, learning_rate, **_others):
    """Return the momentum that settles soonest at this learning rate, as a value to set."""
    function = function_of(rule, own_rules)
    found = theory.critical_damping(function, 1.0, learning_rate)
    # Many digits: where the two roots meet, they part at the least error.
    return {"momentum": float(f"{found.momentum:.9g}")}


def edge_learning_rate(own_rules, rule, momentum, **_others):
    """Return the largest learning rate that does not diverge at this momentum, to set."""
    function = function_of(rule, own_rules)
    return {"learning_rate": theory.learning_rate_limit(function, 1.0, momentum)}
