"""How a result of the spectrum is told."""

import numpy as np

from momentum_lab import theory
from momentum_lab.labs.words import (
    WITHOUT_MOMENTUM,
    Result,
    as_written,
    capital,
    in_words,
    settings_in_words,
)

ABOUT = 0.01  # rates whose distances from 1 differ by less than this share count as equal


class SpectrumWords(Result):
    """Who is slowest; the finding, the sentence and the numbers."""

    @property
    def scene(self):
        """What lies behind: the curves of the best rates, with this rule's emphasised."""
        return self.rule, self.curves

    @property
    def n_updates(self):
        """How many updates are shown at most."""
        return self.shares.shape[1] - 1

    @property
    def total(self):
        """The whole loss before the first and after each update; 1 at the start."""
        return self.shares.sum(axis=0)

    @property
    def growth(self):
        """The highest loss on the way; 1 for a loss that never rises above its start."""
        return float(self.total.max())

    @property
    def rate(self):
        """The rate of the slowest curvature, and so of the whole loss."""
        return float(self.rates.max())

    @property
    def converges(self):
        """Whether every direction shrinks."""
        return self.rate < 1 - theory.EDGE

    @property
    def updates_to_a_tenth(self):
        """The updates for each factor of ten in the long run, at these settings; inf for never."""
        return float(updates_to_a_tenth(self.rate))

    @property
    def best_updates(self):
        """The same at the best settings."""
        return float(updates_to_a_tenth(self.best.rate))

    @property
    def is_best(self):
        """Whether these settings need (nearly) as few updates as the best ones."""
        return self.updates_to_a_tenth < 1.005 * self.best_updates

    @property
    def slowest(self):
        """Where the slowest curvatures are: the places of one end or both ends, or all places.

        Never only between the ends: trace and determinant of a linear rule's matrix go along a
        straight line as the curvature grows, and those of a rate below ρ fill a triangle.
        """
        slow = self.rates >= self.rate - ABOUT * abs(1 - self.rate) - 1e-12
        places = np.arange(len(slow))
        return places if slow.all() else places[[0, -1]][slow[[0, -1]]]

    @property
    def regime(self):
        """What the slowest curvatures do: a regime, or two of them for both ends."""
        flattest, middle, steepest = self.regimes
        if len(self.slowest) > 2:
            return middle
        return " / ".join(dict.fromkeys(steepest if at else flattest for at in self.slowest))

    @property
    def slowest_in_words(self):
        """The slowest curvatures, for a table or a plot."""
        places = self.slowest
        ends = f"{self.spectrum[places[0]]:.3g}", "both ends"
        return ends[len(places) - 1] if len(places) <= 2 else "all"

    @property
    def _who(self):
        places = self.slowest
        ends = f"the {'steepest' if places[0] else 'flattest'} direction", "both ends"
        return ends[len(places) - 1] if len(places) <= 2 else "every direction"

    def loss_in_words(self, update):
        """Return the whole loss at this update as text; it is 1 at the start."""
        return as_written(self.total[update])

    def who_is_left(self, update):
        """Return what each band has of the loss that is left at this update, as shares."""
        now = self.shares[:, update]
        largest = now.max()
        return now / largest / (now / largest).sum() if largest else now

    @property
    def label(self):
        """The run in a legend, where there is little room."""
        words = f"{shortened(in_words(self.rule))} κ {self.condition_number}"
        words += f" α {self.learning_rate:.3g}"
        return words if self.rule in WITHOUT_MOMENTUM else f"{words} β {self.momentum:.2g}"

    @property
    def finding(self):
        """How good these settings are, and which end of the spectrum limits them."""
        several = len(self.slowest) == 2
        if self.rate > 1 + theory.EDGE:
            grows = "grow" if several else "grows"
            return f"Diverging: {self._who} {grows} {as_written(self.rate)} times an update"
        if not self.converges:
            return f"On the edge: {self._who} will not shrink"
        if self.is_best:
            return (
                f"{capital(in_words(self.rule))} at its best: rate {self.rate:.3g}, in the long "
                f"run {_count(self.updates_to_a_tenth)} updates for a factor of ten"
            )
        times = _count(self.updates_to_a_tenth / self.best_updates)
        is_slow = "are equally slow" if several else "is the slowest"
        if len(self.slowest) > 2:
            is_slow = "is equally slow"
        return f"{capital(self._who)} {is_slow}: {times} times the updates of the best settings"

    @property
    def sentence(self):
        """Who limits, rate and updates now and at best, and the growth before the decay."""
        best = settings_in_words(self.rule, *self.typed_best)
        updates = _count(self.best_updates)
        return (
            f"{self._now} At best ({best}) the rate is {self.best.rate:.4g}: {updates} updates. "
            f"{self._on_the_way}"
        )

    @property
    def _now(self):
        place = f"curvature {self.slowest_in_words}, " if len(self.slowest) == 1 else ""
        who = f"{capital(self._who)} ({place}{self.regime})"
        several = len(self.slowest) == 2
        if not self.converges:
            never = "never shrink" if several else "never shrinks"
            return f"{who} {never}: rate {self.rate:.4g}."
        limits = "limit" if several else "limits"
        return (
            f"{who} {limits} the speed: rate {self.rate:.4g}, in the long run "
            f"{_count(self.updates_to_a_tenth)} updates for a factor of ten."
        )

    @property
    def _on_the_way(self):
        if self.rate > 1 + theory.EDGE:
            end = self.loss_in_words(-1)
            return f"After {self.n_updates} updates the loss is {end} times its start."
        if self.growth > 1.001:
            peak, grown = int(self.total.argmax()), as_written(self.growth)
            if peak == self.n_updates:
                return f"The loss still grows at update {peak}: {grown} times its start."
            return f"The loss first grows to {grown} times its start, at update {peak}."
        return "The loss never rises above its start."

    @property
    def numbers(self):
        """The row of this run."""
        row = self.row_of_settings()
        return {"rule": row["rule"], "κ": f"{self.condition_number}"} | {
            **row,
            "rate": f"{self.rate:.4g}",
            "best rate": f"{self.best.rate:.4g}",
            "updates for a tenth": _or_never(self.updates_to_a_tenth),
            "at best": _or_never(self.best_updates),
            "slowest": self.slowest_in_words,
            "regime": self.regime,
            "highest loss": as_written(self.growth),
            "updates": f"{self.n_updates}",
            "loss left": self.loss_in_words(-1),
        }


def updates_to_a_tenth(rate):
    """Return ln 10 / −ln(rate): the updates for each factor of ten in the long run, or inf.

    inf is for a rate that does not converge; `rate` is a number or an array. From rest the first
    factor of ten may take longer, since the loss may grow first.
    """
    rate = np.asarray(rate, dtype=float)
    shrinks = rate < 1 - theory.EDGE
    speed = -np.log(np.clip(rate, 1e-10, 1 - theory.EDGE))
    return np.where(shrinks, np.log(10) / speed, np.inf)[()]


def shortened(name):
    """Return the name, or its beginning where it is too long for a plot."""
    return name if len(name) <= 14 else name[:11] + "…"


def _count(number):
    return f"{number:.3g}" if number < 1000 else f"{number:,.0f}"


def _or_never(updates):
    return f"{float(f'{updates:.4g}'):g}" if np.isfinite(updates) else "never"
