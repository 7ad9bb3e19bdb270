"""Oscillation, overshoot, settling and convergence: what the plots say, as numbers."""

import math
from dataclasses import dataclass

import numpy as np

from momentum_lab import validation as check

GOOD_ERROR = 0.1


def swings(series, tolerance=0.1, height=None):
    """Count how often `series` turns back: from falling to rising or from rising to falling.

    A turn counts only once the series has come back from its last extreme value by more than
    `tolerance` times `height`, by default its own whole range; compare series with one height for
    all, or what falls less is measured with a finer ruler. A monotone series has 0 swings, one
    bounce is 1, a full wave 2. Raises ValueError for data that are not one finite row of numbers,
    a tolerance outside [0, 1) or a height not above 0; TypeError for one that is not one number.
    """
    series = check.one_row("series", series)
    _share("tolerance", tolerance)
    if height is not None:
        height = check.one_number("height", check.positive("height", height))
    threshold = tolerance * (np.ptp(series) if height is None else height)
    lowest = highest = series[0]
    direction = turns = 0
    for value in series.tolist():
        lowest, highest = min(lowest, value), max(highest, value)
        if direction >= 0 and highest - value > threshold:
            turns += direction  # the first move sets the direction: it turns nothing back
            direction, lowest = -1, value
        elif direction <= 0 and value - lowest > threshold:
            turns -= direction
            direction, highest = 1, value
    return turns


def overshoot(series, target):
    """Return how far `series` goes past `target`, as a share of its distance at the start.

    max over t of (target − x_t) / (x_0 − target), at least 0: 1 for a path that runs out as far on
    the other side as it began. Raises ValueError for a series that starts at its target.
    """
    series = check.one_row("series", series)
    target = float(check.finite("target", target))
    distance = series[0] - target
    if distance == 0:
        raise ValueError(f"series must not start at the target {target}")
    return max(0.0, float(np.max((target - series) / distance)))


def settling_update(series, target, tolerance=0.05):
    """Return the first update from which `series` stays near `target`, or None if it never does.

    Near means within `tolerance` times the distance at the start, entry 0 of the series.
    """
    series = check.one_row("series", series)
    _share("tolerance", tolerance)
    distances = np.abs(series - float(check.finite("target", target)))
    far = np.flatnonzero(distances > tolerance * distances[0])
    settled = int(far[-1]) + 1 if far.size else 0
    return settled if settled < len(series) else None


def first_epoch_below(epoch_errors, threshold):
    """Return the first epoch (counted from 1) whose error is below `threshold`, or None."""
    below = np.flatnonzero(np.asarray(epoch_errors) < float(check.finite("threshold", threshold)))
    return int(below[0]) + 1 if below.size else None


def quantile(values, share):
    """Return the value that this share of `values` is below, for each column of an array of rows.

    In between two values it lies on the straight line, as with np.quantile, which cannot do it
    where values are infinite: between a finite one and inf it is inf.
    Raises ValueError for no values, NaN among them, or a share outside [0, 1].
    """
    rows = np.sort(check.as_floats("values", values), axis=0)
    if rows.size == 0 or np.isnan(rows).any():
        raise ValueError("values must be numbers, at least one of them, none NaN")
    if not 0 <= share <= 1:
        raise ValueError(f"share must be in [0, 1], got {share}")
    place = share * (len(rows) - 1)
    low, high = rows[math.floor(place)], rows[math.ceil(place)]
    part = place - math.floor(place)
    return (1 - part) * low + part * high if part else low.copy()


@dataclass(frozen=True)
class Summary:
    """A training run in a few numbers.

    error, accuracy: over all items after the last whole epoch (None before the first).
    guessing: the error of a network that gives each class the same probability.
    late_error: the largest error in the last fifth of the epochs (None before the first).
    good_epoch: the first epoch with an error below `GOOD_ERROR`, or None.
    stays_good: whether there is one, and no later epoch had an error of `GOOD_ERROR` or more.
    swings: how often the epoch errors turned back by more than a tenth of `guessing`.
    """

    error: float | None
    accuracy: float | None
    guessing: float
    late_error: float | None
    good_epoch: int | None
    stays_good: bool
    swings: int
    n_updates: int
    diverged_at: int | None


def summarize(run):
    """Return the `Summary` of a `Run`."""
    network, errors = run.network, run.epoch_errors
    share = 1 / network.n_outputs
    guessing = -np.log(share) if network.error_name == "cross_entropy" else 1 - share
    good_epoch, trained = first_epoch_below(errors, GOOD_ERROR), errors.size > 0
    return Summary(
        error=float(errors[-1]) if trained else None,
        accuracy=float(run.epoch_accuracies[-1]) if trained else None,
        guessing=float(guessing),
        late_error=float(errors[len(errors) * 4 // 5 :].max()) if trained else None,
        good_epoch=good_epoch,
        stays_good=good_epoch is not None and bool((errors[good_epoch - 1 :] < GOOD_ERROR).all()),
        swings=swings(errors, height=guessing) if trained else 0,
        n_updates=run.n_updates,
        diverged_at=run.diverged_at,
    )


def _share(name, value):
    if not 0 <= value < 1:
        raise ValueError(f"{name} must be in [0, 1), got {value}")
