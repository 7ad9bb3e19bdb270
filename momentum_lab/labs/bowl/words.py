"""How a result of the bowl is told."""

from momentum_lab.labs.descents import DescentWords
from momentum_lab.labs.words import as_written, how_often, number, percent, regime_in_words, short


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
        each, smooth, flipping = "in the long run each update", "Smooth", "Sign-flipping"
        edge = "in the long run it neither settles nor runs away"
        if self.rule == "plain":
            if rate < 0.01:
                return f"Just right: one update lands {'almost ' if rate else ''}at the minimum"
            smooth = f"{'Slow but' if rate >= 0.5 else 'Quick and'} sure"
            each, flipping = "each update", "Zig-zag"
            edge = "each update jumps just as far to the other side, for ever"
        kept = f"keeps {percent(rate)} of the distance"
        return {
            "smooth": f"{smooth}: {each} {kept}",
            "ringing": f"Ringing: to and fro; {each} {kept}",
            "sign-flipping": f"{flipping}: {each} crosses the minimum and {kept}",
            "edge": f"Neutral edge: {edge}",
            "diverging": f"Diverging: {each} makes the distance {short(rate)} times as long",
        }[regime]

    @property
    def _crossed(self):
        return how_often("crossed the minimum", self.crossings)

    _counts = _crossed

    @property
    def _more(self):
        return f"; learning rate × curvature is {self.learning_rate * self.curvature:.4g}."

    @property
    def numbers(self):
        """The row of this run."""
        told = self.decisive
        return self.row_of_settings() | {
            "λ": f"{self.curvature:g}",
            "α·λ": f"{self.learning_rate * self.curvature:.4g}",
            "limit of α": f"{told.limit:.4g}" if told else "–",
            "regime": regime_in_words(told.regime) if told else "–",
            "rate": as_written(told.rate, 4) if told else "–",
            "start": number(self.weights[0]),
            "settled": self.settled_in_numbers,
            "crossings": f"{self.crossings}",
            "loss": self.last_loss,
        }
