"""The blitted picture: pixel for pixel what a new one drawn once would be, and nothing piles up."""

import gc
import io
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from reader import entries, look, new_picture, pixels, slide

from momentum_lab.labs import (
    bowl,
    edge_of_stability,
    network_lab,
    one_item,
    one_weight,
    phase_map,
    single_steps,
    spectrum,
    valley,
    weight_gains,
)
from momentum_lab.labs.bowl.view import BOWL
from momentum_lab.labs.edge_of_stability.view import EDGE_OF_STABILITY
from momentum_lab.labs.network_lab.view import NETWORK_LAB
from momentum_lab.labs.one_item.view import ONE_ITEM
from momentum_lab.labs.one_weight.view import ONE_WEIGHT
from momentum_lab.labs.phase_map.view import PHASE_MAP
from momentum_lab.labs.single_steps.view import SINGLE_STEPS
from momentum_lab.labs.spectrum.view import SPECTRUM
from momentum_lab.labs.valley.view import VALLEY
from momentum_lab.labs.weight_gains.view import WEIGHT_GAINS
from momentum_lab.live.picture import HEADER, MOST_WARM, Picture, View, png_bytes
from momentum_lab.live.style import PIN_LOOKS, Look, heading, panel

NOW = Look("#1f6fb4")
VIEWS = {
    edge_of_stability: EDGE_OF_STABILITY,
    network_lab: NETWORK_LAB,
    one_item: ONE_ITEM,
    one_weight: ONE_WEIGHT,
    bowl: BOWL,
    valley: VALLEY,
    phase_map: PHASE_MAP,
    single_steps: SINGLE_STEPS,
    spectrum: SPECTRUM,
    weight_gains: WEIGHT_GAINS,
}


def frame(figure):
    axes = {
        "left": panel(figure, (0.1, 0.15, 0.35, 0.7)),
        "right": panel(figure, (0.6, 0.15, 0.35, 0.7)),
    }
    heading(axes["left"], "a wave")
    axes["left"].set_xlim(0, 20)
    return axes


def scale(axes, entries):
    top = max(result.height for result, *_ in entries)
    axes["left"].set_ylim(-top, top)


def draw(axes, result, look, shown):
    x = np.arange(shown)
    axes["left"].plot(x, result.height * np.sin(x), color=look.color, ls=look.dash, lw=look.width)
    axes["right"].plot([0, 1], [0, 1 / result.height], "o", color=look.color, zorder=3)
    axes["right"].text(0.5, 0.5, look.letter or "now", color=look.color)


WAVES = View(frame, scale, draw, size=(300, 120))


def wave(height):
    return SimpleNamespace(height=height, finding=f"height {height}", label=f"wave {height}")


def picture_of_waves():
    return Picture(WAVES)


@pytest.fixture
def full_draws(monkeypatch):
    """Count how often a whole canvas is drawn."""
    counted, whole = [], FigureCanvasAgg.draw

    def counting(canvas):
        counted.append(canvas)
        whole(canvas)

    monkeypatch.setattr(FigureCanvasAgg, "draw", counting)
    return counted


# --- equal to a redraw ----------------------------------------------------------------------

wave_events = st.lists(
    st.tuples(st.sampled_from(["change", "shorten", "pin", "clear", "export"]), st.integers(1, 3)),
    min_size=1,
    max_size=12,
)


@settings(max_examples=8)
@given(wave_events)
@example([("pin", 1), ("export", 1), ("export", 1), ("clear", 1), ("export", 1)])
@example([("pin", 2), ("clear", 1), ("pin", 3), ("change", 1)])
def test_after_any_events_the_picture_is_that_of_a_new_one(events):
    picture, pinned, present = picture_of_waves(), [], (wave(1), NOW, 20)
    picture.draw(pinned, present)
    for event, number in events:
        if event == "change":
            present = (wave(number), NOW, 20)
        elif event == "shorten":
            present = (present[0], NOW, 5 * number)
        elif event == "pin" and len(pinned) < len(PIN_LOOKS):
            pinned = [*pinned, (present[0], PIN_LOOKS[len(pinned)], 20)]
        elif event == "clear":
            pinned = []
        elif event == "export":
            picture.png()
        picture.draw(pinned, present)
        picture.live_png()
    fresh = new_picture(WAVES, pinned, present)
    np.testing.assert_array_equal(pixels(picture.live_png()), pixels(fresh.live_png()))
    np.testing.assert_array_equal(pixels(picture.png()), pixels(fresh.png()))


