"""The house: imports go one way, and each lab is a folder of its own."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "momentum_lab"
MODULES = sorted(PACKAGE.rglob("*.py"))
LABS = sorted(path.name for path in (PACKAGE / "labs").iterdir() if (path / "lab.py").exists())
WINGS = "live", "labs", "exercises"  # over the core, each using only what stands before it


def imported(path):
    """The modules of this package that a file imports, `momentum_lab.x` as ("x",)."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path.name}: imports are written in full"
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            first, *rest = name.split(".")
            if first == "momentum_lab" and rest:
                yield tuple(rest)


def wing(parts):
    """0 for the core, then 1, 2, 3 for live, labs, exercises."""
    return WINGS.index(parts[0]) + 1 if parts[0] in WINGS else 0


def test_imports_go_one_way():
    for path in MODULES:
        here = path.relative_to(PACKAGE).with_suffix("").parts
        for there in imported(path):
            assert wing(there) <= wing(here), f"{'/'.join(here)} imports {'.'.join(there)}"


def test_no_lab_imports_another():
    for path in MODULES:
        here = path.relative_to(PACKAGE).parts
        if here[0] != "labs" or here == ("labs", "__init__.py"):
            continue
        own = {here[1]} if here[1] in LABS else set()
        for there in imported(path):
            if there[0] == "labs" and len(there) > 1 and there[1] in LABS:
                assert there[1] in own, f"{'/'.join(here)} imports {'.'.join(there)}"


def test_what_computes_imports_neither_matplotlib_nor_widgets():
    for path in MODULES:
        here = path.relative_to(PACKAGE).parts
        if wing(here) == 0 or here[-1] == "experiment.py":
            tree = ast.walk(ast.parse(path.read_text("utf-8")))
            sources = [node.module or "" for node in tree if hasattr(node, "module")]
            used = {source.split(".")[0] for source in sources}
            assert not used & {"matplotlib", "ipywidgets", "anywidget"}, path


@pytest.mark.parametrize("name", LABS)
def test_a_lab_is_a_folder_of_at_most_450_lines(name):
    files = {path.name: path for path in (PACKAGE / "labs" / name).glob("*.py")}
    assert {"__init__.py", "experiment.py", "words.py", "view.py", "lab.py"} <= set(files)
    assert sum(len(path.read_text("utf-8").splitlines()) for path in files.values()) <= 450


def test_the_labs_are_named_in_one_place():
    from momentum_lab import labs

    assert sorted(labs.__all__) == LABS


def test_importing_the_core_loads_neither_matplotlib_nor_widgets_nor_numba():
    code = (
        "import sys, momentum_lab\n"
        "print([m for m in ('matplotlib', 'ipywidgets', 'anywidget', 'numba') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
