"""How a result of the valley is told."""

from functools import cached_property

import numpy as np

from momentum_lab.labs.descents import DUST, NEAR, DescentWords
from momentum_lab.labs.words import after, as_written, how_often, number, percent, short

LEAST_FIT = 30  # updates from which a rate can be measured


class ValleyWords(DescentWords):
    """The finding, the sentence and the numbers of two weights in a valley."""

    @property
    def rate(self):
        """The slower rate of both directions, or None where theory is silent."""
        return max(told.rate for told in self.foretold) if all(self.foretold) else None

    @cached_property
    def measured_rate(self):
        """The factor of the distance in each update, fitted to its later peaks, or None."""
        small = np.flatnonzero(self.distances <= DUST * self.distances[0])
        end = small[0] if small.size else len(self.distances)
        if end < LEAST_FIT:
            return None
        distances, late = self.distances[:end], np.arange(end // 2, end)
        # The largest that is still to come (or was there before), so that no oscillation counts.
        way = -1 if distances[-1] < distances[0] else 1
        peaks = np.maximum.accumulate(distances[::way])[::way]
        return float(np.exp(np.polyfit(late, np.log(peaks[late]), 1)[0]))

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
    def _crossed(self):
        past = how_often("ran past the minimum", self.overshoots)
        return f"{how_often('crossed the floor', self.crossings)}, {past}"

    @property
    def _counts(self):
        only_floor = how_often("crossed the floor", self.crossings)
        return self._crossed if self.overshoots else only_floor

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
        as_text, makes = percent, "keeps {} of the distance in the long run"
        if self.rate > 1:
            as_text, makes = short, "makes the distance {} times as long"
        words = f". In theory each update {makes.format(as_text(self.rate))}"
        if self.measured_rate is not None:
            words += f"; measured: {as_text(self.measured_rate)}"
        return f"{words}."

    @property
    def numbers(self):
        """The row of this run."""
        told = self.decisive
        return self.row_of_settings() | {
            "κ": f"{self.condition_number:g}",
            "start": ", ".join(map(number, self.path.weights[0])),
            "limit of α": f"{told.limit:.4g}" if told else "–",
            "settled": self.settled_in_numbers,
            "crossings": f"{self.crossings}",
            "overshoots": f"{self.overshoots}",
            "rate": "–" if self.rate is None else as_written(self.rate, 4),
            "loss": self.last_loss,
        }
