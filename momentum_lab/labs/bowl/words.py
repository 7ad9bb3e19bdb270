"""How a result of the bowl is told."""

from momentum_lab.labs.descents import DescentWords
from momentum_lab.labs.words import after, as_written, how_often, percent, regime_in_words, short


class BowlWords(DescentWords):
    """The finding, the sentence and the numbers of one weight in a bowl."""

    @property
    def label(self):
        """The run in a legend."""
        return f"{super().label}, λ {self.curvature:g}"

    @property
    def finding(self):
        """The fate of this weight."""
        if not self.weights.any():
            return "Already at the minimum: without a slope nothing moves"
        if self.decisive is None:
            return self._measured_fate()
        regime, rate = self.decisive.regime, self.decisive.rate
        kept, grows = f"keeps {percent(rate)} of the distance", f"{short(rate)} times as long"
        if self.rule == "plain":
            return self._plain_fate(regime, rate, kept, grows)
        return {
            "smooth": f"Smooth: in the long run each update {kept}",
            "ringing": f"Ringing: to and fro; in the long run each update {kept}",
            "sign-flipping": f"Sign-flipping: in the long run each update crosses, and {kept}",
            "edge": "Neutral edge: in the long run it neither settles nor runs away",
            "diverging": f"Diverging: in the long run each update makes the distance {grows}",
        }[regime]

    def _plain_fate(self, regime, rate, kept, grows):
        if rate < 0.01:
            return f"Just right: one update lands {'almost ' if rate else ''}at the minimum"
        return {
            "smooth": f"{'Slow but' if rate >= 0.5 else 'Quick and'} sure: each update {kept}",
            "sign-flipping": f"Zig-zag: each update crosses the minimum and {kept}",
            "edge": "Neutral edge: each update jumps just as far to the other side, for ever",
            "diverging": f"Diverging: each update makes the distance {grows}",
        }[regime]

    def _measured_fate(self):
        if self.path.diverged_at is not None:
            return f"Diverged at update {self.path.diverged_at}: the weight ran away"
        if self.settled is None:
            return f"Not settled {after(self.n_updates)}"
        return f"Settled {after(self.settled)}: {self._crossed}"

    @property
    def _crossed(self):
        return how_often("crossed the minimum", self.crossings)

    @property
    def _a(self):
        return f"{self.learning_rate * self.curvature:.4g}"

    @property
    def _more(self):
        return f"; learning rate × curvature is {self._a}."

    @property
    def numbers(self):
        """The row of this run."""
        told = self.decisive
        return self.row_of_settings() | {
            "λ": f"{self.curvature:g}",
            "α·λ": self._a,
            "limit of α": f"{told.limit:.4g}" if told else "–",
            "regime": regime_in_words(told.regime) if told else "–",
            "rate": as_written(told.rate, 4) if told else "–",
            "start": f"{self.weights[0]:g}".replace("-", "−"),
            **self.how_it_ended,
        }
