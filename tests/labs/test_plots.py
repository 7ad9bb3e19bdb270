"""Looks that can be told apart, texts that can be read, limits that hold what is drawn."""

import io
import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from momentum_lab.labs import one_weight
from momentum_lab.labs.network_lab.experiment import train_lab
from momentum_lab.labs.network_lab.lab import LAB_PRESETS
from momentum_lab.labs.network_lab.view import NETWORK_LAB, epoch_means
from momentum_lab.labs.one_weight.experiment import update_one_weight
from momentum_lab.labs.one_weight.lab import ONE_WEIGHT_PRESETS
from momentum_lab.labs.one_weight.view import ONE_WEIGHT
from momentum_lab.live.picture import HEADER, Picture
from momentum_lab.live.style import (
    DPI,
    GRADIENT_COLOR,
    INK,
    OWN_RULE_LOOK,
    PIN_LOOKS,
    RULE_LOOKS,
    SOFT_INK,
    bars,
    decades,
    round_limit,
    rule_look,
)
from momentum_lab.rules import RULES

LINEAR = ("plain", "previous_delta", "heavy_ball", "nesterov", "averaged")
FONT_SIZE = 9  # points, the smallest

LAB = {
    "rule": "previous_delta",
    "data_set": "iris",
    "learning_rate": 0.05,
    "hidden_units": 7,
    "momentum": 0.5,
    "batch_size": 1,
    "epochs": 20,
    "seed": 0,
}
ONE = {
    "rule": "previous_delta",
    "weight": 3.56,
    "gradient": -2.7,
    "learning_rate": 0.01,
    "momentum": 0.5,
    "prev_delta": 0.044,
}
DIVERGES = {"rule": "heavy_ball", "learning_rate": 10.0, "momentum": 0.99}

LAB_SETTINGS = [
    *LAB_PRESETS.values(),
    DIVERGES,  # in its first epoch
    DIVERGES | {"batch_size": 20, "epochs": 200},  # later
    {"rule": "rmsprop", "learning_rate": 10.0, "momentum": 0.0},
    {"rule": "plain", "learning_rate": 0.001, "batch_size": "all"},
    {"rule": "adagrad", "epochs": 5, "data_set": "spirals"},
    {"epochs": 200, "data_set": "penguins", "hidden_units": 1, "batch_size": 5},
    {"rule": "heavy_ball", "data_set": "two_moons", "learning_rate": 0.3, "epochs": 200}
    | {"hidden_units": 20},  # ends below 0.0001
]
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


def lab_result(settings):
    return train_lab((), **(LAB | settings))


def one_result(settings):
    return update_one_weight(**(ONE | settings))


def entry(result, shown=None, look=None):
    """A result as a picture takes it: all of it, in the look of its rule, unless told otherwise."""
    shown = result.n_updates if shown is None else shown
    return result, look or rule_look(result.rule), shown


def drawn(view, present, pinned=()):
    picture = Picture(view)
    picture.draw(list(pinned), present)
    picture.sheet()  # which draws it
    return picture


def framed(view, present, pinned=()):
    """The axes with everything on them, without drawing a pixel."""
    width, height = view.size
    axes = view.frame(Figure(figsize=(width / DPI, height / DPI), dpi=DPI))
    view.scale(axes, [present, *pinned])
    for result in (*pinned, present):
        view.draw(axes, *result)
    return axes


def image(picture):
    return np.asarray(Image.open(io.BytesIO(picture.live_png()))).astype(int)


def some_pixels_have(color, pixels, tolerance=60):
    return (np.abs(pixels - 255 * np.array(to_rgb(color))).sum(axis=2) < tolerance).sum()


# --- the palette ----------------------------------------------------------------------------

LOOKS = RULE_LOOKS | {"own rule": OWN_RULE_LOOK}

# Colours in linear light as they reach an eye without red, green or blue cones:
# Machado, Oliveira & Fernandes 2009, full severity.
EYES = {
    "all cones": np.eye(3),
    "no red": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "no green": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "no blue": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}
# To OKLab (Ottosson 2020), in which equal distances look equally different; black to white is 1.
CONES = [[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]]
OKLAB = [[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]]


def linear_light(color):
    channels = np.array(to_rgb(color))
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def contrast_on_white(color):
    """The contrast ratio of WCAG 2: 21 for black, 1 for white."""
    return 1.05 / (linear_light(color) @ [0.2126, 0.7152, 0.0722] + 0.05)


def seen(color, eye):
    light = np.clip(np.array(EYES[eye]) @ linear_light(color), 0, 1)
    return np.array(OKLAB) @ np.cbrt(np.array(CONES) @ light)


