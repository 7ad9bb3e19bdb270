"""A real JupyterLab in a real Chromium, for the browser tests and benchmarks/event_to_picture.py.

Nothing of the person who runs it is read or touched: JupyterLab gets its own folders for
settings, notebooks and kernels, and Chromium a new profile.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import expect, sync_playwright

PROJECT = Path(__file__).resolve().parent.parent
NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SCREEN = {"width": 1280, "height": 800}
START_SECONDS = 90
# Milliseconds on a busy machine: for a kernel that starts and compiles, and for one event.
TIMEOUT = 180_000
OPENING = 25_000  # for a kernel that is given up then, and started anew
PATIENCE = int(os.environ.get("PATIENCE", 0)) or 60_000
expect.set_options(timeout=PATIENCE)


def find_chromium():
    """The path of Chromium or Chrome, or None; the environment variable CHROMIUM names another."""
    wanted = os.environ.get("CHROMIUM")
    found = [shutil.which(name) for name in ([wanted] if wanted else NAMES)]
    return next(filter(None, found), None)


def write_notebook(path, *cells):
    """Write a notebook that has not been run; a cell that begins with # is markdown."""
    new = nbformat.v4
    made = [
        (new.new_markdown_cell if cell.startswith("# ") else new.new_code_cell)(cell)
        for cell in cells
    ]
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    nbformat.write(new.new_notebook(cells=made, metadata={"kernelspec": kernel}), path)


# JupyterLab.


@dataclass(frozen=True)
class Server:
    """A running JupyterLab."""

    url: str
    token: str


@contextmanager
def jupyterlab(root, home, config=""):
    """Run the JupyterLab of this Python on the notebooks in `root`, with its own files in `home`.

    config: Python for jupyter_server_config.py. Yields the `Server`; stops it and its kernels at
    the end, whatever happened.
    """
    environment = _environment(home)
    (home / "config/jupyter_server_config.py").write_text(config, encoding="utf-8")
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *("--ip=127.0.0.1", f"--port={_free_port()}", f"--ServerApp.root_dir={root}"),
        # Should this process be killed, the server ends by itself, once its kernels have.
        "--MappingKernelManager.cull_idle_timeout=300",
        "--ServerApp.shutdown_no_activity_timeout=300",
        "--LabApp.news_url=",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
        "--LabApp.expose_app_in_browser=True",
    ]
    log = home / "jupyterlab.log"
    with log.open("w") as file:
        process = subprocess.Popen(command, env=environment, stdout=file, stderr=file, cwd=root)
    try:
        yield _wait_until_running(process, home / "runtime", log)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _environment(home):
    """This process's environment with Jupyter's folders in `home` and without questions."""
    for name in ("config", "data", "runtime", "ipython"):
        (home / name).mkdir(parents=True)
    settings = home / "config/lab/user-settings/@jupyterlab/apputils-extension"
    settings.mkdir(parents=True)
    no_news = {"fetchNews": "false", "checkForUpdates": False}
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(no_news))
    paths = [str(PROJECT), os.environ.get("PYTHONPATH")]  # kernels use the package under test
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "IPYTHONDIR": str(home / "ipython"),
    }


def _free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


def _wait_until_running(process, runtime, log):
    """The `Server` from the file that JupyterLab writes once it listens."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            try:
                told = json.loads(file.read_text())
                socket.create_connection(("127.0.0.1", told["port"])).close()
            except (ValueError, OSError):  # half written, or not listening yet
                continue
            return Server(f"http://127.0.0.1:{told['port']}", told["token"])
        time.sleep(0.05)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()}")


# Chromium.


@contextmanager
def chromium(path, ratio=1):
    """Run Chromium without a window and with a new profile; yields Playwright's context.

    ratio: device pixels to a CSS pixel.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        try:
            yield browser.new_context(viewport=SCREEN, device_scale_factor=ratio)
        finally:
            browser.close()


