"""How lessons are counted and read by the tools, and what holds for each lesson."""

import ast
import builtins
import re

import lesson_minutes
import pytest
import refresh_notebooks
from lesson_pieces import ASIDE, CORE, DEEPER, pieces, read_pieces, words
from nbformat import v4
from prose_numbers import unprinted

LESSONS = lesson_minutes.lesson_paths()
each_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)

PICTURE = v4.new_output("display_data", {"image/png": "iVBORw0KGgo=", "text/plain": "rate 0.9048"})


def prose(text, *tags):
    return v4.new_markdown_cell(text, metadata={"tags": list(tags)} if tags else {})


def code(source, printed="", picture=False, **metadata):
    outputs = [v4.new_output("stream", name="stdout", text=printed)] if printed else []
    outputs += [PICTURE] if picture else []
    return v4.new_code_cell(source, metadata=metadata, outputs=outputs)


def notebook(*cells):
    return v4.new_notebook(cells=list(cells))


def minutes(*cells):
    """The minutes of a small notebook by the formula: core, deeper."""
    found = pieces(notebook(*cells))
    return tuple(lesson_minutes.exact_minutes(found, part) for part in (CORE, DEEPER))


def thousand(word="word"):
    return " ".join([word] * 1000)


# --- the pieces of a lesson ------------------------------------------------------------------


def test_a_heading_sets_the_part_until_one_of_its_level_or_above():
    found = pieces(
        notebook(
            prose("# T\n\na\n\n## Going deeper: why\n\nb\n\n### a step\n\nc"),
            code("d = 1"),
            prose("## What we found\n\ne\n\n## On your own\n\nf\n\n# G\n\n## Sources\n\nh"),
        )
    )
    parts = [(piece.part, piece.text.split()[-1]) for piece in found]
    assert parts == [
        (CORE, "a"),
        (DEEPER, "b"),
        (DEEPER, "c"),
        (DEEPER, "1"),
        (CORE, "e"),
        (ASIDE, "f"),
        (CORE, "G"),
        (ASIDE, "h"),
    ]


def test_the_tag_makes_one_cell_deeper():
    found = pieces(
        notebook(prose("a"), prose("b", "deeper"), code("c", tags=["deeper"]), code("d"))
    )
    assert [piece.part for piece in found] == [CORE, DEEPER, DEEPER, CORE]


def test_what_is_on_your_own_stays_aside_in_a_tagged_cell():
    found = pieces(notebook(prose("a\n\n## On your own\n\nb", "deeper")))
    assert [piece.part for piece in found] == [DEEPER, ASIDE]


def test_sections_are_counted_by_headings_of_two_levels():
    found = pieces(notebook(prose("# A\n\na\n\n## B\n\nb\n\n### C\n\nc"), code("1"), prose("## D")))
    assert [piece.section for piece in found] == [1, 2, 2, 2, 3]
    assert [piece.heading for piece in found] == ["A", "B", "B", "B", "D"]


def test_a_comment_in_a_block_of_code_is_no_heading():
    (piece,) = pieces(notebook(prose("a\n\n```python\n# Sources\n```\n\nb")))
    assert piece.part == CORE


def test_what_is_folded_away_is_an_aside_or_if_it_says_so_deeper():
    def folded(summary):
        return f"<details><summary>{summary}</summary>\n\ninside\n\n</details>"

    found = pieces(notebook(prose(f"a\n\n{folded('Hint')}\n\nb\n\n{folded('Going deeper: x')}")))
    assert [piece.part for piece in found] == [CORE, ASIDE, CORE, DEEPER]
    assert [piece.folded for piece in found] == [False, True, False, True]
    found = pieces(notebook(prose(f"## On your own\n\n{folded('Going deeper')}")))
    assert [piece.part for piece in found] == [ASIDE, ASIDE]


def test_words_have_a_letter_or_a_digit_and_targets_of_links_are_not_read():
    assert words("Two – [a link](../very/long name.ipynb), $a = 2$ <b>x</b>.") == [
        *("Two", "[a", "link]", "$a", "2$", "x")
    ]


# --- the minutes -----------------------------------------------------------------------------


def test_two_hundred_words_are_a_minute():
    assert minutes(prose(thousand()), prose(thousand(), "deeper")) == (5, 5)


