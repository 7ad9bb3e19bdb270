"""What a dashboard computes: settings in, a result with its own words and numbers out.

Every result has the number of its updates (`n_updates`), the one that a new picture `opens_at`,
the `rule` it used, a `label` for the legend, a `finding` for the title, a `sentence` for the
line below the picture, and `numbers`, a row of the table of runs: a dict from heading to text.
"""

import functools
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np

from momentum_lab.data import DATASETS, load
from momentum_lab.measures import GOOD_ERROR, Summary, summarize
from momentum_lab.network import Network
from momentum_lab.theory import Response, response
from momentum_lab.training import Run, train

DATA_SETS = [name for name in DATASETS if name != "digits" or find_spec("sklearn")]

MOST_WORK = 150_000_000  # weights times items visited in one run of the lab: about a second
WITHOUT_MOMENTUM = ("plain", "adagrad")  # rules that ignore the momentum


def in_words(rule):
    """Return a rule's name as the lessons write it: previous_delta becomes previous-delta."""
    return {"previous_delta": "previous-delta"}.get(rule, rule.replace("_", " "))


def settings_in_words(rule, learning_rate, momentum):
    """Return rule, learning rate and, where the rule uses it, momentum, for a legend."""
    words = f"{in_words(rule)}, α {learning_rate:g}"
    return words if rule in WITHOUT_MOMENTUM else f"{words}, β {momentum:g}"


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
    own = {own_rule.__name__: own_rule for own_rule in own_rules}
    run = train(
        network,
        items,
        own.get(rule, rule),
        learning_rate,
        momentum,
        epochs=epochs,
        batch_size=items.n_items if batch_size == "all" else batch_size,
        seed=seed,
        step_parts=True,
    )
    test_accuracy = float(network.accuracy(run.weights, tests.inputs, tests.targets))
    return LabResult(run, summarize(run), epochs, test_accuracy, wanted)


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
        return f"{_number(before)} {_signed(parts[0])} {_signed(parts[1])} = {_number(after)}"

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
            f"{_number(first)} to {_number(last)}{compared}."
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


def _number(value):
    return f"{value:.6g}".replace("-", "−")


def _signed(part):
    return f"{'−' if part < 0 else '+'} {abs(part):.6g}"


def update_one_weight(rule, weight, gradient, learning_rate, momentum, prev_delta):
    """Update one weight twelve times with the same gradient; return the `OneWeightResult`."""
    told = response(rule, [gradient] * SLOPE_UPDATES, learning_rate, momentum, weight, prev_delta)
    return OneWeightResult(rule, learning_rate, momentum, gradient, told)
