"""Frames ahead of the hand and frames as files: in a real JupyterLab, and without one."""

import time

import pytest
from browser import JupyterPage, Lab, chromium, jupyterlab, write_notebook
from playwright.sync_api import expect

from momentum_lab.labs import bowl
from momentum_lab.live.recording import record, write_recording

MAKE = """
import io, time, numpy as np
from PIL import Image
from momentum_lab import labs
from momentum_lab.live.engine import EVENT

def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)))

def compare(lab):
    factory = getattr(labs, lab.name)
    fresh = factory(**lab.values)
    fresh.screen.shown_at = lab.screen.shown_at
    fresh.pinned = list(lab.pinned)
    fresh.show_update(lab.shown)
    told = {"number": 0, "context": 0, "is_sharp": 0, "png": 0, "status": 0, "kind": 0}
    same = fresh.screen.frame | told == lab.screen.frame | told
    return same, bool((pixels(fresh.picture.png()) == pixels(lab.picture.png())).all())

lab = labs.bowl()
"""
BUSY = "with EVENT:  # so no event is answered\n    print('begun', flush=True)\n    time.sleep({})"
NOTEBOOKS = {
    "busy.ipynb": [MAKE, "lab", "lab", BUSY.format(0)],
    "walk.ipynb": [MAKE, "lab", "compare(lab)"],
}
KERNEL = "jupyterapp.shell.currentWidget.sessionContext.session.kernel"
ANSWER = f"""async expression => {{
    const user_expressions = {{ answer: expression }};
    const reply = await {KERNEL}.requestExecute({{ code: '', user_expressions }}).done;
    return reply.content.user_expressions.answer.data['text/plain'];
}}"""
REST = f"""async () => {{
    for (let calm = 0; calm < 10; await new Promise(done => setTimeout(done, 50)))
        calm = {KERNEL}.status === 'idle' ? calm + 1 : 0;
}}"""


@pytest.fixture(scope="module")
def reader(chromium_path, tmp_path_factory):
    root = tmp_path_factory.mktemp("notebooks")
    for name, cells in NOTEBOOKS.items():
        write_notebook(root / name, "# Labs", *cells)
    with (
        jupyterlab(root, tmp_path_factory.mktemp("home")) as server,
        chromium(chromium_path) as context,
    ):
        yield JupyterPage(context, server)


def views(reader):
    return [Lab(reader.page, found) for found in reader.page.locator(".ml-lab").all()]


def run(reader, code):
    """Run a cell in the kernel, beside the notebook; return a handle to wait for its end."""
    reader.page.evaluate(
        f"code => {{ window.ran = {KERNEL}.requestExecute({{ code }}).done; }}", code
    )


def ended(reader):
    reader.page.evaluate("async () => { await window.ran; }")


def answer(reader, expression):
    """What the kernel says of an expression."""
    return reader.page.evaluate(ANSWER, expression)


def at_rest(reader):
    """Wait until the kernel has had nothing to do for a while."""
    reader.page.evaluate(REST)


def alpha(lab):
    return lab.root.locator('[data-name="α"]').first


def wait_until_fed(lab, presses):
    """Wait until the frames of so many positions to the right are held: they show at once."""
    lab.page.wait_for_timeout(500 + 200 * presses)


def test_a_busy_kernel_does_not_hold_the_hand(reader):
    reader.open("busy.ipynb")
    reader.run_all()
    lab, other = views(reader)
    wait_until_fed(lab, 8)
    run(reader, BUSY.format(6))
    reader.page.wait_for_timeout(300)
    begun = time.monotonic()
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
    assert time.monotonic() - begun < 6, "the kernel was not busy any more"
    ended(reader)
    expect(alpha(lab)).to_have_text("30")
    expect(lab.status).not_to_contain_text("busy")
    assert reader.problems == []


def test_what_else_a_hand_has_changed_is_waited_for(reader):
    lab = views(reader)[0]
    lab.button("reset").click()
    expect(alpha(lab)).to_have_text("0.4")
    wait_until_fed(lab, 8)
    run(reader, BUSY.format(4))
    reader.page.wait_for_timeout(300)
    lab.choice("rule").select_option("heavy ball")
    lab.slider("learning rate").focus()
    lab.page.keyboard.press("ArrowRight")
    expect(lab.status).to_contain_text("kernel is busy")
    expect(alpha(lab)).to_have_text("0.4")  # not the frame that is held for another rule
    ended(reader)
    expect(alpha(lab)).to_have_text("0.5")
    expect(lab.root.locator('[data-name="rule"]').first).to_have_text("heavy ball")


def test_a_lab_that_nobody_sees_is_not_drawn_ahead(reader):
    lab = views(reader)[0]
    reader.page.evaluate(
        "() => { const panel = jupyterapp.shell.currentWidget.content; panel.node.hidden = true; }"
    )
    run(reader, "lab.set(momentum=0.31); count = len(lab.ahead._sent)")
    ended(reader)
    reader.page.wait_for_timeout(1500)
    run(reader, "assert len(lab.ahead._sent) == count, len(lab.ahead._sent)\nlab.set(momentum=0.2)")
    ended(reader)
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
        at_rest(reader)
        assert answer(reader, "compare(lab)") == "(True, True)"
        finding = lab.root.locator(".ml-finding").inner_text()
        assert answer(reader, "lab.result.finding") == repr(finding)
        table = lab.root.locator(".ml-runs table").evaluate("table => table.outerHTML")
        assert answer(reader, "lab.screen.frame['table']").count("</td>") == table.count("</td>")
        for name_and_text in lab.root.locator("tbody tr").first.locator("td").all_inner_texts():
            assert name_and_text in answer(reader, "list(lab.result.numbers.values())")
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
