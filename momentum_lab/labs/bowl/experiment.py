"""The bowl: one weight on a loss of one curvature, and the four fates of a learning rate."""

from dataclasses import dataclass

import numpy as np

from momentum_lab import landscapes, theory
from momentum_lab.labs.descents import (
    NEAR,
    Foretold,
    PathResult,
    after,
    crossings,
    diverged_in_words,
    exit_in_words,
    foretell,
    limit_in_words,
    loss_in_words,
    momentum_unused,
    times,
)
from momentum_lab.labs.words import (
    WITHOUT_MOMENTUM,
    as_written,
    capital,
    function_of,
    in_words,
    percent,
    short,
)
from momentum_lab.measures import settling_update
from momentum_lab.training import Path, descend

BOWL_UPDATES = 40
BOWL_WINDOW = 2.4  # the picture shows weights from −2.4 to 2.4


@dataclass(frozen=True, eq=False)
class BowlResult(PathResult):
    """Forty updates of one weight in a bowl; `foretold` is None for a rule that is not linear."""

    path: Path
    curvature: float
    foretold: Foretold | None

    @property
    def scene(self):
        """What lies behind the path: the bowl."""
        return self.curvature

    @property
    def weights(self):
        """The weight at the start and after each update, (n_updates + 1,)."""
        return self.path.weights[:, 0]

    @property
    def opens_at(self):
        """The update whose step a new picture shows: the first; the others are pale."""
        return min(1, self.n_updates)

    @property
    def label(self):
        """The run in a legend."""
        return f"{super().label}, λ {self.curvature:g}"

    @property
    def settled(self):
        """The update from which the weight stays near the middle, or None."""
        if self.path.diverged_at is not None:
            return None
        return settling_update(self.weights, 0, NEAR)

    @property
    def crossings(self):
        """How often the weight went through the middle before it stayed near it."""
        return crossings(self.weights, abs(self.weights[0]))

    @property
    def finding(self):
        """The fate of this weight."""
        if not self.weights.any():
            return "Already in the middle: without a slope nothing moves"
        if self.foretold is None:
            return self._measured_fate()
        if self.rule == "plain":
            return self._plain_fate()
        kept = f"keeps {percent(self.foretold.rate)} of the distance"
        return {
            "smooth": f"Smooth: in the long run each update {kept}",
            "ringing": f"Ringing: it swings through the middle, and each update {kept}",
            "sign-flipping": f"Sign-flipping: it jumps from side to side, and each update {kept}",
            "edge": "On the edge: in the long run it neither settles nor runs away",
            "diverging": "Diverging: in the long run each update makes the distance "
            f"{short(self.foretold.rate)} times as long",
        }[self.foretold.regime]

    def _plain_fate(self):
        regime, rate = self.foretold.regime, self.foretold.rate
        if regime == "diverging":
            return f"Diverging: each update makes the distance {short(rate)} times as long"
        if regime == "edge":
            return "On the edge: each update jumps just as far to the other side, for ever"
        if rate < 0.01:
            return f"Just right: one update lands {'almost ' if rate else ''}in the middle"
        kept = f"keeps {percent(rate)} of the distance"
        if regime == "sign-flipping":
            return f"Zig-zag: each update jumps over the middle and {kept}"
        return f"{'Slow but' if rate >= 0.5 else 'Quick and'} sure: each update {kept}"

    def _measured_fate(self):
        if self.path.diverged_at is not None:
            return f"Diverged at update {self.path.diverged_at}: the weight ran away"
        if self.settled is None:
            return f"Not settled {after(self.n_updates)}"
        return f"Settled {after(self.settled)}, crossing the middle {times(self.crossings)}"

    @property
    def sentence(self):
        """How it went, with its numbers, and what theory says about the learning rate."""
        limit = limit_in_words(self.path, self.foretold)
        cut = exit_in_words(self.path.weights, BOWL_WINDOW)
        unused = momentum_unused(self.rule)
        if self.path.diverged_at is not None:
            return diverged_in_words(self.path, limit, cut) + unused
        if self.foretold and self.foretold.regime == "diverging":
            cut = f"; {cut}" if cut else ""
            return f"Diverging: {limit}{cut}; loss {self._loss} {after(self.n_updates)}.{unused}"
        ended = f"Not settled {after(self.n_updates)}"
        if self.settled is not None:
            ended = f"Settled {after(self.settled)} (for good within 5 % of the first distance)"
        crossed = f"crossed the middle {times(self.crossings)}"
        cut = f", {cut}" if cut else ""
        return (
            f"{ended}: {crossed}{cut}; loss {self._loss} at the end. {capital(limit)}; "
            f"learning rate × curvature is {self._a}.{unused}"
        )

    @property
    def _loss(self):
        return loss_in_words(self.path.losses[-1], self.path.losses[0])

    @property
    def _a(self):
        return f"{self.path.learning_rate * self.curvature:.4g}"

    @property
    def numbers(self):
        """The row of this run."""
        path, told = self.path, self.foretold
        diverged = path.diverged_at is not None
        return {
            "rule": in_words(self.rule),
            "α": f"{path.learning_rate:g}",
            "β": "–" if self.rule in WITHOUT_MOMENTUM else f"{path.momentum:g}",
            "λ": f"{self.curvature:g}",
            "α·λ": self._a,
            "limit of α": f"{told.limit:.4g}" if told else "–",
            "regime": told.regime if told else "–",
            "rate": as_written(told.rate, 4) if told else "–",
            "start": f"{self.weights[0]:g}".replace("-", "−"),
            "settled": "never" if self.settled is None else f"{self.settled}",
            "crossings": f"{self.crossings}",
            "loss": f"diverged at {path.diverged_at}" if diverged else self._loss,
        }


def descend_bowl(own_rules, rule, learning_rate, momentum, curvature, start):
    """Let a weight go down the bowl λ·w²/2 and return the `BowlResult`.

    own_rules: rule functions that `rule` may name besides the built-in ones.
    """
    rule = function_of(rule, own_rules)
    landscape = landscapes.bowl(curvature)
    path = descend(landscape, [start], rule, learning_rate, momentum, BOWL_UPDATES)
    return BowlResult(path, curvature, foretell(rule, curvature, learning_rate, momentum))


def critical_bowl_momentum(own_rules, rule, learning_rate, curvature, **_others):
    """Return the momentum of `theory.critical_damping` as settings; none if it is not linear."""
    rule = function_of(rule, own_rules)
    if foretell(rule, curvature, learning_rate, 0.5) is None:
        return {}
    with np.errstate(all="ignore"):
        best = theory.critical_damping(rule, curvature, learning_rate)
    return {"momentum": round(best.momentum, 6)}
