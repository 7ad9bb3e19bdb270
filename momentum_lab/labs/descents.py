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
MOST_AHEAD = 2**15  # updates that theory looks ahead: some milliseconds


@dataclass(frozen=True)
class Foretold:
    """What theory says about one curvature: the roots, the regime, the rate, the limit."""

    curvature: float
    roots: tuple[complex, complex]
    regime: str
    rate: float
    limit: float


def foretell(rule, curvature, learning_rate, momentum):
    """Return what theory foretells, or None for a reader's rule that is not linear everywhere."""
    try:
        return foretell_linear(rule, curvature, learning_rate, momentum)
    except Exception:  # theory tries a rule at weights that no descent may reach
        return None


def foretell_linear(rule, curvature, learning_rate, momentum):
    """Return what theory foretells; raises ValueError for a rule that is not linear."""
    settings = rule, curvature, learning_rate, momentum
    with np.errstate(all="ignore"):
        regime = theory.regime(*settings)
        if regime == "edge" and learning_rate * curvature < theory.EDGE:
            regime = "smooth"  # it creeps: so far below the limit, a rate is only rounded to 1
        return Foretold(
            curvature,
            tuple(theory.roots(*settings).tolist()),
            regime,
            float(theory.rate(*settings)),
            _limit(rule, curvature, momentum),
        )


@cached_by_meaning(maxsize=64)
def _limit(rule, curvature, momentum):
    return theory.learning_rate_limit(rule, curvature, momentum)


@dataclass(frozen=True, eq=False)
class PathResult(Result):
    """The result of one descent, its `path`.

    foretold: what theory says of each direction; None where the rule is not linear.
    """

    path: Path
    foretold: tuple[Foretold | None, ...]

    @property
    def n_updates(self):
        """How many updates were made."""
        return self.path.n_updates

    @property
    def places(self):
        """How far from the minimum the weights were in each direction, (n_updates + 1, d)."""
        return self.path.weights

    @cached_property
    def distances(self):
        """How far from the minimum the weights were, (n_updates + 1,)."""
        return np.abs(np.hypot.reduce(self.path.weights, axis=1))

    @cached_property
    def settled(self):
        """The update from which the weights are near the minimum, to the end, or None.

        Near is within 5 % of the distance at the start. A run that theory sees leave again has
        not settled; whether theory knows that it stays is `stays_near`.
        """
        if self.path.diverged_at is not None or self.leaves_again:
            return None
        return settling_update(self.distances, 0, NEAR)

    @cached_property
    def stays_near(self):
        """Whether theory knows that the run stays near after its end: True, False or None.

        None is for what is not known, as of a rule that is not linear.
        """
        return stays_near(self.places, self.foretold, NEAR * self.distances[0])

    @property
    def leaves_again(self):
        """Whether the run ends near the minimum, but theory knows that it does not stay there."""
        ends_near = self.path.diverged_at is None and self.distances[-1] <= NEAR * self.distances[0]
        return ends_near and self.stays_near is False

    @property
    def until_settled(self):
        """The places up to the update that settles the run; of one that has not, all."""
        return self.places[: self.n_updates + 1 if self.settled is None else self.settled + 1]

    @property
    def how_settled(self):
        """Whether and when the run has settled, in words."""
        if self.settled is None:
            again = " (within 5 % of the first distance, but it leaves again)"
            return f"not settled {after(self.n_updates)}{again if self.leaves_again else ''}"
        near = f"within 5 % of the first distance up to update {self.n_updates}, the last"
        if self.stays_near:
            near = "for good within 5 % of the first distance"
        return f"settled {after(self.settled)} ({near})"

    @property
    def settled_in_numbers(self):
        """The update that settles the run, for a table: never, or only after more than these."""
        if self.settled is not None:
            return f"{self.settled}"
        known = self.path.diverged_at is not None or self.never_settles
        return "never" if known else f"> {self.n_updates}"

    @property
    def never_settles(self):
        """Whether theory knows that a direction in which the path moves does not shrink."""
        moving = moving_directions(self.places)
        told = [told for told, moves in zip(self.foretold, moving, strict=True) if told and moves]
        return any(told.regime in ("edge", "diverging") for told in told)


def moving_directions(places):
    """Return for each direction whether a run moves in it; what starts at 0 stays there."""
    return np.abs(places).max(axis=0) > DUST * np.hypot.reduce(places[0])


def stays_near(places, foretold, near):
    """Return whether a run goes on within `near` of the minimum: True, False or None (unknown).

    places: how far it was from the minimum in each direction, (n + 1, d), after n ≥ 1 updates.
    foretold: what theory says of each direction.

    With the roots z₁ and z₂ of its direction, every place is (z₁ + z₂) times the one before minus
    z₁·z₂ times the one before that. So two places in a row, a pair, are made into those m updates
    later by the m-th power of one matrix. The run goes on, unseen, until it leaves, or until m
    pairs in a row are near and that power makes no pair longer: then the next m are near, too,
    and so are all.
    """
    if None in foretold:
        return None
    moving = moving_directions(places)
    if not moving.any():
        return True
    roots = np.array([told.roots for told in foretold])[moving]
    power = np.array([[[sum(z).real, -np.prod(z).real], [1, 0]] for z in roots])
    last = places[-1:-3:-1, moving].T  # of each direction, the later one first
    with np.errstate(all="ignore"):  # what runs away may overflow
        pairs = (power @ last[..., None])[None, ..., 0]
        while len(pairs) <= MOST_AHEAD:
            if not (np.hypot.reduce(pairs, axis=1) <= near).all():
                return False
            if np.abs(power).max(axis=0).sum(axis=1).max() <= 1:
                return True
            pairs = np.concatenate([pairs, (power @ pairs[..., None])[..., 0]])
            power = power @ power
    return None


def crossings(places, distance):
    """Count how often a row of places passes from one side of 0 to the other.

    Landing on 0 is no crossing, nor is what happens within rounding, DUST · `distance`, of it.
    """
    places = np.asarray(places)
    signs = np.sign(places[np.abs(places) > DUST * distance])
    return int((signs[1:] != signs[:-1]).sum())


# --- words ----------------------------------------------------------------------------------


class DescentWords(PathResult):
    """The words of the bowl and the valley, each of which says what was `_crossed`, and `_more`.

    window: the picture shows weights from −window to window.
    """

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
        return (
            f"{capital(self.how_settled)}: {self._crossed}{cut and f', {cut}'}; "
            f"loss {self._loss} at the end. {capital(limit)}{self._more}{unused}"
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
            "settled": self.settled_in_numbers,
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
