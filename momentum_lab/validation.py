"""Checks at the public door: each says what was wrong, what is allowed and what was given."""

import difflib
import operator

import numpy as np


def unknown_name(kind, name, known):
    """Return the ValueError for an unknown name, with the nearest known one as a suggestion."""
    nearest = difflib.get_close_matches(str(name), list(known), n=1, cutoff=0.3)
    suggestion = f"did you mean {nearest[0]!r}? " if nearest else ""
    return ValueError(f"unknown {kind} {name!r}: {suggestion}Known: {', '.join(known)}.")


def by_name(kind, name, known):
    """Return `known[name]`, or raise `unknown_name`."""
    if name not in known:
        raise unknown_name(kind, name, known)
    return known[name]


def as_floats(name, value):
    """Return `value` as a float64 array, or raise TypeError when it does not hold numbers."""
    if value is None:  # which numpy would take for NaN
        raise TypeError(f"{name} must be numbers, got None")
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise TypeError(f"{name} must be numbers, got {value!r}") from error


def finite(name, value):
    """Return `value` as a float64 array; raises ValueError where it is NaN or infinite."""
    array = as_floats(name, value)
    bad = ~np.isfinite(array)
    if bad.any():
        where = "" if array.ndim == 0 else f" at index {tuple(int(i) for i in np.argwhere(bad)[0])}"
        raise ValueError(f"{name} must be finite, got {array[bad].flat[0]}{where}")
    return array


def required(name, array, allowed, words):
    """Return `array`, or raise ValueError with its first number that is not `allowed`."""
    if not np.all(allowed):
        raise ValueError(f"{name} must be {words}, got {array[~allowed].flat[0]}")
    return array


def one_number(name, value):
    """Return `value` as one finite float; raises TypeError for more than one."""
    array = finite(name, value)
    if array.ndim:
        raise TypeError(f"{name} must be one number, got shape {array.shape}")
    return float(array)


def one_row(name, value, smallest=1):
    """Return `value` as a float64 row of `smallest` numbers at least, or raise ValueError."""
    array = finite(name, value)
    if array.ndim != 1 or array.size < smallest:
        raise ValueError(f"{name} must be one row of numbers, got shape {array.shape}")
    return array


def positive(name, value):
    """Return `value` as a float64 array; raises ValueError unless finite and > 0."""
    array = finite(name, value)
    return required(name, array, array > 0, "greater than 0")


def at_least(smallest, name, value):
    """Return `value` as a float64 array; raises ValueError unless finite and ≥ `smallest`."""
    array = finite(name, value)
    return required(name, array, array >= smallest, f"at least {smallest}")


def learning_rates(value):
    """Return a learning rate (or an array of them) as float64; raises unless finite and > 0."""
    return positive("learning_rate", value)


def momenta(value):
    """Return a momentum (or an array of them) as float64; raises unless in [0, 1)."""
    array = as_floats("momentum", value)
    return required("momentum", array, (array >= 0) & (array < 1), "in [0, 1)")


def shares(value):
    """Return a share (or an array of them) as float64; raises unless in (0, 1]."""
    array = finite("share", value)
    return required("share", array, (array > 0) & (array <= 1), "in (0, 1]")


def whole_number(name, value, smallest, largest=None):
    """Return `value` as an int; raises unless it is a whole number in [smallest, largest]."""
    limits = f"at least {smallest}" if largest is None else f"from {smallest} to {largest}"
    try:
        number = operator.index(value)
    except TypeError as error:
        raise TypeError(f"{name} must be a whole number {limits}, got {value!r}") from error
    if number < smallest or (largest is not None and number > largest):
        raise ValueError(f"{name} must be {limits}, got {number}")
    return number


def one_hot_targets(targets):
    """Return two-dimensional targets as float64; raises ValueError unless each row is one-hot."""
    targets = finite("targets", targets)
    if targets.ndim != 2:
        raise ValueError(f"targets must have two dimensions, got shape {targets.shape}")
    is_one_hot = ((targets == 0) | (targets == 1)).all(axis=1) & (targets.sum(axis=1) == 1)
    for row in np.flatnonzero(~is_one_hot):
        wanted = f"one-hot (one 1 and the rest 0 in each row), got {targets[row]} in row {row}"
        raise ValueError(f"targets must be {wanted}")
    return targets
