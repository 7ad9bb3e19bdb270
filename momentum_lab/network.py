"""The network: one hidden layer, with all its weights in one flat vector.

So a rule, a Hessian and a trajectory all see the same object.
"""

import functools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from momentum_lab import validation as check

ERRORS = ("cross_entropy", "squared_error", "article")


class Weights(NamedTuple):
    """The four parts of the flat weight vector, as views into it."""

    ih_weights: np.ndarray
    h_biases: np.ndarray
    ho_weights: np.ndarray
    o_biases: np.ndarray


@dataclass(frozen=True, init=False)
class Network:
    """A network with one tanh hidden layer and a softmax output.

    h = tanh(x·ih_weights + h_biases);  y = softmax(h·ho_weights + o_biases)

    `error` (kept as `error_name`) chooses what training pushes down, for one-hot targets t:
    "cross_entropy" −Σ t·log y, or "squared_error" Σ (t − y)², each averaged over the items;
    "article" reports the squared error but follows the signal of the source post's author,
    (1 − y)·y·(t − y), which drops a part of the gradient (see `output_slope`).
    The flat order is ih_weights (row-major), h_biases, ho_weights (row-major), o_biases.

    Raises ValueError for sizes below 1 (outputs below 2) and for an unknown error.
    """

    n_inputs: int
    n_hidden: int
    n_outputs: int
    error_name: str

    def __init__(self, n_inputs, n_hidden, n_outputs, error="cross_entropy"):
        if error not in ERRORS:
            raise check.unknown_name("error", error, ERRORS)
        sizes = {"n_inputs": (n_inputs, 1), "n_hidden": (n_hidden, 1), "n_outputs": (n_outputs, 2)}
        sizes = {name: check.whole_number(name, *size) for name, size in sizes.items()}
        vars(self).update(sizes, error_name=error)  # a frozen dataclass is filled so

    @property
    def n_weights(self):
        """The number of weights and biases together."""
        return (self.n_inputs + 1) * self.n_hidden + (self.n_hidden + 1) * self.n_outputs

    def unpack(self, weights):
        """Return `Weights`, four views into the flat vector `weights` of shape (n_weights,).

        ih_weights (n_inputs, n_hidden), h_biases (n_hidden,), ho_weights (n_hidden, n_outputs),
        o_biases (n_outputs,). A stack of vectors, (..., n_weights), gives a stack of each.
        Raises ValueError for any other shape.
        """
        weights = check.as_floats("weights", weights)
        n_inputs, n_hidden, n_outputs = self.n_inputs, self.n_hidden, self.n_outputs
        if weights.shape[-1:] != (self.n_weights,):
            kind = f"{n_inputs}-{n_hidden}-{n_outputs} network"
            wanted = f"({self.n_weights},) for a {kind}, got {weights.shape}"
            raise ValueError(f"weights must have shape {wanted}")
        ends = np.cumsum([n_inputs * n_hidden, n_hidden, n_hidden * n_outputs])
        ih_weights, h_biases, ho_weights, o_biases = np.split(weights, ends, axis=-1)
        ih_weights = ih_weights.reshape(*weights.shape[:-1], n_inputs, n_hidden)
        ho_weights = ho_weights.reshape(*weights.shape[:-1], n_hidden, n_outputs)
        return Weights(ih_weights, h_biases, ho_weights, o_biases)

    def initial_weights(self, seed, scale=1.0):
        """Return random weights, uniform in ±scale/√(number of inputs of the node).

        `seed` is a whole number or a numpy Generator. At scale 1 this is PyTorch's default.
        """
        scale = float(check.finite("scale", scale))
        into_hidden = (self.n_inputs + 1) * self.n_hidden
        into_output = (self.n_hidden + 1) * self.n_outputs
        n_inputs_of_node = np.repeat([self.n_inputs, self.n_hidden], [into_hidden, into_output])
        uniform = np.random.default_rng(seed).uniform(-1, 1, self.n_weights)
        return scale * uniform / np.sqrt(n_inputs_of_node)

    def outputs(self, weights, inputs):
        """Return the outputs, one probability a class: shape (n_items, n_outputs).

        `inputs` is (n_items, n_inputs); one item, (n_inputs,), gives (n_outputs,).
        Raises ValueError for wrong shapes and for NaN or infinite inputs.
        """
        inputs = self._checked_inputs(inputs)
        _, log_outputs = self._forward(self.unpack(weights), np.atleast_2d(inputs))
        return np.exp(log_outputs if inputs.ndim == 2 else log_outputs[..., 0, :])

    def error(self, weights, inputs, targets):
        """Return the error, averaged over the items (the class docstring has the formulas).

        A stack of weight vectors gives an array of errors. Raises as `unpack`, `checked_items`.
        """
        return self.error_and_accuracy(weights, inputs, targets)[0]

    def accuracy(self, weights, inputs, targets):
        """Return the share of items whose largest output is at their class; else as `error`."""
        return self.error_and_accuracy(weights, inputs, targets)[1]

    def error_and_accuracy(self, weights, inputs, targets):
        """Return `error` and `accuracy` from one pass through the network."""
        inputs, targets = self.checked_items(inputs, targets)
        _, log_outputs = self._forward(self.unpack(weights), inputs)
        correct = log_outputs.argmax(axis=-1) == targets.argmax(axis=-1)
        if self.error_name == "cross_entropy":
            total = -np.einsum("...ik,ik->...", log_outputs, targets)
        else:
            total = ((targets - np.exp(log_outputs)) ** 2).sum(axis=(-2, -1))
        return total / len(inputs), correct.mean(axis=-1)

    def gradient(self, weights, inputs, targets):
        """Return the gradient of `error`, flat as the weights are (back-propagation).

        For "article" it is the author's signal instead. Takes one vector. Raises as `error` does.
        """
        if self.unpack(weights).h_biases.ndim != 1:
            raise ValueError(f"weights must be one vector, got shape {np.shape(weights)}")
        return self.gradients(weights, inputs, targets)

    def gradients(self, weights, inputs, targets):
        """Return the `gradient` at each of a stack of weight vectors, (..., n_weights)."""
        inputs, targets = self.checked_items(inputs, targets)
        parts = self.unpack(weights)
        hidden, log_outputs = self._forward(parts, inputs)
        output_slopes = self.output_slope(np.exp(log_outputs), targets) / len(inputs)
        to_hidden = np.swapaxes(parts.ho_weights, -1, -2)
        hidden_slopes = (output_slopes @ to_hidden) * (1 - hidden) * (1 + hidden)
        hidden_part = inputs.T @ hidden_slopes, hidden_slopes.sum(axis=-2)
        output_part = np.swapaxes(hidden, -1, -2) @ output_slopes, output_slopes.sum(axis=-2)
        rows = (*np.shape(weights)[:-1], -1)
        return np.concatenate([part.reshape(rows) for part in hidden_part + output_part], axis=-1)

    def output_slope(self, outputs, targets):
        """Return how an item's error changes with the sum that enters each output node.

        cross-entropy y − t;  squared error 2y·[(y − t) − Σ y·(y − t)];
        article (1 − y)·y·(y − t): no factor 2 and no sum over the other outputs.
        """
        difference = outputs - targets
        if self.error_name == "cross_entropy":
            return difference
        if self.error_name == "squared_error":
            shared = (outputs * difference).sum(axis=-1, keepdims=True)
            return 2 * outputs * (difference - shared)
        return (1 - outputs) * outputs * difference

    def hessian(self, weights, inputs, targets, step=1e-5):
        """Return the matrix of second derivatives, (n_weights, n_weights), symmetric.

        Central differences of `gradient`; the largest eigenvalue is the sharpest curvature λ.
        Raises as `error` does.
        """
        weights = check.as_floats("weights", weights)
        self.unpack(weights)  # a wrong length must not broadcast against the moves
        moves = step * np.eye(self.n_weights)
        ahead = np.array([self.gradient(weights + move, inputs, targets) for move in moves])
        behind = np.array([self.gradient(weights - move, inputs, targets) for move in moves])
        slopes = (ahead - behind) / (2 * step)
        return (slopes + slopes.T) / 2

    def _forward(self, parts, inputs):
        """Return the hidden values and the logarithms of the outputs, one row an item."""
        hidden = np.tanh(inputs @ parts.ih_weights + parts.h_biases[..., None, :])
        sums = hidden @ parts.ho_weights + parts.o_biases[..., None, :]
        # Less the largest sum, exp() cannot overflow; np.max is slow along so short an axis.
        sums = sums - functools.reduce(np.maximum, np.moveaxis(sums, -1, 0))[..., None]
        return hidden, sums - np.log(np.exp(sums) @ np.ones((self.n_outputs, 1)))

    def _checked_inputs(self, inputs):
        inputs = check.finite("inputs", inputs)
        if inputs.ndim not in (1, 2) or inputs.shape[-1] != self.n_inputs:
            wanted = f"(n_items, {self.n_inputs}), got {inputs.shape}"
            raise ValueError(f"inputs must have shape {wanted}")
        return inputs

    def checked_items(self, inputs, targets):
        """Return inputs and targets as two float64 matrices that fit this network.

        Raises ValueError for wrong shapes, NaN or infinite inputs, targets that are not one-hot.
        """
        inputs = np.atleast_2d(self._checked_inputs(inputs))
        targets = check.one_hot_targets(np.atleast_2d(targets))
        if len(inputs) == 0:
            raise ValueError("inputs must hold at least one item, got none")
        wanted = len(inputs), self.n_outputs
        if targets.shape != wanted:
            raise ValueError(f"targets must have shape {wanted}, got {targets.shape}")
        return inputs, targets
