"""What a descent on a quadratic loss tells: theory's word on it, and what was measured."""

import functools
from dataclasses import dataclass

import numpy as np

from momentum_lab import theory
from momentum_lab.labs.words import (
    WITHOUT_MOMENTUM,
    as_written,
    capital,
    in_words,
    settings_in_words,
    short,
)

NEAR = 0.05  # settled is what stays within this share of the start's distance
DUST = 1e-12  # smaller numbers, as a share of the start's, are not worth their digits


class PathResult:
    """What the results of one descent, their `path`, have in common."""

    @property
    def rule(self):
        """The name of the rule."""
        return self.path.rule

    @property
    def n_updates(self):
        """How many updates were made."""
        return self.path.n_updates

    @property
    def opens_at(self):
        """The update up to which a new picture shows the path: the last."""
        return self.n_updates

    @property
    def label(self):
        """The run in a legend."""
        return settings_in_words(self.rule, self.path.learning_rate, self.path.momentum)


@dataclass(frozen=True)
class Foretold:
    """What theory says about one curvature: the regime, the rate, the learning rate's limit."""

    curvature: float
    regime: str
    rate: float
    limit: float


def foretell(rule, curvature, learning_rate, momentum):
    """Return what theory foretells, or None for a reader's rule that is not linear."""
    settings = rule, curvature, learning_rate, momentum
    with np.errstate(all="ignore"):  # theory tries a rule at weights that no descent may reach
        try:
            return Foretold(
                curvature,
                theory.regime(*settings),
                float(theory.rate(*settings)),
                _limit(rule, curvature, momentum),
            )
        except (ValueError, ArithmeticError):
            return None


@functools.lru_cache(maxsize=64)
def _limit(rule, curvature, momentum):
    return theory.learning_rate_limit(rule, curvature, momentum)


def crossings(series, distance):
    """Count how often `series` changes its sign until it stays within NEAR · `distance` of 0.

    Later changes are too small to be seen; landing on 0 is no crossing.
    """
    series = np.asarray(series)
    far = np.flatnonzero(np.abs(series) > NEAR * distance)
    on_the_way = series[: far[-1] + 2] if far.size else series[:0]
    signs = np.sign(on_the_way[np.abs(on_the_way) > DUST * distance])
    return int((signs[1:] != signs[:-1]).sum())


def outside(weights, window):
    """Return the updates after which `weights`, (n, d), lie outside ± `window`, in order."""
    return np.flatnonzero((np.abs(weights) > window).any(axis=-1))


# --- words ----------------------------------------------------------------------------------


def loss_in_words(loss, loss_at_start):
    """Return a loss as text; what is left of it by rounding is only said to be small."""
    if 0 < loss < DUST**2 * loss_at_start or 0 < loss < DUST:
        return f"< {as_written(DUST)}"
    return as_written(loss, 4)


def after(updates):
    """Return after how many updates."""
    return "after 1 update" if updates == 1 else f"after {updates} updates"


def times(count):
    """Return how often: once, twice, 3 times."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def limit_in_words(path, foretold):
    """Return how the learning rate compares with its limit, or why theory says nothing."""
    rule, rate = in_words(path.rule), f"learning rate {path.learning_rate:g}"
    if foretold is None:
        return f"{rule} is not linear, so theory knows no limit for it"
    limit, where = foretold.limit, f"curvature {foretold.curvature:.4g}"
    if path.rule not in WITHOUT_MOMENTUM:
        where += f" and momentum {path.momentum:g}"
    if limit == 0:
        return f"{rule} diverges at any learning rate at {where}"
    if np.isinf(limit):
        return f"no learning rate is too large for {rule} at {where}"
    gap = path.learning_rate / limit - 1
    side = "at" if abs(gap) < 1e-9 else "above" if gap > 0 else "below"
    return f"{rate} is {side} the limit {short(limit)} of {rule} at {where}"


def exit_in_words(weights, window):
    """Return when a path was outside the picture, or "" if it never was."""
    out = outside(weights, window)
    if out.size == 0:
        return ""
    if out[-1] == len(weights) - 1:
        return f"left the picture at update {out[0]}"
    if out[0] == out[-1]:
        return f"was outside the picture at update {out[0]}"
    return f"was outside the picture between updates {out[0]} and {out[-1]}"


def diverged_in_words(path, limit, cut):
    """Return how a path ended that diverged: the limit, when it left the picture, and the end."""
    what = "weight" if path.landscape.dimension == 1 else "weights"
    return (
        f"Diverged: {limit}{f'; {cut}' if cut else ''}; stopped at update {path.diverged_at}, "
        f"which would have taken the {what} beyond 10,000."
    )


def momentum_unused(rule):
    """Return a sentence for a rule that ignores the momentum slider, else ""."""
    return f" {capital(in_words(rule))} uses no momentum." if rule in WITHOUT_MOMENTUM else ""
