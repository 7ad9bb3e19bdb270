"""*Interrupt Kernel* ends an event that runs in a subshell, as JupyterLab's events do."""

import signal
import threading
from queue import Empty

import pytest
from jupyter_client.manager import start_new_kernel

from momentum_lab.live.engine import _interrupts_of

pytest.importorskip("ipykernel", minversion="7", reason="no subshells before")

MAKE = """
import time
from momentum_lab.labs import one_weight

lab = one_weight()
lab.screen.shown_at = [300, 1, 1]
quick = lab._compute

def slow(**values):
    if values["momentum"] == 0.9:
        print("begun", flush=True)
        while True:
            sum(range(1000))
    return quick(**values)

lab._compute = slow
"""
WAIT = 20  # seconds, for what takes milliseconds on a quiet machine


class Kernel:
    """A kernel with a second shell, as a notebook in JupyterLab has."""

    def __init__(self):
        self.manager, self.client = start_new_kernel(kernel_name="python3")
        self.ended = {}  # how executions ended that nobody has asked about yet
        request = self.client.session.msg("create_subshell_request")
        self.client.control_channel.send(request)
        reply = self.client.get_control_msg(timeout=WAIT)["content"]
        self.subshell = reply["subshell_id"]

    def begin(self, code, subshell=None):
        content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False}
        message = self.client.session.msg("execute_request", content)
        message["header"]["subshell_id"] = subshell
        self.client.shell_channel.send(message)
        return message["header"]["msg_id"]

    def end(self, wanted):
        """How the execution of this message ended; everything before it in the queue is dropped."""
        while True:
            message = self.client.get_shell_msg(timeout=WAIT)
            if message["parent_header"]["msg_id"] == wanted:
                return message["content"]["status"]

    def interrupt(self, wanted):
        """Press *Interrupt Kernel*, and again each second, until this execution ends.

        Of the first milliseconds of an event the main thread may not yet know.
        """
        for _ in range(WAIT):
            if wanted in self.ended:
                return self.ended.pop(wanted)
            self.manager.interrupt_kernel()
            try:
                message = self.client.get_shell_msg(timeout=1)
            except Empty:
                continue
            # On a busy machine what comes next may be told sooner.
            self.ended[message["parent_header"]["msg_id"]] = message["content"]["status"]
        raise TimeoutError

    def run(self, code, subshell=None):
        return self.end(self.begin(code, subshell))

    def until(self, words):
        """Wait until something prints these words; return all that was printed."""
        printed = ""
        while words not in printed:
            message = self.client.get_iopub_msg(timeout=WAIT)
            if message["msg_type"] == "stream":
                printed += message["content"]["text"]
        return printed


@pytest.fixture(scope="module")
def kernel():
    kernel = Kernel()
    yield kernel
    kernel.client.stop_channels()
    kernel.manager.shutdown_kernel(now=True)


def test_interrupting_the_kernel_ends_a_slow_event_and_loses_nothing(kernel):
    assert kernel.run(MAKE) == "ok"
    for shell in (kernel.subshell, kernel.subshell):  # more than once
        event = kernel.begin("lab.set(momentum=0.9)", shell)
        kernel.until("begun")
        waiting = [kernel.begin(f"lab.set(weight={n})", shell) for n in (1, 2, 3)]
        assert kernel.interrupt(event) == "ok"  # told in the status line, not raised
        # The events that waited meanwhile come to the slow computation, too.
        for message in waiting:
            kernel.until("begun")
            assert kernel.interrupt(message) == "ok"
        kernel.run("print(lab.screen.frame['status'], 'weight', lab.weight.value)", shell)
        assert "Interrupted: the picture still shows the run before." in kernel.until("weight 3.0")
        assert kernel.run("lab.set(momentum=0.2, weight=1)", shell) == "ok"
        kernel.run("print(lab.screen.frame['status'] == lab.result.sentence)", shell)
        assert "True" in kernel.until("True")


def test_a_cell_and_the_event_that_waits_for_it_are_interrupted_one_by_one(kernel):
    assert kernel.run(MAKE) == "ok"
    cell = kernel.begin("lab.set(momentum=0.9)")
    kernel.until("begun")
    event = kernel.begin("lab.set(weight=1); print('done', lab.momentum.value)", kernel.subshell)
    assert kernel.interrupt(cell) == "error"  # KeyboardInterrupt, as anywhere else in a cell
    kernel.until("begun")
    assert kernel.interrupt(event) == "ok"
    kernel.until("done 0.9")
    assert kernel.run("print('alive', lab.set(momentum=0.1).line())") == "ok"
    assert "β 0.1" in kernel.until("step 12")


def test_an_interrupt_of_an_idle_kernel_after_an_event_does_no_harm(kernel):
    assert kernel.run(MAKE) == "ok"
    for _ in range(3):
        assert kernel.run("lab.set(momentum=0.3)", kernel.subshell) == "ok"
        kernel.manager.interrupt_kernel()
    assert kernel.run("lab.set(momentum=0.4)", kernel.subshell) == "ok"
    assert kernel.run("print('alive', lab.momentum.value)") == "ok"
    kernel.until("alive 0.4")
    with pytest.raises(Empty):
        kernel.client.get_shell_msg(timeout=0)


AHEAD = """
drawn = []

def draw(values):
    time.sleep(0.05)
    drawn.append(values)
    print("drawn", flush=True)

lab.ahead.stop()
lab.send_ahead = draw
lab.screen.want = [lab.context, [[0, i] for i in range(60)], time.monotonic()]
"""


def test_an_interrupt_ends_what_is_drawn_ahead(kernel):
    assert kernel.run(MAKE) == "ok"
    for _ in range(2):
        assert kernel.run(AHEAD, kernel.subshell) == "ok"
        kernel.until("drawn")
        kernel.manager.interrupt_kernel()
        assert kernel.run("print('drawn so far', len(drawn))") == "ok"
        kernel.until("drawn so far")
        assert kernel.run("print('left', len(lab.ahead._wanted), 0 < len(drawn) < 50)") == "ok"
        assert "left 0 True" in kernel.until("left 0")
        assert kernel.run("lab.ahead.forget()") == "ok"


# --- the listener alone ---------------------------------------------------------------------


@pytest.fixture
def handler():
    """The main thread's handler of interrupts, which a test may change."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_that_comes_after_the_event_is_the_main_threads_own(handler):
    listener = _interrupts_of(threading.get_ident())
    listener._start()
    listener.close()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    listener._stop()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_event_that_is_over_before_the_main_thread_listens_is_not_listened_to(handler):
    listener = _interrupts_of(threading.get_ident())
    listener.close()
    listener._start()
    listener._stop()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_that_has_not_arrived_when_the_event_ends_is_taken_back(handler):
    is_sent, is_seen, survived = threading.Event(), threading.Event(), []

    def event():
        listener = _interrupts_of(threading.get_ident())
        started.append(listener)
        is_sent.set()
        try:
            is_seen.wait()  # in a lock, where nothing arrives
            listener.close()
        except KeyboardInterrupt:
            survived.append("arrived")
        listener.close()
        for _ in range(1000):
            pass
        survived.append("went on")

    started = []
    thread = threading.Thread(target=event)
    thread.start()
    is_sent.wait()
    started[0]._start()
    for _ in range(3):  # a reader may press more than once
        signal.raise_signal(signal.SIGINT)
    is_seen.set()
    thread.join()
    started[0]._stop()
    assert survived in (["went on"], ["arrived", "went on"])
