"""How many minutes a lesson takes, counted from its notebook.

    python tools/lesson_minutes.py             # a table of all lessons
    python tools/lesson_minutes.py 03 05       # only these
    python tools/lesson_minutes.py --write     # and write the minutes where a reader looks

Minutes = words of prose / 200, and for each cell 1 if it prints numbers, 2.5 a dashboard,
0.75 a prediction, 5 an exercise, 10 if code is written in it (a function is defined). Left out are
*On your own*, *Sources*, and what is folded away in <details>: a hint or an answer is part of the
minutes of its exercise. Depth is a cell tagged `deeper`, what stands under a heading
*Going deeper*, and <details> with such a summary; all else is the core.

`--write` puts the minutes at the end of each opening ("About 30 minutes, and 12 more to go
deeper."), into the map of lesson 00 and into the table of README.md ("30 + 12").
"""

import argparse
import re
from pathlib import Path
from statistics import median
from typing import NamedTuple

import refresh_notebooks
from lesson_pieces import ASIDE, CORE, DEEPER, code_lines, read_pieces, words

ROOT = Path(__file__).resolve().parent.parent
LESSONS = ROOT / "notebooks"
START = "00_start_here.ipynb"
WORDS_A_MINUTE = 200
PRINTS, DASHBOARD, PREDICTION, EXERCISE, PROGRAM = 1, 2.5, 0.75, 5, 10
STATED = re.compile(r"\bAbout (\d+) minutes(?:, and (\d+) more to go deeper)?\.")
HEADS = "core deeper | words cells lines all | predictions dashboards exercises"


class Minutes(NamedTuple):
    """Whole minutes of the core, and how many more with depth (0: there is none)."""

    core: int
    deeper: int

    def sentence(self):
        """As an opening says it."""
        more = f", and {self.deeper} more to go deeper" if self.deeper else ""
        return f"About {self.core} minutes{more}."

    def cell(self):
        """As a table says it."""
        return f"{self.core} + {self.deeper}" if self.deeper else f"{self.core}"


def lesson_paths(folder=LESSONS):
    """The files of the lessons in their order."""
    return sorted(folder.glob("[0-9][0-9]_*.ipynb"))


def minutes_of_piece(piece):
    """The minutes of one piece, whatever its part."""
    if not piece.is_code:
        return len(words(piece.text)) / WORDS_A_MINUTE
    if piece.is_prediction:
        return PREDICTION
    exercise = (PROGRAM if piece.is_written else EXERCISE) if piece.is_exercise else 0
    return exercise + DASHBOARD * piece.is_dashboard + PRINTS * piece.prints_numbers


def exact_minutes(all_pieces, part):
    """The minutes of one part by the formula, not rounded."""
    return sum(minutes_of_piece(piece) for piece in all_pieces if piece.part == part)


def counted_minutes(all_pieces):
    """The `Minutes` of a lesson."""
    return Minutes(*(round(exact_minutes(all_pieces, part)) for part in (CORE, DEEPER)))


def lines_of_core(all_pieces, with_folded=False):
    """The lines of each code cell of the core; code that is folded away is not read."""
    core = [piece for piece in all_pieces if piece.is_code and piece.part == CORE]
    shown = [piece for piece in core if with_folded or not piece.is_folded_code]
    return [len(code_lines(piece.text)) for piece in shown]


def median_lines(all_pieces, with_folded=False):
    """The median of `lines_of_core`; 0 if there is no code."""
    return median(lines_of_core(all_pieces, with_folded) or [0])


def stated_minutes(notebook):
    """The `Minutes` that the opening states, or None."""
    found = [STATED.search(text) for text in opening(notebook)]
    said = [match for match in found if match]
    return Minutes(int(said[0][1]), int(said[0][2] or 0)) if len(said) == 1 else None


def opening(notebook):
    """The texts of the cells before the first code cell."""
    kinds = [cell.cell_type for cell in notebook.cells] + ["code"]
    return [cell.source for cell in notebook.cells[: kinds.index("code")]]


def row(all_pieces):
    """What the table says of one lesson: minutes, words and so on, as (core, deeper)."""
    read = [piece for piece in all_pieces if piece.part != ASIDE]
    code = [piece for piece in read if piece.is_code]
    return [
        *(f"{exact_minutes(read, part):.1f}" for part in (CORE, DEEPER)),
        "|",
        both(read, lambda piece: 0 if piece.is_code else len(words(piece.text))),
        both(code, lambda piece: 1),
        f"{median_lines(read):g}",
        f"{median_lines(read, with_folded=True):g}",
        "|",
        both(code, lambda piece: piece.is_prediction),
        both(code, lambda piece: piece.is_dashboard),
        both(code, lambda piece: piece.is_exercise),
    ]


def both(some_pieces, count):
    """The sum of a count over the core, and over the depth where that has any: "12 + 3"."""
    core, deeper = (
        sum(count(piece) for piece in some_pieces if piece.part == part) for part in (CORE, DEEPER)
    )
    return f"{core} + {deeper}" if deeper else f"{core}"


def table(paths):
    """The lines of the table of these lessons."""
    rows = [["lesson", *HEADS.split()]]
    rows += [[path.stem, *row(read_pieces(path))] for path in paths]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for cells in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))


def write(paths, folder=LESSONS, readme=ROOT / "README.md"):
    """Write the minutes of these lessons into their openings, lesson 00's map and the README."""
    for path in paths:
        counted = counted_minutes(read_pieces(path))
        in_row = row_writer(path.name, counted)
        write_notebook(path, sentence_writer(counted))
        write_notebook(folder / START, in_row)
        readme.write_text(in_row(readme.read_text("utf-8")), encoding="utf-8", newline="\n")


def write_notebook(path, change):
    """Change the texts of a notebook's markdown cells."""
    notebook = refresh_notebooks.read_notebook(path)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = change(cell.source)
    path.write_text(refresh_notebooks.as_text(notebook), encoding="utf-8", newline="\n")


def sentence_writer(counted):
    """A function that writes the minutes where a text states them."""
    return lambda text: STATED.sub(counted.sentence(), text)


def row_writer(name, counted):
    """A function that writes the minutes at the end of the table row that links to the lesson."""
    link = rf"\S*{re.escape(name)}" + ("|this page" if name == START else "")
    wanted = re.compile(rf"^(\|[^|]*\((?:{link})\).*\| )[^|]*( \|)$", re.MULTILINE)
    return lambda text: wanted.sub(rf"\g<1>{counted.cell()}\g<2>", text)


def main(arguments=None):
    """Print the table, and write the minutes if asked."""
    parser = argparse.ArgumentParser(description="Count the minutes of lessons.")
    parser.add_argument("lessons", nargs="*", help="beginnings of names, as 03; default: all")
    parser.add_argument("--write", action="store_true", help="write the minutes into the lessons")
    chosen = parser.parse_args(arguments)
    starts = tuple(chosen.lessons) or ("",)
    paths = [path for path in lesson_paths() if path.name.startswith(starts)]
    if chosen.write:
        write(paths)
    print("\n".join(table(paths)))


if __name__ == "__main__":
    main()
