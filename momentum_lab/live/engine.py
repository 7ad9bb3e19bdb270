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
    """Let *Interrupt Kernel* stop the body, in whatever thread it runs.

    Only the main thread hears an interrupt; while it is idle, a kernel even ignores it. So while
    the body runs in another thread, the main thread passes what it hears on to that thread.
    """
    loop = _main_loop()
    if threading.current_thread() is threading.main_thread() or loop is None:
        yield
        return
    listener = _Listener(threading.get_ident())
    try:
        try:
            loop.call_soon_threadsafe(listener.start)
            yield
        finally:
            listener.close()
    finally:  # again, should the interrupt have struck in the line before
        listener.close()
        loop.call_soon_threadsafe(listener.stop)


class _Listener:
    """The main thread's ear for one event in another thread."""

    def __init__(self, thread):
        self._thread, self._before = thread, signal.SIG_IGN
        # Reentrant: a second interrupt may come while the main thread passes on the first.
        self._lock, self._is_over, self._was_sent = threading.RLock(), False, False

    def start(self):
        """Begin to listen, in the main thread, unless the event is over already."""
        if not self._is_over:
            self._before = signal.signal(signal.SIGINT, self._pass_on)

    def stop(self):
        """Listen no longer, in the main thread."""
        if signal.getsignal(signal.SIGINT) == self._pass_on:
            signal.signal(signal.SIGINT, self._before)

    def close(self):
        """Pass on nothing from now on, and take back what has not arrived: it came too late."""
        with self._lock:
            self._is_over = True
            if self._was_sent:
                _raise_in(self._thread, None)

    def _pass_on(self, signal_number, frame):
        with self._lock:
            if not self._is_over:
                if not self._was_sent:
                    self._was_sent = True
                    _raise_in(self._thread, KeyboardInterrupt)
                return
        if callable(self._before):  # the main thread is busy itself by now
            self._before(signal_number, frame)


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
