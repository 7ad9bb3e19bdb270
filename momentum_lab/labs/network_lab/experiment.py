"""The network lab: train a real network anew for each event."""

from dataclasses import dataclass

from momentum_lab import kernels
from momentum_lab.labs.items import train_and_test
from momentum_lab.labs.network_lab.words import LabWords
from momentum_lab.labs.words import function_of
from momentum_lab.measures import Summary, summarize
from momentum_lab.network import Network
from momentum_lab.training import Run, train

# What may be done in one run of the lab, about a second's work on one core:
MOST_WORK = 150_000_000  # weights times items visited
MOST_CALLS = 500_000  # calls of a rule that has to run as plain Python


@dataclass(frozen=True, eq=False)
class LabResult(LabWords):
    """A training run of the network lab, and how much of what was wanted it does."""

    run: Run
    n_updates: int
    summary: Summary
    test_accuracy: float
    epochs: int
    wanted_epochs: int
    n_items: int
    wanted_items: int
    is_compiled: bool


def train_lab(
    own_rules, rule, data_set, learning_rate, hidden_units, momentum, batch_size, epochs, seed
):
    """Train the network lab's network from scratch and return the `LabResult`.

    own_rules: rule functions that `rule` may name besides the built-in ones (see `offered`).
    batch_size: a number of items, or "all". epochs: fewer are run where these would keep the
    sliders waiting for more than a second, and where even one would, on fewer items.
    """
    function, settings = function_of(rule, own_rules), (learning_rate, momentum)
    items, tests = train_and_test(data_set)
    network, wanted_items = Network(items.n_features, hidden_units, items.n_classes), items.n_items
    batch_size = wanted_items if batch_size == "all" else batch_size
    most = MOST_WORK // (wanted_items * network.n_weights)
    is_compiled = kernels.is_compiled(function)
    if not is_compiled:  # two calls for each weight in an update, with and without its memory
        updates = max(1, MOST_CALLS // (2 * network.n_weights))
        items = items.take(range(min(wanted_items, updates * batch_size)))
        most = min(most, updates // -(-items.n_items // batch_size))
    done = max(1, min(epochs, most))
    run = train(network, items, function, *settings, done, batch_size, seed, step_parts=True)
    accuracy = float(network.accuracy(run.weights, tests.inputs, tests.targets))
    work = done, epochs, items.n_items, wanted_items, is_compiled
    return LabResult(rule, *settings, run, run.n_updates, summarize(run), accuracy, *work)
