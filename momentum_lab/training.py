"""Train a network, or descend a landscape: one plain function and one frozen result for each.

An *update* is one change of the weights; online training (batch_size=1) makes one for each item.
"""

import math
from dataclasses import dataclass

import numpy as np

from momentum_lab import validation as check
from momentum_lab.kernels import LENGTH_LIMIT
from momentum_lab.landscapes import Landscape, get_landscape
from momentum_lab.loop import Loop
from momentum_lab.network import ERRORS, Network
from momentum_lab.rules import call_on_each, get_rule, rule_name, try_rule

MOST_VISITS = 20_000_000  # items visited in one run: seconds, and 160 MB for their order
VISITS_A_CALL = 200_000  # the compiled loop comes back to Python so often, to hear an interrupt
NUMBERS_AT_ONCE = 2_000_000  # hidden and output values held at once to measure the epochs
MOST_STEPS = 100_000  # updates in one descent: about a second


class _ReadOnly:
    """A result whose arrays nobody can change."""

    def __post_init__(self):
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False


@dataclass(frozen=True, eq=False, repr=False)
class Run(_ReadOnly):
    """One training run: what went in, and everything that was measured. Arrays are read-only.

    learning_rate, momentum: as given, one number or one for each update.
    update_errors: the error of each batch just before its update, (n_updates,).
    epoch_errors, epoch_accuracies: over all items, after each whole epoch, (n_epochs,).
    epoch_weights: the weights after each whole epoch, (n_epochs, n_weights).
    weights: the weights at the end, (n_weights,).
    trajectory: the weights at the start and after each update, (n_updates + 1, n_weights).
    step_parts: the lengths of the step that the gradient alone would make, and of what the
    memory adds to it, (n_updates, 2).
    gradients: as each update used them, (n_updates, n_weights). These three are None unless asked
    for.
    diverged_at: the number (from 1) of the update that would have made the weight vector longer
    than 10⁴, or not a number; it was undone and ended the run. Else None.
    """

    network: Network
    rule: str
    learning_rate: float | np.ndarray
    momentum: float | np.ndarray
    batch_size: int
    seed: int
    updates_per_epoch: int
    update_errors: np.ndarray
    epoch_errors: np.ndarray
    epoch_accuracies: np.ndarray
    epoch_weights: np.ndarray
    weights: np.ndarray
    trajectory: np.ndarray | None
    step_parts: np.ndarray | None
    gradients: np.ndarray | None
    diverged_at: int | None

    @property
    def n_updates(self):
        """How many updates were tried; the last one of a diverged run was undone."""
        return len(self.update_errors)

    @property
    def epoch_means(self):
        """The mean of `update_errors` over each whole epoch, (n_epochs,)."""
        whole = len(self.epoch_errors) * self.updates_per_epoch
        return self.update_errors[:whole].reshape(-1, self.updates_per_epoch).mean(axis=1)

    def __repr__(self):
        ended = f"diverged at update {self.diverged_at}"
        if self.diverged_at is None:
            error, accuracy = self.epoch_errors[-1], self.epoch_accuracies[-1]
            ended = f"error {error:.4g}, accuracy {accuracy:.4g}"
        return f"Run of {self.rule}: {self.n_updates} updates, {ended}"


