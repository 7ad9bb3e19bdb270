"""What a reader does in JupyterLab and what she sees: a real browser, a real kernel."""

import base64
import io
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from browser import (
    PROJECT,
    SCREEN,
    JupyterPage,
    Lab,
    chromium,
    jupyterlab,
    write_notebook,
)
from matplotlib.colors import to_rgb
from PIL import Image
from playwright.sync_api import expect

from momentum_lab import labs
from momentum_lab.labs.network_lab.lab import LAB_PRESETS
from momentum_lab.labs.settings import LEARNING_RATES
from momentum_lab.labs.words import in_words
from momentum_lab.live.style import PIN_LOOKS, rule_look

CELLS = "from momentum_lab.labs import network_lab", "lab = network_lab()", "lab"
LESSONS = [path.name for path in sorted(PROJECT.glob("notebooks/[0-9]*.ipynb"))]
SAVED = "saved.ipynb"
OTHER_LABS = [name for name in labs.__all__ if name not in ("network_lab", "one_weight")]
# The labs that can be pointed into, with the controls that follow: first across, then up.
POINTED = {
    "phase_map": ("learning rate", "momentum"),
    "valley": ("start, weight 1", "start, weight 2"),
}


@pytest.fixture(scope="module")
def server(chromium_path, tmp_path_factory):
    """JupyterLab on copies of the lessons and on two notebooks with the network lab."""
    root = tmp_path_factory.mktemp("notebooks")
    if LESSONS:
        shutil.copytree(PROJECT / "notebooks", root, dirs_exist_ok=True)
    write_notebook(root / "lab.ipynb", "# Lab", *CELLS)
    for name in POINTED:
        cells = f"from momentum_lab.labs import {name}", f"lab = {name}()", "lab"
        write_notebook(root / f"{name}.ipynb", "# Lab", *cells)
    made = ["from momentum_lab import labs", *(f"labs.{name}()" for name in OTHER_LABS)]
    write_notebook(root / "others.ipynb", "# Labs", *made)
    write_notebook(root / SAVED, "# Saved", *CELLS)
    paths = os.pathsep.join(filter(None, [str(PROJECT), os.environ.get("PYTHONPATH")]))
    subprocess.run(
        [sys.executable, PROJECT / "tools/refresh_notebooks.py", root / SAVED],
        env={**os.environ, "PYTHONPATH": paths},
        check=True,
        capture_output=True,
    )
    with jupyterlab(root, tmp_path_factory.mktemp("home")) as server:
        yield server


@pytest.fixture(scope="module")
def context(server, chromium_path):
    with chromium(chromium_path) as context:
        yield context


# A notebook as it is saved, and after all its cells ran.


@pytest.fixture(scope="module")
def reader(server, context):
    return JupyterPage(context, server)


@pytest.fixture(scope="module", params=[SAVED, *LESSONS])
def notebook(request, reader):
    """A notebook that was just opened, then run; `saved` is what it showed before."""
    reader.open(request.param)
    reader.saved_outputs = reader.outputs()
    expected = sum("image/png" in output.get("data", {}) for output in reader.saved_outputs)
    reader.page.wait_for_function(f"count => ({LOADED_PICTURES})() >= count", arg=expected)
    reader.saved_pictures = reader.page.evaluate(LOADED_PICTURES)
    reader.saved_text = reader.text()
    reader.run_all()
    return reader


def test_saved_notebook_shows_its_pictures_before_it_is_run(notebook):
    pictures = [out for out in notebook.saved_outputs if "image/png" in out.get("data", {})]
    assert 0 < len(pictures) == notebook.saved_pictures
    assert not re.search(r"Error displaying widget|model not found", notebook.saved_text)


def test_run_all_ends_without_error_or_warning(notebook):
    outputs = notebook.outputs()
    assert [out for out in outputs if out["output_type"] == "error"] == []
    assert [out for out in outputs if out.get("name") == "stderr"] == []


def test_run_all_shows_live_pictures_that_have_words(notebook):
    pictures = notebook.page.locator("img.ml-picture")
    pictures.first.wait_for()
    assert all(re.search(r"\d", image.get_attribute("alt")) for image in pictures.all())
    assert not re.search(r"Error displaying widget|model not found", notebook.text())


def test_nothing_in_the_outputs_is_cut_off(notebook):
    assert notebook.page.evaluate(CUT_OFF) == []


def test_no_request_leaves_the_machine_and_the_console_has_no_error(notebook):
    assert notebook.problems == []


# The network lab.


@pytest.fixture(scope="module")
def lab_notebook(server, context):
    page = JupyterPage(context, server)
    page.open("lab.ipynb")
    return page


