"""One weight: the post's own sum, and a picture of both parts of a step."""

import itertools

import numpy as np
import pytest
from drawing import LINEAR, assert_readable, drawn, entry, framed, headings, image, within
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from momentum_lab.labs import one_weight
from momentum_lab.labs.one_weight.experiment import SLOPE_UPDATES, update_one_weight
from momentum_lab.labs.one_weight.lab import ONE_WEIGHT_PRESETS
from momentum_lab.labs.one_weight.view import ONE_WEIGHT
from momentum_lab.live.style import (
    GRADIENT_COLOR,
    PIN_LOOKS,
)

ONE = {
    "rule": "previous_delta",
    "weight": 3.56,
    "gradient": -2.7,
    "learning_rate": 0.01,
    "momentum": 0.5,
    "prev_delta": 0.044,
}


ONE_SETTINGS = [
    *ONE_WEIGHT_PRESETS.values(),
    {"rule": "heavy_ball", "gradient": 2.9, "learning_rate": 0.015, "prev_delta": 0.072},
    {"rule": "nesterov", "gradient": -0.2, "learning_rate": 0.03, "prev_delta": -0.07},
    {"rule": "plain", "gradient": 0.0, "prev_delta": 0.0},
    {"rule": "heavy_ball", "gradient": 0.0, "prev_delta": 0.1, "momentum": 0.99},
    {"weight": 4.99, "gradient": 0.1, "learning_rate": 0.001, "prev_delta": 0.0},
    {"weight": -4.99, "gradient": 0.1, "learning_rate": 0.001, "prev_delta": 0.002},
    {
        "rule": "averaged",
        "momentum": 0.99,
        "gradient": 0.1,
        "learning_rate": 0.001,
        "prev_delta": 0,
    },
    {"rule": "averaged", "weight": -2.04, "gradient": 1.9, "prev_delta": 0.066, "momentum": 0.58},
    {"rule": "previous_delta", "weight": -3.23, "gradient": 1.8, "learning_rate": 0.015},
    {"rule": "nesterov", "weight": 5, "gradient": -5, "learning_rate": 1, "momentum": 0.99},
    {"rule": "heavy_ball", "weight": -5, "gradient": 5, "learning_rate": 1, "momentum": 0.99},
]


def one_result(settings):
    return update_one_weight(**(ONE | settings))


@pytest.fixture(scope="module")
def one_weight_controls():
    return one_weight().controls.values()


def pale(collection):
    return collection.get_facecolor()[:, 3] < 1


def one(**settings):
    return one_result(settings)


@pytest.mark.parametrize("shown", [1, 12])
@pytest.mark.parametrize("settings", ONE_SETTINGS, ids=str)
def test_texts_of_one_weight_are_readable(texts_of, settings, shown):
    assert_readable(texts_of(ONE_WEIGHT, entry(one_result(settings), shown)))


@pytest.mark.parametrize("rule", LINEAR)
def test_texts_of_one_weight_are_readable_in_the_colour_of_every_rule(texts_of, rule):
    assert_readable(texts_of(ONE_WEIGHT, entry(one_result({"rule": rule}), 1)))


@pytest.mark.parametrize("seed", range(8))
def test_texts_of_one_weight_are_readable_at_random_settings(texts_of, one_weight_controls, seed):
    rng, settings = np.random.default_rng(seed), {}
    for control in one_weight_controls:
        options = getattr(control, "grid", None) or list(control.options.values())
        settings[control.name] = options[rng.integers(len(options))]
    shown = int(rng.integers(13))
    assert_readable(texts_of(ONE_WEIGHT, entry(one_result(settings), shown)))


def test_pins_at_one_weight_keep_their_letters_apart(texts_of):
    results = [one_result({"prev_delta": 0.0, "rule": rule}) for rule in LINEAR[:4]]
    pinned = [entry(r, look=look) for r, look in zip(results, PIN_LOOKS, strict=True)]
    texts = texts_of(ONE_WEIGHT, entry(results[0], 1), pinned)
    assert set("ABCD") <= {text.words for text in texts}
    assert_readable(texts)


def test_axes_of_one_weight_say_what_they_show():
    axes = framed(ONE_WEIGHT, entry(one_result({}), 1))
    assert set(axes) == {"line", "steps"}
    for row in ("gradient now", "memory", "weight"):
        assert row in [text.get_text() for text in axes["line"].texts]
    assert "step of each update" in headings(axes["steps"])
    assert "update" in axes["steps"].get_xlabel()


