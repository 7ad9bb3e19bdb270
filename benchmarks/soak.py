"""Do labs stay right for an hour of random events from two threads?

    python benchmarks/soak.py
    python benchmarks/soak.py --minutes 3 --seed 7

All labs of the course live in one process, as in a notebook. Two threads, a hand and a cell, take
one after the other and do with it whatever a reader can (sliders, boxes, pins, presets, updates,
pointing, displaying), often with the same lab at the same time. Every few seconds both pause, and
the next lab in turn, at the end each, must show, pixel for pixel, word for word, what a fresh one
with its values shows. It ends with an error at the first that does not. The memory should not grow
with the events; each comparison makes a lab, whose 0.8 MB ipywidgets keeps though it is closed.
"""

import argparse
import gc
import random
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "live"))

import matplotlib
import psutil
from ipywidgets.widgets.widget import _instances
from reader import FACTORIES, assert_at_rest, look, random_events

from momentum_lab.labs import network_lab

EVENTS = 10  # of one thread with one lab, before it takes another


def hand_or_cell(labs, seed, until, counts):
    chance = random.Random(seed)
    while time.monotonic() < until:
        factory = chance.choice(FACTORIES)
        counts[factory.__name__] += random_events(labs[factory], chance.random(), EVENTS)


def megabytes():
    gc.collect()
    return psutil.Process().memory_info().rss / 1e6


def forget_widgets(made_before):
    """Close what the comparison made: ipywidgets keeps every widget for good."""
    for widget in [w for w in _instances.values() if w not in made_before]:
        widget.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rest", type=float, default=10, help="seconds from rest to rest")
    options = parser.parse_args()
    sys.setswitchinterval(1e-3)
    settings = matplotlib.rcParams.copy()
    labs = {factory: look(factory(), 450) for factory in FACTORIES}
    labs[network_lab].epochs.value = 5
    made = set(_instances.values())
    counts = Counter(), Counter()
    end = time.monotonic() + 60 * options.minutes
    rests, memory, next_report = 0, [], 0
    with ThreadPoolExecutor(2) as pool:
        while time.monotonic() < end:
            until = min(time.monotonic() + options.rest, end)
            seeds = (options.seed + 2 * rests + thread for thread in range(2))
            jobs = [
                pool.submit(hand_or_cell, labs, seed, until, count)
                for seed, count in zip(seeds, counts, strict=True)
            ]
            for job in jobs:
                job.result()
            factory = FACTORIES[rests % len(FACTORIES)]
            assert_at_rest(labs[factory], factory)
            look(labs[factory], 450)
            assert matplotlib.rcParams.copy() == settings
            forget_widgets(made)
            rests += 1
            if time.monotonic() > next_report:
                memory.append(megabytes())
                next_report = time.monotonic() + max(10, 3 * options.minutes)
                print(
                    f"{sum(map(Counter.total, counts)):8} events, {memory[-1]:.0f} MB", flush=True
                )
    for factory, lab in labs.items():
        assert_at_rest(lab, factory)
    forget_widgets(made)
    for thread, count in zip(("hand", "cell"), counts, strict=True):
        print(thread, ", ".join(f"{name} {number}" for name, number in sorted(count.items())))
    print(
        f"{sum(map(Counter.total, counts))} events, {rests} rests at which a lab was as a fresh one"
    )
    half = len(memory) // 2
    growth = megabytes() - memory[half]
    print(f"memory {megabytes():.0f} MB, {growth:+.0f} MB in the second half")


if __name__ == "__main__":
    main()
