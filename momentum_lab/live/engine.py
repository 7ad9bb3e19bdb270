"""One event after the other, whatever thread it comes from, and each can be interrupted.

JupyterLab runs what a slider sends in a second thread of the kernel while a cell runs in the first.
matplotlib is not made for that, and neither is a half-changed lab. So all labs share one lock.
"""

import asyncio
import ctypes
import signal
import sys
import threading
from contextlib import contextmanager

EVENT = threading.RLock()
"""Held by whatever changes or draws a lab: one for all labs, so that none waits for another's."""


@contextmanager
def interruptible():
    """Let *Interrupt Kernel* stop the body, in whatever thread it runs."""
    thread = threading.current_thread()
    if thread is threading.main_thread():
        yield
        return
    interrupts = _interrupts_of(thread.ident)
    try:
        try:
            interrupts.listen()
            yield
        finally:
            interrupts.close()
    finally:  # again, should the interrupt have struck in the line before
        interrupts.close()


class Interrupts:
    """The ear for one piece of work that does not run as a cell of the main thread.

    Only the main thread hears an interrupt; while it is idle, a kernel even ignores it. So from
    `listen` to `close` the main thread passes the first that it hears on to `action`.

    take_back(): called at the end if there was one, since it may not have arrived yet.
    """

    def __init__(self, action, take_back=lambda: None):
        self._action, self._take_back, self._before = action, take_back, signal.SIG_IGN
        # Reentrant: a second interrupt may come while the main thread passes on the first.
        self._lock, self._is_over, self._was_heard = threading.RLock(), False, False

    def listen(self):
        """Begin to listen, as soon as the main thread has a moment."""
        _in_main_thread(self._start)

    def close(self):
        """Pass on nothing from now on, and take back what has not arrived: it came too late."""
        with self._lock:
            self._is_over = True
            if self._was_heard:
                self._take_back()
        _in_main_thread(self._stop)

    def _start(self):
        if not self._is_over:
            self._before = signal.signal(signal.SIGINT, self._pass_on)

    def _stop(self):
        if signal.getsignal(signal.SIGINT) == self._pass_on:
            signal.signal(signal.SIGINT, self._before)

    def _pass_on(self, signal_number, frame):
        with self._lock:
            if not self._is_over:
                if not self._was_heard:
                    self._was_heard = True
                    self._action()
                return
        if callable(self._before):  # the main thread is busy itself by now
            self._before(signal_number, frame)


def _in_main_thread(action):
    """Let the main thread of a kernel do something; elsewhere nothing listens."""
    loop = _main_loop()
    if loop is not None:
        if threading.current_thread() is threading.main_thread():
            action()
        else:
            loop.call_soon_threadsafe(action)


def _interrupts_of(thread):
    """Return the ear that raises KeyboardInterrupt in the thread of this number."""
    return Interrupts(lambda: _raise_in(thread, KeyboardInterrupt), lambda: _raise_in(thread, None))


def _raise_in(thread, kind):
    """Raise this exception in a thread at its next step; None takes back one that is to come."""
    exception = None if kind is None else ctypes.py_object(kind)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), exception)


def _main_loop():
    """Return the event loop that a kernel's main thread runs, or None where there is no kernel."""
    kernel_app = sys.modules.get("ipykernel.kernelapp")
    if kernel_app is None or not kernel_app.IPKernelApp.initialized():
        return None
    loop = getattr(kernel_app.IPKernelApp.instance().kernel, "io_loop", None)
    loop = getattr(loop, "asyncio_loop", None)
    return loop if isinstance(loop, asyncio.AbstractEventLoop) else None


_cells = {"are running": False}


def is_cell_running():
    """Return whether the kernel runs a cell at this moment."""
    return _cells["are running"]


def _watch_cells():
    ipython = sys.modules.get("IPython")
    shell = ipython and ipython.get_ipython()
    if shell:
        _cells["are running"] = True  # the one that imports this
        shell.events.register("pre_run_cell", lambda _: _cells.update({"are running": True}))
        shell.events.register("post_run_cell", lambda _: _cells.update({"are running": False}))


_watch_cells()
