"""One step of one update: where the run is, what is in the nodes, what is known of each weight."""

import numpy as np

from momentum_lab.data import iris
from momentum_lab.labs.single_steps.words import PHASES, SingleStepsWords
from momentum_lab.labs.words import code_names, connection_names
from momentum_lab.network import Network

NETWORK = Network(4, 5, 3)
FLOWERS = iris().standardized()
NAMES, CODE_NAMES = connection_names(NETWORK), code_names(NETWORK)


class Moment(SingleStepsWords):
    """What a result shows at its `step`."""

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
