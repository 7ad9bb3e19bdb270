"""The training loop, a piece at a time: machine code where the rule allows it, Python elsewhere.

Between two pieces Python hears an interrupt.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from momentum_lab import kernels
from momentum_lab.network import ERRORS, Network
from momentum_lab.rules import RULES, call_on_each, try_rule

WEIGHTS_A_CALL = 10_000_000  # visited in one call of the compiled loop: a tenth of a second
VISITS_IN_DOUBT = 2_000  # in one call with a reader's rule, which may be made again in Python


class Piece(NamedTuple):
    """Some updates in a row: their slice, the slice of their epochs, and which items they see."""

    updates: slice
    epochs: slice
    order: np.ndarray


@dataclass(frozen=True, eq=False)
class Loop:
    """What one run reads, and the arrays that it fills.

    items: inputs, targets, order; settings: learning rate and momentum of each update.
    records: update_errors, epoch_weights, trajectory, step_parts, the last two if they have rows.
    """

    network: Network
    batch_size: int
    weights: np.ndarray
    items: tuple
    settings: tuple
    records: tuple

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
        order = self.items[2]
        epochs, n_items = order.shape
        an_epoch = -(-n_items // self.batch_size)
        at_once = max(1, visits // n_items)
        updates = an_epoch if visits >= n_items else max(1, visits // self.batch_size)
        for epoch in range(0, epochs, at_once):
            some = slice(epoch, epoch + at_once)
            for update in range(0, an_epoch, updates):
                items = slice(update * self.batch_size, (update + updates) * self.batch_size)
                first, length = epoch * an_epoch + update, min(updates, an_epoch - update)
                last = first + length * len(order[some])
                yield Piece(slice(first, last), some, order[some, items])

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
        sizes = ERRORS.index(self.network.error_name), self.network.n_hidden, self.batch_size
        state, items = (self.weights, memory), (*self.items[:2], order)
        settings = tuple(value[updates] for value in self.settings)
        errors, epoch_weights, path, all_parts = self.records
        path = path[updates.start : updates.stop + 1]
        parts = all_parts[updates] if parts is None else parts
        records = errors[updates], epoch_weights[epochs], path, parts
        return kernels.training_kernel()(rule_on_all, sizes, state, items, settings, records)

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
            self.records[1][row] = self.weights
        return 0

    def _update(self, rule, update, gradient, memory):
        """Change weights and memory in place; return False, and change nothing, if it diverged."""
        *_, path, parts = self.records
        settings = [float(value[update]) for value in self.settings]
        old, slopes, nothing = self.weights.tolist(), gradient.tolist(), [0.0] * memory.size
        with np.errstate(all="ignore"):
            if len(parts):
                alone, _ = call_on_each(rule, old, slopes, nothing, *settings)
            weights, kept = call_on_each(rule, old, slopes, memory.tolist(), *settings)
        if len(parts):
            parts[update] = _distance(alone, old), _distance(alone, weights)
        if not _distance(weights, nothing) <= kernels.LENGTH_LIMIT:  # also NaN
            return False
        self.weights[:], memory[:] = weights, kept
        if len(path):
            path[update + 1] = weights
        return True


def _distance(a, b):
    """As in kernels.py, to the last bit: one square after the other, which sum() may not do."""
    squares = 0.0
    for one, other in zip(a, b, strict=True):
        squares += (one - other) * (one - other)
    return math.sqrt(squares)