def test_the_measures_of_colour_know_black_and_white():
    assert contrast_on_white("black") == pytest.approx(21)
    assert contrast_on_white("white") == pytest.approx(1)
    for eye in EYES:
        distance = np.linalg.norm(seen("black", eye) - seen("white", eye))
        assert distance == pytest.approx(1, abs=0.01)
    assert np.linalg.norm(seen("#ff0000", "no red") - seen("#6b5f00", "no red")) < 0.1


def test_every_rule_has_a_look():
    assert list(RULE_LOOKS) == list(RULES)
    assert rule_look("heavy_ball") is RULE_LOOKS["heavy_ball"]
    assert rule_look("my_rule") is OWN_RULE_LOOK


@pytest.mark.parametrize("eye", EYES)
def test_the_colours_of_two_rules_can_be_told_apart(eye):
    least = 0.1 if eye == "all cones" else 0.06
    for (name, look), (other, other_look) in itertools.combinations(LOOKS.items(), 2):
        distance = np.linalg.norm(seen(look.color, eye) - seen(other_look.color, eye))
        assert distance > least, f"{name} and {other}: {distance:.3f}"


def test_lines_stand_out_from_white():
    for look in (*LOOKS.values(), *PIN_LOOKS):
        assert contrast_on_white(look.color) >= 3, look


def test_pins_differ_from_each_other_and_from_all_rules_by_their_dashes():
    dashes = [str(look.dash) for look in PIN_LOOKS]
    assert len(set(dashes)) == len(dashes) == 4
    assert not set(dashes) & {str(look.dash) for look in LOOKS.values()}
    assert [look.letter for look in PIN_LOOKS] == list("ABCD")
    assert not any(look.letter for look in LOOKS.values())


def test_text_colours_have_a_contrast_of_four_and_a_half():
    for color in (INK, SOFT_INK):
        assert contrast_on_white(color) >= 4.5, color
    for look in PIN_LOOKS:  # their letters are texts
        assert contrast_on_white(look.color) >= 4.5, look


# --- texts ----------------------------------------------------------------------------------


@pytest.fixture
def texts_of(monkeypatch):
    """A function that draws a picture anew, and returns every text that reached the canvas."""
    written, draw = [], Text.draw

    def noting(text, renderer):
        draw(text, renderer)
        if text.get_visible() and text.get_text().strip():
            color, size = text.get_color(), text.get_fontsize()
            box = text.get_window_extent(renderer)
            written.append(SimpleNamespace(words=text.get_text(), box=box, color=color, size=size))

    monkeypatch.setattr(Text, "draw", noting)

    def texts_of(view, present, pinned=()):
        del written[:]
        picture = drawn(view, present, pinned)
        width, height = picture.sheet().figure.canvas.get_width_height()
        for text in written:
            text.room = (0, 0, width, height - HEADER)  # of the live picture
        in_plots = len(written)
        picture.png()
        for text in written[in_plots:]:
            text.room = (0, height - HEADER, width, height)
        return list(written)

    return texts_of


@pytest.fixture(scope="module")
def one_weight_controls():
    return one_weight().controls.values()


def overlaps(texts, allowed=1):
    """The pairs of texts whose boxes share more than `allowed` pixels in both directions."""
    for one, other in itertools.combinations(texts, 2):
        width = min(one.box.x1, other.box.x1) - max(one.box.x0, other.box.x0)
        height = min(one.box.y1, other.box.y1) - max(one.box.y0, other.box.y0)
        if width > allowed and height > allowed:
            yield one.words, other.words


def cut(texts):
    for text in texts:
        left, bottom, right, top = text.room
        box = text.box
        if box.x0 < left or box.y0 < bottom or box.x1 > right or box.y1 > top:
            yield text.words


def assert_readable(texts):
    assert len(texts) > 10
    assert list(overlaps(texts)) == []
    assert list(cut(texts)) == []
    assert [text.words for text in texts if text.size < FONT_SIZE] == []
    assert [text.words for text in texts if contrast_on_white(text.color) < 4.5] == []


@pytest.mark.parametrize("settings", LAB_SETTINGS, ids=str)
def test_texts_of_the_network_lab_are_readable(texts_of, settings):
    assert_readable(texts_of(NETWORK_LAB, entry(lab_result(settings))))


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


