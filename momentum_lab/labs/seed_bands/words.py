"""How many runs of a rule, beside many of plain, are told."""

from functools import cached_property

import numpy as np

from momentum_lab.labs.words import (
    Result,
    capital,
    counted,
    in_words,
    settings_in_words,
    short,
    shortened,
)
from momentum_lab.measures import GOOD_ERROR, quantile


class BandsWords(Result):
    """The finding, the sentence and the numbers of two rules from many seeds."""

    @property
    def updates_per_epoch(self):
        """How many updates an epoch has."""
        return -(-self.n_items // self.runs.batch_size)

    @property
    def n_updates(self):
        """How many updates each run has."""
        return self.epochs * self.updates_per_epoch

    @cached_property
    def first_epochs(self):
        """The first epoch of each seed with an error below 0.1, or inf: the rule's, plain's."""
        return tuple(runs.first_epoch_below(GOOD_ERROR) for runs in (self.runs, self.plain))

    @cached_property
    def median_epochs(self):
        """The medians of these over the seeds: the rule's, plain's."""
        return tuple(float(quantile(first, 0.5)) for first in self.first_epochs)

    @property
    def finding(self):
        """Which of the two was first below 0.1."""
        mine, plains = self.median_epochs
        same, name = f"Same {self.compare_at}", shortened(in_words(self.rule))
        if self.rule == "plain":
            return f"Plain gradient descent: below 0.1 {when(mine)}"
        if mine == plains == np.inf:
            return f"{same}: neither is below 0.1 within {counted(self.epochs, 'epoch')}"
        if mine == plains:
            return f"{same}: a tie, both are below 0.1 {when(mine)}"
        (sooner, first), (later, second) = sorted([(mine, name), (plains, "plain")])
        return f"{same}: {first} first, below 0.1 {when(sooner)}, {second} {when(later)}"

    @property
    def label(self):
        """The run in a legend."""
        return settings_in_words(self.rule, float(f"{self.learning_rate:.4g}"), self.momentum)

    @property
    def sentence(self):
        """How the seeds went, with their numbers."""
        mine, plains = (told(first) for first in self.first_epochs)
        plains = plains.removeprefix("is below 0.1 ")
        items = "one item" if self.runs.batch_size == 1 else f"{self.runs.batch_size:,} items"
        words = f"Medians of {len(self.runs.seeds)} seeds, {items} in an update: "
        words += f"{in_words(self.rule)} {mine}"
        if self.rule != "plain":
            words += f", plain with α {self.plain_rate:g} {plains}. {self._seed_by_seed}"
        return f"{words}.{self._diverged}{self._no_gain}{self._shortened}"

    @property
    def _seed_by_seed(self):
        mine, plains = self.first_epochs
        sooner, later = np.sum(mine < plains), np.sum(mine > plains)
        return f"Seed by seed it is sooner in {sooner}, later in {later}"

    @property
    def _diverged(self):
        counts = [
            sum(at is not None for at in runs.diverged_at) for runs in (self.runs, self.plain)
        ]
        if not any(counts) or self.rule == "plain" and not counts[0]:
            return ""
        if self.rule == "plain":
            return f" Diverged: {counted(counts[0], 'seed')}."
        return f" Diverged: {counted(counts[0], 'seed')}, of plain {counts[1] or 'none'}."

    @property
    def _no_gain(self):
        if self.effective is not None:
            return ""
        return f" {capital(in_words(self.rule))} has no steady gain: its learning rate is plain's."

    @property
    def _shortened(self):
        if (self.epochs, self.n_items) == (self.wanted_epochs, self.wanted_items):
            return ""
        words = f" Only {self.epochs} of {self.wanted_epochs} epochs"
        if self.n_items < self.wanted_items:
            words += f" with {self.n_items} of {self.wanted_items:,} items"
        return f"{words}, to keep the waiting short."

    def beside(self, pinned):
        """Which of the present run and the pinned ones was below 0.1 first, by their medians."""
        if not pinned:
            return ""
        runs = {"now": self} | pinned
        epochs = {name: run.median_epochs[0] for name, run in runs.items()}
        ranked = sorted(set(epochs.values()))
        groups = [" and ".join(n for n in epochs if epochs[n] == each) for each in ranked]
        texts = [f"{group} ({when(each)})" for group, each in zip(groups, ranked, strict=True)]
        return f"Below 0.1 first, by their medians: {', then '.join(texts)}."

    @property
    def numbers(self):
        """The row of this run."""
        mine, plains = (when(epoch) for epoch in self.median_epochs)
        low, high = (quantile(self.first_epochs[0], share) for share in (0.1, 0.9))
        last = self.runs.median[-1]
        return self.row_of_settings() | {
            "effective α": "–" if self.effective is None else f"{self.effective:.4g}",
            "error < 0.1": mine.removeprefix("at "),
            "80 % of seeds": span(low, high),
            "plain's": plains.removeprefix("at "),
            "last error": "diverged" if last == np.inf else f"{last:.4g}",
        }

    def row_of_settings(self, rate="α"):
        """As of all results; a learning rate that was divided by a gain has many digits."""
        return super().row_of_settings(rate) | {rate: f"{self.learning_rate:.4g}"}


def when(epoch):
    """Return at which epoch, as text: at epoch 23.5, or never."""
    return "never" if epoch == np.inf else f"at epoch {short(epoch)}"


def span(low, high):
    """Return from which epoch to which: 20 to 27, 20 to never, or never."""
    if low == np.inf:
        return "never"
    return " to ".join("never" if epoch == np.inf else short(epoch) for epoch in (low, high))


def told(first_epochs):
    """Return the median of these epochs, and from where to where 80 % of them lie."""
    low, middle, high = (quantile(first_epochs, share) for share in (0.1, 0.5, 0.9))
    is_below = "is never below 0.1" if middle == np.inf else f"is below 0.1 {when(middle)}"
    return is_below if low == np.inf else f"{is_below} (80 % of the seeds: {span(low, high)})"
