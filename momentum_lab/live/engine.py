"""One event after the other, whatever thread it comes from, and each can be interrupted.

JupyterLab runs what a slider sends in a second thread of the kernel while a cell runs in the first.
matplotlib is not made for that, and neither is a half-changed lab. So all labs share one lock.
"""

import asyncio
import ctypes
import signal
import sys
import threading
import time
from contextlib import contextmanager

EVENT = threading.RLock()
"""Held by whatever changes or draws a lab: one for all labs, so that none waits for another's."""


@contextmanager
def interruptible():
    """Let *Interrupt Kernel* stop the body, in whatever thread it runs.

    Only the main thread hears an interrupt; while it is idle, a kernel even ignores it. So while
    the body runs in another thread, the main thread passes what it hears on to that thread.
    """
    loop = _main_loop()
    if threading.current_thread() is threading.main_thread() or loop is None:
        yield
        return
    listener = _Listener(threading.get_ident())
    loop.call_soon_threadsafe(listener.start)
    try:
        yield
    finally:
        listener.close()
        loop.call_soon_threadsafe(listener.stop)
        listener.wait_for_what_was_sent()


class _Listener:
    """The main thread's ear for one event in another thread."""

    def __init__(self, thread):
        self._thread, self._before = thread, None
        self._lock, self._is_over, self._was_sent = threading.Lock(), False, False

    def start(self):
        """Begin to listen, in the main thread, unless the event is over already."""
        if not self._is_over:
            self._before = signal.signal(signal.SIGINT, self._pass_on)

    def stop(self):
        """Listen no longer, in the main thread."""
        if self._before is not None and signal.getsignal(signal.SIGINT) == self._pass_on:
            signal.signal(signal.SIGINT, self._before)

    def close(self):
        """From now on nothing is passed on."""
        with self._lock:
            self._is_over = True

    def wait_for_what_was_sent(self):
        """Let an interrupt that is under way arrive here, not in the code that comes after."""
        while self._was_sent:
            time.sleep(0.001)

    def _pass_on(self, _signal, _frame):
        with self._lock:
            if not (self._is_over or self._was_sent):
                self._was_sent = True
                thread, kind = ctypes.c_ulong(self._thread), ctypes.py_object(KeyboardInterrupt)
                ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, kind)


def _main_loop():
    """Return the event loop that a kernel's main thread runs, or None where there is no kernel."""
    kernel_app = sys.modules.get("ipykernel.kernelapp")
    if kernel_app is None or not kernel_app.IPKernelApp.initialized():
        return None
    loop = getattr(kernel_app.IPKernelApp.instance().kernel, "io_loop", None)
    loop = getattr(loop, "asyncio_loop", None)
    return loop if isinstance(loop, asyncio.AbstractEventLoop) else None