@pytest.mark.parametrize("n_pins", [1, 4])
@pytest.mark.parametrize(
    ("view", "result", "presets"),
    [
        (NETWORK_LAB, lab_result, LAB_PRESETS),
        (ONE_WEIGHT, one_result, ONE_WEIGHT_PRESETS),
    ],
    ids=["network_lab", "one_weight"],
)
def test_texts_stay_readable_with_presets_pinned(texts_of, view, result, presets, n_pins):
    results = [result(settings) for settings in presets.values()]
    looks = PIN_LOOKS[:n_pins]
    pinned = [entry(r, look=k) for r, k in zip(itertools.cycle(results), looks, strict=False)]
    for present in results:
        assert_readable(texts_of(view, entry(present, present.opens_at), pinned))


def test_pins_at_one_weight_keep_their_letters_apart(texts_of):
    results = [one_result({"prev_delta": 0.0, "rule": rule}) for rule in LINEAR[:4]]
    pinned = [entry(r, look=look) for r, look in zip(results, PIN_LOOKS, strict=True)]
    texts = texts_of(ONE_WEIGHT, entry(results[0], 1), pinned)
    assert set("ABCD") <= {text.words for text in texts}
    assert_readable(texts)


def test_a_readers_long_rule_name_fits_into_the_legend(texts_of):
    def nesterov_then_plain(weight, gradient, memory, learning_rate, momentum):
        return weight - learning_rate * gradient, memory

    settings = LAB | {"rule": "nesterov_then_plain", "learning_rate": 0.0015}
    result = train_lab((nesterov_then_plain,), **settings)
    pinned = [entry(result, look=look) for look in PIN_LOOKS]
    assert_readable(texts_of(NETWORK_LAB, entry(result), pinned))


# --- axes and their limits ------------------------------------------------------------------


def headings(axes):
    return " ".join(text.get_text() for text in axes.texts)


def test_axes_of_the_network_lab_say_what_they_show():
    axes = framed(NETWORK_LAB, entry(lab_result({})))
    assert set(axes) == {"error", "accuracy", "steps"}
    for name, word in (("error", "error"), ("accuracy", "accuracy"), ("steps", "step length")):
        assert word in headings(axes[name])
    assert axes["error"].get_xlabel() == axes["steps"].get_xlabel() == "epochs"
    assert axes["error"].get_yscale() == axes["steps"].get_yscale() == "log"
    assert "gradient now" in headings(axes["steps"]) and "memory" in headings(axes["steps"])


def test_axes_of_one_weight_say_what_they_show():
    axes = framed(ONE_WEIGHT, entry(one_result({}), 1))
    assert set(axes) == {"line", "steps"}
    for row in ("gradient now", "memory", "weight"):
        assert row in [text.get_text() for text in axes["line"].texts]
    assert "step of each update" in headings(axes["steps"])
    assert "update" in axes["steps"].get_xlabel()


def within(limits, values):
    values = np.asarray(values)
    return bool(((min(limits) <= values) & (values <= max(limits))).all())


@pytest.mark.parametrize("settings", LAB_SETTINGS, ids=str)
def test_limits_of_the_network_lab_hold_the_means(settings):
    result = lab_result(settings)
    run, axes = result.run, framed(NETWORK_LAB, entry(result))
    assert axes["error"].get_xlim() == axes["steps"].get_xlim() == (0, result.epochs)
    assert within(axes["error"].get_ylim(), run.epoch_means)
    assert within(axes["accuracy"].get_ylim(), run.epoch_accuracies)
    assert run.step_parts.max() <= axes["steps"].get_ylim()[1]
    assert axes["steps"].get_ylim()[0] < run.step_parts.mean(axis=0).max(), "nothing to be seen"


def test_limits_of_the_network_lab_hold_the_pinned_runs():
    wild, tame = lab_result(DIVERGES), lab_result({"epochs": 5})
    axes = framed(NETWORK_LAB, entry(tame), [entry(wild, look=PIN_LOOKS[0])])
    assert axes["error"].get_xlim() == (0, 20)
    assert within(axes["error"].get_ylim(), wild.run.update_errors[wild.run.update_errors > 0.01])
    assert wild.run.step_parts.max() <= axes["steps"].get_ylim()[1]


def test_limits_stay_while_a_slider_moves_a_little():
    limits = set()
    for momentum in np.linspace(0.3, 0.7, 9):
        axes = framed(NETWORK_LAB, entry(lab_result({"momentum": momentum})))
        limits.add(str([(a.get_xlim(), a.get_ylim()) for a in axes.values()]))
    assert len(limits) == 1


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


# --- what is drawn --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [
        DIVERGES,
        DIVERGES | {"batch_size": 20, "epochs": 200},
        DIVERGES | {"data_set": "spirals", "hidden_units": 30},
        {"rule": "plain", "learning_rate": 0.05},
    ],
    ids=str,
)
def test_nothing_that_is_drawn_is_nan_not_even_on_divergence(settings):
    result = lab_result(settings)
    picture = drawn(NETWORK_LAB, entry(result))
    for axes in picture.axes.values():
        for line in axes.get_lines():
            assert np.isfinite(line.get_xydata()).all()
    assert some_pixels_have(rule_look(result.rule).color, image(picture)) > 20


