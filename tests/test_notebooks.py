"""What holds for every notebook file; that the cells still print what it shows is nbval's part."""

import json
import re
from pathlib import Path
from urllib.parse import unquote

import lesson_minutes
import nbformat
import pytest
import refresh_notebooks

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
SHEET = FOLDER / "formula_sheet.ipynb"
LESSONS = sorted(path for path in FOLDER.glob("*.ipynb") if path != SHEET)
SOLUTIONS = sorted(FOLDER.glob("solutions/*.ipynb"))
START = "00_start_here.ipynb"
README = FOLDER.parent / "README.md"


def each(paths):
    names = [path.relative_to(FOLDER).as_posix() for path in paths]
    return pytest.mark.parametrize("path", paths, ids=names)


each_notebook = each([*LESSONS, SHEET, *SOLUTIONS])
each_lesson = each(LESSONS)
each_full_lesson = each([path for path in LESSONS if path.name != START])
each_solution = each(SOLUTIONS)


def cells(path, kind):
    notebook = nbformat.read(path, as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == kind]


def outputs(path):
    return [output for cell in cells(path, "code") for output in cell.outputs]


def prose(path):
    return "\n\n".join(cell.source for cell in cells(path, "markdown"))


def opening(path):
    """The markdown before the first code cell."""
    notebook = nbformat.read(path, as_version=4)
    kinds = [cell.cell_type for cell in notebook.cells] + ["code"]
    return "\n\n".join(cell.source for cell in notebook.cells[: kinds.index("code")])


def headings(path):
    without_code = re.sub(r"```.*?```", "", prose(path), flags=re.DOTALL)
    return re.findall(r"^#+ +(.+?) *$", without_code, flags=re.MULTILINE)


def printed(path):
    """Everything that outputs say in words; pictures in base64 are taken out."""
    texts = []
    for output in outputs(path):
        texts.append(output.get("text", ""))
        data = output.get("data", {})
        texts += [value for mime, value in data.items() if mime.startswith("text/")]
    return re.sub(r"[A-Za-z0-9+/=]{60,}", "", "\n".join(texts))


