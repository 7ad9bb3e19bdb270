"""Hand and picture on one screen, sharp pictures, two things at once: in a real JupyterLab."""

import base64
import io
import re

import numpy as np
import pytest
from browser import SCREEN, JupyterPage, Lab, chromium, jupyterlab, write_notebook
from PIL import Image
from playwright.sync_api import expect

from momentum_lab import labs

TALLEST, SHORTEST_SLIDER = 640, 300  # CSS pixels, at 1280×800
SLOW = """
import time
from momentum_lab import labs, rules

def slow(weight, gradient, memory, learning_rate, momentum):
    if momentum > 0.9:
        time.sleep(0.2)
    return rules.heavy_ball(weight, gradient, memory, learning_rate, momentum)

lab = labs.bowl(slow)
"""
SWEEP = "for i in range(150):\n    lab.set(momentum=(i % 90) / 100)"
CHECK = """
import io, matplotlib, numpy as np
from PIL import Image

def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)))

fresh = labs.valley(**lab.values)
fresh.screen.shown_at = lab.screen.shown_at or [800, 1, 0]
print(
    fresh.line() == lab.line(),
    (pixels(fresh.screen.frame["png"]) == pixels(lab.screen.frame["png"])).all(),
    dict(matplotlib.rcParams) == before,
)
"""
NOTEBOOKS = {
    "labs.ipynb": ["from momentum_lab import labs", *(f"labs.{name}()" for name in labs.__all__)],
    "slow.ipynb": [SLOW, "lab"],
    "two.ipynb": ["from momentum_lab.labs import one_weight", "lab = one_weight()", "lab", "lab"],
    "busy.ipynb": [
        "import matplotlib\nfrom momentum_lab import labs\nbefore = dict(matplotlib.rcParams)",
        "lab = labs.valley()",
        "lab",
        SWEEP,
        CHECK,
    ],
}


@pytest.fixture(scope="module")
def server(chromium_path, tmp_path_factory):
    root = tmp_path_factory.mktemp("notebooks")
    for name, cells in NOTEBOOKS.items():
        write_notebook(root / name, "# Labs", *cells)
    with jupyterlab(root, tmp_path_factory.mktemp("home")) as server:
        yield server


@pytest.fixture(scope="module")
def context(server, chromium_path):
    with chromium(chromium_path) as context:
        yield context


@pytest.fixture(scope="module")
def reader(server, context):
    return JupyterPage(context, server)


def lab_at(page, index):
    return Lab(page, page.locator(".ml-lab").nth(index))


