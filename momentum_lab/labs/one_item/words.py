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

HIGHEST = 1e40  # what is larger is told, and drawn, as beyond this: runs and theory are held there


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
    def is_at_limit(self):
        """Whether the mean square neither grows nor shrinks in the long run."""
        return abs(self.growth - 1) <= 1e-9

    @property
    def label(self):
        """The run in a legend."""
        name = shortened(in_words(self.rule))
        words = f"{name} share {self.share:.3g} α {self.learning_rate:.3g}"
        return words if self.rule in WITHOUT_MOMENTUM else f"{words} β {self.momentum:.2g}"

    @property
    def finding(self):
        """Whether the mean square grows, and what the runs in the middle do meanwhile."""
        if self.is_at_limit:
            return "At the limit: in the long run the mean square neither grows nor shrinks"
        if self.growth < 1:
            return f"Stable in the mean: each update keeps {percent(self.growth)} of the square"
        grows = f"The mean square grows {as_written(self.growth, 4)} times an update"
        if self.middle < 1:
            return f"{grows}: a few runs carry it, at least half came closer"
        return f"{grows}; at least half of the runs moved away"

    @property
    def middle(self):
        """The distance within which half of the runs are at the end; they began at 1."""
        return float(np.median(self.distances[-1]))

    @property
    def sentence(self):
        """Limit and growth by theory; mean, middle and farthest of the runs."""
        side = "below" if self.learning_rate < self.limit else "above"
        side = "at" if self.is_at_limit else side
        who = capital(settings_in_words(self.rule, self.learning_rate, self.momentum))
        limit = f"{who}: {side} the limit {self.limit:.4g} at share {self.share:.3g}"
        whole = f"(at share 1 it is {self.batch_limit:.4g})"
        means = f"{size(self.squares[-1])} by theory, {size(self.seen_squares[-1])} seen"
        far = size(self.distances[-1].max())
        return (
            f"{limit} {whole}. Mean square after {self.n_updates} updates: {means} in "
            f"{self.weights.shape[1]:,} runs. From distance 1, half of them are now within "
            f"{size(self.middle)}; the farthest is at {far}."
        )

    @property
    def numbers(self):
        """The row of this run."""
        row = self.row_of_settings("αλ") | {"share": f"{self.share:.4g}"}
        return row | {
            "limit": f"{self.limit:.4g}",
            "at share 1": f"{self.batch_limit:.4g}",
            "mean square": size(self.squares[-1], 4),
            "an update": f"× {as_written(self.growth, 4)}",
            "seen": size(self.seen_squares[-1]),
            "half within": size(self.middle),
            "farthest": size(self.distances[-1].max()),
        }


def size(value, digits=3):
    """Return a square or a distance as text; beyond HIGHEST it is not known how large it is."""
    return as_written(value, digits) if value < HIGHEST else "over 10⁴⁰"
