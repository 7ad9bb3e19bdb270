"""How a result of the spectrum is told."""

from momentum_lab import theory
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
    def _slowest(self):
        """Who is slowest: for a table, for a sentence, that they are, and the end of their verb."""
        if len(self.slowest) > 2:
            return "all", "every direction", "is equally slow", "s"
        if len(self.slowest) == 2:
            return "both ends", "both ends", "are equally slow", ""
        who = "the steepest direction" if self.slowest[0] else "the flattest direction"
        return f"{self.spectrum[self.slowest[0]]:.3g}", who, "is the slowest", "s"

    def who_is_left(self, update):
        """Return what each band has of the loss that is left at this update, as shares."""
        now = self.shares[:, update] / (self.shares[:, update].max() or 1)  # no sum can overflow
        return now / (now.sum() or 1)

    @property
    def label(self):
        """The run in a legend."""
        name = f"{shortened(in_words(self.rule))} κ {self.condition_number}"
        words = f"{name} α {self.learning_rate:.3g}"
        return words if self.rule in WITHOUT_MOMENTUM else f"{words} β {self.momentum:.2g}"

    @property
    def finding(self):
        """How good these settings are, and which end of the spectrum limits them."""
        _, who, are_slow, s = self._slowest
        if self.rate > 1 + theory.EDGE:
            return f"Diverging: {who} grow{s} {as_written(self.rate)} times an update"
        if not self.converges:
            return f"Neutral edge: {who} will not shrink"
        if self.is_best:
            best = f"{capital(in_words(self.rule))} at its best"
            return f"{best}: rate {self.rate:.3g}, {_in_the_long_run(self.updates_to_a_tenth)}"
        times = as_written(self.updates_to_a_tenth / self.best.updates)
        return f"{capital(who)} {are_slow}: {times} times the updates of the best settings"

    @property
    def sentence(self):
        """Who limits, rate and updates now and at best, and the growth before the decay."""
        place, who, _, s = self._slowest
        regime, now = regime_in_words(self.regime), f"never shrink{s}: rate {self.rate:.4g}"
        if len(self.slowest) == 1:
            regime = f"curvature {place}, {regime}"
        if self.converges:
            updates = _in_the_long_run(self.updates_to_a_tenth)
            now = f"limit{s} the speed: rate {self.rate:.4g}, {updates}"
        best = settings_in_words(self.rule, self.best.learning_rate, self.best.momentum)
        at_best = f"{self.best.rate:.4g}: {as_written(self.best.updates)} updates"
        best = f"At best ({best}) the rate is {at_best}."
        return f"{capital(who)} ({regime}) {now}. {best} The loss {self._on_the_way}."

    @property
    def _on_the_way(self):
        """How the loss grows, for good or before it shrinks."""
        peak, last = self.total.argmax(), self.n_updates
        if self.growth <= 1.001:
            return "never rises above its start"
        if peak == last or self.rate > 1 + theory.EDGE:
            return f"still grows at update {last}: {as_written(self.total[-1])} times its start"
        return f"first grows to {as_written(self.growth)} times its start, at update {peak}"

    @property
    def numbers(self):
        """The row of this run."""
        needed = as_written(self.updates_to_a_tenth, 4) if self.converges else "never"
        row = {"rule": "", "κ": f"{self.condition_number}"} | self.row_of_settings()
        return row | {
            "rate": f"{self.rate:.4g}",
            "best rate": f"{self.best.rate:.4g}",
            "updates for a factor of ten": needed,
            "at best": as_written(self.best.updates, 4),
            "slowest": self._slowest[0],
            "regime": regime_in_words(self.regime),
            "highest loss": as_written(self.growth),
            "updates": f"{self.n_updates}",
            "loss left": as_written(self.total[-1]),
        }


def _in_the_long_run(updates):
    return f"in the long run {as_written(updates)} updates for a factor of ten"
