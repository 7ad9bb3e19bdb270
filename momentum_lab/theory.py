"""What a rule does, computed from the rule's own code: no formula is written twice.

On the loss λ·w²/2, with gradient λ·w, a linear rule turns (weight, memory) into a fixed matrix
times (weight, memory), read off by calling the rule: it is right for a reader's own rule, too.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from momentum_lab import validation as check
from momentum_lab.rules import call_on_arrays, call_rule, get_rule, rule_name, try_rule

REGIMES = ("smooth", "ringing", "sign-flipping", "edge", "diverging")
"""What a weight can do on its way, by the dominant root; see `regime`."""

EDGE = 1e-9  # a dominant root of a length this close to 1 neither converges nor diverges
CREEPING = 1e-15  # but one on the way to +1 does so as long as a number can tell it from 1
LEARNING_RATES_TRIED = np.geomspace(1e-9, 1e9, 4000)  # times curvature
TRIED = np.linspace(0, 1, 17)  # where in its bracket a search looks in each round
LARGEST_MOMENTUM = 1 - 1e-6  # the searches for the best momentum go no further
# They go along f in momentum = 1 − e^(−f), which crowds towards 1, up to:
MOST_FADING = -np.log(1 - LARGEST_MOMENTUM)
LARGEST_WEIGHT = 1e100  # a weight that diverges is held here, so that it stays a finite number


@dataclass(frozen=True, eq=False)
class Response:
    """What a rule made of a series of gradients: one entry an update, weights one more.

    weights: before the first and after each update, (n + 1,).
    gradient_parts: the step that each gradient alone would have made, (n,).
    memory_parts: what the memory added to it, (n,).
    """

    weights: np.ndarray
    gradient_parts: np.ndarray
    memory_parts: np.ndarray

    @property
    def steps(self):
        """The whole step of each update, the sum of its two parts, (n,)."""
        return self.gradient_parts + self.memory_parts


def response(rule, gradients, learning_rate, momentum, weight=0.0, memory=0.0):
    """Feed `gradients`, a finite row, to `rule`; return the `Response`. Raises as `train` does."""
    rule = try_rule(get_rule(rule))
    gradients = check.one_row("gradients", gradients, 0)
    learning_rate = check.one_number("learning_rate", check.learning_rates(learning_rate))
    momentum = check.one_number("momentum", check.momenta(momentum))
    weights, memory = [check.one_number("weight", weight)], check.one_number("memory", memory)
    parts = []
    with np.errstate(all="ignore"):
        for gradient in gradients.tolist():
            now, settings = (rule, weights[-1], gradient), (learning_rate, momentum)
            alone, _ = _step(*now, 0.0, *settings)
            step, (new, memory) = _step(*now, memory, *settings)
            parts.append((alone, step - alone))
            weights.append(new)
    return Response(np.array(weights), *np.reshape(parts, (-1, 2)).T.copy())


def _step(rule, weight, *arguments):
    """Return the step that the rule makes at a weight, and what the rule returns.

    From weight 0 most rules return the step itself, without the rounding of a subtraction.
    """
    new = call_rule(rule, weight, *arguments)
    from_zero, _ = call_rule(rule, 0.0, *arguments)
    if math.isclose(weight + from_zero, new[0], rel_tol=1e-15):
        return from_zero, new
    return new[0] - weight, new


# --- the matrix of a rule, its roots and what they say --------------------------------------


def transition_matrix(rule, curvature, learning_rate, momentum):
    """Return the matrices that one update applies to (weight, memory), shape (..., 2, 2).

    Its columns are what the rule returns for (weight 1, gradient λ, memory 0) and for
    (weight 0, gradient 0, memory 1). `curvature`, `learning_rate` and `momentum` broadcast.
    Raises ValueError for a rule that is not linear on this loss, such as adagrad.
    """
    entries = _linear_entries(rule, curvature, learning_rate, momentum)
    return np.stack(entries, axis=-1).reshape(*entries[0].shape, 2, 2)


def roots(rule, curvature, learning_rate, momentum):
    """Return the two eigenvalues of the transition matrix, complex, shape (..., 2).

    z² − (trace)·z + determinant = 0. A memory that never reaches the weight (plain's) has the
    root 0. Raises as `transition_matrix`.
    """
    entries = _linear_entries(rule, curvature, learning_rate, momentum)
    middle, spread_squared = _middle_and_spread(entries)
    spread = np.sqrt(spread_squared + 0j)
    return np.stack([middle + spread, middle - spread], axis=-1)


def rate(rule, curvature, learning_rate, momentum):
    """Return the factor by which the error shrinks (or grows) in each update, in the long run.

    It is the larger absolute value of the two `roots`. Raises as `transition_matrix`.
    """
    return _rate(_linear_entries(rule, curvature, learning_rate, momentum))[()]


def regime(rule, curvature, learning_rate, momentum):
    """Return what the weight does on its way, a name from `REGIMES`, or an array of names.

    The dominant root z decides: diverging if |z| > 1 + EDGE; edge if |z| is within EDGE of 1 (of a
    positive real z, which creeps at a tiny learning rate, CREEPING); else ringing if z is complex,
    sign-flipping if negative, smooth if not. Arguments and errors as `transition_matrix`.
    """
    entries = _linear_entries(rule, curvature, learning_rate, momentum)
    middle, spread_squared = _middle_and_spread(entries)
    excess = _rate(entries) - 1
    edge = np.where((spread_squared >= 0) & (middle > 0), CREEPING, EDGE)
    conditions = [excess > edge, excess >= -edge, spread_squared < 0, middle < 0]
    names = np.array(REGIMES)[np.select(conditions, [4, 3, 1, 2], 0)]
    return names if names.ndim else str(names)


def _entries(rule, curvature, learning_rate, momentum):
    """Return the four entries of the transition matrix, row by row; nothing is checked."""
    to_weight, to_memory = call_on_arrays(rule, 1.0, 1.0 * curvature, 0.0, learning_rate, momentum)
    memory_to_weight, memory_to_memory = call_on_arrays(
        rule, 0.0, 0.0, 1.0, learning_rate, momentum
    )
    return to_weight, memory_to_weight, to_memory, memory_to_memory


def _linear_entries(rule, curvature, learning_rate, momentum):
    """Check everything; return the four entries of the matrix as arrays of one shape."""
    rule = try_rule(get_rule(rule))
    curvature, settings = check.finite("curvature", curvature), check.learning_rates(learning_rate)
    settings = np.broadcast_arrays(curvature, settings, check.momenta(momentum))
    ww, wm, mw, mm, _ = np.broadcast_arrays(*_entries(rule, *settings), settings[0])
    # Near 0, far from it and with all signs: clipped and restarted rules show themselves.
    # First a memory that a rule can draw the square root of.
    for weight, memory in ((-300.0, 700.0), (-300.0, -700.0), (0.3, -0.2), (30.0, 20.0)):
        new_weight, new_memory = call_on_arrays(
            rule, weight, settings[0] * weight, memory, *settings[1:]
        )
        expected = ww * weight + wm * memory, mw * weight + mm * memory
        if not (np.allclose(new_weight, expected[0]) and np.allclose(new_memory, expected[1])):
            wanted = "(twice the weight and memory must give twice the result); it is not"
            raise ValueError(f"rule {rule_name(rule)} must be linear on a quadratic loss {wanted}")
    return ww, wm, mw, mm


def _without_idle_memory(entries):
    """Return the entries, with 0 for the fate of a memory that never reaches the weight."""
    ww, wm, mw, mm = entries
    return ww, wm, mw, np.where(wm == 0, 0.0, mm)


def _middle_and_spread(entries):
    """Return m and d such that the roots are m ± √d: d < 0 makes them complex."""
    ww, wm, mw, mm = _without_idle_memory(entries)
    half = (ww - mm) / 2
    return (ww + mm) / 2, half * half + wm * mw


def _rate(entries):
    middle, spread_squared = _middle_and_spread(entries)
    if_real = np.abs(middle) + np.sqrt(np.abs(spread_squared))
    if_complex = np.sqrt(np.abs(middle * middle - spread_squared))  # |z|² is the determinant
    return np.where(spread_squared < 0, if_complex, if_real)


# --- the best settings ----------------------------------------------------------------------


class Settings(NamedTuple):
    """The best settings of a rule and the rate they reach."""

    learning_rate: float
    momentum: float
    rate: float


def learning_rate_limit(rule, curvature, momentum):
    """Return the largest learning rate that does not diverge at this curvature and momentum.

    The upper end of the (uppermost) stable range, to 1e-12 of its value by bisection on `rate`; 0
    where nothing is stable, inf where there is no end.
    Raises ValueError for a curvature that is not positive, or a rule that is not linear.
    """
    return _largest_stable(rule, [1.0], curvature, momentum, _rate, 1e-12)


def online_learning_rate_limit(rule, curvature, momentum, share):
    """Return the largest mean-square stable learning rate when few updates see an item.

    With probability `share` in (0, 1] an update sees an item of this curvature, else none. The
    second moments of (weight, memory) evolve by share·T⊗T + (1 − share)·T₀⊗T₀, with the
    transition matrices T of the item and T₀ of none: stable while no eigenvalue is longer than 1.
    At share 1 it is `learning_rate_limit`. Raises as that does.
    """
    share = check.one_number("share", check.shares(share))

    def growth(with_item, without):
        return _longest_root(_mean_moments(share, with_item, without))

    return _largest_stable(rule, [1.0, 0.0], curvature, momentum, growth, 1e-13)


def _largest_stable(rule, seen, curvature, momentum, growth, tolerance):
    """Return the end of the uppermost range of learning rates whose growth is at most 1.

    `growth` takes the entries at each curvature that is seen, in units of the given one.
    """
    curvature = check.one_number("curvature", check.positive("curvature", curvature))
    momentum = check.one_number("momentum", check.momenta(momentum))
    seen = curvature * np.array(seen)
    tried = LEARNING_RATES_TRIED / curvature
    _linear_entries(rule, seen[:, None], tried[:: tried.size // 50], momentum)

    def diverges(rates):
        entries = (_entries(rule, np.full_like(rates, each), rates, momentum) for each in seen)
        return growth(*entries) > 1 + tolerance

    stable = np.flatnonzero(~np.broadcast_to(diverges(tried), tried.shape))
    if stable.size == 0:
        return 0.0
    if stable[-1] == tried.size - 1:
        return np.inf
    low, high = tried[stable[-1]], tried[stable[-1] + 1]
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if diverges(middle) else (middle, high)
    return float(low)


def best_settings(rule, condition_number):
    """Return the `Settings` with the smallest worst `rate` for a range of curvatures.

    The curvatures reach from 1/condition_number to 1; divide the learning rate by the largest
    if yours is not 1. The smallest momentum where several are equally good (plain: 0).
    Raises ValueError for a condition number below 1 and for a rule that converges nowhere.
    Source: Polyak 1964 and Lessard, Recht & Packard 2016 have the closed forms to compare with.
    """
    condition_number = check.one_number("condition_number", condition_number)
    return Settings(*map(float, _best(rule, condition_number)))


def best_rates(rule, condition_numbers):
    """Return the rate of `best_settings`, raising as it does, for each condition number."""
    return _best(rule, condition_numbers)[2][()]


def critical_damping(rule, curvature, learning_rate):
    """Return the `Settings` with the smallest `rate` at one curvature and this learning rate.

    With less momentum the weight creeps, with more it rings. Where every bit of momentum helps
    (previous_delta while learning rate · curvature is below 3 − 2√2) it is LARGEST_MOMENTUM;
    where none helps it is 0. Raises ValueError for a curvature that is not positive, and as `rate`.
    """
    curvature = check.one_number("curvature", check.positive("curvature", curvature))
    learning_rate = check.one_number("learning_rate", check.learning_rates(learning_rate))
    _linear_entries(rule, curvature, learning_rate, TRIED * LARGEST_MOMENTUM)

    def rate_at(fading):
        return _rate(_entries(rule, curvature, learning_rate, -np.expm1(-fading)))

    fading, rate = _lowest(rate_at, (), 0.0, MOST_FADING, rounds=16)
    return Settings(learning_rate, float(-np.expm1(-fading)), float(rate))


def _best(rule, condition_number):
    """Return the best learning rates, momenta and rates, each in the shape of the conditions.

    The search trusts that the worst rate has one valley.
    """
    condition_number = check.at_least(1, "condition_number", condition_number)
    _linear_entries(rule, [[1.0], [1e-3]], [0.01, 0.1, 1.0], 0.9)
    # Trace and determinant are straight lines in the curvature, and the pairs with a rate below
    # any r fill a triangle: so the worst curvature is always one of the two ends.
    ends = np.stack([1 / condition_number, np.ones(condition_number.shape)])[..., None, None]

    def best_learning_rate(momentum):  # its logarithm, and its rate
        def worst_rate(log_learning_rate):
            rates = _rate(_entries(rule, ends, np.exp(log_learning_rate), momentum[..., None]))
            return np.broadcast_to(rates, (2, *log_learning_rate.shape)).max(axis=0)

        return _lowest(worst_rate, momentum.shape, np.log(1e-5), np.log(1e5), rounds=11)

    def best_rate(fading):
        return best_learning_rate(-np.expm1(-fading))[1]

    fading, _ = _lowest(best_rate, condition_number.shape, 0.0, MOST_FADING, rounds=9)
    momentum = -np.expm1(-fading)
    log_learning_rate, rate = (found[..., 0] for found in best_learning_rate(momentum[..., None]))
    if (rate >= 1).any():
        nowhere = "does not converge at any learning rate and momentum for condition number"
        worst = condition_number[rate >= 1].flat[0]
        raise ValueError(f"rule {rule_name(rule)} {nowhere} {worst}")
    return np.exp(log_learning_rate), momentum, rate


def _lowest(values_at, shape, low, high, rounds):
    """Return where the values have their one valley between low and high, and how low it is.

    Each round goes on between the neighbours of the best of 17 places.
    """
    low, high = np.full(shape, low), np.full(shape, high)
    for _ in range(rounds):
        places = low[..., None] + (high - low)[..., None] * TRIED
        values = np.broadcast_to(values_at(places), places.shape)
        best = values.argmin(axis=-1)[..., None]
        low = np.take_along_axis(places, np.maximum(best - 1, 0), -1)[..., 0]
        high = np.take_along_axis(places, np.minimum(best + 1, TRIED.size - 1), -1)[..., 0]
    return [np.take_along_axis(found, best, -1)[..., 0] for found in (places, values)]


# --- what the memory does to a series of gradients ------------------------------------------


def steady_gain(rule, momentum):
    """Return what the rule makes, in the long run, of a gradient that stays the same.

    1 is plain's step; 0 for a rule that comes to rest all the same, say by weight decay; inf for
    a memory that never fades. With the transition matrix T at curvature 0 and learning rate 1, and
    what one gradient leaves, k, the step is (z − 1)·[1 0]·(z − T)⁻¹·k at z = 1.
    The shape is that of `momentum`. Raises as `transition_matrix`.
    """
    return _gain(rule, momentum, 1)


def alternating_gain(rule, momentum):
    """Return what the rule makes, in the long run, of a gradient that changes its sign each time.

    As `steady_gain`, at z = −1: below 1 the rule damps a zig-zag, above 1 it drives it.
    """
    return _gain(rule, momentum, -1)


def _gain(rule, momentum, z):
    momentum = check.momenta(momentum)
    _linear_entries(rule, 1.0, 1.0, momentum)
    ww, wm, mw, mm = entries = _without_idle_memory(_linear_entries(rule, 0.0, 1.0, momentum))
    kick = call_on_arrays(rule, 0.0, -1.0, 0.0, 1.0, momentum)  # plain's step is 1
    weight, memory, _ = np.broadcast_arrays(*kick, momentum)
    memory = np.where(wm == 0, 0.0, memory)
    after = (ww - 1) * weight + wm * memory + 0.0  # the step just after the gradient
    # Where one root is 1 and the other fades, the weight stays where the fading steps leave it.
    rests = np.isclose((1 - ww) * (1 - mm), wm * mw, rtol=0, atol=1e-12)
    kept = np.where(after == 0, 0.0, ww + mm - 1)
    fades = np.where(rests, np.abs(kept) < 1 - 1e-12, _rate(entries) < 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        at_rest = weight + after / (z - kept)
        drifting = (z - 1) * ((z - mm) * weight + wm * memory) / ((z - ww) * (z - mm) - wm * mw)
    return np.where(fades, np.where(rests, at_rest, drifting), np.inf)[()]


# --- one item an update: only a share of the updates sees an item of this curvature -----------


def mean_square_growth(rule, curvature, learning_rate, momentum, share):
    """Return the factor by which the mean square of the weight grows in each update.

    In the long run: the longest eigenvalue of share·T⊗T + (1 − share)·T₀⊗T₀, as in
    `online_learning_rate_limit`; at share 1 the square of `rate`. Below 1 the mean over many runs
    shrinks. The arguments broadcast. Raises as `online_learning_rate_limit`.
    """
    return _longest_root(_online_moments(rule, curvature, learning_rate, momentum, share))[()]


def mean_squares(rule, curvature, learning_rate, momentum, share, updates):
    """Return the mean of weight² before the first and after each update, (..., updates + 1).

    Over all orders of items, from weight 1 with memory 0; held at LARGEST_WEIGHT.
    The other arguments broadcast. Raises as `online_learning_rate_limit`.
    """
    updates = check.whole_number("updates", updates, 1)
    one_update = _online_moments(rule, curvature, learning_rate, momentum, share)
    moments = np.broadcast_to([1.0, 0.0, 0.0], one_update.shape[:-1])
    squares = [moments[..., 0]]
    for _ in range(updates):
        moments = (one_update @ moments[..., None])[..., 0]
        moments = np.clip(moments, -LARGEST_WEIGHT, LARGEST_WEIGHT)
        squares.append(moments[..., 0])
    return np.stack(squares, axis=-1)


def online_limits(rule, momentum, shares):
    """Return `online_learning_rate_limit` at curvature 1 for a row of shares, to 1e-6 of itself.

    Quicker, since it takes for granted that there is one limit, between 1e-6 and 1e6.
    """
    shares = check.one_row("shares", shares, 0)
    _online_moments(rule, 1.0, np.geomspace(1e-6, 1e6, 25)[:, None], momentum, shares)
    low, high = np.full((2, shares.size), [[np.log(1e-6)], [np.log(1e6)]])
    for _ in range(25):
        middle = (low + high) / 2
        seen = (_entries(rule, curvature, np.exp(middle), momentum) for curvature in (1.0, 0.0))
        diverges = _longest_root(_mean_moments(shares, *seen)) > 1 + 1e-13
        low, high = np.where(diverges, low, middle), np.where(diverges, middle, high)
    return np.exp(low)


def _online_moments(rule, curvature, learning_rate, momentum, share):
    """Check everything; return the matrix that one update applies to the mean moments."""
    share = check.shares(share)
    with_item = _linear_entries(rule, curvature, learning_rate, momentum)
    return _mean_moments(share, with_item, _linear_entries(rule, 0.0, learning_rate, momentum))


def _mean_moments(share, with_item, without):
    share = np.asarray(share)[..., None, None]
    return share * _moments(with_item) + (1 - share) * _moments(without)


def _longest_root(matrices):
    return np.abs(np.linalg.eigvals(matrices)).max(axis=-1)


# --- the way from a start at rest, and with noise -------------------------------------------


def from_rest(rule, curvature, learning_rate, momentum, updates):
    """Return the weight before the first and after each update, (..., updates + 1).

    It starts at weight 1 with memory 0; one that diverges is held at ±LARGEST_WEIGHT.
    The other arguments broadcast. Raises as `transition_matrix`.
    """
    updates = check.whole_number("updates", updates, 1)
    ww, wm, mw, mm = _linear_entries(rule, curvature, learning_rate, momentum)
    weight, memory = np.ones(ww.shape), np.zeros(ww.shape)
    weights = [weight]
    for _ in range(updates):
        new = ww * weight + wm * memory, mw * weight + mm * memory
        weight, memory = (np.clip(part, -LARGEST_WEIGHT, LARGEST_WEIGHT) for part in new)
        weights.append(weight)
    return np.stack(weights, axis=-1)


def transient_growth(rule, curvature, learning_rate, momentum, updates=1000):
    """Return the largest absolute weight on the way `from_rest`: above 1 it got worse first."""
    return np.abs(from_rest(rule, curvature, learning_rate, momentum, updates)).max(axis=-1)


def error_by_curvature(rule, curvatures, learning_rate, momentum, updates):
    """Return what each curvature adds to the error, λ·w²/2, (n_curvatures, updates + 1).

    Each weight starts at 1 with memory 0. Raises ValueError for curvatures that are not one row,
    and as `from_rest`.
    """
    curvatures = check.one_row("curvatures", curvatures, 0)
    learning_rate = check.one_number("learning_rate", check.learning_rates(learning_rate))
    momentum = check.one_number("momentum", check.momenta(momentum))
    weights = from_rest(rule, curvatures, learning_rate, momentum, updates)
    return curvatures[:, None] * weights**2 / 2


def noise_variance(rule, curvature, learning_rate, momentum, noise=1.0):
    """Return the variance of a weight whose gradient carries noise, in the long run.

    The gradient is λ·w plus independent noise of mean 0 and standard deviation `noise`.
    The covariance C of (weight, memory) solves C = A·C·Aᵀ + b·bᵀ (Lyapunov), with the transition
    matrix A and the trace b that one noise leaves; inf where the rule does not converge.
    The arguments broadcast. Raises ValueError for negative noise, and as `rate`.
    """
    noise = check.at_least(0, "noise", noise)
    entries = _linear_entries(rule, curvature, learning_rate, momentum)
    settings = check.learning_rates(learning_rate), check.momenta(momentum)
    weight, memory = call_on_arrays(rule, 0.0, 1.0, 0.0, *settings)
    stable = _rate(entries) < 1 - EDGE
    one_update = _moments([np.where(stable, part, 0.0) for part in entries])
    added = weight * weight, weight * memory, memory * memory
    added = np.stack(np.broadcast_arrays(*added, stable)[:3], axis=-1)
    variance = np.linalg.solve(np.eye(3) - one_update, added[..., None])[..., 0, 0]
    return np.where(stable, variance * noise**2, np.inf)[()]


def _moments(entries):
    """Return the matrix that one update applies to weight², weight·memory and memory²."""
    ww, wm, mw, mm = _without_idle_memory(entries)
    moments = np.broadcast_arrays(
        *(ww * ww, 2 * ww * wm, wm * wm),
        *(ww * mw, ww * mm + wm * mw, wm * mm),
        *(mw * mw, 2 * mw * mm, mm * mm),
    )
    return np.stack(moments, axis=-1).reshape(*moments[0].shape, 3, 3)
