"""Landscapes: slopes against finite differences, minima against grids, Lessard's loss by hand."""

import math
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from momentum_lab import landscapes
from momentum_lab.landscapes import (
    LANDSCAPES,
    LARGEST_TILT,
    Landscape,
    banana,
    bowl,
    double_well,
    get_landscape,
    lessard,
    noisy,
    quadratic,
    saddle,
    valley,
)

EVERY = LANDSCAPES | {
    "sharp bowl": bowl(7.5),
    "line of weights": quadratic([0.5, 1, 2, 8]),
    "turned valley": valley(50, 33),
    "other tilt": double_well(-0.3),
    "no tilt": double_well(0),
    "noisy": noisy("valley", 2.0),
}
every_landscape = pytest.mark.parametrize("landscape", EVERY.values(), ids=EVERY)


def point_in_window(landscape, more):
    """A point of the window, drawn by hypothesis; on Lessard's loss away from its two kinks."""
    low, high = landscape.window.T
    shares = st.lists(st.floats(0, 1), min_size=len(low), max_size=len(low))
    point = low + np.array(more.draw(shares)) * (high - low)
    if landscape.name == "lessard" and min(abs(point - 1), abs(point - 2)) < 1e-4:
        point = point + 1e-3
    return point


def slopes_by_differences(function, point, step=1e-5):
    """Central differences of `function` along each weight, in the last axis of the result."""
    moves = step * np.eye(len(point))
    return np.stack(
        [(function(point + move) - function(point - move)) / (2 * step) for move in moves], axis=-1
    )


