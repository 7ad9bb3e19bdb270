"""Run notebooks from the first cell to the last and save what they show.

    python tools/refresh_notebooks.py                                 # all of notebooks/
    python tools/refresh_notebooks.py notebooks/01_one_weight.ipynb   # only these

Each notebook runs in a fresh kernel of this Python, in its own folder. A cell that raises stops
the tool and leaves that notebook's file as it was. What differs from run to run or from machine to
machine is dropped, so refreshing an unchanged notebook leaves an unchanged file.
"""

import argparse
import json
import re
import time
from itertools import count
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from traitlets import default

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


class ThisPython(AsyncKernelManager):
    """A kernel manager that knows the kernel of the running Python and no installed one."""

    @default("kernel_spec_manager")
    def _kernel_of_this_python(self):
        return KernelSpecManager(kernel_dirs=[])


def find_notebooks(folder):
    """All notebooks below the folder in the order of their names, without Jupyter's checkpoints."""
    return sorted(p for p in folder.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)


def read_notebook(path):
    """The notebook of a file, its cells with stable ids."""
    raw = json.loads(Path(path).read_text(encoding="utf-8"))
    raw.update(nbformat=4, nbformat_minor=5)
    raw["cells"] = with_stable_ids(raw["cells"])
    return nbformat.reads(json.dumps(raw), as_version=4)


def with_stable_ids(cells):
    """The cells, each with its own id if that is valid and new, else with cell-01 or so."""
    used = {cell.get("id") for cell in cells}
    fresh = (name for name in (f"cell-{n:02d}" for n in count(1)) if name not in used)
    seen = set()
    result = []
    for cell in cells:
        cell_id = cell.get("id") or ""
        if cell_id in seen or not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", cell_id):
            cell_id = next(fresh)
        seen.add(cell_id)
        result.append({**cell, "id": cell_id})
    return result


def execute(notebook, folder):
    """Run all cells in a fresh kernel in the folder; raises CellExecutionError if a cell fails."""
    client = NotebookClient(
        notebook,
        kernel_manager_class=ThisPython,
        kernel_name="python3",
        timeout=120,
        startup_timeout=120,
        coalesce_streams=True,
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(folder)}},
    )
    return client.execute()


def clean(notebook):
    """The notebook without what belongs to one run or one machine.

    Widget views go too: they name models that live in a kernel only, and JupyterLab would look for
    them instead of showing the picture that stands beside them.
    """
    cells = [clean_cell(cell) for cell in notebook.cells]
    return nbformat.from_dict({**notebook, "cells": cells, "metadata": METADATA})


def clean_cell(cell):
    """The cell without the times of its execution, its outputs without widget views."""
    metadata = {key: value for key, value in cell.metadata.items() if key != "execution"}
    if cell.cell_type != "code":
        return {**cell, "metadata": metadata}
    return {**cell, "metadata": metadata, "outputs": [without_view(out) for out in cell.outputs]}


def without_view(output):
    """The output without the reference to a live widget."""
    if "data" not in output:
        return output
    data = {mime: value for mime, value in output.data.items() if mime != WIDGET_VIEW}
    return {**output, "data": data}


def as_text(notebook):
    """The text of the notebook's file."""
    nbformat.validate(notebook)
    return nbformat.writes(notebook, indent=1, ensure_ascii=False).rstrip("\n") + "\n"


def refresh(path):
    """Run the notebook and write its file anew."""
    notebook = execute(read_notebook(path), path.resolve().parent)
    path.write_text(as_text(clean(notebook)), encoding="utf-8", newline="\n")


def main(arguments=None):
    """Refresh the notebooks that the command line names, or all."""
    parser = argparse.ArgumentParser(description="Run notebooks and save what they show.")
    parser.add_argument("paths", nargs="*", type=Path, help="default: all below notebooks/")
    for path in parser.parse_args(arguments).paths or find_notebooks(NOTEBOOKS):
        start = time.perf_counter()
        refresh(path)
        print(f"{path.name}: {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
