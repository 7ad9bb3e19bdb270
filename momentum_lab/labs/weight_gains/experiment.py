"""The own gain of each weight: how long its steps are, measured in its deltas."""

from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np

from momentum_lab import kernels, theory
from momentum_lab.data import load
from momentum_lab.labs.weight_gains.words import GainsWords
from momentum_lab.labs.words import function_of
from momentum_lab.meaning import cached_by_meaning
from momentum_lab.network import Network
from momentum_lab.rules import call_rule
from momentum_lab.training import Run, train

NETWORK = Network(4, 5, 3)
PIECES, SHORTEST = 50, 5  # parts of a training, each with its own gains, and their updates
AGREEMENTS = np.sin(np.linspace(-np.pi / 2, np.pi / 2, 61))  # close together where curves bend
MOST_CALLS = 500_000  # of a rule that has to run as plain Python: about a second


@dataclass(frozen=True, eq=False)
class GainsResult(GainsWords):
    """A training, each update of it seen weight by weight.

    deltas: −learning rate · gradient, of each update and weight, (n_updates, n_weights).
    steps: what the rule made of it, so; memory's part is the difference.
    weight: the place of the chosen one. foretold: the gains at AGREEMENTS, or None.
    """

    run: Run
    deltas: np.ndarray
    steps: np.ndarray
    weight: int
    foretold: np.ndarray | None
    epochs: int
    wanted_epochs: int

    @property
    def n_updates(self):
        """How many updates were made."""
        return len(self.steps)

    @cached_property
    def gains(self):
        """The own gain of each weight, (n_weights,)."""
        return gains(self.deltas, self.steps)

    @cached_property
    def agreements(self):
        """How far each weight's gradients agree with the one before, (n_weights,)."""
        return agreements(self.deltas)

    @cached_property
    def in_pieces(self):
        """The ends of PIECES parts of the training, and each weight's own gain in each."""
        count = min(PIECES, self.n_updates // SHORTEST) or 1
        pieces = np.array_split(np.arange(self.n_updates), count)
        each = [gains(self.deltas[piece], self.steps[piece]) for piece in pieces]
        return np.cumsum([len(piece) for piece in pieces]), np.array(each)

    @cached_property
    def net_gains(self):
        """The net gain of each weight, the sum of its steps by that of its deltas, (n_weights,)."""
        return divided(self.steps.sum(axis=0), self.deltas.sum(axis=0))


def gains(deltas, steps):
    """Return √(Σ step² / Σ delta²) of each column, NaN where there was no gradient."""
    return np.sqrt(divided(np.einsum("ij,ij->j", steps, steps), _squares(deltas)))


def agreements(deltas):
    """Return Σ δₜ·δₜ₋₁ / Σ δₜ² of each column: 1 for steady, −1 for alternating gradients."""
    return divided(np.einsum("ij,ij->j", deltas[1:], deltas[:-1]), _squares(deltas))


def _squares(parts):
    return np.einsum("ij,ij->j", parts, parts)


def divided(a, b):
    """Return a / b, and NaN where b is 0."""
    return np.divide(a, b, out=np.full(np.shape(b), np.nan), where=b != 0)


def train_gains(
    own_rules,
    rule,
    learning_rate,
    momentum,
    weight=0,
    data_set="iris",
    scaling="standardised",
    batch_size=1,
    epochs=50,
    seed=0,
):
    """Train a 4-5-3 network and return the `GainsResult`.

    own_rules: rule functions that `rule` may name besides the built-in ones (see `offered`).
    batch_size: a number of items, or "all". scaling: as in `items_of`.
    """
    function, items = function_of(rule, own_rules), items_of(data_set, scaling)
    wanted_epochs = epochs
    batch_size = items.n_items if batch_size == "all" else batch_size
    if not kernels.is_compiled(function):
        calls = NETWORK.n_weights * -(-items.n_items // batch_size)
        epochs = max(1, min(epochs, MOST_CALLS // calls))
    settings, more = (learning_rate, momentum), {"trajectory": True, "gradients": True}
    run = train(NETWORK, items, function, *settings, epochs, batch_size, seed, **more)
    parts = -learning_rate * run.gradients, np.diff(run.trajectory, axis=0)
    foretold = foretold_gains(function, momentum)
    return GainsResult(rule, *settings, run, *parts, weight, foretold, epochs, wanted_epochs)


@cache
def items_of(data_set, scaling):
    """Return all items of a data set: "raw", "standardised", or by "one ruler".

    One ruler for all: means taken away, but all features divided by the same, the largest sd.
    """
    items = load(data_set)
    if scaling == "one ruler":
        centred = items.inputs - items.inputs.mean(axis=0)
        return replace(items, inputs=centred / items.inputs.std(axis=0).max())
    return items.standardized() if scaling == "standardised" else items


@cached_by_meaning(maxsize=64)
def foretold_gains(rule, momentum):
    """Return the gain at each of AGREEMENTS, or None for a rule that is not linear.

    Gradients that agree to ρ with the one before agree to ρᵏ with the one k before. Then the
    rule's memory m and the next gradient have a mean product, and m² a mean; both repeat
    themselves from update to update, so they follow from what the rule makes of 1.
    """
    try:
        theory.transition_matrix(rule, 1.0, 1.0, momentum)
        (kept, stays), (step, memory) = (
            call_rule(rule, 0.0, *one, 1.0, momentum) for one in ((0.0, 1.0), (1.0, 0.0))
        )
    except Exception:  # also where theory tries it at weights that no training reaches
        return None
    stays = stays if kept else 0.0  # a memory that no step ever sees
    product = AGREEMENTS * memory / (1 - AGREEMENTS * stays)
    squares = (memory**2 + 2 * stays * memory * product) / (1 - stays**2)
    return np.sqrt(kept**2 * squares + 2 * kept * step * product + step**2)
