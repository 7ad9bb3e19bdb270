"""What the labs of one descent on a quadratic loss share: theory's word on it, measures, words."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from momentum_lab import theory
from momentum_lab.labs.words import (
    WITHOUT_MOMENTUM,
    Result,
    after,
    as_written,
    capital,
    in_words,
    short,
)
from momentum_lab.meaning import cached_by_meaning
from momentum_lab.measures import settling_update
from momentum_lab.training import Path

NEAR = 0.05  # settled is what stays within this share of the start's distance
DUST = 1e-12  # smaller numbers, as a share of the start's, are not worth their digits


@dataclass(frozen=True, eq=False)
class PathResult(Result):
    """The result of one descent, its `path`."""

    path: Path

    @property
    def n_updates(self):
        """How many updates were made."""
        return self.path.n_updates

    @cached_property
    def distances(self):
        """How far from the minimum the weights were, (n_updates + 1,)."""
        return np.abs(np.hypot.reduce(self.path.weights, axis=1))

    @cached_property
    def settled(self):
        """The update from which the weights stay near the minimum, or None."""
        if self.path.diverged_at is not None:
            return None
        return settling_update(self.distances, 0, NEAR)


@dataclass(frozen=True)
class Foretold:
    """What theory says about one curvature: the regime, the rate, the learning rate's limit."""

    curvature: float
    regime: str
    rate: float
    limit: float


def foretell(rule, curvature, learning_rate, momentum):
    """Return what theory foretells, or None for a reader's rule that is not linear everywhere."""
    settings = rule, curvature, learning_rate, momentum
    with np.errstate(all="ignore"):
        try:
            return Foretold(
                curvature,
                theory.regime(*settings),
                float(theory.rate(*settings)),
                _limit(rule, curvature, momentum),
            )
        except Exception:  # theory tries a rule at weights that no descent may reach
            return None


@cached_by_meaning(maxsize=64)
def _limit(rule, curvature, momentum):
    return theory.learning_rate_limit(rule, curvature, momentum)


def crossings(series, distance):
    """Count how often `series` changes its sign until it stays within NEAR · `distance` of 0.

    Later changes are too small to be seen; landing on 0 is no crossing.
    """
    series = np.asarray(series)
    far = np.flatnonzero(np.abs(series) > NEAR * distance)
    on_the_way = series[: far[-1] + 2] if far.size else series[:0]
    signs = np.sign(on_the_way[np.abs(on_the_way) > DUST * distance])
    return int((signs[1:] != signs[:-1]).sum())


# --- words ----------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class DescentWords(PathResult):
    """The words of the bowl and the valley, each of which says what was `_crossed`, and `_more`.

    foretold: what theory says of each direction; None where the rule is not linear.
    window: the picture shows weights from −window to window.
    """

    foretold: tuple[Foretold | None, ...]

    @property
    def decisive(self):
        """What theory foretells for the direction that diverges first, or None."""
        told = [foretold for foretold in self.foretold if foretold is not None]
        return min(
            reversed(told),
            key=lambda foretold: (foretold.regime != "diverging", foretold.limit),
            default=None,
        )

    @property
    def sentence(self):
        """How it went, with its numbers, and what theory says about the learning rate."""
        cut, limit = exit_in_words(self.path.weights, self.window), self._limit
        unused = ""
        if self.rule in WITHOUT_MOMENTUM:
            unused = f" {capital(in_words(self.rule))} uses no momentum."
        if self.path.diverged_at is not None:
            what = "weights" if len(self.foretold) > 1 else "weight"
            return (
                f"Diverged: {limit}{cut and f'; {cut}'}; stopped at update "
                f"{self.path.diverged_at}, which would have taken the {what} beyond 10,000.{unused}"
            )
        if self._is_diverging:
            ended = f"loss {self._loss} {after(self.n_updates)}"
            return f"Diverging: {limit}{cut and f'; {cut}'}; {ended}.{unused}"
        ended = f"Not settled {after(self.n_updates)}"
        if self.settled is not None:
            ended = f"Settled {after(self.settled)} (for good within 5 % of the first distance)"
        return (
            f"{ended}: {self._crossed}{cut and f', {cut}'}; loss {self._loss} at the end. "
            f"{capital(limit)}{self._more}{unused}"
        )

    @property
    def _is_diverging(self):
        return self.decisive is not None and self.decisive.regime == "diverging"

    @property
    def _limit(self):
        """How the learning rate compares with its limit, or why theory says nothing."""
        told, rule = self.decisive, in_words(self.rule)
        if told is None:
            return f"{rule} is not linear, so theory knows no limit for it"
        rate, where = f"learning rate {self.learning_rate:g}", f"curvature {told.curvature:.4g}"
        if self.rule not in WITHOUT_MOMENTUM:
            where += f" and momentum {self.momentum:g}"
        if told.limit == 0:
            return f"{rule} diverges at any learning rate at {where}"
        if np.isinf(told.limit):
            return f"no learning rate is too large for {rule} at {where}"
        gap = self.learning_rate / told.limit - 1
        side = "at" if abs(gap) < 1e-9 else "above" if gap > 0 else "below"
        limit = f"{rate} is {side} the limit {short(told.limit)} of {rule} at {where}"
        if side == "below" and told.regime == "diverging":
            limit += ", but in a range where it diverges"
        return limit

    @property
    def _loss(self):
        """The last loss; what is left of it by rounding is only said to be small."""
        first, last = self.path.losses[[0, -1]]
        if 0 < last < DUST**2 * first or 0 < last < DUST:
            return f"< {as_written(DUST)}"
        return as_written(last, 4)

    @property
    def how_it_ended(self):
        """The end of the row of numbers."""
        diverged = self.path.diverged_at is not None
        return {
            "settled": "never" if self.settled is None else f"{self.settled}",
            "crossings": f"{self.crossings}",
            "loss": f"diverged at {self.path.diverged_at}" if diverged else self._loss,
        }


def exit_in_words(weights, window):
    """Return when a path, (n, d), was outside ± `window`, the picture, or "" if it never was."""
    out = np.flatnonzero((np.abs(weights) > window).any(axis=-1))
    if out.size == 0:
        return ""
    if out[-1] == len(weights) - 1:
        return f"left the picture at update {out[0]}"
    if out[0] == out[-1]:
        return f"was outside the picture at update {out[0]}"
    return f"was outside the picture between updates {out[0]} and {out[-1]}"