def pixels(lab):
    data = base64.b64decode(lab.source().partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


# Hand and picture on one screen, sharp.


@pytest.fixture(scope="module")
def all_labs(reader):
    reader.open("labs.ipynb")
    reader.run_all()
    yield {name: lab_at(reader.page, i) for i, name in enumerate(labs.__all__)}
    assert reader.problems == []


@pytest.mark.parametrize("name", labs.__all__)
def test_sliders_finding_picture_status_and_the_present_run_are_on_one_screen(all_labs, name):
    lab = all_labs[name]
    lab.root.scroll_into_view_if_needed()
    box = lab.root.evaluate(HEIGHTS)
    assert box["rows"] - box["heroes"] <= TALLEST, box
    assert min(box["sliders"]) >= SHORTEST_SLIDER and 2 <= len(box["sliders"]) <= 3


@pytest.mark.parametrize("ratio", [1, 1.5, 2])
def test_a_picture_has_a_pixel_for_each_of_the_screens_at_any_width(server, context, ratio):
    with context.browser.new_context(viewport=SCREEN, device_scale_factor=ratio) as context:
        reader = JupyterPage(context, server)
        reader.open("labs.ipynb")
        reader.run_all()
        for width in (1280, 1000, 700):
            reader.page.set_viewport_size(SCREEN | {"width": width})
            for index in range(len(labs.__all__)):
                lab = lab_at(reader.page, index)
                lab.root.scroll_into_view_if_needed()
                lab.sharp()
                shown = lab.picture.bounding_box()
                height, wide, _ = pixels(lab).shape
                assert abs(wide - shown["width"] * ratio) < 0.05
                assert abs(height - shown["height"] * ratio) < 0.05
                room = lab.root.bounding_box()["width"] - 34
                assert min(room, 900) - 1 <= shown["width"] <= min(room, 900) + 1
        with lab.new_picture():
            lab.slider("momentum").press("ArrowRight")
        lab.sharp()  # the picture of an event is drawn for all pixels once the hand rests
        assert reader.problems == []


def test_the_other_settings_are_one_fold_away_for_the_keyboard_too(all_labs):
    lab = all_labs["network_lab"]
    expect(lab.box("hidden units")).to_have_count(0)
    fold = lab.button("more settings")
    fold.focus()
    fold.press("Enter")
    expect(lab.box("hidden units")).to_be_visible()
    fold.press("Enter")
    expect(lab.box("hidden units")).to_have_count(0)


# What a reader types.


@pytest.mark.parametrize(
    ("typed", "shown", "words"),
    [
        ("0,25", "0.25", None),
        ("0.125", "0.125", None),
        ("1,2", "0.99", "1.2 was set to 0.99"),
        ("two", "0.5", "“two” is no number"),
    ],
)
def test_a_decimal_comma_is_read_and_rubbish_is_told(all_labs, typed, shown, words):
    lab = all_labs["bowl"]
    lab.button("reset").click()
    expect(lab.box("momentum")).to_have_value("0.5")
    lab.type("momentum", typed)
    expect(lab.box("momentum")).to_have_value(shown)
    if words:
        expect(lab.status).to_contain_text(words)
        lab.slider("learning rate").press("ArrowRight")  # another control: the note goes
        expect(lab.status).not_to_contain_text(words)


def test_an_arrow_in_a_number_box_moves_its_slider(all_labs):
    lab = all_labs["bowl"]
    lab.button("reset").click()
    expect(lab.box("momentum")).to_have_value("0.5")
    with lab.new_picture():
        lab.box("momentum").press("ArrowUp")
    expect(lab.box("momentum")).to_have_value("0.51")


# Two views, two threads, an interrupt.


def test_play_pins_and_arrows_work_in_each_of_two_views_and_an_old_view_stops(reader):
    reader.open("two.ipynb")
    reader.run_all()
    first, second = (lab_at(reader.page, index) for index in (0, 1))
    for one, other in ((first, second), (second, first)):
        one.type("show update", 1)
        expect(other.shown).to_have_value("1")
        one.button("▶ play").click()
        expect(one.shown).to_have_value("12")
        expect(other.shown).to_have_value("12")
        expect(one.button("▶ play")).to_be_visible()
        with other.new_picture():
            one.slider("momentum").press("ArrowRight")
        assert one.source() == other.source()
    second.button("pin this run").click()
    expect(first.root.get_by_role("row", name=re.compile("^A "))).to_be_visible()
    first.type("show update", 1)
    expect(first.shown).to_have_value("1")
    first.button("▶ play").click()
    reader.run_all()  # the views are gone, and so is what they played
    again = lab_at(reader.page, 1)
    shown = again.shown.input_value()
    reader.page.wait_for_timeout(400)
    expect(again.shown).to_have_value(shown)
    assert reader.problems == []


def test_a_lab_that_is_dragged_while_a_cell_sets_it_ends_with_the_right_picture(reader):
    reader.open("busy.ipynb")
    reader.run_all()
    lab = Lab(reader.page)
    reader.page.evaluate(START_CELL, 3)
    with lab.held("learning rate") as drag:
        for by in [7, -5] * 40:
            drag(by)
    reader.page.evaluate("() => window.running")
    reader.page.evaluate(START_CELL, 4)
    reader.page.evaluate("() => window.running")
    *_, told = [out["text"] for out in reader.outputs() if out["output_type"] == "stream"]
    assert told.split() == ["True"] * 3
    assert reader.problems == []


def test_interrupting_the_kernel_ends_a_slow_event_and_leaves_the_lab_usable(reader):
    reader.open("slow.ipynb")
    reader.run_all()
    lab = Lab(reader.page)
    lab.type("momentum", 0.95)
    reader.page.wait_for_function(BUSY)
    for _ in range(30):  # the event may not have begun: a reader presses again, too
        reader.page.evaluate(INTERRUPT)
        try:
            expect(lab.status).to_contain_text("Interrupted", timeout=2000)
            break
        except AssertionError:
            continue
    expect(lab.status).to_contain_text("Interrupted")
    with lab.new_picture():
        lab.type("momentum", 0.25)
    expect(lab.status).not_to_contain_text("Interrupted")
    expect(lab.root.get_by_role("row", name=re.compile("^now "))).to_contain_text("0.25")


# The dark theme.


def test_the_arrow_of_a_list_is_seen_in_the_dark_theme(reader):
    reader.open("labs.ipynb")
    reader.run_all()
    reader.page.evaluate(THEME, "JupyterLab Dark")
    lab = lab_at(reader.page, 0)
    box = lab.choice("rule").bounding_box()
    arrow = {"x": box["x"] + box["width"] - 22, "y": box["y"] + 4}
    shot = reader.page.screenshot(clip=arrow | {"width": 18, "height": box["height"] - 8})
    reader.page.evaluate(THEME, "JupyterLab Light")
    light = np.asarray(Image.open(io.BytesIO(shot)).convert("L")).astype(int)
    assert np.abs(light - np.median(light)).max() > 60


# What the page is asked.

HEIGHTS = """lab => {
    const at = selector => lab.querySelector(selector).getBoundingClientRect();
    const sliders = [...lab.querySelectorAll('.ml-heroes .noUi-base')];
    return {
        heroes: at('.ml-heroes').top,
        rows: at('.ml-table tbody tr').bottom,
        sliders: sliders.map(slider => slider.getBoundingClientRect().width),
    };
}"""
KERNEL = "jupyterapp.shell.currentWidget.sessionContext.session.kernel"
BUSY = f"() => {KERNEL}.status === 'busy'"
START_CELL = """index => {
    jupyterapp.shell.currentWidget.content.activeCellIndex = index + 1;
    window.running = jupyterapp.commands.execute('notebook:run-cell').then(() => null);
}"""
INTERRUPT = "() => { jupyterapp.commands.execute('kernelmenu:interrupt'); }"
THEME = "name => jupyterapp.commands.execute('apputils:change-theme', { theme: name })"