def random_event(lab, rng):
    """One event a reader may cause, drawn at random."""
    kind = rng.choice(
        ["number", "choice", "pin", "clear", "show", "preset", "reset"],
        p=[0.3, 0.2, 0.15, 0.05, 0.2, 0.05, 0.05],
    )
    if kind in ("number", "choice"):
        controls = [c for c in lab.controls.values() if hasattr(c, "grid") == (kind == "number")]
        control = controls[rng.integers(len(controls))]
        options = control.grid if kind == "number" else list(control.options.values())
        control.value = options[rng.integers(len(options))]
    elif kind == "show":
        lab.show_update(int(rng.integers(lab.result.n_updates + 1)))
    elif kind == "preset":
        lab.preset(rng.choice(list(lab.presets)))
    else:
        {"pin": lab.pin, "clear": lab.clear_pins, "reset": lab.reset}[kind]()


@pytest.mark.parametrize("width", [900, 431])
@pytest.mark.parametrize(("factory", "view"), VIEWS.items())
def test_after_random_events_a_lab_shows_what_a_new_picture_would(factory, view, width):
    rng, lab = np.random.default_rng(width), look(factory(), width)
    if "data_set" in lab.controls:  # the digits take seconds
        lab.data_set.options.pop("digits", None)
    for _ in range(10):
        random_event(lab, rng)
    fresh = new_picture(view, *entries(lab))
    assert lab.screen.frame["png"] == fresh.live_png(width)
    assert lab.picture.png() == fresh.png()


def test_a_pinned_result_whose_look_changes_is_drawn_anew():
    picture, result, present = picture_of_waves(), wave(2), (wave(1), NOW, 20)
    for pin_look in PIN_LOOKS[:2]:
        picture.draw([(result, pin_look, 20)], present)
        picture.sheet()
    fresh = new_picture(WAVES, [(result, PIN_LOOKS[1], 20)], present)
    assert picture.live_png() == fresh.live_png()


@pytest.mark.parametrize(("order", "line_shows"), [(1, False), (9, True)])
def test_artists_are_stacked_by_their_order_as_in_a_whole_redraw(order, line_shows):
    def covered(axes, result, look, shown):
        axes["left"].plot([0, 20], [0, 0], color="#ff0000", lw=5, zorder=order)
        axes["left"].fill_between([0, 20], -1, 1, color="white", zorder=5)

    picture = pixels(new_picture(View(frame, scale, covered), [], (wave(1), NOW, 20)).live_png())
    assert (picture == (255, 0, 0)).all(axis=2).any() == line_shows


# --- PNG ------------------------------------------------------------------------------------


@pytest.mark.parametrize("factory", VIEWS)
def test_the_live_picture_is_the_picture_that_stands_alone_without_its_header(factory):
    lab = factory()
    for more_pins in (0, 1, 3):
        for _ in range(more_pins):
            lab.pin()
        alone, live = pixels(lab.picture.png()), pixels(lab.picture.live_png())
        width, height = VIEWS[factory].size
        assert live.shape == (height, width, 3)
        assert alone.shape[1:] == (width, 3)
        assert height < len(alone) <= height + HEADER
        np.testing.assert_array_equal(alone[-height:], live)
        header = alone[: len(alone) - height]
        assert (header < 128).any(), "the header has a title"


def test_the_header_grows_with_the_legend():
    picture, heights = picture_of_waves(), []
    for pins in range(5):
        pinned = [(wave(2), look, 20) for look in PIN_LOOKS[:pins]]
        picture.draw(pinned, (wave(1), NOW, 20))
        heights.append(len(pixels(picture.png())))
    assert heights == sorted(heights) and heights[0] < heights[1] and heights[1] < heights[4]


@pytest.mark.parametrize("pins", [0, 2])
def test_asking_twice_gives_the_same_bytes(pins):
    picture = picture_of_waves()
    picture.draw([(wave(2), look, 20) for look in PIN_LOOKS[:pins]], (wave(1), NOW, 20))
    live = picture.live_png()
    assert picture.png() == picture.png()
    assert picture.live_png() == live


