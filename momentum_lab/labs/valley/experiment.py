"""The valley: two weights, a long floor and steep walls, and what momentum makes of them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from momentum_lab import landscapes, theory
from momentum_lab.labs.descents import (
    DUST,
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

VALLEY_WINDOW = (6.0, 3.6)  # the picture shows weight 1 within ±6, weight 2 within ±3.6
LEAST_FIT = 30  # updates from which a rate can be measured


def valley_directions(rotation):
    """Return unit vectors along and across the valley's floor, the rows of a (2, 2) array."""
    turn = np.radians(rotation)
    cos, sin = np.cos(turn), np.sin(turn)
    return np.array([[cos, sin], [-sin, cos]])


@dataclass(frozen=True, eq=False)
class ValleyResult(PathResult):
    """A descent of two weights; `foretold`, for along and across, may hold None (not linear)."""

    path: Path
    condition_number: float
    rotation: float
    wanted_updates: int
    foretold: tuple[Foretold | None, Foretold | None]

    @property
    def scene(self):
        """What lies behind the path: the valley's shape."""
        return self.condition_number, self.rotation

    @cached_property
    def places(self):
        """The weights as distances from the minimum, along and across, (n_updates + 1, 2)."""
        return self.path.weights @ valley_directions(self.rotation).T

    @cached_property
    def distances(self):
        """How far from the minimum the weights were, (n_updates + 1,)."""
        return np.hypot(*self.path.weights.T)

    @cached_property
    def settled(self):
        """The update from which the weights stay near the minimum, or None."""
        if self.path.diverged_at is not None:
            return None
        return settling_update(self.distances, 0, NEAR)

    @cached_property
    def crossings(self):
        """How often the path crossed the floor before it stayed near it."""
        return crossings(self.places[:, 1], self.distances[0])

    @cached_property
    def overshoots(self):
        """How often the path ran past the minimum, along the floor, before it stayed near it."""
        return crossings(self.places[:, 0], self.distances[0])

    @property
    def decisive(self):
        """What theory foretells for the direction with the lower limit, or None."""
        told = [foretold for foretold in self.foretold if foretold is not None]
        return min(reversed(told), key=lambda foretold: foretold.limit, default=None)

    @property
    def rate(self):
        """The slower rate of both directions, or None where theory is silent."""
        return max(told.rate for told in self.foretold) if all(self.foretold) else None

    @cached_property
    def measured_rate(self):
        """The factor by which the distance changed in each update, or None if too few show it.

        From a straight line through the logarithms of the peaks in the later half.
        """
        small = np.flatnonzero(self.distances <= DUST * self.distances[0])
        end = small[0] if small.size else len(self.distances)
        if end < LEAST_FIT:
            return None
        distances, late = self.distances[:end], np.arange(end // 2, end)
        # The largest that is still to come (or was there before), so that swings do not count.
        shrinks = distances[-1] < distances[0]
        peaks = np.maximum.accumulate(distances[::-1] if shrinks else distances)
        logs, away = np.log(peaks[::-1] if shrinks else peaks)[late], late - late.mean()
        return float(np.exp((away * logs).sum() / (away * away).sum()))

    @property
    def finding(self):
        """What this path shows."""
        if not self.distances[0]:
            return "Already at the minimum: without a slope nothing moves"
        if self._diverging is not None:
            told, where = self._diverging
            return f"Diverging {where}: {short(told.rate)} times as far with each update"
        if self._on_edge is not None:
            _told, where = self._on_edge
            return f"On the edge: {where} it neither settles nor runs away"
        if self.path.diverged_at is not None:
            return f"Diverged at update {self.path.diverged_at}: the weights ran away"
        if self.settled is not None:
            return f"Settled {after(self.settled)}: {self._swings}"
        return self._unsettled()

    @property
    def _diverging(self):
        return self._in_regime("diverging")

    @property
    def _on_edge(self):
        return self._in_regime("edge")

    def _in_regime(self, regime):
        """Return what is foretold for, and the name of, a direction of this regime, or None.

        Across comes first. In a direction in which the path starts at 0 nothing happens.
        """
        names = "along the valley", "across the valley"
        directions = list(zip(self.foretold, names, self.places.T, strict=True))
        for told, name, places in reversed(directions):
            moves = np.abs(places).max() > DUST * self.distances[0]
            if told is not None and told.regime == regime and moves:
                return told, name
        return None

    @property
    def _swings(self):
        crossed = f"crossed the floor {times(self.crossings)}"
        if not self.overshoots:
            return crossed
        return f"{crossed}, ran past the minimum {times(self.overshoots)}"

    def _unsettled(self):
        late = np.abs(self.places[self.n_updates * 9 // 10 :]).max(axis=0) / self.distances[0]
        so_far = after(self.n_updates)
        if late[1] > late[0]:
            if self.crossings:
                return f"Still swinging across the valley {so_far}: {self._swings}"
            return f"Still far from the floor {so_far}"
        if self.overshoots:
            return f"Still swinging along the valley {so_far}: {self._swings}"
        left = percent(self.distances[-1] / self.distances[0])
        where = "along the floor" if late[1] <= NEAR else "down to the floor and along it"
        return f"Slow {where}: {left} of the distance is left {so_far}"

    @property
    def sentence(self):
        """How it went, with its numbers, and what theory says about the learning rate."""
        limit = limit_in_words(self.path, self.decisive)
        cut = exit_in_words(self.path.weights, VALLEY_WINDOW)
        unused = momentum_unused(self.rule)
        if self.path.diverged_at is not None:
            return diverged_in_words(self.path, limit, cut) + unused
        if self._diverging is not None:
            cut = f"; {cut}" if cut else ""
            return f"Diverging: {limit}{cut}; loss {self._loss} {after(self.n_updates)}.{unused}"
        ended = f"Not settled {after(self.n_updates)}"
        if self.settled is not None:
            ended = f"Settled {after(self.settled)} (for good within 5 % of the first distance)"
        cut = f", {cut}" if cut else ""
        return (
            f"{ended}: crossed the valley's floor {times(self.crossings)}, ran past the minimum "
            f"{times(self.overshoots)}{cut}; loss {self._loss} at the end. {capital(limit)}."
            f"{self._rates}{unused}"
        )

    @property
    def _rates(self):
        if self.rate is None:
            return ""
        kept = percent(self.rate)
        words = f" In theory each update keeps {kept} of the distance in the long run"
        if self.rate > 1:
            words = f" In theory each update makes the distance {short(self.rate)} times as long"
        if self.measured_rate is None:
            return f"{words}."
        measured = short(self.measured_rate) if self.rate > 1 else percent(self.measured_rate)
        return f"{words}; measured: {measured}."

    @property
    def _loss(self):
        return loss_in_words(self.path.losses[-1], self.path.losses[0])

    @property
    def numbers(self):
        """The row of this run."""
        path, told = self.path, self.decisive
        diverged = path.diverged_at is not None
        start = ", ".join(f"{weight:g}".replace("-", "−") for weight in path.weights[0])
        return {
            "rule": in_words(self.rule),
            "α": f"{path.learning_rate:g}",
            "β": "–" if self.rule in WITHOUT_MOMENTUM else f"{path.momentum:g}",
            "κ": f"{self.condition_number:g}",
            "start": start,
            "limit of α": f"{told.limit:.4g}" if told else "–",
            "settled": "never" if self.settled is None else f"{self.settled}",
            "crossings": f"{self.crossings}",
            "overshoots": f"{self.overshoots}",
            "rate": "–" if self.rate is None else as_written(self.rate, 4),
            "loss": f"diverged at {path.diverged_at}" if diverged else self._loss,
        }


def descend_valley(
    own_rules,
    rule,
    learning_rate,
    momentum,
    condition_number,
    rotation,
    start_1,
    start_2,
    updates,
):
    """Let two weights go down a valley with curvatures 1/κ and 1; return the `ValleyResult`.

    own_rules: rule functions that `rule` may name besides the built-in ones.
    """
    rule = function_of(rule, own_rules)
    landscape = landscapes.valley(condition_number, rotation)
    path = descend(landscape, [start_1, start_2], rule, learning_rate, momentum, updates)
    foretold = [
        foretell(rule, curvature, learning_rate, momentum)
        for curvature in (1 / condition_number, 1.0)
    ]
    return ValleyResult(path, condition_number, rotation, updates, tuple(foretold))


def best_valley_settings(own_rules, rule, condition_number, **_others):
    """Return the learning rate and the momentum of `theory.best_settings`; none if not linear."""
    rule = function_of(rule, own_rules)
    if foretell(rule, 1.0, 1.0, 0.5) is None:
        return {}
    with np.errstate(all="ignore"):
        best = theory.best_settings(rule, condition_number)
    return {
        "learning_rate": float(f"{best.learning_rate:.6g}"),
        "momentum": round(best.momentum, 6),
    }
