"""Many jobs at once, on threads: the compiled training loop lets go of Python's lock.

Between two answers Python hears an interrupt, in whatever thread it asks from.
"""

import contextlib
import os
import queue
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

HEAR_AFTER = 0.05  # seconds of waiting after which Python looks for an interrupt


class Stopped(Exception):
    """Raised in a job that nobody waits for any longer."""


def in_turn(job, settings, progress=None):
    """Return [job(*each) for each in settings], made one after the other in this thread.

    progress(done, total): called after each job.
    """
    results = []
    for each in settings:
        results.append(job(*each))
        if progress:
            progress(len(results), len(settings))
    return results


def on_threads(job, settings, progress=None):
    """Return the same as `in_turn`, made on as many threads as there are processors.

    job(*each, between=...): calls `between` now and then, and lets pass what that raises.
    An interrupt, or whatever a job raises, stops all others, and no thread is left behind.
    """
    stop = threading.Event()

    def between():
        if stop.is_set():
            raise Stopped

    with ThreadPoolExecutor(min(len(settings), n_processors()) or 1) as threads:
        try:
            return on_executor(threads, partial(job, between=between), settings, progress)
        except BaseException:
            stop.set()
            raise


def on_executor(executor, job, settings, progress=None):
    """Return the same as `in_turn`, made by any `concurrent.futures.Executor`.

    progress(done, total): called in this thread whenever one more is done.
    An interrupt, or whatever a job raises, takes back the jobs that have not begun; those that
    have begun go on to their ends, unheard.
    """
    finished = queue.SimpleQueue()
    futures = []
    try:
        for each in settings:
            futures.append(executor.submit(job, *each))
            futures[-1].add_done_callback(finished.put)
        for done in range(1, len(futures) + 1):
            _next(finished).result()  # which raises what the job raised
            if progress:
                progress(done, len(futures))
        return [future.result() for future in futures]
    finally:
        for future in futures:
            future.cancel()


def _next(finished):
    # A thread other than the main one hears an interrupt only between two lines of Python.
    while True:
        with contextlib.suppress(queue.Empty):
            return finished.get(timeout=HEAR_AFTER)


def n_processors():
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):  # on Linux: a container may have fewer than the machine
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
