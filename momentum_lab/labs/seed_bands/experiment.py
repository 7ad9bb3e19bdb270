"""The lab of seeds: train a rule and plain gradient descent from the same seeds, for each event."""

from dataclasses import dataclass

from momentum_lab import kernels, theory
from momentum_lab.labs.items import train_and_test
from momentum_lab.labs.seed_bands.words import BandsWords
from momentum_lab.labs.words import function_of
from momentum_lab.network import Network
from momentum_lab.seeds import SeedRuns, train_seeds

HELD, N_HIDDEN = "effective learning rate", 7
# What may be done for one event, a second or two of work; the lab shows how far it is:
MOST_WORK = 600_000_000  # weights times items visited
MOST_CALLS = 2_000_000  # calls of a rule that has to run as plain Python


@dataclass(frozen=True, eq=False)
class BandsResult(BandsWords):
    """The runs of a rule and those of plain, from the same seeds.

    effective: learning rate × steady gain of the rule, or None where it has no such gain.
    plain_rate: plain's learning rate. compare_at: what the two have in common.
    epochs, n_items: what was done of wanted_epochs, wanted_items.
    """

    runs: SeedRuns
    plain: SeedRuns
    effective: float | None
    plain_rate: float
    compare_at: str
    data_set: str
    epochs: int
    wanted_epochs: int
    n_items: int
    wanted_items: int


def train_bands(
    own_rules,
    rule,
    learning_rate,
    momentum,
    compare_at,
    data_set,
    batch_size,
    epochs,
    seeds,
    progress=None,
):
    """Train a rule and plain, each from `seeds` seeds; return the `BandsResult`.

    learning_rate: plain's. The rule's is the same, or, where the effective learning rate is to be
    the same, so much smaller as its steady gain is larger than plain's, 1.
    """
    function, items = function_of(rule, own_rules), train_and_test(data_set)[0]
    gain, wanted_items = gain_of(function, momentum), items.n_items
    rate = learning_rate / gain if gain and compare_at == HELD else learning_rate
    batch_size = wanted_items if batch_size == "all" else batch_size
    network = Network(items.n_features, N_HIDDEN, items.n_classes)
    most = MOST_WORK // (2 * seeds * wanted_items * network.n_weights)
    if not kernels.is_compiled(function):
        updates = max(1, MOST_CALLS // (seeds * network.n_weights))
        items = items.take(range(min(wanted_items, updates * batch_size)))
        batch_size = min(batch_size, items.n_items)
        most = min(most, updates // -(-items.n_items // batch_size))
    done = max(1, min(epochs, most))

    def trained(which, settings, before):
        def tell(done, n_seeds):
            if progress:
                progress(before + done, 2 * n_seeds)

        sizes = done, batch_size, range(seeds)
        return train_seeds(network, items, which, *settings, *sizes, progress=tell)

    both = trained(function, (rate, momentum), 0), trained("plain", (learning_rate, 0.0), seeds)
    common = compare_at if gain or compare_at != HELD else "learning rate"
    work = done, epochs, items.n_items, wanted_items
    effective = rate * gain if gain else None
    settings = rule, rate, momentum
    return BandsResult(*settings, *both, effective, learning_rate, common, data_set, *work)


def gain_of(rule, momentum):
    """Return the steady gain of a rule function, or None where there is none to divide by."""
    try:
        gain = float(theory.steady_gain(rule, momentum))
    except Exception:  # of a reader's rule that is not linear
        return None
    return gain if 0 < gain < float("inf") else None
