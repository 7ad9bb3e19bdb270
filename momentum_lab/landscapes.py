"""Losses of one or a few weights whose every point can be drawn; `training.descend` walks down one.

A landscape's functions take weights along the last axis: one point, a path or a whole grid.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from momentum_lab import validation as check

LARGEST_TILT = 2 / np.sqrt(27)  # at this tilt the shallow well of a double well vanishes


@dataclass(frozen=True, eq=False, repr=False)
class Landscape:
    """A loss that is a formula in d weights, and what is known about it. Arrays are read-only.

    value, gradient, hessian: functions of weights of shape (..., d), which return the loss, (...),
    its slopes, (..., d), and its second derivatives, (..., d, d).
    minima: every local minimum, the lowest first, (m, d); start: a telling place, (d,).
    window: the low and the high end of each weight in a sensible view, (d, 2).
    noise: the standard deviation of what `descend` adds to each slope; noise_seed draws it.

    Raises ValueError or TypeError for parts whose shapes do not fit together.
    """

    name: str
    value: Callable
    gradient: Callable
    hessian: Callable
    minima: np.ndarray
    window: np.ndarray
    start: np.ndarray
    noise: float = 0.0
    noise_seed: int = 0

    def __post_init__(self):
        d = max(1, np.size(self.start))
        m = max(1, np.size(self.minima) // d)
        for name, shape in (("start", (d,)), ("minima", (m, d)), ("window", (d, 2))):
            array = check.finite(name, getattr(self, name)).copy()
            if array.shape != shape:
                raise ValueError(f"{name} must have shape {shape}, got {array.shape}")
            array.flags.writeable = False
            vars(self)[name] = array  # a frozen dataclass is filled so
        if (self.window[:, 0] >= self.window[:, 1]).any():
            raise ValueError(f"window must hold a low and a high end, got {self.window.tolist()}")
        noise = check.one_number("noise", check.at_least(0, "noise", self.noise))
        seed = check.whole_number("noise_seed", self.noise_seed, 0)
        vars(self).update(noise=noise, noise_seed=seed)
        for name, shape in (("value", ()), ("gradient", (d,)), ("hessian", (d, d))):
            self._check_function(name, shape)

    def _check_function(self, name, shape):
        function = getattr(self, name)
        if not callable(function):
            raise TypeError(f"{name} must be a function, got {type(function).__name__}")
        for weights in (self.start.copy(), np.tile(self.start, (3, 1))):
            wanted = weights.shape[:-1] + shape
            got = check.finite(f"{name} at the start", function(weights)).shape
            if got != wanted:
                case = f"{wanted} for weights of shape {weights.shape}, got {got}"
                raise ValueError(f"{name} must return shape {case}")

    @property
    def dimension(self):
        """The number of weights, d."""
        return len(self.start)

    def __repr__(self):
        weights = "1 weight" if self.dimension == 1 else f"{self.dimension} weights"
        noise = f", noise {self.noise:g}" if self.noise else ""
        return f"Landscape {self.name}: {weights}{noise}"


def quadratic(curvatures, rotation=0.0):
    """Return Σ λᵢ·wᵢ²/2 for curvatures λᵢ > 0, two weights turned by `rotation` degrees.

    Everything is known here: each direction of curvature goes its own way, as theory.py says.
    """
    curvatures = check.positive("curvatures", check.one_row("curvatures", curvatures))
    rotation, d = check.one_number("rotation", rotation), len(curvatures)
    if rotation and d != 2:
        raise ValueError(f"rotation must be 0 unless there are two weights, got {rotation}")
    cos, sin = np.cos(np.radians(rotation)), np.sin(np.radians(rotation))
    directions = np.array([[cos, -sin], [sin, cos]]) if rotation else np.eye(d)
    matrix = (directions * curvatures) @ directions.T
    matrix = (matrix + matrix.T) / 2

    def gradient(weights):
        return np.einsum("ij,...j->...i", matrix, _checked(weights, d))

    return Landscape(
        name="quadratic",
        value=lambda weights: np.einsum("...i,...i->...", gradient(weights), weights) / 2,
        gradient=gradient,
        hessian=lambda weights: np.broadcast_to(matrix, (*_checked(weights, d).shape, d)).copy(),
        minima=np.zeros((1, d)),
        window=[(-6, 6)] * d,
        start=directions @ ([-5] + [-2] * (d - 1)),
    )


def bowl(curvature=1.0):
    """Return λ·w²/2, the loss of one weight and one curvature λ > 0: the simplest there is."""
    curvature = check.one_number("curvature", check.positive("curvature", curvature))
    return replace(quadratic([curvature]), name="bowl")


def valley(condition_number=10.0, rotation=0.0):
    """Return w₁²/(2κ) + w₂²/2: flat along the valley, κ times steeper across it.

    κ ≥ 1 is the condition number; the curvatures are 1/κ and 1. Plain descent zig-zags.
    """
    condition = check.at_least(1, "condition_number", condition_number)
    condition = check.one_number("condition_number", condition)
    return replace(quadratic([1 / condition, 1], rotation), name="valley")


def double_well(tilt=0.1):
    """Return w⁴/4 − w²/2 + tilt·w: a shallow well in the way to a deep one.

    `tilt`, between ±2/√27, makes them unequal. The start is on the far side of the shallow well.
    """
    tilt = check.one_number("tilt", tilt)
    if abs(tilt) >= LARGEST_TILT:
        raise ValueError(f"tilt must be between ±{LARGEST_TILT:.4f} (2/√27), got {tilt}")
    left, _, right = np.sort(np.roots([1, 0, -1, tilt]).real)
    deep, shallow = (left, right) if tilt >= 0 else (right, left)
    return _from_formulas(
        "double_well",
        lambda w: w**4 / 4 - w**2 / 2 + tilt * w,
        lambda w: (w**3 - w + tilt,),
        lambda w: ((3 * w**2 - 1,),),
        dict(minima=[(deep,), (shallow,)], window=[(-2.2, 2.2)], start=[2 * np.sign(shallow)]),
    )


def banana():
    """Return (1 − x)² + 100·(y − x²)²: a narrow valley that bends; condition number 2508.

    Source: Rosenbrock 1960, with the start (−1.2, 1) that is used ever since.
    """
    return _from_formulas(
        "banana",
        lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
        lambda x, y: (2 * (x - 1) - 400 * x * (y - x**2), 200 * (y - x**2)),
        lambda x, y: ((2 + 1200 * x**2 - 400 * y, -400 * x), (-400 * x, 200)),
        dict(minima=[(1, 1)], window=[(-2, 2), (-1, 3)], start=[-1.2, 1]),
    )


def saddle():
    """Return x²/2 − y²/2 + y⁴/4: a saddle at (0, 0) between two minima, at (0, ±1).

    The start lies almost on the ridge: a rule first runs to the saddle, then has to get away.
    """
    return _from_formulas(
        "saddle",
        lambda x, y: x**2 / 2 - y**2 / 2 + y**4 / 4,
        lambda x, y: (x, y**3 - y),
        lambda x, y: ((1, 0), (0, 3 * y**2 - 1)),
        dict(minima=[(0, 1), (0, -1)], window=[(-2, 2), (-2, 2)], start=[-1.5, 0.001]),
    )


def lessard():
    """Return the convex loss of one weight on which a tuned heavy ball never arrives.

    Its slope is 25w for w < 1, w + 24 for 1 ≤ w < 2 and 25w − 24 from there on. With learning rate
    1/9 and momentum 4/9, best for its curvatures, 1 and 25, heavy ball ends from the start (as
    from about one in eight) in a cycle of three points.
    Source: Lessard, Recht & Packard 2016 (arXiv 1408.3595).
    """

    def pieces(w, below_1, below_2, above):
        return np.where(w < 1, below_1, np.where(w < 2, below_2, above))

    return _from_formulas(
        "lessard",
        lambda w: pieces(w, 12.5 * w**2, w**2 / 2 + 24 * w - 12, 12.5 * w**2 - 24 * w + 36),
        lambda w: (pieces(w, 25 * w, w + 24, 25 * w - 24),),
        lambda w: ((pieces(w, 25, 1, 25),),),
        dict(minima=[(0,)], window=[(-3, 4)], start=[3.3]),
    )


def noisy(landscape, noise, seed=0):
    """Return the same landscape with normal noise, of this standard deviation, on its slopes."""
    return replace(get_landscape(landscape), noise=noise, noise_seed=seed)


def get_landscape(landscape):
    """Return the landscape for a name from `LANDSCAPES`; a `Landscape` is returned as it is.

    Raises ValueError for an unknown name (with the nearest known one), TypeError for all else.
    """
    if isinstance(landscape, str):
        return check.by_name("landscape", landscape, LANDSCAPES)
    if not isinstance(landscape, Landscape):
        kind = type(landscape).__name__
        raise TypeError(f"landscape must be a name or a Landscape, got {kind}")
    return landscape


def _from_formulas(name, height, slopes, curvatures, places):
    """Build a Landscape from formulas of single weights; `curvatures` are rows of the Hessian."""
    d = len(places["start"])

    def columns(weights):
        return [_checked(weights, d)[..., i] for i in range(d)]

    def gradient(weights):
        each = columns(weights)
        result = np.empty((*each[0].shape, d))
        for i, slope in enumerate(slopes(*each)):
            result[..., i] = slope
        return result

    def hessian(weights):
        each = columns(weights)
        result, rows = np.empty((*each[0].shape, d, d)), curvatures(*each)
        for i, j in np.ndindex(d, d):  # some are a single number, the same everywhere
            result[..., i, j] = rows[i][j]
        return result

    return Landscape(name, lambda w: height(*columns(w)), gradient, hessian, **places)


def _checked(weights, dimension):
    weights = check.as_floats("weights", weights)
    if weights.shape[-1:] != (dimension,):
        raise ValueError(f"weights must have shape (..., {dimension}), got {weights.shape}")
    return weights


_EVERY = bowl, valley, double_well, banana, saddle, lessard
LANDSCAPES = {make.__name__: make() for make in _EVERY}
"""A landscape of each kind by its name, as its function makes it without arguments."""
