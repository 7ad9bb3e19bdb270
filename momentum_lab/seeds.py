"""One setting, many seeds: what is the rule's doing, and what is chance."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from momentum_lab import kernels, measures, parallel, theory
from momentum_lab import validation as check
from momentum_lab.network import Network
from momentum_lab.rules import get_rule, rule_name
from momentum_lab.training import train


@dataclass(frozen=True, eq=False, repr=False)
class SeedRuns:
    """The same training from many seeds, a row for each. Arrays are read-only.

    epoch_errors, epoch_accuracies: over all items after each epoch, (n_seeds, n_epochs); NaN from
    the epoch on in which a run diverged.
    weights: at the end of each run, (n_seeds, n_weights).
    diverged_at: for each seed the number of the update that diverged, or None.
    """

    network: Network
    rule: str
    learning_rate: float | np.ndarray
    momentum: float | np.ndarray
    batch_size: int
    seeds: tuple[int, ...]
    epoch_errors: np.ndarray
    epoch_accuracies: np.ndarray
    weights: np.ndarray
    diverged_at: tuple[int | None, ...]

    def __post_init__(self):
        for array in (self.epoch_errors, self.epoch_accuracies, self.weights):
            array.flags.writeable = False

    @property
    def n_epochs(self):
        """How many epochs were asked for."""
        return self.epoch_errors.shape[1]

    @property
    def median(self):
        """The median error after each epoch, (n_epochs,); see `quantile`."""
        return self.quantile(0.5)

    def band(self, low=0.1, high=0.9):
        """Return the errors between which the seeds lie, from share `low` to `high`, (2, n_epochs).

        By default 80 % of them.
        """
        return np.array([self.quantile(low), self.quantile(high)])

    def quantile(self, share):
        """Return the error that this share of the seeds is below, after each epoch, (n_epochs,).

        A seed that diverged counts as the worst: where the quantile needs it, it is infinite.
        """
        errors = np.where(np.isnan(self.epoch_errors), np.inf, self.epoch_errors)
        return measures.quantile(errors, share)

    def first_epoch_below(self, threshold):
        """Return each seed's first epoch (from 1) with an error below `threshold`, or inf: never.

        So a median of them is right as long as half the seeds get there.
        """
        first = [measures.first_epoch_below(errors, threshold) for errors in self.epoch_errors]
        return np.array([np.inf if epoch is None else epoch for epoch in first])

    def row(self, threshold=measures.GOOD_ERROR):
        """Return the runs as a row of a table, a dict.

        epochs: the median of the first epochs below `threshold`; first, last: the seed that was
        there soonest and latest; an inf is None, never. last error: the median at the end.
        """
        below = self.first_epoch_below(threshold)
        epochs = {"epochs": np.median(below), "first": below.min(), "last": below.max()}
        epochs |= {"last error": self.median[-1]}
        told = {name: float(each) if np.isfinite(each) else None for name, each in epochs.items()}
        return {"rule": self.rule, "α": self.learning_rate, "β": self.momentum} | told

    def __repr__(self):
        diverged = sum(at is not None for at in self.diverged_at)
        ended = f"{diverged} diverged" if diverged else f"median error {self.median[-1]:.4g}"
        return f"SeedRuns of {self.rule}: {len(self.seeds)} seeds, {self.n_epochs} epochs, {ended}"


def train_seeds(
    network,
    dataset,
    rule,
    learning_rate,
    momentum,
    epochs=50,
    batch_size=1,
    seeds=range(20),
    *,
    start=None,
    executor=None,
    progress=None,
):
    """Train once for each of `seeds`, each as `train` does, to the bit; return the `SeedRuns`.

    start: a function of a seed that returns (weights, order) for `train`, in place of its own.
    executor: any `concurrent.futures.Executor`; by default this machine's threads, or, for a rule
    that has to run as plain Python, this thread.
    progress(done, total): called in this thread after each run.

    An interrupt ends all runs within moments; with an executor, those that have begun go on.
    Raises as `train` does, and ValueError for no seeds.
    """
    seeds = tuple(check.whole_number("seed", seed, 0) for seed in seeds)
    if not seeds:
        raise ValueError("seeds must hold at least one seed, got none")
    rule = get_rule(rule)
    settings = network, dataset, rule, learning_rate, momentum, epochs, batch_size
    job, jobs = partial(_train_one, settings, start), [(seed,) for seed in seeds]
    if executor is not None:
        runs = parallel.on_executor(executor, job, jobs, progress)
    elif kernels.is_compiled(rule):
        kernels.training_kernel()  # or each thread would make its own
        runs = parallel.on_threads(job, jobs, progress)
    else:
        runs = parallel.in_turn(job, jobs, progress)
    given, errors, accuracies, weights, diverged_at = zip(*runs, strict=True)
    rows = np.array(errors), np.array(accuracies), np.array(weights)
    return SeedRuns(network, rule_name(rule), *given[0], batch_size, seeds, *rows, diverged_at)


def best_of(network, dataset, rule, learning_rates, momenta, epochs=50, batch_size=1, **more):
    """Train a rule at each pair of a learning rate and a momentum; return the best `SeedRuns`.

    The best has the smallest median of the first epochs below 0.1; of several such, the one with
    the smallest median error at the end. more: as for `train_seeds`, which see.
    """
    grid = [(rate, momentum) for rate in learning_rates for momentum in momenta]
    if not grid:
        raise ValueError("learning_rates and momenta must hold at least one each")
    runs = (train_seeds(network, dataset, rule, *at, epochs, batch_size, **more) for at in grid)
    return min(runs, key=_median_epoch_and_error)


def works_up_to(
    network, dataset, rule, momentum, effective, epochs=50, batch_size=1, seeds=range(10)
):
    """Train at each of the rising `effective` learning rates; return a row for a table.

    The learning rate is effective / `theory.steady_gain`. It works for a seed if the median of the
    error over the last fifth of the epochs is below 0.1. all to: the largest effective learning
    rate up to which all of them work for all seeds; as α: the learning rate there; none from: the
    smallest that works for no seed. None where there is none. Raises as `train_seeds`.
    """
    effective, gain = list(effective), float(theory.steady_gain(rule, momentum))
    settings = momentum, epochs, batch_size, seeds
    runs = [train_seeds(network, dataset, rule, each / gain, *settings) for each in effective]
    late = np.array([run.epoch_errors[:, -max(1, epochs // 5) :] for run in runs])
    late = np.median(np.nan_to_num(late, nan=np.inf), axis=2)  # diverged: it does not work
    works = (late < measures.GOOD_ERROR).mean(axis=1)
    good = int(np.argmin(np.append(works == 1, False)))
    most = effective[good - 1] if good else None
    none = next((each for each, share in zip(effective, works, strict=True) if share == 0), None)
    row = {"rule": runs[0].rule, "β": momentum, "steady gain": gain, "all to": most}
    return row | {"as α": most and most / gain, "none from": none}


def _median_epoch_and_error(runs):
    below = runs.first_epoch_below(measures.GOOD_ERROR)
    return measures.quantile(below, 0.5), runs.median[-1]


def _train_one(settings, start, seed, between=None):
    """Return what the `SeedRuns` keep of one run; all else may be large and is let go."""
    weights, order = start(seed) if start else (None, None)
    run = train(*settings, seed=seed, weights=weights, order=order, between=between)
    n_epochs = settings[5] if order is None else len(order)
    rows = (_filled(row, n_epochs) for row in (run.epoch_errors, run.epoch_accuracies))
    return (run.learning_rate, run.momentum), *rows, run.weights, run.diverged_at


def _filled(row, n_epochs):
    return np.append(row, np.full(n_epochs - len(row), np.nan))
