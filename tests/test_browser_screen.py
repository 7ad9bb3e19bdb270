"""Hand and picture on one screen, sharp pictures, two things at once: in a real JupyterLab."""

import base64
import io
import re
from contextlib import contextmanager

import numpy as np
import pytest
from browser import (
    COMPARE,
    PATIENCE,
    SCREEN,
    JupyterPage,
    Lab,
    chromium,
    jupyterlab,
    write_notebook,
)
from PIL import Image
from playwright.sync_api import expect

from momentum_lab import labs
from momentum_lab.labs import bowl
from momentum_lab.live.recording import record, write_recording

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
CHECK = "print(*compare(lab), dict(matplotlib.rcParams) == before)"
MAKE = f"""{COMPARE}
import os, time
from momentum_lab.live.engine import EVENT

lab = labs.bowl()
"""
HOLD = "with EVENT:  # no event is answered\n    while not os.path.exists('go'): time.sleep(0.01)"
NOTEBOOKS = {
    "labs.ipynb": ["from momentum_lab import labs", *(f"labs.{name}()" for name in labs.__all__)],
    "slow.ipynb": [SLOW, "lab"],
    "seeds.ipynb": [
        "from momentum_lab.labs import seed_bands",
        "lab = seed_bands(data_set='digits', seeds=100, epochs=5, batch_size=5)",
        "lab",
    ],
    "two.ipynb": ["from momentum_lab.labs import one_weight", "lab = one_weight()", "lab", "lab"],
    "predict.ipynb": [
        "from momentum_lab.exercises import predict",
        "predict('Up?', {'yes': 'It is.', 'no': 'It is not <b>down</b>.'}, 'yes')",
        "predict('Left?', {'yes': 'It is.', 'no': 'It is not.'}, 'no')",
    ],
    "busy.ipynb": [
        f"import matplotlib\n{COMPARE}\nbefore = dict(matplotlib.rcParams)",
        "lab = labs.valley()",
        "lab",
        SWEEP,
        CHECK,
    ],
    "ahead.ipynb": [MAKE, "lab", "lab"],
    "walk.ipynb": [MAKE, "lab"],
}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("notebooks")
    for name, cells in NOTEBOOKS.items():
        write_notebook(root / name, "# Labs", *cells)
    return root


@pytest.fixture(scope="module")
def server(chromium_path, root, tmp_path_factory):
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
    expect(lab.box("momentum")).to_have_attribute("aria-valuenow", shown)  # the kernel's answer
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


# A prediction.


def test_a_prediction_is_chosen_changed_and_revealed_with_the_keyboard_alone(reader):
    reader.open("predict.ipynb")
    reader.run_all()
    asked, other = (reader.page.get_by_role("group", name=name) for name in ("Up?", "Left?"))
    box = reader.page.locator(".ml-predict").first
    yes, no = (asked.get_by_role("radio", name=name) for name in ("yes", "no"))
    button, status = box.get_by_role("button"), box.get_by_role("status")
    expect(button).to_be_disabled()
    yes.focus()
    yes.press("Space")
    expect(yes).to_be_checked()
    yes.press("ArrowDown")
    expect(no).to_be_checked()
    expect(yes).not_to_be_checked()
    expect(no).to_be_focused()
    expect(status).to_be_empty()
    no.press("Tab")
    expect(button).to_be_focused()
    expect(button).to_have_text("check my prediction")
    button.press("Enter")
    expect(status).to_have_text("Not so. It is not <b>down</b>.The answer: yes. It is.")
    expect(no).to_be_checked()
    expect(no).to_be_disabled()
    expect(button).to_be_focused()
    button.press("Space")
    expect(status).to_be_empty()
    expect(yes).to_be_focused()
    expect(no).not_to_be_checked()
    expect(button).to_be_disabled()
    expect(other.get_by_role("radio", checked=True)).to_have_count(0)
    assert reader.problems == []


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


def test_a_frame_that_arrives_while_a_number_is_typed_leaves_what_is_typed(reader):
    reader.open("two.ipynb")
    reader.run_all()
    first, second = (lab_at(reader.page, index) for index in (0, 1))
    first.shown.fill("7")
    with first.new_picture(), second.new_picture():
        reader.start("lab.set(momentum=0.33)")
    assert first.shown.input_value() == "7"
    first.shown.press("Enter")
    expect(second.shown).to_have_value("7")
    expect(first.shown).to_have_value("7")