@pytest.fixture
def lab(lab_notebook):
    """A new network lab in an open notebook; fails when the console has an error afterwards."""
    lab_notebook.run_all()
    yield Lab(lab_notebook.page)
    assert lab_notebook.problems == []


def pixels(lab):
    """The picture, decoded: an array of (height, width, red-green-blue)."""
    data = base64.b64decode(lab.source().partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def count(lab, color):
    """How many pixels of the picture have this colour."""
    wanted = np.round(np.multiply(to_rgb(color), 255))
    return int((pixels(lab) == wanted).all(axis=2).sum())


def number(box):
    return float(box.input_value())


def pinned(lab, letter):
    """The table's row of the run that is pinned under this letter."""
    return lab.root.get_by_role("row", name=re.compile(f"^{letter} "))


def test_each_place_of_a_dragged_slider_shows_another_picture_before_the_mouse_is_released(lab):
    box = lab.box("learning rate")
    places = [(number(box), lab.picture.screenshot())]
    with lab.held("learning rate") as drag:
        for _ in range(5):
            with lab.new_picture():
                drag(16)
            expect(box).not_to_have_value(f"{places[-1][0]:g}")
            places.append((number(box), lab.picture.screenshot()))
    numbers, screenshots = zip(*places, strict=True)
    assert numbers == tuple(sorted(numbers)) and set(numbers) < set(LEARNING_RATES)
    assert len(set(screenshots)) == len(places)


def test_no_frame_of_a_drag_is_painted_without_the_picture(lab):
    lab.page.evaluate(WATCH_FRAMES)
    with lab.held("learning rate") as drag:
        for _ in range(12):
            with lab.new_picture():
                drag(16)
    frames = lab.page.evaluate("() => { watching = false; return frames_seen; }")
    (height,) = {frame["height"] for frame in frames}
    assert height > 100 and len(frames) > 12
    assert all(frame["pictures"] == 1 and frame["loaded"] for frame in frames)


def test_a_typed_number_between_two_places_of_the_slider_is_kept(lab):
    with lab.new_picture():
        lab.type("learning rate", 0.0875)
    lab.button("pin this run").click()
    expect(pinned(lab, "A")).to_contain_text("0.0875")
    expect(lab.box("learning rate")).to_have_value("0.0875")


def test_a_momentum_above_the_largest_is_set_to_it_and_the_status_says_so(lab):
    with lab.new_picture():
        lab.type("momentum", 1.2)
    expect(lab.status).to_contain_text("momentum is from 0 to 0.99: 1.2 was set to 0.99")
    expect(lab.box("momentum")).to_have_value("0.99")


def test_a_slider_is_reached_with_tab_and_moved_with_an_arrow(lab):
    lab.box("learning rate").focus()
    lab.page.keyboard.press("Tab")
    expect(lab.slider("learning rate")).to_be_focused()
    with lab.new_picture():
        lab.page.keyboard.press("ArrowRight")
    expect(lab.box("learning rate")).to_have_value("0.06")


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_a_button_works_with_the_keyboard(lab, key):
    lab.unfold().button("new seed").focus()
    with lab.new_picture():
        lab.page.keyboard.press(key)
    expect(lab.box("seed")).to_have_value("1")


def test_a_pinned_run_stays_in_the_table_and_in_the_picture_until_it_is_cleared(lab):
    color = PIN_LOOKS[0].color
    lab.button("pin this run").click()
    expect(pinned(lab, "A")).to_contain_text("0.05")
    with lab.new_picture():
        lab.type("learning rate", 0.5)
    expect(lab.root.get_by_role("row", name=re.compile("^now "))).to_contain_text("0.5")
    expect(pinned(lab, "A")).to_contain_text("0.05")
    assert count(lab, color) > 100
    with lab.new_picture():
        lab.button("clear pins").click()
    expect(pinned(lab, "A")).to_have_count(0)
    assert count(lab, color) == 0


def test_reset_brings_back_the_start_to_the_last_pixel(lab):
    start = lab.unfold().source()
    with lab.new_picture():
        lab.choice("rule").select_option("nesterov")
    with lab.new_picture():
        lab.type("hidden units", 3)
    with lab.new_picture():
        lab.button("reset").click()
    expect(lab.box("hidden units")).to_have_value("7")
    assert lab.source() == start


def test_a_new_seed_gives_another_run(lab):
    with lab.unfold().new_picture():
        lab.button("new seed").click()
    expect(lab.box("seed")).to_have_value("1")


@pytest.mark.parametrize("name", LAB_PRESETS)
def test_a_preset_jumps_to_its_settings(lab, name):
    with lab.new_picture():
        lab.button(name).click()
    settings = dict(LAB_PRESETS[name])
    expect(lab.choice("rule")).to_have_value(in_words(settings.pop("rule")))
    for control, value in settings.items():
        expect(lab.box(control.replace("_", " "))).to_have_value(f"{value:g}")


def test_a_run_that_diverges_is_told_and_what_came_before_is_drawn(lab):
    lab.choice("rule").select_option(in_words("heavy_ball"))
    lab.type("learning rate", 10)
    with lab.new_picture():
        lab.type("momentum", 0.99)
    expect(lab.status).to_contain_text(re.compile(r"Diverged at update \d+"))
    assert np.ptp(pixels(lab), axis=2).max() > 40  # something coloured: axes and words are grey


def test_play_shows_more_and_more_of_the_run(lab):
    lab.page.evaluate(WATCH_PICTURES)
    lab.root.locator(".ml-playback button:visible").first.click()
    lab.page.wait_for_function("() => window.pictures_seen.size >= 5")
    early = number(lab.shown)
    lab.page.wait_for_function("() => window.pictures_seen.size >= 10")
    expect(lab.shown).not_to_have_value(f"{early:g}")
    lab.root.locator(".ml-playback button:visible").first.click()
    assert 0 < early < number(lab.shown) < 6000


def test_step_buttons_show_one_update_less_and_one_more(lab):
    last = number(lab.shown)
    lab.button("‹ step").click()
    expect(lab.shown).to_have_value(f"{last - 1:g}")
    lab.button("‹ step").click()
    expect(lab.shown).to_have_value(f"{last - 2:g}")
    lab.button("step ›").click()
    expect(lab.shown).to_have_value(f"{last - 1:g}")


def test_an_earlier_update_shows_less_of_the_run(lab):
    color = rule_look("previous_delta").color
    whole = count(lab, color)
    with lab.new_picture():
        lab.type("show update", 600)
    assert 0 < count(lab, color) < whole / 2


def test_status_tells_the_result_and_the_picture_says_the_same(lab):
    before = lab.status.inner_text()
    with lab.unfold().new_picture():
        lab.choice("data set").select_option("penguins")
    expect(lab.status).not_to_have_text(before)
    words = f"{lab.root.locator('.ml-finding').inner_text()}. {lab.status.inner_text()}"
    expect(lab.picture).to_have_attribute("alt", words)


def test_every_input_and_button_has_a_name(lab):
    """Not the sliders: ipywidgets cannot name a handle, so each stands beside a named box."""
    tree = lab.unfold().root.aria_snapshot()
    parts = re.findall(r'- (spinbutton|combobox|textbox|checkbox|button)(?: "(.*?)")?', tree)
    assert len(parts) > 10
    assert [part for part in parts if not re.search(r"\w", part[1])] == []


def cut_off_with_four_pins(lab, presets):
    """What is cut off in a wide and in a narrow page when four runs are pinned."""
    for name, letter in zip(presets, "ABCD", strict=False):
        lab.button(name).click()
        lab.button("pin this run").click()
        expect(pinned(lab, letter)).to_be_visible()
    found = []
    for width in (1000, SCREEN["width"]):
        lab.page.set_viewport_size(SCREEN | {"width": width})
        lab.page.evaluate(NEXT_FRAMES)
        found += lab.root.evaluate(CUT_OFF)
    return found


def test_nothing_is_cut_off_with_four_pinned_runs(lab):
    assert cut_off_with_four_pins(lab, LAB_PRESETS) == []


@pytest.fixture(scope="module")
def other_labs(reader):
    reader.open("others.ipynb")
    reader.run_all()
    return reader


@pytest.mark.parametrize("name", OTHER_LABS)
def test_nothing_of_another_lab_is_cut_off_with_four_pinned_runs(name, other_labs):
    root = other_labs.page.locator(".ml-lab").nth(OTHER_LABS.index(name))
    presets = getattr(labs, name)().presets
    assert cut_off_with_four_pins(Lab(other_labs.page, root), presets) == []
    assert other_labs.problems == []


# Pointing into a picture.


@pytest.fixture(scope="module", params=POINTED)
def pointed_notebook(request, server, context):
    page = JupyterPage(context, server)
    page.open(f"{request.param}.ipynb")
    page.controls = POINTED[request.param]
    return page


@pytest.fixture
def pointed(pointed_notebook):
    """A new lab that can be pointed into, with the place of its plot in the page."""
    pointed_notebook.run_all()
    lab = Lab(pointed_notebook.page).unfold()
    lab.controls = [lab.box(name) for name in pointed_notebook.controls]
    lab.picture.scroll_into_view_if_needed()
    yield lab
    assert pointed_notebook.problems == []


def place(lab, across, up):
    """Where in the page these shares of the lab's picture are, inside its large plot."""
    box = lab.picture.bounding_box()
    return box["x"] + across * box["width"], box["y"] + (1 - up) * box["height"]


def settings(lab):
    return [number(box) for box in lab.controls]


def test_a_click_moves_the_point_and_the_sliders_follow_and_the_picture_changes(pointed):
    before, words = settings(pointed), pointed.status.inner_text()
    with pointed.new_picture():
        pointed.page.mouse.click(*place(pointed, 0.2, 0.3))
    expect(pointed.status).not_to_have_text(words)
    assert not set(settings(pointed)) & set(before)


def test_the_sliders_do_what_a_click_does(pointed):
    before = pointed.status.inner_text()
    with pointed.new_picture():
        pointed.page.mouse.click(*place(pointed, 0.2, 0.3))
    expect(pointed.status).not_to_have_text(before)
    clicked, words = settings(pointed), pointed.status.inner_text()
    with pointed.new_picture():
        pointed.button("reset").click()
    for box, value in zip(pointed.controls, clicked, strict=True):
        with pointed.new_picture():
            box.fill(f"{value:g}")
            box.press("Enter")
    expect(pointed.status).to_have_text(words)
    assert settings(pointed) == clicked


def test_a_drag_follows_the_mouse_also_out_of_the_plot_until_the_button_is_let_go(pointed):
    mouse, controls = pointed.page.mouse, pointed.controls
    mouse.move(*place(pointed, 0.15, 0.3))
    with pointed.new_picture():
        mouse.down()
    left = number(controls[0])
    for across in (0.2, 0.25, 0.3):
        with pointed.new_picture():
            mouse.move(*place(pointed, across, 0.4))
        assert left < (left := number(controls[0]))
    with pointed.new_picture():
        mouse.move(*place(pointed, 0.3, 1.4))  # above the picture: as far up as it goes
    top = settings(pointed)
    mouse.up()
    mouse.move(*place(pointed, 0.2, 0.5))
    expect(controls[0]).to_have_value(f"{top[0]:g}")
    expect(controls[1]).to_have_value(f"{top[1]:g}")


def test_a_click_beside_the_plot_does_nothing(pointed):
    before = settings(pointed), pointed.source()
    pointed.page.mouse.click(*place(pointed, 0.7, 0.97))
    pointed.page.mouse.click(*place(pointed, 0.7, 0.5))
    with pointed.new_picture():  # an event that is seen to have come after the clicks
        pointed.button("‹ step").click()
    assert settings(pointed) == before[0]


# What the page is asked.

LOADED_PICTURES = """() => [...document.querySelectorAll('.jp-OutputArea-output img')]
    .filter(image => image.complete && image.naturalWidth > 0).length"""

# Every element of a lab's output (or of all) within its area and every box that clips; text in its
# box.
CUT_OFF = """lab => {
    const found = new Set(), outputs = '.jp-OutputArea-output';
    for (const area of lab ? [lab.closest(outputs)] : document.querySelectorAll(outputs)) {
        for (const element of area.querySelectorAll('*')) {
            const style = getComputedStyle(element), at = element.getBoundingClientRect();
            if (!at.width || !at.height || style.visibility === 'hidden') continue;
            const name = element.className || element.tagName;
            if (style.overflowX !== 'visible' && element.scrollWidth > element.clientWidth + 1)
                found.add(`${name} needs ${element.scrollWidth} of ${element.clientWidth}`);
            for (let box = element.parentElement; area.contains(box); box = box.parentElement) {
                if (box !== area && getComputedStyle(box).overflowX === 'visible') continue;
                const within = box.getBoundingClientRect();
                if (at.left < within.left - 0.5 || at.right > within.right + 0.5)
                    found.add(`${name} leaves ${box.className}`);
            }
        }
    }
    return [...found];
}"""

# The page is laid out in the frame after it got another size.
NEXT_FRAMES = """() => new Promise(done =>
    requestAnimationFrame(() => requestAnimationFrame(() => done(null))))"""

# Every picture that the page has shown.
WATCH_PICTURES = """() => {
    window.pictures_seen = new Set();
    const watch = () => pictures_seen.add(document.querySelector('img.ml-picture')?.src);
    const all = { childList: true, subtree: true, attributes: true };
    new MutationObserver(watch).observe(document.body, all);
}"""

# Before each frame is painted: is the picture there, loaded, and of the same height?
WATCH_FRAMES = """() => {
    window.frames_seen = [];
    window.watching = true;
    const watch = () => {
        if (!watching) return;
        const pictures = [...document.querySelectorAll('img.ml-picture')];
        frames_seen.push({
            pictures: pictures.length,
            loaded: pictures.every(image => image.complete && image.naturalWidth > 0),
            height: pictures[0]?.getBoundingClientRect().height ?? 0,
        });
        requestAnimationFrame(watch);
    };
    requestAnimationFrame(watch);
}"""