@pytest.mark.parametrize("shown", [0, 1, 12])
@pytest.mark.parametrize("settings", ONE_SETTINGS, ids=str)
def test_limits_of_one_weight_hold_the_weights_and_both_parts(settings, shown):
    result = one_result(settings)
    told, axes = result.response, framed(ONE_WEIGHT, entry(result, shown))
    assert within(axes["line"].get_xlim(), told.weights[: shown + 1] - told.weights[0])
    if shown:
        middle = told.weights[shown - 1] + told.gradient_parts[shown - 1]
        assert within(axes["line"].get_xlim(), middle - told.weights[0])
    assert within(axes["steps"].get_ylim(), [*told.gradient_parts, *told.steps, 0])


@pytest.mark.parametrize("gradient", [-2.7, 2.7])
def test_steps_of_one_weight_fill_their_axes_in_either_direction(gradient):
    result = one_result({"gradient": gradient, "prev_delta": 0.0})
    low, high = framed(ONE_WEIGHT, entry(result, 1))["steps"].get_ylim()
    assert np.abs(result.response.steps).max() > 0.3 * (high - low)


def test_bars_of_one_weight_are_both_parts_of_every_step():
    result = one_result({"rule": "heavy_ball", "momentum": 0.9})
    axes = framed(ONE_WEIGHT, entry(result, 5))["steps"]
    gradient, memory = [c for c in axes.collections if isinstance(c, PolyCollection)]
    told = result.response
    heights = [[np.ptp(path.vertices[:, 1]) for path in c.get_paths()] for c in (gradient, memory)]
    np.testing.assert_allclose(heights, np.abs([told.gradient_parts, told.memory_parts]), rtol=1e-9)
    for collection in (gradient, memory):
        assert pale(collection).tolist() == [False] * 5 + [True] * 7
    assert (gradient.get_hatch(), memory.get_hatch()) == (None, "////")


@pytest.mark.parametrize("prev_delta", [0.0, 0.1, -0.02, -0.1])
def test_the_gradients_bar_shows_also_where_the_memory_pulls_back(prev_delta):
    result = one_result({"rule": "heavy_ball", "prev_delta": prev_delta, "momentum": 0.9})
    picture = drawn(ONE_WEIGHT, entry(result, 1))
    axes, pixels = picture.axes["steps"], image(picture)
    bottom, top = (round(len(pixels) - y) for y in axes.bbox.intervaly)
    left, right = axes.transData.transform([(0.6, 0), (1.4, 0)])[:, 0].astype(int)
    grey = np.abs(pixels - 255 * np.array(to_rgb(GRADIENT_COLOR))).sum(axis=2) < 20
    rows = grey[top:bottom, left:right].any(axis=1).sum()
    height = np.abs(np.diff(axes.transData.transform([(1, 0), (1, 0.027)])[:, 1]))[0]
    assert rows >= 0.8 * height


def test_arrows_of_one_weight_carry_both_parts():
    result = one_result({})
    texts = [text.get_text() for text in framed(ONE_WEIGHT, entry(result, 1))["line"].texts]
    assert {"+0.027", "+0.022"} <= set(texts)


def test_the_first_update_is_the_posts_sum():
    result = one()
    assert result.equation(1) == "3.56 + 0.027 + 0.022 = 3.609"
    assert result.equation(1) in result.sentence
    assert result.numbers["new weight"] == "3.609"
    assert (result.numbers["gradient part"], result.numbers["memory part"]) == ("0.027", "0.022")


def test_the_gradient_that_the_post_states_gives_another_sum():
    assert one(gradient=-2.78).equation(1) == "3.56 + 0.0278 + 0.022 = 3.6098"


def test_an_uphill_gradient_is_subtracted_with_a_true_minus():
    assert one(gradient=2.7).equation(1) == "3.56 − 0.027 + 0.022 = 3.555"


def test_a_negative_weight_is_written_with_the_same_minus():
    assert one(weight=-1.2, gradient=0.8, learning_rate=0.1, prev_delta=0).equation(1) == (
        "−1.2 − 0.08 + 0 = −1.28"
    )


@pytest.mark.parametrize("rule", ["plain", "previous_delta", "heavy_ball", "nesterov", "averaged"])
@pytest.mark.parametrize("update", [1, 2, SLOPE_UPDATES])
def test_every_equation_adds_up(rule, update):
    words = one(rule=rule, momentum=0.9).equation(update).replace("−", "-")
    weight, first_sign, gradient, second_sign, memory, _, after = words.split()
    total = float(weight) + float(first_sign + gradient) + float(second_sign + memory)
    assert total == pytest.approx(float(after), abs=2e-5)


