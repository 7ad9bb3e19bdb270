"""What the labs of one descent on a quadratic loss share: theory's word on it, measures, words."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from momentum_lab import theory
from momentum_lab.labs import words
from momentum_lab.meaning import cached_by_meaning
from momentum_lab.measures import settling_update
from momentum_lab.training import Path

NEAR = 0.05  # settled is what stays within this share of the start's distance
DUST = 1e-12  # smaller numbers, as a share of the start's, are not worth their digits
MOST_AHEAD = 2**15  # updates that theory looks ahead: some milliseconds


@dataclass(frozen=True, eq=False)
class Foretold:
    """What theory says about one curvature: two roots, regime, rate, the learning rate's limit."""

    curvature: float
    roots: np.ndarray
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
        roots, regime, rate = (of(*settings) for of in (theory.roots, theory.regime, theory.rate))
        limit = _limit(rule, curvature, momentum)
    if regime == "edge" and learning_rate * curvature < theory.EDGE:
        regime = "smooth"  # it creeps: so far below the limit, a rate is only rounded to 1
    return Foretold(curvature, roots, regime, float(rate), limit)


_limit = cached_by_meaning(maxsize=64)(theory.learning_rate_limit)


@dataclass(frozen=True, eq=False)
class PathResult(words.Result):
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
        return np.hypot.reduce(np.abs(self.path.weights), axis=1)

    @property
    def moves(self):
        """For each direction whether the run moves in it: what starts at 0 stays there."""
        return np.abs(self.places).max(axis=0) > DUST * self.distances[0]

    @property
    def regimes(self):
        """What theory foretells for each direction; None for one in which nothing happens."""
        directions = zip(self.foretold, self.moves, strict=True)
        return [told.regime if told and moves else None for told, moves in directions]

    @cached_property
    def stays_near(self):
        """Whether the run stays near after its end: True, False, or None where nobody knows.

        With roots z₁ and z₂, every place is (z₁ + z₂) times the one before minus z₁·z₂ times the
        one before that. So two places in a row, a pair, are made into those m updates later by the
        m-th power of one matrix. If m pairs in a row are near, and that power makes no pair
        longer, then all that follow are near, too.
        """
        if None in self.foretold:
            return None
        roots = (told.roots for told in self.foretold)
        power = np.array([[[sum(z).real, -np.prod(z).real], [1, 0]] for z in roots])
        power *= self.moves[:, None, None]
        last = self.places[-1:-3:-1].T  # of each direction, the later one first
        with np.errstate(all="ignore"):  # what runs away may overflow
            pairs = (power @ last[..., None])[None, ..., 0]
            while len(pairs) <= MOST_AHEAD:
                if not (np.hypot.reduce(pairs, axis=1) <= NEAR * self.distances[0]).all():
                    return False
                if np.abs(power).max(axis=0).sum(axis=1).max() <= 1:
                    return True
                pairs = np.concatenate([pairs, (power @ pairs[..., None])[..., 0]])
                power = power @ power
        return None

    @cached_property
    def settled(self):
        """The update from which the weights are within 5 % of the first distance, or None.

        A run that diverges later, or that theory sees leave again, has not settled.
        """
        leaves = self.path.diverged_at is not None or self.stays_near is False
        return None if leaves else settling_update(self.distances, 0, NEAR)

    def crossed(self, direction):
        """Count how often the run crossed the minimum in this direction before it settled."""
        end = None if self.settled is None else self.settled + 1
        return crossings(self.places[:end, direction], self.distances[0])

    @property
    def how_settled(self):
        """Whether and when the run has settled, in words."""
        if self.settled is None:
            return f"not settled {words.after(self.n_updates)}"
        near = f"within 5 % of the first distance up to update {self.n_updates}, the last"
        if self.stays_near:
            near = "for good within 5 % of the first distance"
        return f"settled {words.after(self.settled)} ({near})"

    @property
    def settled_in_numbers(self):
        """The update that settles the run, for a table: never, or only after more than these."""
        if self.settled is not None:
            return f"{self.settled}"
        never = self.path.diverged_at is not None or {"edge", "diverging"} & set(self.regimes)
        return "never" if never else f"> {self.n_updates}"


def crossings(places, distance):
    """Count how often a row of places passes 0, but not within rounding, DUST · `distance`."""
    signs = np.sign(places[np.abs(places) > DUST * distance])
    return int((signs[1:] != signs[:-1]).sum())


class DescentWords(PathResult):
    """The words of the bowl and the valley.

    Each adds the fate that theory knows, `_told`; what it counted, `_counts` and, in full,
    `_crossed`; and what it says last, `_more`.
    """

    @property
    def crossings(self):
        """How often the run crossed the minimum (of a valley, the floor) before it settled."""
        return self.crossed(-1)

    @property
    def decisive(self):
        """What theory foretells for the direction that diverges first, or None."""
        told = () if None in self.foretold else self.foretold[::-1]
        return min(told, key=lambda one: (one.regime != "diverging", one.limit), default=None)

    @property
    def finding(self):
        """What this path shows: what theory knows of its fate, else what was measured."""
        if not self.distances[0]:
            return "Already at the minimum: without a slope nothing moves"
        if self._told:
            return self._told
        if self.path.diverged_at is not None:
            return f"Diverged at update {self.path.diverged_at}: it ran away"
        if self.settled is not None:
            return f"Settled {words.after(self.settled)}: {self._counts}"
        return self._unsettled

    @property
    def _unsettled(self):
        return words.capital(self.how_settled)

    @property
    def sentence(self):
        """How it went, with its numbers, and what theory says about the learning rate."""
        limit, stopped, end = self._limit, self.path.diverged_at, f"loss {self.last_loss}"
        if stopped is not None:
            end = f"stopped at update {stopped}, which would have taken a weight beyond 10,000"
            text = f"Diverged: {limit}; {end}."
        elif "diverging" in self.regimes:
            text = f"Diverging: {limit}; {end} {words.after(self.n_updates)}."
        else:
            text = f"{words.capital(self.how_settled)}: {self._crossed}; {end} at the end. "
            text += f"{words.capital(limit)}{self._more}"
        if self.rule in words.WITHOUT_MOMENTUM:
            text += f" {words.capital(words.in_words(self.rule))} uses no momentum."
        return text

    @property
    def _limit(self):
        """How the learning rate compares with its limit, or why theory says nothing."""
        told, rule, rate = self.decisive, words.in_words(self.rule), self.learning_rate
        if told is None:
            return f"{rule} is not linear, so theory knows no limit for it"
        where = f"curvature {told.curvature:.4g}"
        if self.rule not in words.WITHOUT_MOMENTUM:
            where += f" and momentum {self.momentum:g}"
        if np.isinf(told.limit):
            return f"no learning rate is too large for {rule} at {where}"
        side = "above" if rate > told.limit else "below"
        side = "at" if np.isclose(rate, told.limit, rtol=1e-9, atol=0) else side
        limit = f"{side} the limit {words.short(told.limit)} of {rule} at {where}"
        if side == "below" and told.regime == "diverging":
            limit += ", but in a range where it diverges"
        return f"learning rate {rate:g} is {limit}"

    @property
    def last_loss(self):
        """The last loss, in words; what is left of it by rounding is only said to be small."""
        if self.path.diverged_at is not None:
            return f"diverged at {self.path.diverged_at}"
        last = self.path.losses[-1]
        return f"< {words.as_written(DUST)}" if 0 < last < DUST else words.as_written(last, 4)