class JupyterPage:
    """JupyterLab in a page, with one notebook at a time.

    problems: console errors and requests that leave the machine since the notebook was opened.
    """

    def __init__(self, context, server):
        self.problems, self.path = [], None
        self.page = context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        self.page.on("request", lambda request: self._on_address(request.url))
        self.page.on("websocket", lambda websocket: self._on_address(websocket.url))
        self.page.goto(f"{server.url}/lab?reset&token={server.token}", timeout=TIMEOUT)
        self.page.wait_for_function(RESTORED, timeout=TIMEOUT)

    def open(self, path):
        """Close the notebook that is open, with its kernel and unsaved, and open another one.

        Now and then a kernel that has just started never tells JupyterLab that it is ready: then
        the notebook is opened again.
        """
        self.path = path
        for timeout in (OPENING, OPENING, TIMEOUT):
            try:
                return self._open(path, timeout)
            except PlaywrightTimeout:
                if timeout == TIMEOUT:
                    raise

    def _open(self, path, timeout):
        self.page.bring_to_front()  # Chromium slows down a tab behind another one
        self.ask(CLOSE)
        self.problems.clear()
        self.ask(OPEN, path)
        self.page.wait_for_function(READY, arg=path, timeout=timeout)

    def run_all(self):
        """Run all cells from the menu, as a reader does; return when the last one is done.

        About once in a hundred times a kernel that has just started answers and JupyterLab shows
        nothing of it, then and later. A reader would close the notebook and open it again.
        """
        if not self._ran_all():
            self.open(self.path)
            assert self._ran_all(), "not all cells have run"

    def _ran_all(self):
        self.page.evaluate(
            "() => { jupyterapp.commands.execute('notebook:clear-all-cell-outputs'); }"
        )
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        return self.page.evaluate(ALL_RAN, TIMEOUT)

    def ask(self, question, argument=None):
        """What the page answers; an error where it never does (`evaluate` alone waits for ever)."""
        return self.page.evaluate(ASK % question, [argument, PATIENCE])

    def start(self, code):
        """Begin to run code in the kernel, beside the notebook."""
        self.page.evaluate(START, code)

    def end(self):
        """Wait until the code that was started is done; return how it ended: "ok" or the error."""
        reply = self.ask("async () => (await window.started).content")
        return reply.get("evalue", reply["status"])

    def answer(self, expression):
        """What the kernel says of an expression."""
        return self.ask(ANSWER, expression)

    def rest(self):
        """Wait until the kernel has had nothing to do for half a second."""
        self.ask(REST)

    def outputs(self):
        """The outputs of all code cells, as they would be saved."""
        return self.page.evaluate(OUTPUTS)

    def text(self):
        """All words in the outputs, as far as the page shows them."""
        return " ".join(self.page.locator(".jp-OutputArea").all_inner_texts())

    def _on_console(self, message):
        if message.type == "error":
            self.problems.append(f"console: {message.text}")

    def _on_address(self, url):
        if not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")):
            self.problems.append(f"request: {url}")


class Lab:
    """A dashboard in a page, by the names that its reader sees."""

    def __init__(self, page, root=None):
        self.page = page
        self.root = root or page.locator(".ml-lab").last
        self.picture = self.root.locator("img.ml-picture")
        self.status = self.root.get_by_role("status")
        self.shown = self.box("show update")
        self.picture.wait_for()
        self.sharp()

    def sharp(self):
        """Go to the picture; return the lab once it has a pixel for each of the screen's."""
        self.picture.scroll_into_view_if_needed()
        self.until(IS_SHARP)
        return self

    def until(self, condition, *more):
        """Wait until a function of the picture is true; JupyterLab may put another in its place."""
        end = time.monotonic() + PATIENCE / 1000
        while not self.picture.evaluate(condition, *more):
            if time.monotonic() > end:
                raise PlaywrightTimeout(f"never true of the picture: {condition}")
            self.page.wait_for_timeout(20)

    def box(self, name):
        """The number box of this name."""
        return self.root.get_by_role("spinbutton", name=name, exact=True)

    def choice(self, name):
        """The list of options of this name."""
        return self.root.get_by_role("combobox", name=name, exact=True)

    def slider(self, name):
        """The handle of the slider beside the number box of this name."""
        box = self.page.get_by_role("spinbutton", name=name, exact=True)
        return self.root.locator(".ml-number", has=box).get_by_role("slider")

    def unfold(self):
        """Show the settings that are folded away; return the lab."""
        fold = self.root.get_by_role("button", name="more settings")
        if not self.root.locator(".ml-controls").is_visible():
            fold.click()
            self.root.locator(".ml-controls").wait_for()
        return self

    def button(self, name):
        """The button of this name."""
        return self.root.get_by_role("button", name=name, exact=True)

    def type(self, name, number):
        """Type a number into a box and confirm it."""
        self.box(name).fill(str(number))
        self.box(name).press("Enter")

    @contextmanager
    def held(self, name):
        """Hold a slider's handle with the mouse; yields a function that drags it by pixels."""
        handle = self.slider(name)
        handle.scroll_into_view_if_needed()
        box, mouse = handle.bounding_box(), self.page.mouse
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        mouse.move(x, y)
        mouse.down()

        def drag(pixels):
            nonlocal x
            x += pixels
            mouse.move(x, y)

        yield drag
        mouse.up()

    def source(self):
        """The address of the picture: the picture itself, in base64."""
        return self.picture.get_attribute("src")

    @contextmanager
    def new_picture(self):
        """Wait until the picture is another one than before the body ran."""
        before = self.source()
        yield
        self.until(NEW_PICTURE, before)