def test_a_lab_that_is_dragged_while_a_cell_sets_it_ends_with_the_right_picture(reader):
    reader.open("busy.ipynb")
    reader.run_all()
    lab = Lab(reader.page)
    reader.page.evaluate(START_CELL, 3)
    with lab.held("learning rate") as drag:
        for by in [7, -5] * 40:
            drag(by)
    reader.ask("() => window.running")
    reader.rest()  # the last events of the drag may still be on their way
    reader.page.evaluate(START_CELL, 4)
    reader.ask("() => window.running")
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


def test_many_trainings_tell_how_far_they_are_and_an_interrupt_ends_them(reader):
    reader.open("seeds.ipynb")
    reader.run_all()
    lab = Lab(reader.page)
    lab.slider("momentum").press("ArrowRight")
    expect(lab.status).to_contain_text("of 200 trainings done")
    reader.page.evaluate(INTERRUPT)
    expect(lab.status).to_contain_text("Interrupted")
    with lab.unfold().new_picture():
        lab.choice("data set").select_option("iris")
    expect(lab.status).not_to_contain_text("Interrupted")
    assert reader.problems == []


# The dark theme.


def contrast_at_the_right(choice):
    """How far the farthest pixel of a list's right end is from the background, of 255."""
    box = choice.bounding_box()
    end = {"x": box["x"] + box["width"] - 22, "y": box["y"] + 4}
    shot = choice.page.screenshot(clip=end | {"width": 18, "height": box["height"] - 8})
    light = np.asarray(Image.open(io.BytesIO(shot)).convert("L")).astype(int)
    return np.abs(light - np.median(light)).max()


def test_the_arrow_of_a_list_is_seen_in_the_dark_theme(reader):
    reader.open("labs.ipynb")
    reader.run_all()
    rule = lab_at(reader.page, 0).choice("rule")
    reader.page.evaluate(THEME, "JupyterLab Dark")
    reader.page.wait_for_function(IS_DARK)
    for _ in range(50):  # the theme's pictures and letters come later than its colours
        if (contrast := contrast_at_the_right(rule)) > 60:
            break
        reader.page.wait_for_timeout(100)
    reader.page.evaluate(THEME, "JupyterLab Light")
    assert contrast > 60


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
IS_DARK = "() => document.body.dataset.jpThemeLight === 'false'"
THEME = "name => jupyterapp.commands.execute('apputils:change-theme', { theme: name })"


# Frames ahead of the hand, and frames as files.


def views(reader):
    return [Lab(reader.page, found) for found in reader.page.locator(".ml-lab").all()]


def alpha(lab):
    return lab.root.locator('[data-name="α"]').first


