"""Single steps: train a 4-5-3 network online, and keep every number of its first updates."""

from dataclasses import dataclass, replace

import numpy as np

from momentum_lab.labs.single_steps.moment import FLOWERS, NETWORK, Moment
from momentum_lab.labs.single_steps.words import PHASES
from momentum_lab.labs.words import function_of
from momentum_lab.rules import call_on_each
from momentum_lab.training import Run, train

DUST = 1e-14  # what rounding leaves of two weights that should be the same


@dataclass(frozen=True, eq=False)
class SingleStepsResult(Moment):
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

    def at_update(self, step):
        """Return the same run, seen at this step."""
        return replace(self, step=step)


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