def code_lines(path):
    lines = [line.strip() for cell in cells(path, "code") for line in cell.source.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def links(path):
    """Targets of links and pictures in the prose; code and formulas hold none."""
    text = re.sub(r"```.*?```|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]*\$", "", prose(path), flags=re.DOTALL)
    return re.findall(r"\]\(<?([^)\s>]+)|(?:href|src)=[\"']([^\"']+)", text)


def row_of(path, page):
    """The row of a page's table that links to the lesson."""
    (row,) = [line for line in page.splitlines() if re.match(rf"\|.*\(\S*{path.name}\)", line)]
    return row


def question_and_minutes(path):
    stated = lesson_minutes.stated_minutes(nbformat.read(path, as_version=4))
    return f" | {headings(path)[0]} | {stated.cell()} |"


@each_notebook
def test_notebook_file_is_as_the_refresh_tool_writes_it(path):
    notebook = refresh_notebooks.clean(refresh_notebooks.read_notebook(path))
    assert path.read_text(encoding="utf-8") == refresh_notebooks.as_text(notebook)


@each_notebook
def test_code_cells_ran_once_and_in_order(path):
    counts = [cell.execution_count for cell in cells(path, "code")]
    assert counts == list(range(1, len(counts) + 1))


@each_notebook
def test_no_widget_state_is_saved(path):
    assert "widgets" not in json.loads(path.read_text(encoding="utf-8"))["metadata"]


@each_notebook
def test_no_time_is_saved(path):
    notebook = nbformat.read(path, as_version=4)
    assert not [cell.id for cell in notebook.cells if "execution" in cell.metadata]
    assert not re.findall(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", printed(path))


@each_notebook
def test_no_cell_warns_or_fails(path):
    assert [o for o in outputs(path) if o.output_type == "error" or o.get("name") == "stderr"] == []


@each_notebook
def test_no_output_names_a_machine(path):
    assert re.findall(r"(?<![\w./])/(?:home|root|tmp|work|usr|opt|Users)/\S*", printed(path)) == []
    assert re.findall(r"\b[A-Z]:\\\S*|\b0x[0-9a-fA-F]{5,}", printed(path)) == []


@each_notebook
def test_no_cell_sets_a_matplotlib_backend(path):
    assert [line for line in code_lines(path) if "%matplotlib" in line] == []


@each_notebook
def test_no_line_of_code_ends_with_a_semicolon(path):
    assert [line for line in code_lines(path) if line.endswith(";")] == []


@each_notebook
def test_each_picture_comes_with_words_that_nbval_compares(path):
    pictures = [o.data for o in outputs(path) if "image/png" in o.get("data", {})]
    words = [data.get("text/plain", "") for data in pictures]
    assert [text for text in words if not re.search(r"\d", text) or text.startswith("<")] == []


@each_notebook
def test_links_to_other_files_lead_somewhere(path):
    targets = [unquote("".join(pair)).partition("#")[0] for pair in links(path)]
    files = [target for target in targets if target and not re.match(r"[a-z]+:", target)]
    assert [target for target in files if not (path.parent / target).exists()] == []


@each_lesson
def test_lesson_has_a_number_and_words_for_a_name(path):
    assert re.fullmatch(r"\d\d(_[a-z]+)+\.ipynb", path.name)


@each_lesson
def test_lesson_shows_a_picture(path):
    assert [o for o in outputs(path) if "image/png" in o.get("data", {})]


@each_lesson
def test_lesson_has_ten_words_of_prose_to_a_line_of_code(path):
    words = [word for word in prose(path).split() if re.search(r"[A-Za-z]", word)]
    assert len(words) >= 10 * len(code_lines(path))


@each_lesson
def test_lesson_opens_with_what_you_do_learn_and_need_and_the_minutes(path):
    text = opening(path).replace("’", "'")
    wanted = ["What you'll do", "What you'll learn", "What you'll need"]
    assert [phrase for phrase in wanted if phrase not in text] == []
    assert re.search(r"\b\d+(?:[–-]\d+)? minutes\b", text)


@each_full_lesson
def test_lesson_ends_with_what_we_found_on_your_own_and_sources(path):
    ending = ["What we found", "On your own", "Sources"]
    found = [name for heading in headings(path) for name in ending if heading.startswith(name)]
    assert found == ending
    assert headings(path)[-1].startswith("Sources")


@each_full_lesson
def test_lesson_has_25_to_45_cells(path):
    assert 25 <= len(nbformat.read(path, as_version=4).cells) <= 45


@each_solution
def test_solution_belongs_to_a_lesson(path):
    assert (FOLDER / path.name).is_file()


@each_lesson
def test_readme_lists_the_lesson_with_its_question_and_minutes(path):
    assert row_of(path, README.read_text("utf-8")).endswith(question_and_minutes(path))


@each_full_lesson
def test_start_page_lists_the_lesson_with_its_question_and_minutes(path):
    assert row_of(path, prose(FOLDER / START)).endswith(question_and_minutes(path))


def test_the_formula_sheet_names_tests_that_exist():
    tests = (Path(__file__).parent / "test_theory.py").read_text("utf-8")
    named = re.findall(r"`(test_\w+)`", prose(SHEET))
    assert len(named) >= 8
    assert [name for name in named if f"def {name}(" not in tests] == []


def test_each_formula_of_the_sheet_stands_beside_what_the_code_gives():
    for source in (cell.source for cell in cells(SHEET, "code")):
        assert re.search(r"theory\.|network\.", source) and re.search(r"\bcode\b", source)


def test_the_sheet_sends_a_reader_to_lessons_that_are_there_and_says_which_are_to_come():
    there = {path.name[:2] for path in LESSONS}
    for names, to_come in re.findall(r"lessons? (\d\d(?:, \d\d)*)(, to come)?", prose(SHEET)):
        for name in names.split(", "):
            assert (name in there) != bool(to_come), f"lesson {name}"


def test_there_is_a_notebook_to_start_with():
    assert START in [path.name for path in LESSONS]
