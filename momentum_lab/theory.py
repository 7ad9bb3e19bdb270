"""What a rule does, computed from the rule's own code: no formula is written twice.

On a loss with one curvature λ, w²·λ/2, the gradient is λ·w and every rule that is linear turns
(weight, memory) into a fixed matrix times (weight, memory). That matrix is read off by calling
the rule, so it is right for a reader's own rule, too.
"""

from dataclasses import dataclass

import numpy as np

from momentum_lab.rules import get_rule, try_rule
from momentum_lab.validation import finite, learning_rates, momenta, one_number


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
    """Feed `gradients`, one number an update, to `rule` and return the `Response`.

    Raises ValueError for gradients that are not one finite row, and as `train` does.
    """
    rule = try_rule(get_rule(rule))
    gradients = finite("gradients", gradients)
    if gradients.ndim != 1:
        raise ValueError(f"gradients must be one row of numbers, got shape {gradients.shape}")
    learning_rate = one_number("learning_rate", learning_rates(learning_rate))
    momentum = one_number("momentum", momenta(momentum))
    memory = one_number("memory", finite("memory", memory))
    weights = [one_number("weight", finite("weight", weight))]
    gradient_parts, memory_parts = [], []
    for gradient in gradients.tolist():
        # From weight 0 a rule returns the step itself, without the rounding of a subtraction.
        alone, _ = rule(0.0, gradient, 0.0, learning_rate, momentum)
        step, _ = rule(0.0, gradient, memory, learning_rate, momentum)
        gradient_parts.append(alone)
        memory_parts.append(step - alone)
        weight, memory = rule(weights[-1], gradient, memory, learning_rate, momentum)
        weights.append(weight)
    return Response(np.array(weights), np.array(gradient_parts), np.array(memory_parts))


def transition_matrix(rule, curvature, learning_rate, momentum):
    """Return the matrices that one update applies to (weight, memory), shape (..., 2, 2).

    Its columns are what the rule returns for (weight 1, gradient λ, memory 0) and for
    (weight 0, gradient 0, memory 1). `curvature`, `learning_rate` and `momentum` broadcast.
    Raises ValueError for a rule that is not linear on this loss, such as adagrad.
    """
    rule = try_rule(get_rule(rule))
    curvature = finite("curvature", curvature)
    learning_rate, momentum = learning_rates(learning_rate), momenta(momentum)
    shape = np.broadcast_shapes(curvature.shape, learning_rate.shape, momentum.shape)

    def after_one_update(weight, memory):
        new = rule(weight, curvature * weight, memory, learning_rate, momentum)
        return np.stack([np.broadcast_to(part, shape) for part in new], axis=-1)

    from_weight, from_memory = after_one_update(1.0, 0.0), after_one_update(0.0, 1.0)
    mixed = 0.3 * from_weight + 0.7 * from_memory
    is_linear = np.allclose(after_one_update(0.3, 0.7), mixed)
    if not is_linear or after_one_update(0.0, 0.0).any():
        raise ValueError(
            f"rule {getattr(rule, '__name__', 'own rule')} must be linear on a quadratic loss "
            "(twice the weight and memory must give twice the result); it is not"
        )
    return np.stack([from_weight, from_memory], axis=-1)


def roots(rule, curvature, learning_rate, momentum):
    """Return the two eigenvalues of the transition matrix, complex, shape (..., 2).

    z² − (trace)·z + determinant = 0. A memory that never reaches the weight (rule plain) does
    not count: its root is given as 0.
    """
    matrix = transition_matrix(rule, curvature, learning_rate, momentum)
    forgotten = matrix[..., 0, 1] == 0
    from_memory = np.where(forgotten, 0.0, matrix[..., 1, 1])
    half_trace = (matrix[..., 0, 0] + from_memory) / 2
    determinant = matrix[..., 0, 0] * from_memory - matrix[..., 0, 1] * matrix[..., 1, 0]
    spread = np.sqrt((half_trace**2 - determinant).astype(complex))
    return np.stack([half_trace + spread, half_trace - spread], axis=-1)


def rate(rule, curvature, learning_rate, momentum):
    """Return the factor by which the error shrinks (or grows) in each update, in the long run.

    It is the larger absolute value of the two `roots`: below 1 the rule converges.
    """
    return np.abs(roots(rule, curvature, learning_rate, momentum)).max(axis=-1)


def learning_rate_limit(rule, curvature, momentum):
    """Return the largest learning rate that does not diverge at this curvature and momentum.

    Found by bisection on `rate`, to 1e-12 of its value; `curvature` and `momentum` are numbers.
    Raises ValueError for a curvature that is not positive, or a rule that is not linear.
    """
    curvature = one_number("curvature", finite("curvature", curvature))
    momentum = one_number("momentum", momenta(momentum))
    if curvature <= 0:
        raise ValueError(f"curvature must be greater than 0, got {curvature}")

    def diverges(learning_rate):
        return rate(rule, curvature, learning_rate, momentum) > 1 + 1e-12

    candidates = np.geomspace(1e-3, 1e6, 2000) / curvature
    too_large = np.flatnonzero(diverges(candidates))
    if too_large.size == 0:
        return np.inf
    if too_large[0] == 0:
        return 0.0
    low, high = candidates[too_large[0] - 1], candidates[too_large[0]]
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if diverges(middle) else (middle, high)
    return float(low)
