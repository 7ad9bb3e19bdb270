"""The training loop, a piece at a time: machine code where the rule allows it, Python elsewhere.

Between two pieces Python hears an interrupt.
"""

from dataclasses import dataclass

import numpy as np

from momentum_lab import kernels
from momentum_lab.rules import RULES, call_on_each, try_rule

WEIGHTS_A_CALL = 10_000_000  # visited in one call of the compiled loop: a tenth of a second
VISITS_IN_DOUBT = 2_000  # in one call with a reader's rule, which may be made again in Python


@dataclass(frozen=True, eq=False)
class Loop:
    """What one run reads, and the arrays that it fills: the arguments of the compiled loop.

    sizes: which of `ERRORS`, hidden nodes, batch size; state: weights and memory.
    items: inputs, targets, order; settings: learning rate and momentum of each update.
    records: update_errors, epoch_weights; trajectory, step_parts, gradients, if they have rows.
    """

    sizes: tuple
    state: tuple
    items: tuple
    settings: tuple
    records: tuple

    def run(self, rule, visits, between=None):
        """Train in place, `visits` items a call; return the diverging update's number or None.

        between: a function called before each piece; what it raises ends the run.
        """
        compiled = kernels.compiled_rule(rule)
        visits = min(visits, WEIGHTS_A_CALL // self.state[0].size)
        if rule not in RULES.values():
            try_rule(rule)
            visits = min(visits, VISITS_IN_DOUBT)
        n_updates, at_once = len(self.settings[0]), max(1, visits // self.sizes[-1])
        for first in range(0, n_updates, at_once):
            if between:
                between()
            diverged_at = self._train(rule, compiled, first, min(first + at_once, n_updates))
            if diverged_at:
                return diverged_at
        return None

    def _train(self, rule, compiled, first, end):
        """Train from update `first` up to `end`; return 0 or the number of the diverging one."""
        if compiled is not None:
            before = [part.copy() for part in self.state]
            try:
                return self._call(compiled, first, end, self.state, self.records)
            except Exception:  # own machine code, in doubt what Python would do or raise
                for part, old in zip(self.state, before, strict=True):
                    part[:] = old
        with np.errstate(all="ignore"):
            return next((n + 1 for n in range(first, end) if self._diverges(rule, n)), 0)

    def _call(self, rule_on_all, first, end, state, records):
        sizes, kernel = (first, end, *self.sizes), kernels.training_kernel()
        return kernel(rule_on_all, sizes, state, self.items, self.settings, records)

    def _diverges(self, rule, update):
        """Make one update, the rule called for each weight; if it diverges only say so."""
        errors, epoch_weights, path, parts, gradients = self.records
        (weights, memory), nothing = self.state, [0.0] * self.state[0].size
        gradient = np.empty(weights.size)
        records = errors, epoch_weights, path, parts[:0], gradients
        self._call(kernels.hand_over(), update, update + 1, (weights, gradient), records)
        old, slopes = weights.tolist(), gradient.tolist()
        settings = [float(value[update]) for value in self.settings]
        if len(parts):
            alone, _ = call_on_each(rule, old, slopes, nothing, *settings)
        new, kept = call_on_each(rule, old, slopes, memory.tolist(), *settings)
        if len(parts):
            parts[update] = _distance(alone, old), _distance(alone, new)
        if not _distance(new, nothing) <= kernels.LENGTH_LIMIT:  # so written, NaN is past it, too
            return True
        weights[:], memory[:] = new, kept
        epoch_weights[update * len(epoch_weights) // len(errors)] = weights
        path[update + 1 : update + 2] = weights
        return False


def _distance(a, b):
    """As in kernels.py, to the last bit: one square after the other, as np.sum does not add."""
    return np.sqrt(np.cumsum(np.subtract(a, b) ** 2)[-1])