@every_landscape
@given(st.data())
def test_gradient_and_hessian_are_the_slopes_of_value_and_gradient(landscape, more):
    point = point_in_window(landscape, more)
    gradient, hessian = landscape.gradient(point), landscape.hessian(point)
    by_differences = slopes_by_differences(landscape.value, point)
    np.testing.assert_allclose(gradient, by_differences, rtol=1e-6, atol=1e-6)
    by_differences = slopes_by_differences(landscape.gradient, point)
    np.testing.assert_allclose(hessian, by_differences, rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(hessian, hessian.T)


@every_landscape
def test_weights_of_any_leading_shape_give_what_each_point_gives(landscape):
    d = landscape.dimension
    low, high = landscape.window.T
    points = np.random.default_rng(0).uniform(low, high, size=(4, 3, d))
    for function, shape in (
        (landscape.value, ()),
        (landscape.gradient, (d,)),
        (landscape.hessian, (d, d)),
    ):
        together = function(points)
        assert together.shape == (4, 3, *shape)
        for index in np.ndindex(4, 3):
            np.testing.assert_allclose(together[index], function(points[index]), rtol=1e-14)
        assert function(points[:0]).shape == (0, 3, *shape)
        np.testing.assert_array_equal(function(points.tolist()), together)


@every_landscape
def test_minima_are_flat_curve_up_in_every_direction_and_come_lowest_first(landscape):
    assert np.abs(landscape.gradient(landscape.minima)).max() < 1e-14
    assert np.linalg.eigvalsh(landscape.hessian(landscape.minima)).min() > 0
    depths = landscape.value(landscape.minima)
    assert (np.diff(depths) >= -1e-15).all()
    assert len(np.unique(landscape.minima, axis=0)) == len(landscape.minima)


@every_landscape
def test_the_window_holds_the_start_and_the_minima_and_nothing_lower(landscape):
    low, high = landscape.window.T
    for point in (landscape.start, *landscape.minima):
        assert (low < point).all() and (point < high).all()
    axes = [np.linspace(*ends, 201 if len(low) < 3 else 15) for ends in landscape.window]
    grid = np.stack(np.meshgrid(*axes), axis=-1)
    assert landscape.value(grid).min() >= landscape.value(landscape.minima[0]) - 1e-15


@pytest.mark.parametrize("tilt", [-0.38, -0.1, 0.02, 0.1, 0.38])
def test_a_double_well_has_two_minima_of_unequal_depth_and_one_top_between_them(tilt):
    landscape = double_well(tilt)
    deep, shallow = landscape.minima
    assert landscape.value(deep) < landscape.value(shallow)
    assert np.sign(deep[0]) == -np.sign(tilt) == -np.sign(shallow[0])
    assert abs(landscape.start[0]) > abs(shallow[0])  # on the far side of the shallow well
    assert np.sign(landscape.start[0]) == np.sign(shallow[0])
    slopes = landscape.gradient(np.linspace(-3, 3, 6001)[:, None])[:, 0]
    assert np.count_nonzero(np.diff(np.sign(slopes))) == 3


def test_at_the_largest_tilt_the_shallow_well_is_gone():
    slopes = np.linspace(-3, 3, 6001) ** 3 - np.linspace(-3, 3, 6001) + 1.001 * LARGEST_TILT
    assert np.count_nonzero(np.diff(np.sign(slopes))) == 1
    assert double_well(0.999 * LARGEST_TILT).hessian([0.6]).item() > 0


@given(st.floats(1, 1e4), st.floats(-720, 720))
def test_turning_a_valley_keeps_its_curvatures_and_the_loss_at_its_start(kappa, rotation):
    turned, straight = valley(kappa, rotation), valley(kappa)
    curvatures = np.linalg.eigvalsh(turned.hessian(turned.start))
    np.testing.assert_allclose(curvatures, [1 / kappa, 1], rtol=1e-12, atol=1e-15)
    assert turned.value(turned.start) == pytest.approx(straight.value([-5, -2]), rel=1e-12)


def test_a_valley_turned_by_a_quarter_runs_along_the_other_weight():
    np.testing.assert_allclose(
        valley(8, 90).hessian([0, 0]), np.diag([1, 1 / 8]), rtol=1e-15, atol=1e-15
    )
    direction = [math.cos(math.radians(30)), math.sin(math.radians(30))]
    along = valley(8, 30).hessian([0, 0]) @ direction
    np.testing.assert_allclose(along, np.array(direction) / 8, rtol=1e-14)


def test_the_banana_has_the_condition_number_2508_at_its_minimum():
    low, high = np.linalg.eigvalsh(banana().hessian([1, 1]))
    assert round(high / low) == 2508
    assert banana().value(banana().start) == pytest.approx(24.2)


def test_the_saddle_lies_between_its_minima_and_curves_up_and_down():
    landscape = saddle()
    np.testing.assert_array_equal(landscape.gradient([0, 0]), [0, 0])
    np.testing.assert_array_equal(np.linalg.eigvalsh(landscape.hessian([0, 0])), [-1, 1])
    assert landscape.minima.mean(axis=0).tolist() == [0, 0]


def test_lessards_loss_has_the_slopes_of_the_paper():
    points = np.array([-2, 0, 0.5, 1, 1.5, 2, 3])
    expected = [-50, 0, 12.5, 25, 25.5, 26, 51]
    np.testing.assert_array_equal(lessard().gradient(points[:, None])[:, 0], expected)


@pytest.mark.parametrize("kink", [1.0, 2.0])
def test_lessards_loss_and_its_slope_have_no_jump(kink):
    below, at = np.array([np.nextafter(kink, 0)]), np.array([kink])
    assert lessard().value(below) == pytest.approx(lessard().value(at), rel=1e-14)
    assert lessard().gradient(below) == pytest.approx(lessard().gradient(at), rel=1e-14)
    assert lessard().hessian(below) != lessard().hessian(at)


@given(st.floats(-50, 50), st.floats(-50, 50), st.floats(0, 1))
def test_lessards_loss_is_convex(one, other, share):
    value = lessard().value
    between = value([share * one + (1 - share) * other])
    chord = share * value([one]) + (1 - share) * value([other])
    assert between <= chord + 1e-9


def test_noisy_changes_the_noise_and_nothing_else():
    one = noisy("banana", 0.5, seed=3)
    assert (one.noise, one.noise_seed) == (0.5, 3)
    assert (one.value, one.gradient, one.hessian) == (
        LANDSCAPES["banana"].value,
        LANDSCAPES["banana"].gradient,
        LANDSCAPES["banana"].hessian,
    )
    assert repr(one) == "Landscape banana: 2 weights, noise 0.5"
    assert repr(bowl()) == "Landscape bowl: 1 weight"
    assert noisy(one, 0).noise == 0 == LANDSCAPES["banana"].noise


def test_a_landscape_cannot_be_changed_and_leaves_the_arrays_it_was_given_alone():
    start = np.array([1.0, 2.0])
    landscape = replace(banana(), start=start)
    start[0] = 5
    assert landscape.start.tolist() == [1, 2]
    for array in (landscape.start, landscape.minima, landscape.window):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    with pytest.raises(FrozenInstanceError):
        landscape.noise = 1.0


def test_names_lead_to_landscapes_and_landscapes_to_themselves():
    for name, landscape in LANDSCAPES.items():
        assert landscape.name == name == getattr(landscapes, name).__name__
        assert get_landscape(name) is landscape is get_landscape(landscape)


def own(**changed):
    """A reader's own landscape of two weights, with some parts changed."""
    parts = {
        "name": "own",
        "value": lambda w: (w**4).sum(axis=-1),
        "gradient": lambda w: 4 * w**3,
        "hessian": lambda w: 12 * w[..., None] ** 2 * np.eye(2),
        "minima": [[0, 0]],
        "window": [[-1, 1], [-1, 1]],
        "start": [0.5, 0.5],
    }
    return Landscape(**parts | changed)


def test_a_readers_own_landscape_is_taken_when_its_parts_fit():
    assert own().dimension == 2
    assert own().gradient(own().start).tolist() == [0.5, 0.5]


@pytest.mark.parametrize(
    ("make", "error", "complaint"),
    [
        (lambda: bowl(0), ValueError, r"curvature must be greater than 0, got 0\.0$"),
        (lambda: bowl(math.nan), ValueError, "curvature must be finite, got nan$"),
        (lambda: bowl([1, 2]), TypeError, r"curvature must be one number, got shape \(2,\)$"),
        (lambda: quadratic([1, -2]), ValueError, r"curvatures must be greater than 0, got -2\.0$"),
        (lambda: quadratic(3), ValueError, r"curvatures must be one row .*, got shape \(\)$"),
        (lambda: quadratic([]), ValueError, r"curvatures must be one row .*, got shape \(0,\)$"),
        (lambda: quadratic([1, 2, 3], 45), ValueError, "rotation must be 0 unless .*, got 45"),
        (lambda: quadratic([1, 2], "left"), TypeError, "rotation must be numbers, got 'left'$"),
        (lambda: valley(0.5), ValueError, r"condition_number must be at least 1, got 0\.5$"),
        (lambda: valley(math.inf), ValueError, "condition_number must be finite, got inf$"),
        (lambda: double_well(0.4), ValueError, r"tilt must be between ±0\.3849 .*, got 0\.4$"),
        (lambda: noisy("bowl", -1), ValueError, r"noise must be at least 0, got -1\.0$"),
        (lambda: noisy("bowl", math.inf), ValueError, "noise must be finite, got inf$"),
        (lambda: noisy("bowl", 1, seed=-1), ValueError, "noise_seed must be at least 0, got -1$"),
        (lambda: noisy("bowl", 1, seed=0.5), TypeError, "noise_seed must be a whole number"),
        (
            lambda: get_landscape("bananas"),
            ValueError,
            "unknown landscape 'bananas': did you mean 'banana'",
        ),
        (lambda: get_landscape(3), TypeError, "landscape must be a name or a Landscape, got int$"),
        (
            lambda: banana().value([1]),
            ValueError,
            r"weights must have shape \(\.\.\., 2\), got \(1",
        ),
        (
            lambda: bowl().gradient(1.0),
            ValueError,
            r"weights must have shape \(\.\.\., 1\), got \(",
        ),
        (lambda: valley().hessian([[1, 2, 3]]), ValueError, r"weights must .* 2\), got \(1, 3\)$"),
        (
            lambda: valley().value([1]),
            ValueError,
            r"weights must have shape \(\.\.\., 2\), got \(1",
        ),
        (lambda: saddle().value(["a", 1]), TypeError, "weights must be numbers, got"),
        (lambda: own(start=1.0), ValueError, r"start must have shape \(1,\), got \(\)$"),
        (lambda: own(start=[]), ValueError, r"start must have shape \(1,\), got \(0,\)$"),
        (lambda: own(minima=[0, 0]), ValueError, r"minima must have shape \(1, 2\), got \(2,\)$"),
        (lambda: own(minima=[]), ValueError, r"minima must have shape \(1, 2\), got \(0,\)$"),
        (lambda: own(minima=[[0, math.nan]]), ValueError, "minima must be finite, got nan"),
        (lambda: own(window=[-1, 1]), ValueError, r"window must have shape \(2, 2\), got \(2,\)$"),
        (lambda: own(window=[[1, -1], [0, 1]]), ValueError, "window must hold a low and a high"),
        (lambda: own(value=3), TypeError, "value must be a function, got int$"),
        (lambda: own(value=lambda w: w), ValueError, r"value must return shape \(\) for .*\(2,\)$"),
        (lambda: own(value=np.sum), ValueError, r"value must return shape \(3,\) for .*\(\)$"),
        (
            lambda: own(gradient=lambda w: w * math.inf),
            ValueError,
            "gradient at the start must be finite, got inf",
        ),
        (
            lambda: own(hessian=lambda w: w),
            ValueError,
            r"hessian must return shape \(2, 2\) for weights of shape \(2,\), got \(2,\)$",
        ),
    ],
)
def test_bad_input_is_told_what_was_wrong_what_is_allowed_and_what_was_given(
    make, error, complaint
):
    with pytest.raises(error, match=f"^{complaint}"):
        make()