def test_what_is_on_your_own_or_a_source_or_folded_away_takes_no_minutes():
    left_out = f"## On your own\n\n{thousand()}\n\n## Sources\n\n{thousand()}"
    folded = f"<details><summary>Hint</summary>{thousand()}</details>"
    assert minutes(prose(left_out), code("x", "1\n", picture=True)) == (0, 0)
    assert minutes(prose(folded)) == (0, 0)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (code("print(1)", "1\n"), 1),
        (code("print('one')", "one\n"), 0),
        (code("lab", picture=True), 2.5),
        (code("print(1)\nlab", "1\n", picture=True), 3.5),
        (code("predict('?', {}, 'x')"), 0.75),
        (code("exercises.check_number('x', ...)"), 5),
        (code("def f(x):\n    return x\n\n\ncheck_rule(f, 'x')"), 10),
        (code("def f(x):\n    return x"), 0),
        (code("check_number('x', ...)", tags=["example"]), 0),
        (code("# check_number\nprint('predict(')"), 0),
    ],
)
def test_each_kind_of_cell_takes_its_minutes(cell, expected):
    assert minutes(cell) == (expected, 0)
    cell.metadata["tags"] = [*cell.metadata.get("tags", []), "deeper"]
    assert minutes(cell) == (0, expected)


def test_the_lines_of_core_code_leave_out_the_folded_and_the_deeper():
    found = pieces(
        notebook(
            code("1\n\n2\n3"),
            code("1"),
            code("\n".join("123456789"), jupyter={"source_hidden": True}),
            code("\n".join("123456789"), tags=["deeper"]),
        )
    )
    assert lesson_minutes.lines_of_core(found) == [3, 1]
    assert lesson_minutes.median_lines(found) == 2
    assert lesson_minutes.median_lines(found, with_folded=True) == 3
    assert lesson_minutes.median_lines([]) == 0


def test_the_table_has_a_line_for_each_lesson():
    head, *rows = lesson_minutes.table(LESSONS[:2])
    assert head.split() == ["lesson", *lesson_minutes.HEADS.split()]
    assert [row.split()[0] for row in rows] == [path.stem for path in LESSONS[:2]]


@pytest.fixture
def course(tmp_path):
    """A folder with lesson 00, whose map has both lessons, lesson 01, and a README."""
    first = "# Start\n\nAbout 3 minutes.\n\n| 00 Start (this page) | Why? | 3 |"
    linked = "| [01 One](01_one.ipynb) | How? | 9 |"
    lessons = {
        "00_start_here.ipynb": notebook(prose(f"{first}\n{linked}\n\n{thousand()}")),
        "01_one.ipynb": notebook(
            prose("# How?\n\nAbout 9 minutes."),
            code("lab", picture=True),
            prose(thousand()),
            prose(thousand("deep"), "deeper"),
        ),
    }
    for name, lesson in lessons.items():
        for count, cell in enumerate(lesson.cells):
            cell.id = f"cell-{count}"
        (tmp_path / name).write_text(refresh_notebooks.as_text(lesson), "utf-8")
    readme = "| [00 Start](notebooks/00_start_here.ipynb) | Why? | 3 |\n"
    readme += "| [01 One](notebooks/01_one.ipynb) | How? | 9 + 1 |\n\nAbout 9 minutes.\n"
    (tmp_path / "README.md").write_text(readme, "utf-8")
    return tmp_path


def test_minutes_are_written_where_a_reader_looks_and_nothing_else_changes(course):
    paths = lesson_minutes.lesson_paths(course)
    lesson_minutes.write(paths, course, course / "README.md")
    start, one = (refresh_notebooks.read_notebook(path) for path in paths)
    assert one.cells[0].source == "# How?\n\nAbout 8 minutes, and 5 more to go deeper."
    assert start.cells[0].source.startswith("# Start\n\nAbout 5 minutes.\n\n")
    assert "| 00 Start (this page) | Why? | 5 |\n" in start.cells[0].source
    assert "| [01 One](01_one.ipynb) | How? | 8 + 5 |\n" in start.cells[0].source
    assert (course / "README.md").read_text("utf-8") == (
        "| [00 Start](notebooks/00_start_here.ipynb) | Why? | 5 |\n"
        "| [01 One](notebooks/01_one.ipynb) | How? | 8 + 5 |\n\nAbout 9 minutes.\n"
    )


def test_writing_the_minutes_again_changes_no_byte(course):
    paths = lesson_minutes.lesson_paths(course)
    lesson_minutes.write(paths, course, course / "README.md")
    before = [path.read_bytes() for path in sorted(course.iterdir())]
    lesson_minutes.write(paths, course, course / "README.md")
    assert [path.read_bytes() for path in sorted(course.iterdir())] == before


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("About 30 minutes.", (30, 0)),
        ("About 30 minutes, and 12 more to go deeper.", (30, 12)),
        ("About 30 minutes", None),
        ("Nothing.", None),
    ],
)
def test_the_stated_minutes_are_read_from_the_opening(text, stated):
    told = lesson_minutes.stated_minutes(notebook(prose(f"# T\n\n{text}"), code("1"), prose("x")))
    assert told == stated
    if stated:
        assert lesson_minutes.Minutes(*stated).sentence() == text


