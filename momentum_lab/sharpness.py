"""The largest curvature of a network's error, at many places at once.

The Hessian is never made: it shows itself in products with vectors, which are differences of two
gradients, and Lanczos' method finds the largest eigenvalue from a few of them.
"""

import numpy as np

from momentum_lab import validation as check

NUDGE = 1e-4  # how far the two gradients of a product are apart, either way


def sharpness(network, weights, inputs, targets, products=20):
    """Return the largest eigenvalue of the Hessian at each of a stack of weight vectors, (...,).

    weights: (..., n_weights). products: Hessian-vector products (at most n_weights are needed),
    H·v ≈ [g(w + εv) − g(w − εv)] / 2ε. The result is never above the exact one, but for rounding,
    and near it as soon as the largest eigenvalue stands apart from the next.
    Raises as `Network.error` does. Source: Lanczos 1950; Pearlmutter 1994 for the products.
    """
    weights = check.as_floats("weights", weights)
    network.unpack(weights)
    inputs, targets = network.checked_items(inputs, targets)
    steps = min(check.whole_number("products", products, 1), network.n_weights)
    start = np.random.default_rng(0).normal(size=network.n_weights)
    basis = [np.broadcast_to(start / np.linalg.norm(start), weights.shape)]
    middle, beside = [], []
    for _ in range(steps):
        product = _product(network, weights, basis[-1], inputs, targets)
        middle.append(_dot(product, basis[-1]))
        # Twice, since rounding would bring the first vectors back.
        for vector in basis + basis:
            product = product - _dot(product, vector)[..., None] * vector
        beside.append(np.sqrt(_dot(product, product)))
        basis.append(product / np.maximum(beside[-1], 1e-300)[..., None])
    small = np.zeros((*weights.shape[:-1], steps, steps))
    place = np.arange(steps)
    small[..., place, place] = np.stack(middle, axis=-1)
    small[..., place[1:], place[:-1]] = np.stack(beside, axis=-1)[..., :-1]
    return np.linalg.eigvalsh(small)[..., -1]  # which reads the lower half only


def _product(network, weights, vectors, inputs, targets):
    """Return the Hessian times a vector, at each of the places."""
    ahead, behind = (weights + sign * NUDGE * vectors for sign in (1, -1))
    slopes = network.gradients(ahead, inputs, targets) - network.gradients(behind, inputs, targets)
    return slopes / (2 * NUDGE)


def _dot(one, other):
    return np.einsum("...i,...i->...", one, other)
