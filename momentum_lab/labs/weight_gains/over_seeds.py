"""The own gains and the net gains of all weights over several seeds, a row of a table each."""

import numpy as np

from momentum_lab.labs.weight_gains.experiment import train_gains

SEEDS = range(5)


def five_seeds(rule, learning_rate, momentum, batch_size=1, epochs=50):
    """Return the `GainsResult` of `train_gains` for each of SEEDS, on standardised iris."""
    settings, more = (rule, learning_rate, momentum), {"batch_size": batch_size, "epochs": epochs}
    return [train_gains((), *settings, seed=seed, **more) for seed in SEEDS]


def own_gains(rule, learning_rate, momentum, *more):
    """Return a row: the smallest, the median and the largest own gain of all weights and seeds.

    times: the largest by the smallest own gain of a run, the median over the seeds.
    Arguments as `five_seeds`.
    """
    gains = [result.gains for result in five_seeds(rule, learning_rate, momentum, *more)]
    row = {"rule": rule, "α": learning_rate, "β": momentum, "smallest": np.min(gains)}
    times = np.median(np.max(gains, axis=1) / np.min(gains, axis=1))
    return row | {"median": np.median(gains), "largest": np.max(gains), "times": times}


def net_gains(rule, learning_rate, momentum, *more):
    """Return a row: the net gains that a tenth, half and nine tenths of all are below.

    Of all weights and seeds; arguments as `five_seeds`.
    """
    gains = [result.net_gains for result in five_seeds(rule, learning_rate, momentum, *more)]
    names = "a tenth is below", "median", "a tenth is above"
    return {"rule": rule} | dict(zip(names, np.quantile(gains, (0.1, 0.5, 0.9)), strict=True))
