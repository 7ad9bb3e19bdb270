"""How a result of the lab one_item is told."""

from functools import cached_property

import numpy as np

from momentum_lab.labs.words import (
    WITHOUT_MOMENTUM,
    Result,
    as_written,
    capital,
    in_words,
    percent,
    settings_in_words,
    shortened,
)


class OneItemWords(Result):
    """The measures, the finding, the sentence and the numbers."""

    @cached_property
    def distances(self):
        """How far each run is from the minimum, (updates + 1, runs)."""
        return np.abs(self.weights)

    @cached_property
    def seen_squares(self):
        """The mean square over the runs, before the first and after each update."""
        return (self.weights * self.weights).mean(axis=1)

    @property
    def is_stable(self):
        """Whether the mean square does not grow in the long run."""
        return self.growth <= 1 + 1e-9

    @property
    def label(self):
        """The run in a legend."""
        name = shortened(in_words(self.rule))
        words = f"{name} share {self.share:.3g} α {self.learning_rate:.3g}"
        return words if self.rule in WITHOUT_MOMENTUM else f"{words} β {self.momentum:.2g}"

    @property
    def finding(self):
        """Whether the mean square grows, and what the runs in the middle do meanwhile."""
        if self.is_stable:
            return f"Stable in the mean: each update keeps {percent(self.growth)} of the square"
        grows = f"The mean square grows {as_written(self.growth, 4)} times an update"
        if self.middle < 1:
            return f"{grows}: a few runs carry it, half came closer"
        return f"{grows}; half of the runs moved away"

    @property
    def middle(self):
        """The distance within which half of the runs are at the end; they began at 1."""
        return float(np.median(self.distances[-1]))

    @property
    def sentence(self):
        """Limit and growth by theory; mean, middle and farthest of the runs."""
        side = "below" if self.learning_rate < self.limit else "above"
        who = capital(settings_in_words(self.rule, self.learning_rate, self.momentum))
        limit = f"{who}: {side} the limit {self.limit:.4g} at share {self.share:.3g}"
        whole = f"(at share 1 it is {self.batch_limit:.4g})"
        means = (
            f"{as_written(self.squares[-1])} by theory, {as_written(self.seen_squares[-1])} seen"
        )
        far = as_written(self.distances[-1].max())
        return (
            f"{limit} {whole}. Mean square after {self.n_updates} updates: {means} in "
            f"{self.weights.shape[1]:,} runs. From distance 1, half of them are now within "
            f"{as_written(self.middle)}; the farthest is at {far}."
        )

    @property
    def numbers(self):
        """The row of this run."""
        row = self.row_of_settings("αλ") | {"share": f"{self.share:.4g}"}
        return row | {
            "limit": f"{self.limit:.4g}",
            "at share 1": f"{self.batch_limit:.4g}",
            "mean square": as_written(self.squares[-1], 4),
            "an update": f"× {as_written(self.growth, 4)}",
            "seen": as_written(self.seen_squares[-1]),
            "half within": as_written(self.middle),
            "farthest": as_written(self.distances[-1].max()),
        }
