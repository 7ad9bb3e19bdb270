"""The training loop, a piece at a time: machine code where the rule allows it, Python elsewhere.

Between two pieces Python hears an interrupt.
"""

from dataclasses import dataclass

import numpy as np

from momentum_lab import kernels
from momentum_lab.network import ERRORS, Network
from momentum_lab.rules import RULES, call_on_each, try_rule

WEIGHTS_A_CALL = 10_000_000  # visited in one call of the compiled loop: a tenth of a second
VISITS_IN_DOUBT = 2_000  # in one call with a reader's rule, which may be made again in Python


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
        for updates in self._pieces(min(visits, WEIGHTS_A_CALL // self.weights.size)):
            diverged = self._train(updates, rule, compiled, memory)
            if diverged:
                return updates.start + diverged
        return None

    @property
    def _updates_per_epoch(self):
        return -(-self.items[2].shape[1] // self.batch_size)

    def _pieces(self, visits):
        """Cut the updates into slices of about so many visits: whole epochs or parts of one."""
        n_updates, n_items = len(self.settings[0]), self.items[2].shape[1]
        epochs = max(1, visits // n_items) * self._updates_per_epoch
        piece = epochs if visits >= n_items else max(1, visits // self.batch_size)
        for first in range(0, n_updates, epochs):
            end = min(first + epochs, n_updates)
            for start in range(first, end, piece):
                yield slice(start, min(start + piece, end))

    def _train(self, updates, rule, compiled, memory):
        """Train one piece in place; return 0 or which of its updates diverged."""
        if compiled is None:
            return self._train_in_python(updates, rule, memory)
        before = self.weights.copy(), memory.copy()
        try:
            return self._call(updates, compiled, memory, self.records[3][updates])
        except Exception:  # own machine code, in doubt what Python would do or raise
            self.weights[:], memory[:] = before
            return self._train_in_python(updates, rule, memory)

    def _call(self, updates, rule_on_all, memory, parts):
        inputs, targets, order = self.items
        epoch, first = divmod(updates.start, self._updates_per_epoch)
        epochs = slice(epoch, -(-updates.stop // self._updates_per_epoch))
        last = first + updates.stop - updates.start  # past the last column if there are more epochs
        order = order[epochs, first * self.batch_size : last * self.batch_size]
        sizes = ERRORS.index(self.network.error_name), self.network.n_hidden, self.batch_size
        settings = tuple(value[updates] for value in self.settings)
        errors, epoch_weights, path, _ = self.records
        path = path[updates.start : updates.stop + 1]
        records = errors[updates], epoch_weights[epochs], path, parts
        state, items = (self.weights, memory), (inputs, targets, order)
        return kernels.training_kernel()(rule_on_all, sizes, state, items, settings, records)

    def _train_in_python(self, updates, rule, memory):
        """As `_train`, calling the rule for one weight after the other."""
        gradient, no_parts = np.empty(memory.size), np.empty((0, 2))
        for update in range(updates.start, updates.stop):
            self._call(slice(update, update + 1), kernels.hand_over(), gradient, no_parts)
            if not self._update(rule, update, gradient, memory):
                return update - updates.start + 1
            self.records[1][update // self._updates_per_epoch] = self.weights
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
    """As in kernels.py, to the last bit: one square after the other, as np.sum does not add."""
    return np.sqrt(np.cumsum(np.subtract(a, b) ** 2)[-1])
