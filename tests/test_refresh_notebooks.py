import json
import sys

import nbformat
import pytest
import refresh_notebooks
from nbclient.exceptions import CellExecutionError

PICTURE = """
from IPython.display import display
import ipywidgets
class Lab:
    def _repr_mimebundle_(self, **kwargs):
        view = ipywidgets.IntSlider()._repr_mimebundle_()
        return {**view, "image/png": "iVBORw0KGgo=", "text/plain": "error 0.05"}
Lab()
"""


def code(source, **more):
    return {
        "cell_type": "code",
        "execution_count": 9,
        "metadata": {"execution": {"iopub.status.busy": "2026-01-01T00:00:00Z"}, "tags": ["kept"]},
        "outputs": [],
        "source": source,
        **more,
    }


def write(path, *cells):
    notebook = {
        "cells": list(cells),
        "metadata": {
            "widgets": {"application/vnd.jupyter.widget-state+json": {}},
            "kernelspec": {"display_name": "mine", "language": "python", "name": "not-here"},
            "language_info": {"name": "python", "version": "3.0.0"},
        },
        "nbformat": 4,
        "nbformat_minor": 4,
    }
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A notebook that has been refreshed."""
    folder = tmp_path_factory.mktemp("notebooks")
    (folder / "beside.txt").write_text("beside the notebook")
    path = write(
        folder / "tiny.ipynb",
        {"cell_type": "markdown", "metadata": {}, "source": "# Größe", "id": "my-title"},
        code("print(open('beside.txt').read())"),
        code("import sys\nprint('one')\nprint('two', flush=True)\nprint(sys.executable)"),
        code(PICTURE),
    )
    refresh_notebooks.main([str(path)])
    return path


@pytest.fixture(scope="module")
def notebook(path):
    return nbformat.read(path, as_version=4)


def test_cells_run_in_order_and_in_the_folder_of_the_notebook(notebook):
    assert [cell.execution_count for cell in notebook.cells[1:]] == [1, 2, 3]
    assert notebook.cells[1].outputs[0].text == "beside the notebook\n"


def test_the_kernel_is_the_running_python(notebook):
    assert notebook.cells[2].outputs[0].text == f"one\ntwo\n{sys.executable}\n"


def test_times_of_execution_and_widget_states_are_dropped_and_tags_kept(notebook):
    assert "widgets" not in notebook.metadata
    assert [cell.metadata for cell in notebook.cells[1:]] == [{"tags": ["kept"]}] * 3


def test_a_live_picture_is_saved_as_picture_and_words(notebook):
    (output,) = notebook.cells[3].outputs
    assert set(output.data) == {"image/png", "text/plain"}
    assert output.output_type == "execute_result" and output.execution_count == 3


def test_metadata_name_neither_a_machine_nor_a_version(notebook):
    assert notebook.metadata == refresh_notebooks.METADATA


def test_valid_ids_stay_and_other_cells_get_short_ones(notebook):
    assert [cell.id for cell in notebook.cells] == ["my-title", "cell-01", "cell-02", "cell-03"]


def test_a_second_cell_with_the_same_id_gets_a_new_one():
    cells = [{"id": "a"}, {"id": "a"}, {"id": "cell-01"}, {"id": "not valid"}]
    ids = [cell["id"] for cell in refresh_notebooks.with_stable_ids(cells)]
    assert ids == ["a", "cell-02", "cell-01", "cell-03"]


def test_refreshing_again_changes_no_byte(path):
    before = path.read_bytes()
    refresh_notebooks.refresh(path)
    assert path.read_bytes() == before


def test_the_file_is_indented_by_one_unescaped_and_ends_with_one_line_end(path):
    text = path.read_bytes().decode("utf-8")
    assert text.startswith('{\n "cells": [\n  {\n') and "Größe" in text
    assert text.endswith("}\n") and not text.endswith("\n\n") and "\r" not in text


def test_a_cell_that_raises_leaves_the_file_as_it_was(tmp_path):
    path = write(tmp_path / "bad.ipynb", code("print('before')"), code("1 / 0"))
    before = path.read_bytes()
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        refresh_notebooks.refresh(path)
    assert path.read_bytes() == before


def test_notebooks_are_found_in_order_without_checkpoints(tmp_path):
    for name in ["b.ipynb", "a.ipynb", "solutions/a.ipynb", ".ipynb_checkpoints/a.ipynb"]:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    names = [p.relative_to(tmp_path).as_posix() for p in refresh_notebooks.find_notebooks(tmp_path)]
    assert names == ["a.ipynb", "b.ipynb", "solutions/a.ipynb"]
