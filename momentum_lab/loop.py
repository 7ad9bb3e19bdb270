"""The training loop, a piece at a time: machine code where the rule allows it, Python elsewhere.

Between two pieces Python hears an interrupt.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from momentum_lab import kernels
from momentum_lab.network import ERRORS, Network
from momentum_lab.rules import RULES, call_rule, try_rule

WEIGHTS_A_CALL = 10_000_000  # visited in one call of the compiled loop: a tenth of a second
VISITS_IN_DOUBT = 2_000  # in one call with a reader's rule, which may be made again in Python


class Piece(NamedTuple):
    """Some updates in a row: their slice, the slice of their epochs, and which items they see."""

    updates: slice
    epochs: slice
    order: np.ndarray


@dataclass(frozen=True, eq=False)
class Loop:
    """What one run reads, and the arrays that it fills; `path` and `parts` where they have rows."""

    network: Network
    inputs: np.ndarray
    targets: np.ndarray
    order: np.ndarray
    batch_size: int
    rates: np.ndarray
    kept: np.ndarray
    weights: np.ndarray
    update_errors: np.ndarray
    epoch_weights: np.ndarray
    path: np.ndarray
    parts: np.ndarray

    def run(self, rule, visits):
        """Train in place, `visits` items a call; return the diverging update's number or None."""
        compiled, memory = kernels.compiled_rule(rule), np.zeros(self.weights.size)
        if rule not in RULES.values():
            try_rule(rule)
            visits = min(visits, VISITS_IN_DOUBT)
        for piece in self._pieces(min(visits, WEIGHTS_A_CALL // self.weights.size)):
            diverged = self._train(piece, rule, compiled, memory)
            if diverged:
                return piece.updates.start + diverged
        return None

    def _pieces(self, visits):
        epochs, n_items = self.order.shape
        an_epoch = -(-n_items // self.batch_size)
        at_once = max(1, visits // n_items)
        updates = an_epoch if visits >= n_items else max(1, visits // self.batch_size)
        for epoch in range(0, epochs, at_once):
            some = slice(epoch, epoch + at_once)
            for update in range(0, an_epoch, updates):
                items = slice(update * self.batch_size, (update + updates) * self.batch_size)
                first, length = epoch * an_epoch + update, min(updates, an_epoch - update)
                last = first + length * len(self.order[some])
                yield Piece(slice(first, last), some, self.order[some, items])

    def _train(self, piece, rule, compiled, memory):
        """Train one piece in place; return 0 or which of its updates diverged."""
        if compiled is None:
            return self._train_in_python(piece, rule, memory)
        before = self.weights.copy(), memory.copy()
        try:
            return self._call(piece, compiled, memory)
        except Exception:  # own machine code, in doubt what Python would do or raise
            self.weights[:], memory[:] = before
            return self._train_in_python(piece, rule, memory)

    def _call(self, piece, rule_on_all, memory, parts=None):
        updates, epochs, order = piece
        return kernels.training_kernel()(
            rule_on_all,
            ERRORS.index(self.network.error_name),
            self.network.n_hidden,
            self.weights,
            memory,
            self.inputs,
            self.targets,
            order,
            self.batch_size,
            self.rates[updates],
            self.kept[updates],
            self.update_errors[updates],
            self.epoch_weights[epochs],
            self.path[updates.start : updates.stop + 1],
            self.parts[updates] if parts is None else parts,
        )

    def _train_in_python(self, piece, rule, memory):
        """As `_train`, calling the rule for one weight after the other."""
        start, (epochs, n_items) = piece.updates.start, piece.order.shape
        gradient, no_parts = np.empty(memory.size), np.empty((0, 2))
        update = start
        for epoch in range(epochs):
            row = slice(piece.epochs.start + epoch, piece.epochs.start + epoch + 1)
            for first in range(0, n_items, self.batch_size):
                order = piece.order[epoch : epoch + 1, first : first + self.batch_size]
                one = Piece(slice(update, update + 1), row, order)
                self._call(one, kernels.hand_over(), gradient, no_parts)
                if not self._update(rule, update, gradient, memory):
                    return update - start + 1
                update += 1
            self.epoch_weights[row] = self.weights
        return 0

    def _update(self, rule, update, gradient, memory):
        """Change weights and memory in place; return False, and change nothing, if it diverged."""
        settings = float(self.rates[update]), float(self.kept[update])
        old = self.weights.tolist(), gradient.tolist(), memory.tolist()
        with np.errstate(all="ignore"):
            if len(self.parts):
                alone = [
                    call_rule(rule, w, g, 0.0, *settings)[0] for w, g, _ in zip(*old, strict=True)
                ]
                self.parts[update, 0] = _distance(alone, old[0])
            new = [call_rule(rule, *numbers, *settings) for numbers in zip(*old, strict=True)]
        weights = [weight for weight, _ in new]
        if len(self.parts):
            self.parts[update, 1] = _distance(alone, weights)
        if not _distance(weights, [0.0] * len(weights)) <= kernels.LENGTH_LIMIT:  # also NaN
            return False
        self.weights[:], memory[:] = weights, [kept for _, kept in new]
        if len(self.path):
            self.path[update + 1] = weights
        return True


def _distance(a, b):
    """As in kernels.py, to the last bit: one square after the other, which sum() may not do."""
    squares = 0.0
    for one, other in zip(a, b, strict=True):
        squares += (one - other) * (one - other)
    return math.sqrt(squares)
