"""Does a lab stay right while a hand in a browser and a cell in the kernel both change it?

    python benchmarks/soak_browser.py
    python benchmarks/soak_browser.py --minutes 3 --seed 7

JupyterLab in a real Chromium, one lab after the other. In each round a cell sets the lab's controls
again and again in the kernel's main thread, while mouse and keys move sliders, choose rules and
presets, pin, step and play. Then both rest, and the kernel's lab must equal a fresh one with its
values, pixel for pixel and word for word, and the page must show what the kernel says. It ends with
an error at the first that does not.
"""

import argparse
import contextlib
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from browser import COMPARE, JupyterPage, Lab, chromium, find_chromium, jupyterlab, write_notebook
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from momentum_lab import labs

CELL = """
import random, time
chance, until = random.Random({seed}), time.monotonic() + {seconds}
while time.monotonic() < until:
    control = chance.choice([lab.controls[name] for name in lab.heroes])
    lab.set(**{{control.name: chance.choice(control.grid)}})
    time.sleep(chance.choice([0, 0, 0.01, 0.1]))
"""
KEYS = "ArrowLeft ArrowRight PageUp PageDown Home End".split()
BUTTONS = "pin this run", "clear pins", "reset", "‹ step", "step ›", "▶ play", "❚❚ pause"


def hand(lab, heroes, chance, seconds):
    """Do with a lab in the page what a hand can, for some time; return how often."""
    events, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        kind = chance.random()
        if kind < 0.4:
            with lab.held(chance.choice(heroes)) as drag:
                for _ in range(chance.randrange(3, 15)):
                    drag(chance.randrange(-40, 41))
                    events += 1
        elif kind < 0.8:
            lab.slider(chance.choice(heroes)).focus()
            for _ in range(chance.randrange(1, 8)):
                lab.page.keyboard.press(chance.choice(KEYS))
                events += 1
        elif kind < 0.85:
            options = lab.choice("rule").locator("option").all_inner_texts()
            lab.choice("rule").select_option(chance.choice(options))
        else:
            click(lab, chance.choice(BUTTONS))
        events += 1
    click(lab, "❚❚ pause")
    return events


def click(lab, words):
    """Click a button if it is there: play becomes pause, and the other way round."""
    with contextlib.suppress(PlaywrightTimeout):
        lab.button(words).click(timeout=500)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--round", type=float, default=15, help="seconds from rest to rest")
    options = parser.parse_args()
    chance, end, events, rounds = random.Random(options.seed), 60 * options.minutes, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        root, home = Path(folder, "root"), Path(folder, "home")
        root.mkdir()
        for name in labs.__all__:
            make = f"lab = labs.{name}()\nnames = [lab.controls[n].label for n in lab.heroes]\nlab"
            write_notebook(root / f"{name}.ipynb", "# Soak", COMPARE, make)
        with jupyterlab(root, home) as server, chromium(find_chromium()) as context:
            notebook, end = JupyterPage(context, server), time.monotonic() + end
            while time.monotonic() < end:
                name = labs.__all__[rounds % len(labs.__all__)]
                notebook.open(f"{name}.ipynb")
                notebook.run_all()
                lab, heroes = Lab(notebook.page), hero_labels(notebook)
                notebook.start(CELL.format(seed=chance.random(), seconds=options.round))
                events += hand(lab, heroes, chance, options.round)
                check(notebook, lab, name)
                rounds += 1
                print(f"{events:7} events of the hand, {rounds} rests, {name}", flush=True)


def hero_labels(notebook):
    """Return the labels of the lab's large sliders."""
    return notebook.answer("'|'.join(names)").strip("'").split("|")


def check(notebook, lab, name):
    """Stop with an error unless kernel, page and a fresh lab agree."""
    ended = notebook.end()
    notebook.rest()
    told = {
        "the cell": (ended, "ok"),
        "a fresh lab": (notebook.answer("compare(lab)"), "(True, True)"),
        "the finding": (
            repr(lab.root.locator(".ml-finding").inner_text()),
            notebook.answer("lab.result.finding"),
        ),
        "the problems": (notebook.problems, []),
    }
    for what, (is_so, should_be) in told.items():
        if is_so != should_be:
            sys.exit(f"{name}, {what}: {is_so}, not {should_be}")


if __name__ == "__main__":
    main()
