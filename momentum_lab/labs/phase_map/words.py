"""How a result of the phase map is told."""

import numpy as np

from momentum_lab import theory
from momentum_lab.labs.descents import PathResult
from momentum_lab.labs.words import as_written, percent
from momentum_lab.measures import overshoot


class PhaseMapWords(PathResult):
    """The finding, the sentence and the numbers of one point of the map."""

    @property
    def period(self):
        """Updates for one whole swing, from the angle of the dominant root; None for no swing."""
        angle = abs(np.angle(self.roots[np.argmax(abs(self.roots))]))
        return float(2 * np.pi / angle) if angle > 1e-9 else None

    @property
    def is_critical(self):
        """Whether the two roots meet, as near as can be typed: between creeping and swinging."""
        return abs(self.roots[0] - self.roots[1]) < 1e-3 and 1e-6 < self.rate < 1 - theory.EDGE

    @property
    def finding(self):
        """What theory says of this point."""
        kept = percent(self.rate)
        if self.regime == "diverging":
            return f"Diverging: in the long run, the distance grows {self.rate:.3g} times an update"
        if self.regime == "edge":
            return "On the edge: it neither settles nor runs away"
        if self.rate < 1e-6:
            return "At the bottom in one update, or two"
        if self.is_critical:
            return f"Critical damping: the two roots meet, and each update keeps {kept}"
        if self.regime == "ringing":
            return f"Ringing: a swing takes {self.period:.3g} updates, and each keeps {kept}"
        if self.regime == "sign-flipping":
            return f"Sign-flipping: each update lands on the other side, and keeps {kept}"
        return f"Smooth: no swinging, and in the long run each update keeps {kept}"

    @property
    def sentence(self):
        """The roots, the limit, and how the run went."""
        return (
            f"Predicted: roots {_complex(self.roots[0])} and {_complex(self.roots[1])}, "
            f"rate {self.rate:.4g}; the limit at this momentum is αλ = {self.limit:.4g}. "
            f"Seen: {self._seen}."
        )

    @property
    def _seen(self):
        if self.path.diverged_at is not None:
            where = f"{self.learning_rate:g} is above the limit"
            if self.learning_rate < self.limit:
                where = f"{self.learning_rate:g} is in a range below the limit where it diverges"
            return (
                f"diverged at update {self.path.diverged_at}: {where}; what came before stays drawn"
            )
        if self.regime == "diverging":
            return f"after {self.n_updates} updates the weight is {self._last}"
        when = f"not settled after {self.n_updates} updates"
        if self.settled is not None:
            when = f"within 5 % of the first distance from update {self.settled} on"
        past = overshoot(self.weights, 0)
        side = f"it went past the bottom by {percent(past)}" if past > 0 else "it never went past"
        return f"{when}; {side}"

    @property
    def _last(self):
        return as_written(self.weights[-1], 4)

    @property
    def numbers(self):
        """The row of this run."""
        swings = self.regime != "smooth" and self.period and not self.is_critical
        return self.row_of_settings("αλ") | {
            "regime": "critical" if self.is_critical else self.regime,
            "rate": f"{self.rate:.4g}",
            "period": f"{self.period:.4g}" if swings else "–",
            "limit": f"{self.limit:.4g}",
            "went past": "–" if self.regime == "diverging" else percent(overshoot(self.weights, 0)),
            "settled": "never" if self.settled is None else f"update {self.settled}",
            "last weight": self._last,
        }


def _complex(root):
    real = as_written(root.real, 4)
    if root.imag == 0:
        return real
    return f"{real} {'+' if root.imag > 0 else '−'} {abs(root.imag):.3g}i"
