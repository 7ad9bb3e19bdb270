"""How long from a key press on a slider to the new picture, in a real browser on JupyterLab?

    python benchmarks/event_to_picture.py
    python benchmarks/event_to_picture.py --repetitions 100 --no-delay
    python benchmarks/event_to_picture.py --ratio 2

All in one run, in turns, in one notebook: a bare round trip (a slider whose observer swaps two
ready-made pictures of 120×20 pixels), and every lab: the network lab trains a network on each
event, the lab of seeds forty, the others compute and simulate anew. A measurement begins with the
keydown event in the page and ends with the frame that shows the new picture. Trust the ratios: the
times are those of this machine today.

First without frames ahead: learning rate and momentum rise in turns, so that no settings come
twice and each picture is the kernel's answer. Then, in a second notebook, the learning rate moves
to and fro over positions whose frames the page holds; and how many of them it holds 1.5 and 5 s
after an event.

JupyterLab's server leaves TCP's delay of small packets on (Nagle's algorithm). The bare picture is
so small that it often waits 40 ms for an acknowledgement, the labs' pictures hardly do, so the
plain ratio flatters them. --no-delay turns that off in the server: the harder comparison.
"""

import argparse
import itertools
import re
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
slider, picture = widgets.IntSlider(max=99, readout=False), widgets.HTML(pictures[0])

def swap(change):
    picture.value = pictures[change["new"] % 2]

slider.observe(swap, "value")
bare = widgets.VBox([slider, picture])
bare.add_class("bench-bare")
bare
"""
PREPARE = """
import os
os.environ["MOMENTUM_LAB_AHEAD"] = "{}"

def held(lab, reach):
    near = set()
    for name in ("learning_rate", "momentum"):
        grid, here = lab.controls[name].grid, lab.controls[name].slider.value
        for value in grid[max(here - reach, 0) : here] + grid[here + 1 : here + reach + 1]:
            near.add(tuple((lab.values | {{name: value}})[hero] for hero in lab.heroes))
    return [len(near & {{key[1:] for key in lab.ahead._sent}}), len(near)]
"""
LAB = """
from momentum_lab.labs import {0}
lab_{0} = {0}()
lab_{0}.widget.add_class("bench-{0}")
lab_{0}
"""
NO_DELAY = """
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler

opened = KernelWebsocketHandler.open

async def open_without_delay(handler, **arguments):
    handler.set_nodelay(True)
    return await opened(handler, **arguments)

