"""Sharpness: the largest eigenvalue of the Hessian, without the Hessian."""

import numpy as np
import pytest

from momentum_lab import Network, data
from momentum_lab.sharpness import sharpness


def exact(network, weights, inputs, targets):
    return np.linalg.eigvalsh(network.hessian(weights, inputs, targets))[-1]


def places(network, count, scale):
    return np.array([network.initial_weights(seed, scale) for seed in range(count)])


@pytest.mark.parametrize("error", ["cross_entropy", "squared_error"])
@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_sharpness_is_the_largest_eigenvalue_of_the_hessian_at_every_place(error, scale):
    network, iris = Network(4, 5, 3, error), data.iris().standardized()
    weights = places(network, 6, scale)
    expected = [exact(network, w, iris.inputs, iris.targets) for w in weights]
    found = sharpness(network, weights, iris.inputs, iris.targets)
    np.testing.assert_allclose(found, expected, rtol=1e-3)


def test_with_as_many_products_as_weights_it_is_exact():
    network, iris = Network(4, 2, 3), data.iris()
    weights = places(network, 3, 1.0)
    expected = [exact(network, w, iris.inputs, iris.targets) for w in weights]
    found = sharpness(network, weights, iris.inputs, iris.targets, products=99)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_more_products_never_find_less_and_none_finds_more_than_there_is():
    network, iris = Network(4, 5, 3), data.iris().standardized()
    weights = network.initial_weights(0)
    found = [sharpness(network, weights, iris.inputs, iris.targets, n) for n in (1, 3, 6, 12, 20)]
    assert np.all(np.diff(found) >= -1e-6)
    assert found[-1] <= exact(network, weights, iris.inputs, iris.targets) * (1 + 1e-6)


def test_one_place_gives_one_number_and_a_table_of_places_a_table():
    network, iris = Network(4, 5, 3), data.iris().standardized()
    weights = places(network, 6, 1.0)
    table = sharpness(network, weights.reshape(2, 3, -1), iris.inputs, iris.targets)
    assert table.shape == (2, 3)
    one = sharpness(network, weights[4], iris.inputs, iris.targets)
    assert one.shape == () and one == pytest.approx(table[1, 1])


def test_weights_of_another_length_are_refused():
    network, iris = Network(4, 5, 3), data.iris()
    with pytest.raises(ValueError, match="weights must have shape"):
        sharpness(network, np.zeros(7), iris.inputs, iris.targets)
