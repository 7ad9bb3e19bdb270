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
    def finding(self):
        """What this path shows."""
        if not self.distances[0]:
            return "Already at the minimum: without a slope nothing moves"
        diverging, on_edge = self._in_regime("diverging"), self._in_regime("edge")
        if diverging:
            told, where = diverging
            return f"Diverging {where}: {short(told.rate)} times as far with each update"
        if on_edge:
            return f"Neutral edge: {on_edge[1]} it neither settles nor runs away"
        if self.path.diverged_at is not None:
            return f"Diverged at update {self.path.diverged_at}: the weights ran away"
        if self.settled is not None:
            return f"Settled {after(self.settled)}: {self._counts}"
        return self._unsettled()

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
    def _is_diverging(self):
        return self._in_regime("diverging") is not None

    @property
    def _counts(self):
        crossed = how_often("crossed the floor", self.crossings)
        if not self.overshoots:
            return crossed
        return f"{crossed}, {how_often('ran past the minimum', self.overshoots)}"

    def _unsettled(self):
        late = np.abs(self.places[self.n_updates * 9 // 10 :]).max(axis=0) / self.distances[0]
        so_far = after(self.n_updates)
        if late[1] > late[0]:
            if self.crossings:
                return f"Still oscillating across the valley {so_far}: {self._counts}"
            return f"Still far from the floor {so_far}"
        if self.overshoots:
            return f"Still oscillating along the valley {so_far}: {self._counts}"
        left = percent(self.distances[-1] / self.distances[0])
        where = "along the floor" if late[1] <= NEAR else "down to the floor and along it"
        return f"Slow {where}: {left} of the distance is left {so_far}"

    @property
    def _crossed(self):
        past = how_often("ran past the minimum", self.overshoots)
        return f"{how_often('crossed the floor', self.crossings)}, {past}"

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
        told, ended = self.decisive, self.how_it_ended
        loss = ended.pop("loss")
        return self.row_of_settings() | {
            "κ": f"{self.condition_number:g}",
            "start": ", ".join(f"{w:g}".replace("-", "−") for w in self.path.weights[0]),
            "limit of α": f"{told.limit:.4g}" if told else "–",
            **ended,
            "overshoots": f"{self.overshoots}",
            "rate": "–" if self.rate is None else as_written(self.rate, 4),
            "loss": loss,
        }