def test_a_run_that_diverges_at_the_end_of_an_epoch_is_drawn():
    def explode(weight, gradient, memory, learning_rate, momentum):
        return 3 * weight - learning_rate * gradient, memory

    settings = LAB | {"rule": "explode", "batch_size": "all"}
    result = train_lab((explode,), **settings)
    assert result.run.diverged_at % result.run.updates_per_epoch == 0
    axes = framed(NETWORK_LAB, entry(result))
    (accuracies,) = axes["accuracy"].get_lines()
    np.testing.assert_array_equal(accuracies.get_ydata(), result.run.epoch_accuracies)


def test_a_pinned_run_that_diverged_in_its_first_epoch_leaves_a_mark():
    wild = entry(lab_result(DIVERGES), look=PIN_LOOKS[1])
    with_pin = image(drawn(NETWORK_LAB, entry(lab_result({})), [wild]))
    assert some_pixels_have(PIN_LOOKS[1].color, with_pin) > 3


def test_a_lab_picture_draws_what_the_run_measured():
    result = lab_result({"epochs": 5})
    run, axes = result.run, framed(NETWORK_LAB, entry(result))
    dots, means = (line.get_ydata() for line in axes["error"].get_lines())
    np.testing.assert_array_equal(dots, run.update_errors)
    np.testing.assert_allclose(means, run.epoch_means, rtol=1e-12)
    (accuracies,) = axes["accuracy"].get_lines()
    assert accuracies.get_xdata().tolist() == [1, 2, 3, 4, 5]
    np.testing.assert_array_equal(accuracies.get_ydata(), run.epoch_accuracies)
    gradient, memory = (line.get_ydata() for line in axes["steps"].get_lines())
    expected = run.step_parts.reshape(5, -1, 2).mean(axis=1)
    np.testing.assert_allclose(np.transpose([gradient, memory]), expected, rtol=1e-12)


@pytest.mark.parametrize("shown", [0, 1, 119, 120, 121, 300])
def test_a_lab_picture_draws_no_more_than_is_shown(shown):
    result = lab_result({"epochs": 5})
    axes = framed(NETWORK_LAB, entry(result, shown))
    dots, means = axes["error"].get_lines()
    (accuracies,) = axes["accuracy"].get_lines()
    assert len(dots.get_xdata()) == shown
    assert len(means.get_xdata()) == -(-shown // 120)
    assert len(accuracies.get_xdata()) == shown // 120


def pale(collection):
    return collection.get_facecolor()[:, 3] < 1


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


# --- small helpers --------------------------------------------------------------------------


@given(st.lists(st.floats(-1, 1e12) | st.sampled_from([np.nan, np.inf, 0.0]), max_size=6))
def test_decades_hold_all_positive_values_and_never_shrink(values):
    low, high = decades(values, 0.01, 10.0)
    assert low <= 0.01 and high >= 10
    assert all(low <= v <= high for v in values if np.isfinite(v) and v > 1e-300)
    for limit in (low, high):
        assert np.log10(limit) == pytest.approx(round(np.log10(limit)), abs=1e-9)


@given(st.floats(1e-12, 1e12) | st.floats(-1e12, -1e-12))
def test_a_round_limit_is_a_little_beyond_the_value(value):
    limit = round_limit(value)
    assert np.sign(limit) == np.sign(value)
    assert 1.08 * abs(value) <= abs(limit) * (1 + 1e-12)
    assert abs(limit) <= 5 * abs(value)
    assert float(f"{limit:.1g}") == pytest.approx(limit, rel=1e-12)


def test_the_round_limit_of_nothing_is_nothing():
    assert round_limit(0) == 0


@given(st.lists(st.floats(-1e3, 1e3), max_size=30), st.integers(1, 10))
def test_epoch_means_are_those_of_the_slices(values, updates_per_epoch):
    slices = [values[i : i + updates_per_epoch] for i in range(0, len(values), updates_per_epoch)]
    given_means = epoch_means(np.array(values), updates_per_epoch)
    np.testing.assert_allclose(given_means, [np.mean(part) for part in slices], atol=1e-9)


def test_bars_are_one_artist():
    axes = Figure().add_subplot()
    before = len(axes.get_children())
    bars(axes, np.arange(5), np.zeros(5), np.ones(5), "red", np.arange(5) < 2)
    assert len(axes.get_children()) == before + 1