@pytest.mark.parametrize(
    ("rule", "gain"),
    [
        ("plain", 1.0),
        ("previous_delta", 1.9),
        ("heavy_ball", (1 - 0.9**12) / 0.1),
        ("nesterov", (1 - 0.9**13) / 0.1),
        ("averaged", 1 - 0.9**12),
    ],
)
def test_the_last_step_counts_in_steps_of_the_plain_rule(rule, gain):
    result = one(rule=rule, weight=0, gradient=-1, learning_rate=1, momentum=0.9, prev_delta=0)
    assert result.numbers["step 12 / plain"] == f"{gain:.3g}"
    assert result.response.steps[-1] == pytest.approx(gain, rel=1e-12)
    if rule != "plain":
        assert f"{gain:.3g} times" in result.finding


def test_look_back_and_build_up_are_in_the_table():
    start = {"weight": 0, "gradient": -1, "learning_rate": 1, "momentum": 0.9, "prev_delta": 0}
    assert one(rule="previous_delta", **start).numbers["steps"] == "1 1.9 1.9 1.9 …"
    assert one(rule="heavy_ball", **start).numbers["steps"] == "1 1.9 2.71 3.44 …"


def test_on_flat_ground_nothing_is_measured_against_a_plain_step():
    result = one(gradient=0.0)
    assert result.equation(1) == "3.56 + 0 + 0.022 = 3.582"
    assert "plain step" not in result.finding + result.sentence
    assert "-0" not in str(result.numbers) and "nan" not in str(result.numbers)


@pytest.mark.parametrize("settings", [{"rule": "plain"}, {"prev_delta": 0.0}])
def test_without_slope_and_memory_nothing_moves(settings):
    result = one(gradient=0.0, **settings)
    assert not result.response.steps.any()
    assert "nothing moves the weight" in result.finding


def test_memory_that_cancels_the_gradient_leaves_no_rounding_dust():
    result = one(rule="heavy_ball", gradient=1, learning_rate=0.1, momentum=0.5, prev_delta=0.2)
    assert result.numbers["steps"].startswith("0 ")
    assert "e-" not in result.numbers["steps"]


def test_one_weight_opens_at_the_first_of_twelve_updates():
    result = one()
    assert (result.opens_at, result.n_updates, len(result.response.steps)) == (1, 12, 12)
    assert len(result.response.weights) == 13


def test_the_label_of_one_weight_names_its_settings():
    assert one().label == "previous-delta, α 0.01, β 0.5"
    assert one(rule="plain").label == "plain, α 0.01"
    assert one(rule="plain").numbers["β"] == "–"


@pytest.mark.parametrize("n_pins", [1, 4])
def test_texts_of_one_weight_stay_readable_with_presets_pinned(texts_of, n_pins):
    results = [one_result(settings) for settings in ONE_WEIGHT_PRESETS.values()]
    looks = PIN_LOOKS[:n_pins]
    pinned = [entry(r, look=k) for r, k in zip(itertools.cycle(results), looks, strict=False)]
    for present in results:
        assert_readable(texts_of(ONE_WEIGHT, entry(present, present.opens_at), pinned))


@pytest.fixture(scope="module")
def empty_axes():
    return ONE_WEIGHT.frame(Figure())


@pytest.mark.parametrize("start", [{}, {"prev_delta": 0}], ids=["post", "rest"])
@pytest.mark.parametrize("rule", LINEAR)
def test_the_axes_stand_still_at_four_of_five_places_of_every_slider(empty_axes, rule, start):
    def limits(result, shown):
        ONE_WEIGHT.scale(empty_axes, [entry(result, shown)])
        return [(*plot.get_xlim(), *plot.get_ylim()) for plot in empty_axes.values()]

    lab = one_weight(rule=rule, **start)
    for name in ("weight", "gradient", "learning_rate", "momentum", "prev_delta"):
        grid = lab.controls[name].grid
        places = [lab.values | {name: value} for value in grid[:: len(grid) // 200 + 1]]
        seen = [limits(update_one_weight(**values), 1) for values in places]
        changes = sum(now != before for before, now in itertools.pairwise(seen))
        assert changes <= len(seen) / 5, name
        if name == "weight":
            assert changes == 0
    seen = [limits(lab.result, shown) for shown in range(13)]
    assert sum(now != before for before, now in itertools.pairwise(seen)) <= 3