@settings(max_examples=40)
@given(st.data(), st.integers(1, 12), st.integers(1, 12))
def test_a_png_holds_the_pixels_that_it_was_made_of(data, height, width):
    colors = data.draw(st.binary(min_size=3 * height * width, max_size=3 * height * width))
    array = np.frombuffer(colors, np.uint8).reshape(height, width, 3)
    with Image.open(io.BytesIO(png_bytes(array))) as image:
        assert (image.format, image.mode, image.size) == ("PNG", "RGB", (width, height))
        image.load()
        np.testing.assert_array_equal(np.asarray(image), array)
    wide = np.asarray(Image.open(io.BytesIO(png_bytes(array[:, ::-1]))))  # not in one piece
    np.testing.assert_array_equal(wide, array[:, ::-1])


# --- every width ----------------------------------------------------------------------------


def halved(array):
    """The picture half as wide: each pixel the mean of four."""
    height, width = (size // 2 * 2 for size in array.shape[:2])
    quarters = array[:height, :width].astype(float).reshape(height // 2, 2, width // 2, 2, 3)
    return quarters.mean(axis=(1, 3))


@pytest.mark.parametrize("factory", VIEWS)
def test_a_picture_twice_as_wide_shows_the_same_twice_as_large(factory):
    lab = factory().pin()
    for change in ({}, {"momentum": 0.9, "learning_rate": 0.8}):
        lab.set(**change)
        small, large = (pixels(lab.picture.live_png(width)) for width in (900, 1800))
        assert large.shape == (2 * len(small), 1800, 3)
        different = np.abs(halved(large) - small).max(axis=2)
        # Letters and lines lie on whole pixels, so their edges differ, by one pixel at most.
        assert different.mean() < 5
        blurred_small, blurred_large = halved(halved(small)), halved(halved(halved(large)))
        assert (np.abs(blurred_large - blurred_small).max(axis=2) > 80).mean() < 0.01


@pytest.mark.parametrize("width", [200, 333, 641, 873, 1201])
def test_a_picture_has_exactly_the_pixels_that_were_asked_for(width):
    picture = new_picture(WAVES, [], (wave(1), NOW, 20))
    height = picture.live_height(width)
    assert height == round(120 * width / 300)
    assert pixels(picture.live_png(width)).shape == (height, width, 3)


def test_a_picture_is_never_too_small_to_draw_nor_too_large_to_hold():
    picture = new_picture(WAVES, [], (wave(1), NOW, 20))
    assert pixels(picture.live_png(1)).shape[1] == 200
    assert pixels(picture.live_png(10**6)).shape[1] == 4000


# --- what is drawn when ---------------------------------------------------------------------


def test_the_background_is_drawn_only_when_limits_or_pins_change(full_draws):
    picture, low, high = picture_of_waves(), wave(1), wave(2)
    pin = (wave(1), PIN_LOOKS[0], 20)

    def draws(pinned, result, shown=20):
        before = len(full_draws)
        picture.draw(pinned, (result, NOW, shown))
        assert len(full_draws) == before  # nobody looks
        picture.live_png()
        return len(full_draws) - before

    assert draws([], low) == 1
    assert draws([], low, shown=7) == 0
    assert draws([], wave(1)) == 0
    assert draws([], high) == 1  # other limits
    assert draws([], low) == 1
    assert draws([pin], low) == 1
    assert draws([pin], wave(1), shown=3) == 0
    assert draws([], low) == 1
    assert draws([(wave(1), PIN_LOOKS[0], 20)], low) == 1  # another run


def test_dragging_momentum_in_the_network_lab_draws_no_background(full_draws):
    lab = look(network_lab())
    del full_draws[:]
    for position in range(30, 60, 3):
        slide(lab.momentum, position)
    assert full_draws == []


def test_png_draws_no_background(full_draws):
    picture = new_picture(WAVES, [], (wave(1), NOW, 20))
    picture.sheet()
    del full_draws[:]
    picture.png()
    picture.live_png()
    assert full_draws == []


# --- nothing is left behind -----------------------------------------------------------------


def test_the_number_of_artists_is_constant_over_200_events():
    picture, counts = picture_of_waves(), set()
    for event in range(200):
        picture.draw([], (wave(1), NOW, event % 21))
        counts.add(len(picture.sheet().figure.findobj()))
    assert len(counts) == 1


@pytest.mark.parametrize("factory", VIEWS)
def test_a_lab_leaves_no_artist_behind(factory):
    lab = look(factory(), 300)
    counts = []
    for _ in range(3):
        lab.pin()
        lab.momentum.value = 0.8
        lab.show_update(7)
        lab.clear_pins()
        lab.reset()
        lab.momentum.value = lab.momentum.start
        lab.show_update(lab.result.n_updates)
        counts.append(len(lab.picture.sheet(300).figure.findobj()))
    assert counts[1:] == counts[:1] * 2


def test_a_view_that_raises_leaves_a_picture_that_draws_the_next_result():
    def fussy(axes, result, look, shown):
        draw(axes, result, look, shown)
        if result.height == 2:
            raise ZeroDivisionError

    view = View(frame, scale, fussy, size=(300, 120))
    picture = Picture(view)
    for pinned in ([], [(wave(2), PIN_LOOKS[0], 20)]):
        picture.draw(pinned, (wave(2), NOW, 20))
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                picture.live_png()
    picture.draw([], (wave(1), NOW, 20))
    assert picture.live_png() == new_picture(view, [], (wave(1), NOW, 20)).live_png()


def test_only_a_few_pictures_keep_a_figure_and_the_others_draw_it_again():
    def figures():
        gc.collect()
        return sum(issubclass(type(thing), Figure) for thing in gc.get_objects())

    pictures = [new_picture(WAVES, [], (wave(height), NOW, 20)) for height in range(1, 4)]
    live = [picture.live_png(width) for picture in pictures for width in (300, 450)]
    alone, few = [picture.png() for picture in pictures], figures()
    more = [new_picture(WAVES, [], (wave(1 + height), NOW, 20)) for height in range(MOST_WARM)]
    for picture in more:
        picture.live_png()
    assert figures() <= few
    assert [picture.live_png(width) for picture in pictures for width in (300, 450)] == live
    assert [picture.png() for picture in pictures] == alone
    assert figures() <= few


def test_a_picture_that_is_resized_again_and_again_keeps_few_figures():
    picture = new_picture(WAVES, [], (wave(1), NOW, 20))
    for width in range(300, 320):
        picture.live_png(width)
    assert len(picture._sheets) <= MOST_WARM


def test_pyplot_never_sees_the_figure():
    script = (
        "import sys\n"
        "from momentum_lab.labs import one_weight\n"
        "lab = one_weight()\n"
        "lab.screen.shown_at = [900, 2, 1]\n"
        "lab.pin().momentum.value = 0.9\n"
        "lab._repr_mimebundle_()\n"
        "assert 'matplotlib.pyplot' not in sys.modules, 'pyplot was imported'\n"
        "import matplotlib.pyplot\n"
        "assert matplotlib.pyplot.get_fignums() == [], 'pyplot has a figure'\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# --- a scene, and places in the picture -----------------------------------------------------


def picture_with_scene():
    def scene(axes, result):
        axes["right"].fill_between([0, 1], 0, result.scene, color="#dde6f0")

    return Picture(View(frame, scale, draw, size=(300, 120), scene=scene))


def scenic(height, level):
    return SimpleNamespace(**vars(wave(height)), scene=level)


def test_a_scene_is_drawn_anew_only_when_it_is_another_one(full_draws):
    picture = picture_with_scene()
    for height, level, drawn in ((1, 0.2, 1), (2, 0.2, 2), (2, 0.2, 2), (2, 0.6, 3), (2, 0.6, 3)):
        picture.draw([], (scenic(height, level), NOW, 20))  # height changes limits, level the scene
        picture.live_png()
        assert len(full_draws) == drawn


def test_a_changed_scene_leaves_nothing_of_the_old_one():
    picture = picture_with_scene()
    picture.draw([], (scenic(1, 0.9), NOW, 20))
    picture.png()
    picture.draw([], (scenic(1, 0.2), NOW, 20))
    fresh = picture_with_scene()
    fresh.draw([], (scenic(1, 0.2), NOW, 20))
    np.testing.assert_array_equal(pixels(picture.png()), pixels(fresh.png()))


def test_a_place_in_the_live_picture_is_found_in_data_coordinates():
    picture = picture_of_waves()
    picture.draw([], (wave(1), NOW, 20))
    left, top, right, bottom = picture.area("left")
    assert (left, right) == pytest.approx((0.1, 0.45), abs=1e-4)
    assert (top, bottom) == pytest.approx((1 - 0.85, 1 - 0.15), abs=1e-4)
    assert tuple(picture.data_at("left", 0, 0)) == pytest.approx((0, -1))
    assert tuple(picture.data_at("left", 0.5, 1)) == pytest.approx((10, 1))