# For a kernel: does a lab show what a fresh one with its values shows?
COMPARE = """
import io, numpy as np
from PIL import Image
from momentum_lab import labs

def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)))

def compare(lab):
    fresh = getattr(labs, lab.name)(**lab.values)
    fresh.screen.shown_at = lab.screen.shown_at
    fresh.pinned = list(lab.pinned)
    fresh.show_update(lab.shown)
    own = dict.fromkeys(("number", "context", "is_sharp", "png", "status", "kind"))
    words = fresh.screen.frame | own == lab.screen.frame | own
    return words, bool((pixels(fresh.picture.png()) == pixels(lab.picture.png())).all())
"""

# What the page is asked. A kernel is ready when it told what it is.

ASK = """async ([argument, milliseconds]) => {
    const late = (_, fail) => setTimeout(() => fail(new Error('no answer in time')), milliseconds);
    return await Promise.race([(%s)(argument), new Promise(late)]);
}"""
PANEL = "jupyterapp.shell.currentWidget"
RESTORED = "() => window.jupyterapp?.restored.then(() => true)"
CODE = "[...panel.content.model.cells].filter(cell => cell.type === 'code')"
READY = f"""path => {{
    const panel = window.jupyterapp && {PANEL};
    return panel?.context?.path === path && panel.sessionContext.isReady
        && panel.sessionContext.session?.kernel?.status === 'idle';
}}"""
CLOSE = f"""async () => {{
    await {PANEL}?.sessionContext?.shutdown();
    {PANEL}?.dispose();
}}"""
OPEN = "async path => { await jupyterapp.commands.execute('docmanager:open', { path }); }"
KERNEL = f"{PANEL}.sessionContext.session.kernel"
START = f"code => {{ window.started = {KERNEL}.requestExecute({{ code }}).done; }}"
ANSWER = f"""async expression => {{
    const user_expressions = {{ answer: expression }};
    const reply = await {KERNEL}.requestExecute({{ code: '', user_expressions }}).done;
    return reply.content.user_expressions.answer.data['text/plain'];
}}"""
REST = f"""async () => {{
    for (let calm = 0; calm < 10; await new Promise(done => setTimeout(done, 50)))
        calm = {KERNEL}.status === 'idle' ? calm + 1 : 0;
}}"""
# Whether all cells ran; false once the kernel has been idle for ten seconds, or time is over.
ALL_RAN = f"""async milliseconds => {{
    const panel = {PANEL}, end = Date.now() + milliseconds;
    for (let idle = 0; idle < 100 && Date.now() < end; idle += 1) {{
        const isIdle = panel.sessionContext.session.kernel.status === 'idle';
        if (isIdle && ({CODE}).every(cell => cell.executionCount !== null)) return true;
        if (!isIdle) idle = 0;
        await new Promise(done => setTimeout(done, 100));
    }}
    return false;
}}"""
OUTPUTS = f"""() => {{
    const panel = {PANEL};
    return ({CODE}).flatMap(cell => cell.outputs.toJSON());
}}"""
IS_SHARP = """image => image.complete && Math.abs(
    image.naturalWidth - image.getBoundingClientRect().width * devicePixelRatio) < 0.05"""
NEW_PICTURE = "(image, before) => image.src !== before"
