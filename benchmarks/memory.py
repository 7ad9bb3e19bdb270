"""Does a kernel's memory grow with the events of a lab, and with the frames drawn ahead?

    python benchmarks/memory.py
    python benchmarks/memory.py --events 500

For each lab: events on its large sliders, as a hand makes them, and after every tenth the frames
of some positions near the present one are drawn ahead. Memory is the process's own, after a
collection, at a tenth of the events (all that is made once is there by then) and at the end; the
time of an event is compared between the first and the last fifth.
"""

import argparse
import gc
import random
import statistics
import time

import psutil

from momentum_lab import labs


def megabytes():
    gc.collect()
    return psutil.Process().memory_info().rss / 1e6


def measure(factory, events):
    """Return the growth in MB and how many times as long the last events took as the first."""
    lab, chance, times = factory(), random.Random(0), []
    lab.screen.shown_at = [814, 1, 1]
    lab.screen.send = lambda content, buffers=None: None
    heroes = [lab.controls[name] for name in lab.heroes]
    for event in range(events):
        if event == events // 10:
            before = megabytes()
        hero = chance.choice(heroes)
        start = time.thread_time()
        hero.slider.set_state({"value": chance.randrange(len(hero.grid))})
        times.append(time.thread_time() - start)
        if event % 10 == 0:
            near = [hero.slider.value + by for by in range(-3, 4)]
            moves = [[heroes.index(hero), position] for position in near]
            lab.screen.set_state({"want": [lab.context, moves, event]})
            while lab.ahead.step():
                pass
    fifth = len(times) // 5
    slower = statistics.median(times[-fifth:]) / statistics.median(times[:fifth])
    return megabytes() - before, slower


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=5000, help="for each lab")
    events = parser.parse_args().events
    print(f"{events} events a lab{'growth':>15}{'last / first events':>24}")
    for name in labs.__all__:
        growth, slower = measure(getattr(labs, name), events)
        print(f"{name:16}{growth:13.1f} MB{slower:19.2f}")


if __name__ == "__main__":
    main()
