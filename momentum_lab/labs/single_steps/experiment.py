"""Single steps: train a 4-5-3 network online, and keep every number of its first updates."""

from dataclasses import dataclass, replace

import numpy as np

from momentum_lab.data import iris
from momentum_lab.labs.single_steps.words import PHASES, SingleStepsWords
from momentum_lab.labs.words import code_names, connection_names, function_of
from momentum_lab.network import Network
from momentum_lab.rules import call_on_each
from momentum_lab.training import Run, train

NETWORK = Network(4, 5, 3)
FLOWERS = iris().standardized()
DUST = 1e-14  # what rounding leaves of two weights that should be the same
NAMES, CODE_NAMES = connection_names(NETWORK), code_names(NETWORK)


@dataclass(frozen=True, eq=False)
class SingleStepsResult(SingleStepsWords):
    """The first updates of a training run, seen at one step and at one connection.

    connection: the weight that is looked at, counted from 1 in the flat order.
    rows: of the updates' flowers in the data set. run: what `train` did, with its trajectory.
    gradients, gradient_parts, memory_parts: of all weights, (updates, n_weights).
    step: how many steps are done, four for each update.
    """

    connection: int
    rows: np.ndarray
    run: Run
    gradients: np.ndarray
    gradient_parts: np.ndarray
    memory_parts: np.ndarray
    step: int = 0

    unit = "step"  # what the playback counts

    @property
    def opens_at(self):
        """The first step, if there is one."""
        return min(1, self.n_updates)

    @property
    def n_updates(self):
        """How many steps there are to be shown."""
        return len(PHASES) * len(self.gradients)

    def at(self, step):
        """Return the same run, seen at this step."""
        return replace(self, step=step)

    @property
    def name(self):
        """The connection's name."""
        return NAMES[self.connection - 1]

    @property
    def code_name(self):
        """The connection's name in code."""
        return CODE_NAMES[self.connection - 1]

    @property
    def index(self):
        """The update that is shown, counted from 0."""
        return max(self.step - 1, 0) // len(PHASES)

    @property
    def done(self):
        """How many of its four steps are done."""
        return self.step - len(PHASES) * self.index

    @property
    def weights(self):
        """All weights before this update."""
        return self.run.trajectory[self.index]

    @property
    def target(self):
        """What the outputs should be for this flower."""
        return FLOWERS.targets[self.rows[self.index]]

    @property
    def species(self):
        """The flower's true species."""
        return FLOWERS.class_names[self.target.argmax()]

    @property
    def guess(self):
        """The probability that the network gives to the true species."""
        return float(self.values[-1] @ self.target)

    @property
    def error(self):
        """The error of this flower, before the update."""
        return float(self.run.update_errors[self.index])

    @property
    def values(self):
        """The inputs, the hidden values and the outputs."""
        inputs, parts = FLOWERS.inputs[self.rows[self.index]], NETWORK.unpack(self.weights)
        hidden = np.tanh(inputs @ parts.ih_weights + parts.h_biases)
        return inputs, hidden, NETWORK.outputs(self.weights, inputs)

    @property
    def signals(self):
        """How the error changes with the sum that enters each hidden node, and each output."""
        gradient = NETWORK.unpack(self.gradients[self.index])
        return gradient.h_biases, gradient.o_biases  # a bias enters its node as it is

    @property
    def ends(self):
        """The value where each connection starts, and the signal where it ends, in flat order."""
        (inputs, hidden, _), signals = self.values, self.signals
        starts = np.repeat([*inputs, 1], len(hidden)), np.repeat([*hidden, 1], len(self.target))
        ends = np.tile(signals[0], len(inputs) + 1), np.tile(signals[1], len(hidden) + 1)
        return np.concatenate(starts), np.concatenate(ends)

    @property
    def known(self):
        """What is known of all weights by now: names and arrays in the flat order."""
        known, at = {"weight": self.weights}, self.index
        if self.done >= 3:
            known |= dict(zip(("value", "signal"), self.ends, strict=True))
            known |= {"gradient": self.gradients[at]}
        if self.done == 4:
            parts = self.gradient_parts[at], self.memory_parts[at]
            known |= {"gradient part": parts[0], "memory part": parts[1], "step": sum(parts)}
            known |= {"new weight": self.run.trajectory[at + 1]}
        return known


def take_single_steps(own_rules, rule, learning_rate, momentum, connection, updates, seed):
    """Train the network on `updates` flowers, one at a time; return the `SingleStepsResult`.

    The `seed` draws the initial weights, then the order of the flowers.
    """
    function, settings = function_of(rule, own_rules), (learning_rate, momentum)
    rng = np.random.default_rng(seed)
    start, rows = NETWORK.initial_weights(rng), rng.permutation(FLOWERS.n_items)[:updates]
    flowers, told = FLOWERS.take(rows), {"order": np.arange(updates)[None], "trajectory": True}
    run = train(NETWORK, flowers, function, *settings, weights=start, **told)
    before, after = run.trajectory[:-1], run.trajectory[1:]
    items = zip(before, flowers.inputs, flowers.targets, strict=False)  # fewer, if it diverged
    gradients = np.reshape([NETWORK.gradient(*item) for item in items], before.shape)
    alone = _without_memory(function, before, gradients, settings)
    from_memory = after - alone
    from_memory[np.abs(from_memory) < DUST] = 0
    seen = connection, rows, run, gradients, alone - before, from_memory
    return SingleStepsResult(rule, *settings, *seen)


def _without_memory(rule, weights, gradients, settings):
    """Return where the rule would take these weights if it remembered nothing."""
    if not weights.size:  # the first update diverged
        return weights
    numbers = weights.ravel().tolist(), gradients.ravel().tolist(), [0.0] * weights.size
    with np.errstate(all="ignore"):
        return np.reshape(call_on_each(rule, *numbers, *settings)[0], weights.shape)