def wait_until_fed(reader, frames=40):
    """Wait until so many frames are held."""
    for _ in range(PATIENCE // 100):
        if int(reader.answer("len(lab.ahead._sent)")) >= frames:
            return
        reader.page.wait_for_timeout(100)
    raise AssertionError("no frames are drawn ahead")


@contextmanager
def busy(reader, root):
    """A kernel that answers no event while the body runs."""
    reader.start(HOLD)
    reader.page.wait_for_timeout(300)
    try:
        yield
    finally:
        (root / "go").touch()
        ended = reader.end()
        (root / "go").unlink()
    assert ended == "ok"


def test_a_busy_kernel_does_not_hold_the_hand(reader, root):
    reader.open("ahead.ipynb")
    reader.run_all()
    lab, other = views(reader)
    wait_until_fed(reader)
    with busy(reader, root):
        lab.slider("learning rate").focus()
        sources = [lab.source()]
        for text in ("0.5", "0.6", "0.7"):
            lab.page.keyboard.press("ArrowRight")
            expect(alpha(lab)).to_have_text(text)
            expect(alpha(other)).to_have_text(text)  # each view of the lab follows
            sources.append(lab.source())
        assert len(set(sources)) == 4 and other.source() == sources[-1]
        assert lab.root.locator(".ml-finding").inner_text() in lab.picture.get_attribute("alt")
        lab.page.keyboard.press("End")  # far away: nothing is held there
        expect(lab.status).to_contain_text("kernel is busy")
        expect(alpha(lab)).to_have_text("0.7")
    expect(alpha(lab)).to_have_text("30")
    expect(lab.status).not_to_contain_text("busy")
    assert reader.problems == []


def feed_anew(reader, lab):
    """Take a lab back to where it starts, and wait until frames are held."""
    reader.start("lab.ahead.forget()")
    assert reader.end() == "ok"
    lab.button("reset").click()
    expect(alpha(lab)).to_have_text("0.4")
    wait_until_fed(reader)


def test_what_else_a_hand_has_changed_is_waited_for(reader, root):
    lab = views(reader)[0]
    feed_anew(reader, lab)
    with busy(reader, root):
        lab.choice("rule").select_option("heavy ball")
        lab.slider("learning rate").press("ArrowRight")
        expect(lab.status).to_contain_text("kernel is busy")
        expect(alpha(lab)).to_have_text("0.4")  # not the frame that is held for another rule
    expect(alpha(lab)).to_have_text("0.5")
    expect(lab.root.locator('[data-name="rule"]').first).to_have_text("heavy ball")
    feed_anew(reader, lab)
    with busy(reader, root):
        lab.button("‹ step").click()
        lab.slider("learning rate").press("ArrowRight")
        expect(lab.status).to_contain_text("kernel is busy")
        expect(alpha(lab)).to_have_text("0.4")  # nor that for the last update
    expect(alpha(lab)).to_have_text("0.5")


def test_a_lab_that_nobody_sees_is_not_drawn_ahead(reader):
    lab = views(reader)[0]
    reader.page.evaluate(
        "() => { const panel = jupyterapp.shell.currentWidget.content; panel.node.hidden = true; }"
    )
    reader.start("lab.set(momentum=0.31); count = len(lab.ahead._sent)")
    assert reader.end() == "ok"
    reader.page.wait_for_timeout(1500)
    reader.start(
        "assert len(lab.ahead._sent) == count, len(lab.ahead._sent)\nlab.set(momentum=0.2)"
    )
    assert reader.end() == "ok"
    reader.page.evaluate(
        "() => { const panel = jupyterapp.shell.currentWidget.content; panel.node.hidden = false; }"
    )
    expect(lab.root.locator('[data-name="β"]').first).to_have_text("0.2")


def test_at_rest_a_lab_that_is_drawn_ahead_shows_what_a_fresh_one_shows(reader):
    reader.open("walk.ipynb")
    reader.run_all()
    (lab,) = views(reader)
    for name, way in (("learning rate", 1), ("momentum", -1), ("curvature", 1)):
        with lab.held(name) as drag:
            for _ in range(12):
                drag(7 * way)
                lab.page.wait_for_timeout(25)
        lab.button("pin this run").click()
        lab.slider(name).focus()
        for key in ("ArrowLeft", "PageUp", "ArrowRight", "ArrowRight"):
            lab.page.keyboard.press(key)
        lab.button("‹ step").click()
        reader.rest()
        assert reader.answer("compare(lab)") == "(True, True)"
        finding = lab.root.locator(".ml-finding").inner_text()
        assert reader.answer("lab.result.finding") == repr(finding)
        table = lab.root.locator(".ml-runs table").evaluate("table => table.outerHTML")
        assert reader.answer("lab.screen.frame['table']").count("</td>") == table.count("</td>")
        for name_and_text in lab.root.locator("tbody tr").first.locator("td").all_inner_texts():
            assert name_and_text in reader.answer("list(lab.result.numbers.values())")
    assert reader.problems == []


def test_a_recording_plays_without_a_kernel(reader, tmp_path):
    folder = write_recording(record(bowl(), "learning_rate"), tmp_path / "bowl")
    page, problems = reader.page.context.new_page(), []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("requestfailed", lambda request: problems.append(request.url))
    page.goto((folder / "index.html").as_uri())
    slider, status = page.get_by_role("slider"), page.get_by_role("status")
    expect(slider).to_have_attribute("aria-valuetext", "0.4")
    first = status.inner_text(), page.locator("img").get_attribute("src")
    slider.press("ArrowRight")
    expect(page.locator("label b")).to_have_text("0.5")
    expect(page.locator('[data-name="α"]')).to_have_text("0.5")
    assert (status.inner_text(), page.locator("img").get_attribute("src")) != first
    box = slider.bounding_box()
    page.mouse.click(box["x"] + box["width"] - 9, box["y"] + box["height"] / 2)
    expect(page.locator("label b")).to_have_text("30")
    assert "iverge" in page.locator("h1").inner_text() + status.inner_text()
    assert page.locator("img").evaluate("image => image.naturalWidth") == 900
    assert page.locator("img").get_attribute("alt")
    assert problems == []
    page.close()
