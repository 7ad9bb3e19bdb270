"""How long from a key press on a slider to the new picture, in a real browser on JupyterLab?

    python benchmarks/event_to_picture.py
    python benchmarks/event_to_picture.py --repetitions 100 --no-delay

All in one run, in turns, in one notebook: a bare round trip (a slider whose observer swaps two
ready-made pictures of 120×20 pixels), and every dashboard: the network lab trains a network on each
event, the others compute and simulate anew. A measurement begins with the page's keydown event and
ends with the frame that shows the new picture. Trust the ratios: the times are those of this
machine today.

JupyterLab's server leaves TCP's delay of small packets on (Nagle's algorithm). The bare picture is
so small that it often waits 40 ms for an acknowledgement, the labs' pictures hardly do, so the
plain ratio flatters them. --no-delay turns that off in the server: the harder comparison.
"""

import argparse
import itertools
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from browser import JupyterPage, chromium, find_chromium, jupyterlab, write_notebook

BARE = """
import base64, io
import ipywidgets as widgets
from PIL import Image

def picture_of(color):
    file = io.BytesIO()
    Image.new("RGB", (120, 20), color).save(file, "png")
    data = base64.b64encode(file.getvalue()).decode()
    return f'<img alt="{color}" src="data:image/png;base64,{data}">'

pictures = picture_of("orange"), picture_of("blue")
slider, picture = widgets.IntSlider(max=40, readout=False), widgets.HTML(pictures[0])

def swap(change):
    picture.value = pictures[change["new"] % 2]

slider.observe(swap, "value")
bare = widgets.VBox([slider, picture])
bare.add_class("bench-bare")
bare
"""
LAB = """
from momentum_lab.labs import {0}
lab = {0}()
lab.widget.add_class("bench-{0}")
lab
"""
NO_DELAY = """
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler

opened = KernelWebsocketHandler.open

async def open_without_delay(handler, **arguments):
    handler.set_nodelay(True)
    return await opened(handler, **arguments)

KernelWebsocketHandler.open = open_without_delay
"""
LABS = ("network_lab", "one_weight", "bowl", "valley", "phase_map", "spectrum")
# What is measured, and which of its sliders is moved: the learning rate, where there is one.
SUBJECTS = {"bare": 0, **dict.fromkeys(LABS, 0)}
DRAG_SECONDS = 2
WARM_UPS = 4


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=40)
    parser.add_argument("--no-delay", action="store_true", help="send small packets at once")
    arguments = parser.parse_args()
    path = find_chromium()
    if path is None:
        sys.exit("no Chromium or Chrome on the PATH, and CHROMIUM names none")
    with tempfile.TemporaryDirectory() as folder:
        root, home = Path(folder, "root"), Path(folder, "home")
        root.mkdir()
        labs = [LAB.format(name) for name in LABS]
        write_notebook(root / "bench.ipynb", "# Benchmark", BARE, *labs)
        config = NO_DELAY if arguments.no_delay else ""
        with jupyterlab(root, home, config) as server, chromium(path) as context:
            notebook = JupyterPage(context, server)
            notebook.open("bench.ipynb")
            notebook.run_all()
            report(*measure(notebook.page, arguments.repetitions))


def measure(page, repetitions):
    """Return the times in ms and the frames of a drag, each a dict by subject."""
    page.evaluate(INSTRUMENTS)
    times = {name: [] for name in SUBJECTS}
    for turn, name in itertools.product(range(repetitions + WARM_UPS), SUBJECTS):
        page.evaluate("([name, slider]) => prepare(name, slider)", [name, SUBJECTS[name]])
        page.keyboard.press("ArrowLeft" if turn % 2 else "ArrowRight")
        times[name].append(page.evaluate("() => milliseconds"))
        page.evaluate("() => quiet()")
    return {name: values[WARM_UPS:] for name, values in times.items()}, {
        name: drag(page, name, slider) for name, slider in SUBJECTS.items()
    }


def drag(page, name, slider):
    """Drag to and fro for two seconds; return in how many frames a new picture was shown."""
    page.evaluate("([name, slider]) => prepare(name, slider)", [name, slider])
    handle = page.locator(f".bench-{name} .noUi-handle").nth(slider).bounding_box()
    track = page.locator(f".bench-{name} .noUi-base").nth(slider).bounding_box()
    y = handle["y"] + handle["height"] / 2
    page.mouse.move(handle["x"] + handle["width"] / 2, y)
    page.mouse.down()
    page.evaluate("() => countFrames()")
    end = time.monotonic() + DRAG_SECONDS
    while (left := end - time.monotonic()) > 0:
        place = abs((left * 0.75) % 1 - 0.5) * 2  # 1 → 0 → 1 …, three times along the track
        page.mouse.move(track["x"] + place * track["width"], y)
    frames = page.evaluate("() => frames")
    page.mouse.up()
    page.evaluate("() => quiet()")
    return frames


def report(times, frames):
    bare = statistics.median(times["bare"])
    print(f"{'':14}{'median':>8}{'quartiles':>16}{'ratio':>8}{'frames in a drag of 2 s':>26}")
    for name, values in times.items():
        low, median, high = statistics.quantiles(values, n=4)
        quartiles = f"{low:.1f}–{high:.1f}"
        print(f"{name:14}{median:6.1f}ms{quartiles:>14}ms{median / bare:>8.2f}{frames[name]:>26}")


# prepare() shows a subject and focuses its slider; `milliseconds` is then the promise of the time
# from the next keydown to the frame with the new picture. quiet() waits until the kernel is idle.
INSTRUMENTS = """() => {
    const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const frame = () => new Promise(requestAnimationFrame);
    let box, start, counting;
    document.addEventListener('keydown', () => { start = performance.now(); }, true);
    window.quiet = async () => {
        for (let calm = 0; calm < 3; await frame())
            calm = kernel.status === 'idle' ? calm + 1 : 0;
    };
    window.prepare = async (name, slider) => {
        box = document.querySelector(`.bench-${name}`);
        box.scrollIntoView({ block: 'nearest' });
        box.querySelectorAll('.noUi-handle')[slider].focus({ preventScroll: true });
        await frame();
        await frame();
        const before = box.querySelector('img').src;
        window.milliseconds = new Promise(resolve => {
            const observer = new MutationObserver(async () => {
                const image = box.querySelector('img');
                if (!image || image.src === before) return;
                observer.disconnect();
                if (!image.complete) await new Promise(done => { image.onload = done; });
                await frame();
                resolve(performance.now() - start);
            });
            observer.observe(box, { childList: true, subtree: true, attributes: true });
        });
    };
    window.countFrames = () => {
        window.frames = 0;
        cancelAnimationFrame(counting);
        let shown = box.querySelector('img');
        const watch = () => {
            const image = box.querySelector('img');
            if (image && image !== shown && image.complete) { frames += 1; shown = image; }
            counting = requestAnimationFrame(watch);
        };
        counting = requestAnimationFrame(watch);
    };
}"""


if __name__ == "__main__":
    main()