def train(
    network,
    dataset,
    rule,
    learning_rate,
    momentum,
    epochs=50,
    batch_size=1,
    seed=0,
    weights=None,
    *,
    order=None,
    trajectory=False,
    step_parts=False,
    gradients=False,
    between=None,
):
    """Train `network` on `dataset` (with .inputs and .targets) and return the `Run`.

    rule: a name from `RULES` or any function with their signature.
    learning_rate, momentum: one number, or an array with one for each update.
    batch_size: items averaged for one update, from 1 (online) to all of them (batch training).
    seed: draws the initial weights, then the order of the items, anew in each epoch.
    weights: start from these instead; the seed's order stays the same.
    order: visit the items in this order instead, (epochs, n_items) row numbers.
    trajectory, step_parts, gradients: also record these parts of the `Run`.
    between: a function called now and then on the way; what it raises ends the run.

    Equal arguments give equal bytes. Divergence is no error but a result: `Run.diverged_at`.
    Raises ValueError or TypeError: which argument is wrong, what is allowed, what was given.
    """
    rule = get_rule(rule)
    if not isinstance(network, Network):
        raise TypeError(f"network must be a Network, got {type(network).__name__}")
    if not (hasattr(dataset, "inputs") and hasattr(dataset, "targets")):
        raise TypeError(f"dataset must be a Dataset, got {type(dataset).__name__}")
    inputs, targets = network.checked_items(dataset.inputs, dataset.targets)
    n_items = len(inputs)
    batch_size = check.whole_number("batch_size", batch_size, 1, n_items)
    rng = np.random.default_rng(check.whole_number("seed", seed, 0))
    start = network.initial_weights(rng)  # drawn also when not used: the order must not change
    if weights is not None:
        start = check.finite("weights", weights).copy()
        network.unpack(start)
    if order is None:
        epochs = check.whole_number("epochs", epochs, 1, MOST_VISITS // n_items)
        order = rng.permuted(np.tile(np.arange(n_items), (epochs, 1)), axis=1)
    else:
        order = _checked_order(order, n_items)
    updates_per_epoch = -(-n_items // batch_size)
    n_updates = len(order) * updates_per_epoch
    given, each_update = _settings(learning_rate, momentum, n_updates)

    errors, epoch_weights = np.empty(n_updates), np.empty((len(order), network.n_weights))
    path = np.empty((n_updates + 1 if trajectory else 0, network.n_weights))
    path[:1] = start
    parts = np.empty((n_updates if step_parts else 0, 2))
    slopes = np.empty((n_updates if gradients else 0, network.n_weights))
    sizes = ERRORS.index(network.error_name), network.n_hidden, batch_size
    state, items = (start, np.zeros(start.size)), (inputs, targets, order)
    records = errors, epoch_weights, path, parts, slopes
    loop = Loop(sizes, state, items, each_update, records)
    diverged_at = loop.run(rule, VISITS_A_CALL, between)

    errors = errors[:diverged_at]
    done = n_updates if diverged_at is None else diverged_at - 1
    epoch_weights = epoch_weights[: done // updates_per_epoch]
    epochs = *_measure_epochs(network, epoch_weights, inputs, targets), epoch_weights
    given = network, rule_name(rule), *given, batch_size, seed, updates_per_epoch
    path, parts = path[: done + 1] if trajectory else None, parts[:done] if step_parts else None
    slopes = slopes[:done] if gradients else None
    return Run(*given, errors, *epochs, start, path, parts, slopes, diverged_at)


@dataclass(frozen=True, eq=False, repr=False)
class Path(_ReadOnly):
    """One descent on a landscape: what went in, and every update. Arrays are read-only.

    learning_rate, momentum: as given, one number or one for each update that was asked for.
    weights, losses: at the start and after each update, (n_updates + 1, d) and (n_updates + 1,).
    gradients: as each update used them, with the landscape's noise, (n_updates, d).
    gradient_parts: the step that the gradient alone would have made, (n_updates, d).
    memory_parts: what the memory added to it, (n_updates, d).
    diverged_at: as in `Run`, also where the loss or a gradient would not be finite.
    """

    landscape: Landscape
    rule: str
    learning_rate: float | np.ndarray
    momentum: float | np.ndarray
    weights: np.ndarray
    losses: np.ndarray
    gradients: np.ndarray
    gradient_parts: np.ndarray
    memory_parts: np.ndarray
    diverged_at: int | None

    @property
    def n_updates(self):
        """How many updates were made, without the one that diverged."""
        return len(self.gradients)

    @property
    def steps(self):
        """The whole step of each update, the sum of its two parts, (n_updates, d)."""
        return self.gradient_parts + self.memory_parts

    def __repr__(self):
        ended = f"loss {self.losses[-1]:.4g}"
        if self.diverged_at is not None:
            ended = f"diverged at update {self.diverged_at}"
        return f"Path of {self.rule} on {self.landscape.name}: {self.n_updates} updates, {ended}"


def descend(landscape, start, rule, learning_rate, momentum, steps):
    """Let `rule` make `steps` updates on `landscape` from `start` and return the `Path`.

    landscape: a name from `LANDSCAPES` or a `Landscape`; start: its d weights.
    rule: a name from `RULES` or any function with their signature; it sees plain numbers, one
    weight at a time, and is called twice for each, with and without its memory.
    learning_rate, momentum: one number, or an array with one for each update.

    Equal arguments give equal bytes, also with noise. Divergence is no error but a result:
    `Path.diverged_at`. Raises ValueError or TypeError as `train` does.
    """
    landscape = get_landscape(landscape)
    rule = try_rule(get_rule(rule))
    steps = check.whole_number("steps", steps, 1, MOST_STEPS)
    given, each_update = _settings(learning_rate, momentum, steps)
    weights, d = _checked_start(landscape, start), landscape.dimension
    noise = landscape.noise * np.random.default_rng(landscape.noise_seed).normal(size=(steps, d))

    memory = nothing = [0.0] * d
    path, gradients, from_gradient = [weights], [], []
    with np.errstate(all="ignore"):  # a number that is not finite ends the path instead
        for push, *settings in zip(noise, *map(np.ndarray.tolist, each_update), strict=True):
            gradient = (landscape.gradient(np.array(weights)) + push).tolist()
            if not all(map(math.isfinite, gradient)):
                break
            alone, _ = call_on_each(rule, weights, gradient, nothing, *settings)
            weights, memory = call_on_each(rule, weights, gradient, memory, *settings)
            short = math.hypot(*weights) <= LENGTH_LIMIT  # which NaN is not
            if not (short and all(map(math.isfinite, alone + memory))):
                break
            path.append(weights)
            gradients.append(gradient)
            from_gradient.append(alone)
        losses = np.array(landscape.value(np.array(path)), dtype=np.float64)
    infinite = np.flatnonzero(~np.isfinite(losses))
    done = int(infinite[0]) - 1 if infinite.size else len(gradients)
    rows = path[: done + 1], gradients[:done], from_gradient[:done]
    path, gradients, alone = (np.reshape(some, (-1, d)) for some in rows)
    measured = path, losses[: done + 1], gradients, alone - path[:-1], path[1:] - alone
    return Path(landscape, rule_name(rule), *given, *measured, done + 1 if done < steps else None)


def _measure_epochs(network, epoch_weights, inputs, targets):
    """Return the error and the accuracy after each epoch, over all items."""
    at_once = max(1, NUMBERS_AT_ONCE // (len(inputs) * (network.n_hidden + network.n_outputs)))
    pieces = np.split(epoch_weights, range(at_once, len(epoch_weights), at_once))
    return np.hstack([network.error_and_accuracy(some, inputs, targets) for some in pieces])


def _settings(learning_rate, momentum, n_updates):
    """Return both as they were given, and both as arrays with one entry for each update."""
    settings = check.learning_rates(learning_rate), check.momenta(momentum)
    for name, value in zip(("learning_rate", "momentum"), settings, strict=True):
        if value.shape not in ((), (n_updates,)):
            wanted = f"one number or {n_updates}, one for each update, got shape {value.shape}"
            raise ValueError(f"{name} must be {wanted}")
    given = [float(value) if value.ndim == 0 else value.copy() for value in settings]
    return given, tuple(np.broadcast_to(value, n_updates).copy() for value in settings)


def _checked_start(landscape, start):
    start = check.finite("start", start)
    d = landscape.dimension
    if start.shape != (d,) and not (d == 1 and start.ndim == 0):
        wanted = "1 number" if d == 1 else f"a row of {d} numbers"
        where = f"on landscape {landscape.name}, got shape {start.shape}"
        raise ValueError(f"start must be {wanted} {where}")
    start = start.reshape(d).tolist()
    if math.hypot(*start) > LENGTH_LIMIT:
        raise ValueError(f"start must be at most {LENGTH_LIMIT:g} long, got {start}")
    with np.errstate(all="ignore"):
        check.finite("the loss at the start", landscape.value(np.array(start)))
    return start


def _checked_order(order, n_items):
    order = np.ascontiguousarray(order)
    if order.ndim != 2 or order.shape[1] != n_items or order.dtype.kind not in "iu":
        wanted = f"(epochs, {n_items}), got {order.dtype} of shape {order.shape}"
        raise ValueError(f"order must be whole numbers of shape {wanted}")
    if order.size == 0 or order.min() < 0 or order.max() >= n_items:
        raise ValueError(f"order must hold row numbers from 0 to {n_items - 1}")
    return order.astype(np.int64)
