"""How a result of the bowl is told."""

from momentum_lab.labs.descents import DescentWords
from momentum_lab.labs.words import as_written, capital, how_often, percent, regime_in_words, short


class BowlWords(DescentWords):
    """The finding, the sentence and the numbers of one weight in a bowl."""

    @property
    def label(self):
        """The run in a legend."""
        return f"{super().label}, λ {self.curvature:g}"

    @property
    def _told(self):
        if self.decisive is None:
            return ""
        regime, rate = self.decisive.regime, self.decisive.rate
        kept, grows = f"keeps {percent(rate)} of the distance", f"{short(rate)} times as long"
        if self.rule != "plain":
            return {
                "smooth": f"Smooth: in the long run each update {kept}",
                "ringing": f"Ringing: to and fro; in the long run each update {kept}",
                "sign-flipping": f"Sign-flipping: in the long run each update crosses, and {kept}",
                "edge": "Neutral edge: in the long run it neither settles nor runs away",
                "diverging": f"Diverging: in the long run each update makes the distance {grows}",
            }[regime]
        if rate < 0.01:
            return f"Just right: one update lands {'almost ' if rate else ''}at the minimum"
        return {
            "smooth": f"{'Slow but' if rate >= 0.5 else 'Quick and'} sure: each update {kept}",
            "sign-flipping": f"Zig-zag: each update crosses the minimum and {kept}",
            "edge": "Neutral edge: each update jumps just as far to the other side, for ever",
            "diverging": f"Diverging: each update makes the distance {grows}",
        }[regime]

    @property
    def _crossed(self):
        return how_often("crossed the minimum", self.crossings)

    _counts = _crossed

    @property
    def _unsettled(self):
        return capital(self.how_settled)

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
            "settled": self.settled_in_numbers,
            "crossings": f"{self.crossings}",
            "loss": self.last_loss,
        }
