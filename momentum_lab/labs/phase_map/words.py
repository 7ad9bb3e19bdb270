"""How a result of the phase map is told."""

from momentum_lab.labs.descents import PathResult
from momentum_lab.labs.words import as_written, percent, regime_in_words
from momentum_lab.measures import overshoot


class PhaseMapWords(PathResult):
    """The finding, the sentence and the numbers of one point of the map."""

    @property
    def finding(self):
        """What theory says of this point."""
        if self.regime == "diverging":
            return f"Diverging: in the long run, the distance grows {self.rate:.3g} times an update"
        if self.regime == "edge":
            return "Neutral edge: it neither settles nor runs away"
        if self.rate < 1e-6:
            return "At the minimum after one update, or two"
        what = {
            "critical": "Critical damping: the two roots meet",
            "smooth": "Smooth: no oscillation",
            "sign-flipping": "Sign-flipping: from side to side",
        }.get(self.kind) or f"Ringing with a period of {self.period:.3g} updates"
        return f"{what}; in the long run each update keeps {percent(self.rate)}"

    @property
    def sentence(self):
        """The roots, the limit, and how the run went."""
        roots = f"roots {_complex(self.roots[0])} and {_complex(self.roots[1])}"
        limit = f"the limit at this momentum is αλ = {self.limit:.4g}"
        return f"Predicted: {roots}, rate {self.rate:.4g}; {limit}. Seen: {self._seen}."

    @property
    def _seen(self):
        if self.path.diverged_at is not None:
            where = "above the limit"
            if self.learning_rate < self.limit:
                where = "in a range below the limit where it diverges"
            ended = f"diverged at update {self.path.diverged_at}: {self.learning_rate:g} is {where}"
            return f"{ended}; what came before stays drawn"
        if self.regime == "diverging":
            return f"after {self.n_updates} updates the weight is {as_written(self.weights[-1], 4)}"
        past = overshoot(self.weights, 0)
        side = f"it ran past the minimum by {percent(past)}" if past else "it never ran past"
        return f"{self.how_settled}; {side}"

    @property
    def numbers(self):
        """The row of this run."""
        return self.row_of_settings("αλ") | {
            "regime": regime_in_words(self.kind),
            "rate": f"{self.rate:.4g}",
            "period": f"{self.period:.4g}" if self.period else "–",
            "limit": f"{self.limit:.4g}",
            "ran past": "–" if self.regime == "diverging" else percent(overshoot(self.weights, 0)),
            "settled": self.settled_in_numbers,
            "last weight": as_written(self.weights[-1], 4),
        }


def _complex(root):
    real = as_written(root.real, 4)
    if root.imag == 0:
        return real
    return f"{real} {'+' if root.imag > 0 else '−'} {abs(root.imag):.3g}i"