# --- numbers in prose ------------------------------------------------------------------------


def listed(text, printed="", source="", before=""):
    """The numbers of a text that are listed where a cell beside it prints something."""
    found = pieces(notebook(prose(f"# T\n\n## A\n\n{before}"), code(source, printed), prose(text)))
    return [each.number for each in unprinted(found)]


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("It is 39.7.", "39.7"),
        ("About 40, or 39.7.", "39.71"),
        ("Nearly 2,000 updates.", "1987"),
        ("It keeps 97.5 %.", "factor 0.975"),
        ("It keeps 97.5 %.", "97.5 percent"),
        ("It is −0.5.", "0.5"),
        ("It is 0.50.", "0.5"),
        ("2,995 updates", "2995"),
        ("5.3·10⁻⁹", "5.319e-09"),
        ("$\\rho = 0.9048$", "0.9048"),
        ("1/3 of it", ""),
        ("C5, C7a, lesson 03, lessons 04 and 05, step 3", ""),
        ("Polyak (1964), a 4-5-3 network, the 2nd time", ""),
        ("`x = 17` and\n\n```\n18\n```", ""),
        ("$\\frac{2}{L+\\mu}$ and $1-\\alpha\\mu = -(1-\\alpha L)$", ""),
        ("| 17 | 18 |\n|---|---|\n| a | b |", ""),
        ("At learning rate 0.37, momentum 0.83.", ""),
        ("with $\\beta = 0.7$ and $\\alpha\\lambda = 2.4$.", ""),
        ("**Drag** it down to 0.13 and on to 7.", ""),
        ("the minimum (0, 0)", ""),
        ("0.05 or 0,05", "0.05"),
        ("The post:\n\n> 3.56 + 0.027", ""),
        ("[see](file_99.html) 01_one_weight", ""),
    ],
)
def test_a_number_that_is_printed_or_a_name_or_a_setting_is_not_listed(text, printed):
    assert listed(text, printed) == []


@pytest.mark.parametrize(
    ("text", "printed", "missing"),
    [
        ("It is 40.", "39.4", ["40"]),
        ("About 2,000.", "2110", ["2,000"]),
        ("It is 39.72.", "39.71", ["39.72"]),
        ("2,000 updates.", "1987", ["2,000"]),
        ("It keeps 97.5 %.", "97.6 and 0.97", ["97.5 %"]),
        ("It settles after 30 updates.", "31", ["30"]),
        ("It is 0.", "1", ["0"]),
        ("$\\rho = 0.9048$ and $5 + 6$", "0.905", ["0.9048", "5", "6"]),
        ("| a | b |\n|---|---|\n| 17 | 18 |", "18", ["17"]),
        ("5.3·10⁻⁹", "5.3e-08", ["5.3·10⁻⁹"]),
        ("It moved 0.13 to 0.17.", "", ["0.13", "0.17"]),
        ("<details><summary>Answer</summary>It is 77.</details>", "", ["77"]),
        ("data 50", "", ["50"]),
        ("It is 0.05, 0.1999 or 1,955.", "0", ["0.05", "0.1999", "1,955"]),
    ],
)
def test_a_number_that_nothing_near_it_prints_is_listed(text, printed, missing):
    assert listed(text, printed) == missing


def test_the_source_of_a_cell_and_the_words_of_a_picture_count_as_near():
    assert listed("0.37", source="lab(learning_rate=0.37)") == []
    cells = prose("# T\n\n## A\n\n## B"), code("lab", picture=True), prose("0.9048 or 0.9")
    assert unprinted(pieces(notebook(*cells))) == []


def test_the_choices_of_a_prediction_do_not_count():
    assert listed("17", source="predict('?', {'17': 'x'}, '17')", printed="17") == ["17"]


def test_near_is_the_same_section_and_the_one_before_and_the_end_speaks_of_all():
    def sections_listed(last):
        end = f"## B\n\n17\n\n## C\n\n17\n\n## {last}\n\n17"
        cells = prose("# T\n\n## A"), code("print(17)", "17"), prose(end)
        return ["C" in each.around[:5] for each in unprinted(pieces(notebook(*cells)))]

    for last in ("What we found", "On your own", "Next", "Sources"):
        assert sections_listed(last) == [True]
    for last in ("Something else", "Going deeper"):
        assert sections_listed(last) == [True, False]


