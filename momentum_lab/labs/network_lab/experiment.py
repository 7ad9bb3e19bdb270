"""The network lab: train a real network anew for each event."""

import functools
from dataclasses import dataclass
from importlib.util import find_spec

from momentum_lab.data import DATASETS, load
from momentum_lab.labs.words import (
    WITHOUT_MOMENTUM,
    function_of,
    in_words,
    settings_in_words,
)
from momentum_lab.measures import GOOD_ERROR, Summary, summarize
from momentum_lab.network import Network
from momentum_lab.training import Run, train

DATA_SETS = [name for name in DATASETS if name != "digits" or find_spec("sklearn")]

MOST_WORK = 150_000_000  # weights times items visited in one run of the lab: about a second


@functools.cache
def train_and_test(data_set):
    """Return the standardised training and test items of the data set of this name."""
    items, tests = load(data_set).split(test_fraction=0.2, seed=0)
    return items.standardized(), tests.standardized(items)


@dataclass(frozen=True, eq=False)
class LabResult:
    """A training run of the network lab, in words and numbers."""

    run: Run
    summary: Summary
    epochs: int
    test_accuracy: float
    wanted_epochs: int

    @property
    def rule(self):
        """The name of the rule."""
        return self.run.rule

    @property
    def n_updates(self):
        """How many updates were tried."""
        return self.run.n_updates

    @property
    def label(self):
        """The run in a legend."""
        return settings_in_words(self.rule, self.run.learning_rate, self.run.momentum)

    @property
    def opens_at(self):
        """The update up to which a new picture shows the run: the last."""
        return self.run.n_updates

    @property
    def finding(self):
        """What this run shows."""
        found = self.summary
        if found.diverged_at is not None:
            return f"Diverged at update {found.diverged_at:,}: the weights ran away"
        if found.error >= found.guessing:
            return f"No better than guessing: error {found.error:.2g} after {self.epochs} epochs"
        if found.swings >= 6 and found.late_error >= GOOD_ERROR:
            return f"It learns, but swings {found.swings} times; error {found.error:.2g} at the end"
        if found.good_epoch:
            when = "from" if found.stays_good else "first at"
            return f"Error below 0.1 {when} epoch {found.good_epoch}; {found.error:.2g} at the end"
        return f"Still learning: error {found.error:.2g} after {self.epochs} epochs"

    @property
    def sentence(self):
        """How the run went, with its numbers."""
        found, numbers = self.summary, self.numbers
        if found.diverged_at is not None:
            epoch = (found.diverged_at - 1) // self.run.updates_per_epoch + 1
            return (
                f"Diverged at update {found.diverged_at:,}, in epoch {epoch}: this update would "
                "have made the weight vector longer than 10,000, so the run stops; what came "
                "before stays drawn. A smaller learning rate or less momentum helps."
            )
        below = "never"
        if found.good_epoch:
            below = f"{'from' if found.stays_good else 'first at'} epoch {found.good_epoch}"
        return (
            f"{found.n_updates:,} updates with {in_words(self.rule)}: error {numbers['error']} "
            f"(guessing: {found.guessing:.3f}), below 0.1 {below}; {found.swings} swings; "
            f"accuracy {numbers['accuracy']} on the training items, {numbers['test']} on new ones."
            f"{self._shortened}"
        )

    @property
    def _shortened(self):
        if self.epochs == self.wanted_epochs:
            return ""
        return f" Only {self.epochs} of {self.wanted_epochs} epochs, to keep the sliders quick."

    @property
    def numbers(self):
        """The row of this run."""
        run, found = self.run, self.summary
        ended = found.diverged_at is None
        return {
            "rule": in_words(self.rule),
            "α": f"{run.learning_rate:g}",
            "β": "–" if self.rule in WITHOUT_MOMENTUM else f"{run.momentum:g}",
            "error": f"{found.error:.4g}" if ended else f"diverged at {found.diverged_at}",
            "error < 0.1": f"epoch {found.good_epoch}" if found.good_epoch else "never",
            "swings": f"{found.swings}",
            "accuracy": f"{found.accuracy:.1%}" if ended else "–",
            "test": f"{self.test_accuracy:.1%}" if ended else "–",
        }


def train_lab(
    own_rules, rule, data_set, learning_rate, hidden_units, momentum, batch_size, epochs, seed
):
    """Train the network lab's network from scratch and return the `LabResult`.

    own_rules: rule functions that `rule` may name besides the built-in ones.
    batch_size: a number of items, or "all".
    epochs: fewer are run where so many would keep the sliders waiting for more than a second.
    """
    items, tests = train_and_test(data_set)
    network = Network(items.n_features, hidden_units, items.n_classes)
    wanted, epochs = epochs, min(epochs, max(1, MOST_WORK // (items.n_items * network.n_weights)))
    run = train(
        network,
        items,
        function_of(rule, own_rules),
        learning_rate,
        momentum,
        epochs=epochs,
        batch_size=items.n_items if batch_size == "all" else batch_size,
        seed=seed,
        step_parts=True,
    )
    test_accuracy = float(network.accuracy(run.weights, tests.inputs, tests.targets))
    return LabResult(run, summarize(run), epochs, test_accuracy, wanted)