KernelWebsocketHandler.open = open_without_delay
"""
LABS = (
    *("network_lab", "one_weight", "bowl", "valley", "phase_map", "spectrum"),
    *("single_steps", "seed_bands", "one_item", "edge_of_stability", "weight_gains"),
)
SUBJECTS = ("bare", *LABS)
DRAG_SECONDS = 2
WARM_UPS = 4


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=40)
    parser.add_argument("--no-delay", action="store_true", help="send small packets at once")
    parser.add_argument("--ratio", type=float, default=1, help="device pixels to a CSS pixel")
    arguments = parser.parse_args()
    path = find_chromium()
    if path is None:
        sys.exit("no Chromium or Chrome on the PATH, and CHROMIUM names none")
    with tempfile.TemporaryDirectory() as folder:
        root, home = Path(folder, "root"), Path(folder, "home")
        root.mkdir()
        labs = [LAB.format(name) for name in LABS]
        for switch in ("off", "on"):
            write_notebook(root / f"{switch}.ipynb", "# Bench", PREPARE.format(switch), BARE, *labs)
        config = NO_DELAY if arguments.no_delay else ""
        with jupyterlab(root, home, config) as server, chromium(path, arguments.ratio) as context:
            notebook = JupyterPage(context, server)
            for switch in ("off", "on"):
                notebook.open(f"{switch}.ipynb")
                notebook.run_all()
                notebook.page.evaluate(INSTRUMENTS)
                if switch == "on":
                    held = {name: feed(notebook.page, name) for name in LABS}
                print(f"frames ahead {switch}")
                report(*measure(notebook.page, arguments.repetitions, switch == "on"))
            print("held after 1.5 s and after 5 s, of so many near positions (±20) and of all")
            for name, counts in held.items():
                print(f"{name:14}{counts[0]:5} of {counts[1]}, {counts[2]:5} of {counts[3]}")


def feed(page, name):
    """Show a lab; return how many frames are held some time after an event, and of how many."""
    page.evaluate("name => prepare(name)", name)
    page.evaluate("() => quiet()")
    page.wait_for_timeout(500)
    page.evaluate(
        "lab => run(`${lab}.ahead._sent.clear(); ${lab}.momentum.value += 0.01`)", f"lab_{name}"
    )
    counts = []
    for seconds, reach in ((1.5, 20), (3.5, 1000)):
        page.wait_for_timeout(1000 * seconds)
        counts += page.evaluate("([lab, reach]) => held(lab, reach)", [f"lab_{name}", reach])
    return counts


def measure(page, repetitions, is_held):
    """Return the times in ms and the frames of a drag, each a dict by subject."""
    times = {name: [] for name in SUBJECTS}
    for turn, name in itertools.product(range(repetitions + WARM_UPS), SUBJECTS):
        momentum = turn % 2 and not is_held
        page.evaluate(
            "([name, slider]) => prepare(name, slider)",
            [name, "momentum" if momentum else "learning rate"],
        )
        left = turn % 2 if is_held else turn // 8 % 2  # to and fro: a slider has an end
        page.keyboard.press("ArrowLeft" if left else "ArrowRight")
        if (milliseconds := page.evaluate("() => milliseconds")) is None:
            sys.exit(f"{name}: no new picture after turn {turn}")
        times[name].append(milliseconds)
        page.evaluate("() => quiet()")
    return {name: values[WARM_UPS:] for name, values in times.items()}, {
        name: drag(page, name) for name in SUBJECTS
    }


def drag(page, name):
    """Drag to and fro for two seconds; return in how many frames a new picture was shown."""
    page.evaluate("name => prepare(name)", name)
    slider = page.locator(f".bench-{name}")
    if name != "bare":
        label = page.locator("label span", has_text=re.compile("^learning rate$"))
        slider = slider.locator(".ml-number", has=label)
    handle = slider.locator(".noUi-handle").bounding_box()
    track = slider.locator(".noUi-base").bounding_box()
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
    bare, late = statistics.median(times["bare"]), percentile_95(times["bare"])
    print(f"{'':14}{'median':>8}{'95 %':>9}{'ratio':>8}{'95 %':>7}{'frames in a drag of 2 s':>26}")
    for name, values in times.items():
        median, slow = statistics.median(values), percentile_95(values)
        told = f"{name:14}{median:6.1f}ms{slow:7.1f}ms{median / bare:>8.2f}{slow / bare:>7.2f}"
        print(f"{told}{frames[name]:>14} ({frames[name] / frames['bare']:.0%} of bare)")
    print(f"(the 95th percentile of the bare round trip is {late / bare:.2f} of its median)")


def percentile_95(values):
    return statistics.quantiles(values, n=20)[-1]


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
    window.prepare = async (name, slider_name = 'learning rate') => {
        box = document.querySelector(`.bench-${name}`);
        box.scrollIntoView({ block: 'nearest' });
        const label = [...box.querySelectorAll('label span')].find(
            label => label.textContent === slider_name);
        const slider = label?.closest('.ml-number') ?? box;
        slider.querySelector('.noUi-handle').focus({ preventScroll: true });
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
            setTimeout(() => resolve(null), 5000); // no new picture
            observer.observe(box, { childList: true, subtree: true, attributes: true });
        });
    };
    window.run = async (code, expression = "0") => {
        const user_expressions = { it: expression };
        const reply = await kernel.requestExecute({ code, user_expressions }).done;
        return JSON.parse(reply.content.user_expressions.it.data["text/plain"]);
    };
    window.held = (lab, reach) => run("", `held(${lab}, ${reach})`);
    window.countFrames = () => {
        window.frames = 0;
        cancelAnimationFrame(counting);
        let shown = box.querySelector('img')?.src;
        const watch = () => {
            const image = box.querySelector('img');
            if (image && image.src !== shown && image.complete) { frames += 1; shown = image.src; }
            counting = requestAnimationFrame(watch);
        };
        counting = requestAnimationFrame(watch);
    };
}"""


if __name__ == "__main__":
    main()
