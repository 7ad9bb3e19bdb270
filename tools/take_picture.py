"""Take the README's picture: the network lab in a real JupyterLab and browser, two runs pinned.

python tools/take_picture.py
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT / "tests"))

from browser import JupyterPage, Lab, chromium, find_chromium, jupyterlab, write_notebook  # noqa: E402

PICTURE = PROJECT / "docs" / "network_lab.png"
SHOW_LAB = "from momentum_lab.labs import network_lab\n\nnetwork_lab()"


def take_picture(file):
    """Save the network lab, as a reader sees it with two runs pinned, as a PNG file."""
    with TemporaryDirectory() as folder:
        root, home = Path(folder, "notebooks"), Path(folder, "home")
        root.mkdir()
        home.mkdir()
        write_notebook(root / "lab.ipynb", SHOW_LAB)
        with jupyterlab(root, home) as server, chromium(find_chromium()) as context:
            notebook = JupyterPage(context, server)
            notebook.page.set_viewport_size({"width": 1400, "height": 1000})
            notebook.open("lab.ipynb")
            notebook.run_all()
            lab = Lab(notebook.page)
            for preset in ("slow but sure", "second update"):
                with lab.new_picture():
                    lab.button(preset).click()
                lab.button("pin this run").click()
            with lab.new_picture():
                lab.button("build up speed").click()
            lab.page.mouse.move(0, 0)
            lab.root.screenshot(path=file)


if __name__ == "__main__":
    PICTURE.parent.mkdir(exist_ok=True)
    take_picture(PICTURE)
