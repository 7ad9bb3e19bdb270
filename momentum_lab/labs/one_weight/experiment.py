"""One weight: a single update of it, then eleven more on the same slope."""

from dataclasses import dataclass

import numpy as np

from momentum_lab.labs.words import (
    WITHOUT_MOMENTUM,
    in_words,
    number,
    settings_in_words,
    signed,
)
from momentum_lab.theory import Response, response

SLOPE_UPDATES = 12  # how many updates of one weight are shown


@dataclass(frozen=True, eq=False)
class OneWeightResult:
    """Twelve updates of one weight on a slope that stays the same; the first is the subject."""

    rule: str
    learning_rate: float
    momentum: float
    gradient: float
    response: Response

    n_updates = SLOPE_UPDATES
    opens_at = 1

    def equation(self, update):
        """Return update number `update` as a sum: weight + gradient part + memory part."""
        before, after = self.response.weights[update - 1 : update + 1]
        parts = self.response.gradient_parts[update - 1], self.response.memory_parts[update - 1]
        return f"{number(before)} {signed(parts[0])} {signed(parts[1])} = {number(after)}"

    @property
    def label(self):
        """The run in a legend."""
        return settings_in_words(self.rule, self.learning_rate, self.momentum)

    @property
    def finding(self):
        """What a steady slope makes of the rule."""
        if not self.response.steps.any():
            return "Without slope and memory, nothing moves the weight"
        if not self.gradient:
            return "On flat ground only the memory moves the weight"
        if self.rule == "plain":
            return "Without memory, every step on a steady slope is the same"
        return (
            f"On a steady slope, update {SLOPE_UPDATES} makes {self.numbers['gain']} times the "
            "plain step"
        )

    @property
    def sentence(self):
        """The parts of the first update, and what a steady slope makes of the rule."""
        first, last = np.round(self.response.steps[[0, -1]], 12) + 0.0
        compared = f": {self.numbers['gain']} times the plain step" if self.gradient else ""
        return (
            f"The first update: {self.equation(1)}. If the slope stays the same, the steps go from "
            f"{number(first)} to {number(last)}{compared}."
        )

    @property
    def numbers(self):
        """The row of this run."""
        told = self.response
        plain_step = -self.learning_rate * self.gradient
        gain = f"{told.steps[-1] / plain_step:.3g}" if plain_step else "–"
        steps = np.round(told.steps[:4], 12) + 0.0  # two parts that cancel leave rounding dust
        return {
            "rule": in_words(self.rule),
            "α": f"{self.learning_rate:g}",
            "β": "–" if self.rule in WITHOUT_MOMENTUM else f"{self.momentum:g}",
            "gradient part": f"{told.gradient_parts[0]:.4g}",
            "memory part": f"{told.memory_parts[0] + 0.0:.4g}",
            "new weight": f"{told.weights[1]:.6g}",
            "steps": " ".join(f"{step:.3g}" for step in steps) + " …",
            "gain": gain,
        }


def update_one_weight(rule, weight, gradient, learning_rate, momentum, prev_delta):
    """Update one weight twelve times with the same gradient; return the `OneWeightResult`."""
    told = response(rule, [gradient] * SLOPE_UPDATES, learning_rate, momentum, weight, prev_delta)
    return OneWeightResult(rule, learning_rate, momentum, gradient, told)
