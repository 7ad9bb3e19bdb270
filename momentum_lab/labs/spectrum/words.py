"""How a result of the spectrum is told."""

import numpy as np

from momentum_lab import theory
from momentum_lab.labs.best import updates_to_a_tenth
from momentum_lab.labs.words import (
    WITHOUT_MOMENTUM,
    Result,
    as_written,
    capital,
    in_words,
    regime_in_words,
    settings_in_words,
    shortened,
)


class SpectrumWords(Result):
    """The measures, the finding, the sentence and the numbers."""

    @property
    def scene(self):
        """What lies behind: the curves of the best rates, with this rule's emphasised."""
        return self.rule, self.curves

    @property
    def growth(self):
        """The highest loss on the way; 1 for a loss that never rises above its start."""
        return float(self.total.max())

    @property
    def converges(self):
        """Whether every direction shrinks; a tiny learning rate only does so slowly."""
        return not {"edge", "diverging"} & set(self.regime.split(" / "))

    @property
    def updates_to_a_tenth(self):
        """The updates for each factor of ten in the long run, at these settings; inf for never."""
        return float(updates_to_a_tenth(self.rate)) if self.converges else np.inf

    @property
    def is_best(self):
        """Whether these settings need (nearly) as few updates as the best ones."""
        return self.updates_to_a_tenth < 1.005 * self.best.updates

    @property
    def slowest_in_words(self):
        """The slowest curvatures, for a table or a plot."""
        return self._by_who(f"{self.spectrum[self.slowest[0]]:.3g}", "both ends", "all")

    def _by_who(self, one_end, both_ends, all_places):
        """Return the one that suits where the slowest curvatures are."""
        return (one_end, both_ends, all_places)[min(len(self.slowest), 3) - 1]

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
        """The run in a legend."""
        name = f"{shortened(in_words(self.rule))} κ {self.condition_number}"
        words = f"{name} α {self.learning_rate:.3g}"
        return words if self.rule in WITHOUT_MOMENTUM else f"{words} β {self.momentum:.2g}"

    @property
    def finding(self):
        """How good these settings are, and which end of the spectrum limits them."""
        if self.rate > 1 + theory.EDGE:
            grows = f"{self._verb('grow')} {as_written(self.rate)} times"
            return f"Diverging: {self._who} {grows} an update"
        if not self.converges:
            return f"Neutral edge: {self._who} will not shrink"
        if self.is_best:
            return (
                f"{capital(in_words(self.rule))} at its best: rate {self.rate:.3g}, in the long "
                f"run {_count(self.updates_to_a_tenth)} updates for a factor of ten"
            )
        times = _count(self.updates_to_a_tenth / self.best.updates)
        are = self._by_who("is the slowest", "are equally slow", "is equally slow")
        return f"{capital(self._who)} {are}: {times} times the updates of the best settings"

    @property
    def _who(self):
        end = "steepest" if self.slowest[0] else "flattest"
        return self._by_who(f"the {end} direction", "both ends", "every direction")

    def _verb(self, verb):
        """Return the verb as it stands behind `_who`."""
        return verb if len(self.slowest) == 2 else f"{verb}s"

    @property
    def sentence(self):
        """Who limits, rate and updates now and at best, and the growth before the decay."""
        place = self._by_who(f"curvature {self.slowest_in_words}, ", "", "")
        who = f"{capital(self._who)} ({place}{regime_in_words(self.regime)})"
        now, rate = f"never {self._verb('shrink')}", f"rate {self.rate:.4g}"
        if self.converges:
            now, updates = f"{self._verb('limit')} the speed", _count(self.updates_to_a_tenth)
            rate += f", in the long run {updates} updates for a factor of ten"
        best = settings_in_words(self.rule, self.best.learning_rate, self.best.momentum)
        at_best = f"the rate is {self.best.rate:.4g}: {_count(self.best.updates)} updates."
        return f"{who} {now}: {rate}. At best ({best}) {at_best} {self._on_the_way}"

    @property
    def _on_the_way(self):
        if self.rate > 1 + theory.EDGE:
            end = self.loss_in_words(-1)
            return f"After {self.n_updates} updates the loss is {end} times its start."
        if self.growth <= 1.001:
            return "The loss never rises above its start."
        peak, grown = int(self.total.argmax()), as_written(self.growth)
        if peak == self.n_updates:
            return f"The loss still grows at update {peak}: {grown} times its start."
        return f"The loss first grows to {grown} times its start, at update {peak}."

    @property
    def numbers(self):
        """The row of this run."""
        row = {"rule": "", "κ": f"{self.condition_number}"} | self.row_of_settings()
        return row | {
            "rate": f"{self.rate:.4g}",
            "best rate": f"{self.best.rate:.4g}",
            "updates for a factor of ten": _or_never(self.updates_to_a_tenth),
            "at best": _or_never(self.best.updates),
            "slowest": self.slowest_in_words,
            "regime": regime_in_words(self.regime),
            "highest loss": as_written(self.growth),
            "updates": f"{self.n_updates}",
            "loss left": self.loss_in_words(-1),
        }


def _count(number):
    return f"{number:.3g}" if number < 1000 else f"{number:,.0f}"


def _or_never(updates):
    return f"{float(f'{updates:.4g}'):g}" if np.isfinite(updates) else "never"
