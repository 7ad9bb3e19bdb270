"""How a result of one weight is told."""

import numpy as np

from momentum_lab.labs.words import Result, number, signed


class OneWeightWords(Result):
    """The finding, the sentence and the numbers of twelve updates on a steady slope."""

    def equation(self, update):
        """Return update number `update` as a sum: weight + gradient part + memory part."""
        before, after = self.response.weights[update - 1 : update + 1]
        parts = self.response.gradient_parts[update - 1], self.response.memory_parts[update - 1]
        return f"{number(before)} {signed(parts[0])} {signed(parts[1])} = {number(after)}"

    @property
    def finding(self):
        """What a steady slope makes of the rule."""
        if not self.response.steps.any():
            return "Without slope and memory, nothing moves the weight"
        if not self.gradient:
            return "On flat ground only the memory moves the weight"
        if self.rule == "plain":
            return "Without memory, every step on a steady slope is the same"
        times = f"{self._in_plain_steps} times the plain step"
        return f"On a steady slope, update {self.n_updates} makes {times}"

    @property
    def sentence(self):
        """The parts of the first update, and what a steady slope makes of the rule."""
        first, last = np.round(self.response.steps[[0, -1]], 12) + 0.0
        compared = f": {self._in_plain_steps} times the plain step" if self.gradient else ""
        steps = f"the steps go from {number(first)} to {number(last)}{compared}"
        return f"The first update: {self.equation(1)}. If the slope stays the same, {steps}."

    @property
    def numbers(self):
        """The row of this run."""
        told = self.response
        steps = np.round(told.steps[:4], 12) + 0.0  # two parts that cancel leave rounding dust
        return self.row_of_settings() | {
            "gradient part": f"{told.gradient_parts[0]:.4g}",
            "memory part": f"{told.memory_parts[0] + 0.0:.4g}",
            "new weight": f"{told.weights[1]:.6g}",
            "steps": " ".join(f"{step:.3g}" for step in steps) + " …",
            "step 12 / plain": self._in_plain_steps,
        }

    @property
    def _in_plain_steps(self):
        """How many times the plain step the last one is, on the way to the steady gain."""
        plain_step = -self.learning_rate * self.gradient
        return f"{self.response.steps[-1] / plain_step:.3g}" if plain_step else "–"