def test_an_exercise_gives_its_own_numbers_in_its_question_only():
    question = prose("# T\n\n## A\n\n## Your turn: x\n\nThe weight is −1.27.")
    after = prose("So it is −1.28.")
    found = unprinted(pieces(notebook(question, code("check_number('x', ...)"), after)))
    assert [each.number for each in found] == ["1.28"]


# --- each lesson -----------------------------------------------------------------------------


@each_lesson
def test_the_stated_minutes_are_those_of_the_formula(path):
    notebook = refresh_notebooks.read_notebook(path)
    stated, found = lesson_minutes.stated_minutes(notebook), pieces(notebook)
    for minutes_stated, part in zip(stated, (CORE, DEEPER), strict=True):
        exact = lesson_minutes.exact_minutes(found, part)
        assert abs(minutes_stated - exact) <= max(0.15 * exact, 0.5), part


@each_lesson
def test_the_core_takes_at_most_40_minutes_and_its_code_a_median_of_5_lines(path):
    found = read_pieces(path)
    assert lesson_minutes.exact_minutes(found, CORE) <= 40
    assert lesson_minutes.median_lines(found) <= 5


@each_lesson
def test_every_number_in_the_prose_is_printed_near_it(path):
    assert [f"cell {each.position}: {each.around}" for each in unprinted(read_pieces(path))] == []


@each_lesson
def test_each_exercise_offers_a_hint_before_its_cell_and_before_any_solution(path):
    found = read_pieces(path)
    exercises = [index for index, piece in enumerate(found) if piece.is_exercise]
    assert [found[index].text for index in exercises if not offers_a_hint(found, index)] == []


def offers_a_hint(found, index):
    """Whether a hint is folded into the section's text between the last exercise and this one."""
    before = []
    for piece in reversed(found[:index]):
        if piece.is_exercise or piece.section != found[index].section:
            break
        before.insert(0, "" if piece.is_code else piece.text)
    text = "".join(before)
    return re.search(HINT, text.partition("solutions/")[0]) is not None


HINT = r"<details>\s*<summary>Hint</summary>\s*\S(?s:.*?)</details>"


def test_a_hint_is_looked_for_before_the_exercise_and_before_the_solution():
    hint = "<details><summary>Hint</summary>\n\nHalve it.\n\n</details>"
    solved = "[solved](solutions/x.ipynb)"

    def ask():
        return code("check_number('x', ...)")

    def offered(text, *cells):
        found = pieces(notebook(prose(text), *cells))
        return [offers_a_hint(found, i) for i, piece in enumerate(found) if piece.is_exercise]

    assert offered(f"## Your turn\n\n{hint}\n\n{solved}", code("lab"), ask()) == [True]
    assert offered(f"## Your turn\n\n{solved}\n\n{hint}", ask()) == [False]
    assert offered(f"## A\n\n{hint}\n\n## Your turn", ask()) == [False]
    assert offered(f"## Your turn\n\n{hint}", ask(), ask()) == [True, False]
    assert offered("## Your turn\n\n<details><summary>Hint</summary></details>", ask()) == [False]
    assert offered("## Your turn", ask(), prose(hint)) == [False]


@each_lesson
def test_only_predictions_are_folded_away(path):
    folded = [piece for piece in read_pieces(path) if piece.is_folded_code]
    assert [piece.text for piece in folded if not piece.is_prediction] == []


@each_lesson
def test_each_cell_under_a_heading_going_deeper_has_the_tag_and_no_other(path):
    for piece in read_pieces(path):
        if piece.part != ASIDE and not piece.folded:
            tagged = DEEPER in piece.cell.metadata.get("tags", [])
            assert tagged == (piece.part == DEEPER), piece.text[:60]


@each_lesson
def test_the_core_uses_no_name_that_only_the_depth_defines(path):
    core, deeper = set(dir(builtins)), set()
    for piece in read_pieces(path):
        if piece.is_code:
            bound, used = names(piece.text)
            if piece.part == DEEPER:
                deeper |= bound
            else:
                assert used - core - bound & deeper == set(), piece.text[:60]
                core |= bound


def names(source):
    """The names that a cell binds, and those that it uses."""
    bound, used = set(), set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.FunctionDef):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).partition(".")[0])
    return bound, used


def test_names_of_a_cell_are_told_apart():
    source = "import numpy as np\nfrom a import b\ndef f(x, y=z):\n    return x + q\nw = np.e\n"
    assert names(source) == ({"np", "b", "f", "x", "y", "w"}, {"z", "x", "q", "np"})
