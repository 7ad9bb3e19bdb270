"""How a result of the valley is told."""

from functools import cached_property

import numpy as np

from momentum_lab.labs.descents import DUST, NEAR, DescentWords
from momentum_lab.labs.words import after, as_written, how_often, percent, short

LEAST_FIT = 30  # updates from which a rate can be measured


class ValleyWords(DescentWords):
    """The finding, the sentence and the numbers of two weights in a valley."""

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
        # The largest that is still to come (or was there before), so that no oscillation counts.
        shrinks = distances[-1] < distances[0]
        peaks = np.maximum.accumulate(distances[::-1] if shrinks else distances)
        logs, away = np.log(peaks[::-1] if shrinks else peaks)[late], late - late.mean()
        return float(np.exp((away * logs).sum() / (away * away).sum()))

    @property
    def _told(self):
        fates = {regime: direction for direction, regime in enumerate(self.regimes)}
        where = "along the valley", "across the valley"  # of two directions, across counts
        if "diverging" in fates:
            worst = fates["diverging"]
            grows = short(self.foretold[worst].rate)
            return f"Diverging {where[worst]}: {grows} times as far with each update"
        if "edge" in fates:
            return f"Neutral edge: {where[fates['edge']]} it neither settles nor runs away"
        return ""

    @property
    def _floor(self):
        return how_often("crossed the floor", self.crossings)

    @property
    def _crossed(self):
        return f"{self._floor}, {how_often('ran past the minimum', self.overshoots)}"

    @property
    def _counts(self):
        return self._crossed if self.overshoots else self._floor

    @property
    def _unsettled(self):
        late = np.abs(self.places[self.n_updates * 9 // 10 :]).max(axis=0) / self.distances[0]
        so_far, across = after(self.n_updates), late[1] > late[0]
        if self.crossings if across else self.overshoots:
            way = "across" if across else "along"
            return f"Still oscillating {way} the valley {so_far}: {self._counts}"
        if across:
            return f"Still far from the floor {so_far}"
        left = percent(self.distances[-1] / self.distances[0])
        where = "along the floor" if late[1] <= NEAR else "down to the floor and along it"
        return f"Slow {where}: {left} of the distance is left {so_far}"

    @property
    def _more(self):
        if self.rate is None:
            return "."
        makes = f"keeps {percent(self.rate)} of the distance in the long run"
        if self.rate > 1:
            makes = f"makes the distance {short(self.rate)} times as long"
        words = f". In theory each update {makes}"
        if self.measured_rate is None:
            return f"{words}."
        measured = short(self.measured_rate) if self.rate > 1 else percent(self.measured_rate)
        return f"{words}; measured: {measured}."

    @property
    def numbers(self):
        """The row of this run."""
        told = self.decisive
        return self.row_of_settings() | {
            "κ": f"{self.condition_number:g}",
            "start": ", ".join(f"{w:g}".replace("-", "−") for w in self.path.weights[0]),
            "limit of α": f"{told.limit:.4g}" if told else "–",
            "settled": self.settled_in_numbers,
            "crossings": f"{self.crossings}",
            "overshoots": f"{self.overshoots}",
            "rate": "–" if self.rate is None else as_written(self.rate, 4),
            "loss": self.last_loss,
        }
