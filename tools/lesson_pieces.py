"""A lesson cut into pieces: which part, which section, prose or code."""

import ast
import re
from typing import NamedTuple

import nbformat

CORE, DEEPER, ASIDE = "core", "deeper", "aside"
"""The parts of a lesson. An aside is what the minutes leave out: *On your own*, *Sources*, and
answers and hints that are folded away."""

PART_OF_HEADING = {"Going deeper": DEEPER, "On your own": ASIDE, "Sources": ASIDE}
HEADING = re.compile(r"(#+) +(.+?) *$", re.MULTILINE)
FOLDED = re.compile(r"(<details\b.*?</details>)", re.DOTALL)
DASHBOARD = "image/png"


class Piece(NamedTuple):
    """The text of a code cell, or of a markdown cell as far as one part goes.

    cell: the cell and its position. part: CORE, DEEPER or ASIDE. section: how many headings of
    the first two levels stand before it; heading: the last of them. folded: stands in <details>.
    """

    position: int
    cell: dict
    part: str
    section: int
    heading: str
    text: str
    folded: bool = False

    @property
    def is_code(self):
        """Whether it is a code cell."""
        return self.cell.cell_type == "code"

    @property
    def calls(self):
        """The names of the functions that the code calls."""
        return called(self.text) if self.is_code else set()

    @property
    def is_prediction(self):
        """Whether it asks for a prediction."""
        return "predict" in self.calls

    @property
    def is_exercise(self):
        """Whether it checks an answer; one tagged `example` only shows how that looks."""
        checks = any(name.startswith("check_") for name in self.calls)
        return checks and "example" not in self.cell.metadata.get("tags", [])

    @property
    def is_written(self):
        """Whether code is written in it: a function is defined."""
        return any(isinstance(node, ast.FunctionDef) for node in ast.walk(ast.parse(self.text)))

    @property
    def is_dashboard(self):
        """Whether it shows a picture to take hold of."""
        return any(DASHBOARD in output.get("data", {}) for output in outputs(self.cell))

    @property
    def is_folded_code(self):
        """Whether JupyterLab shows three dots in place of the code."""
        return bool(self.cell.metadata.get("jupyter", {}).get("source_hidden"))

    @property
    def prints_numbers(self):
        """Whether it prints a digit."""
        return any(re.search(r"\d", output.get("text", "")) for output in outputs(self.cell))


def read_pieces(path):
    """The pieces of the notebook of a file."""
    return pieces(nbformat.read(path, as_version=4))


def pieces(notebook):
    """The pieces of a notebook in their order.

    A heading sets the part of all that follows it until a heading of the same or a higher level;
    the tag `deeper` takes its cell out of the core.
    """
    found, section, heading, special = [], 0, "", None
    for position, cell in enumerate(notebook.cells):
        tagged = DEEPER in cell.metadata.get("tags", [])
        for text in [cell.source] if cell.cell_type == "code" else by_heading(cell.source):
            match = HEADING.match(text) if cell.cell_type == "markdown" else None
            if match:
                level, title = len(match[1]), match[2]
                section, heading = (section, heading) if level > 2 else (section + 1, title)
                special = part_after(special, level, title)
            part = special[1] if special else CORE
            part = DEEPER if tagged and part == CORE else part
            for chunk, its_part, folded in unfolded(cell, text, part):
                found.append(Piece(position, cell, its_part, section, heading, chunk, folded))
    return found


def by_heading(markdown):
    """Markdown cut before each heading; a # in a block of code begins none."""
    cut, fenced = [[]], False
    for line in markdown.splitlines(keepends=True):
        fenced ^= line.startswith("```")
        if not fenced and HEADING.match(line) and cut[-1]:
            cut.append([])
        cut[-1].append(line)
    return ["".join(lines) for lines in cut]


def part_after(special, level, title):
    """The (level, part) that a heading leaves, or None: the core."""
    for beginning, part in PART_OF_HEADING.items():
        if title.startswith(beginning):
            return level, part
    return special if special and level > special[0] else None


def unfolded(cell, text, part):
    """Text cut at <details>: (text, part, folded). *Going deeper* may be folded, too."""
    if cell.cell_type != "markdown":
        return [(text, part, False)]
    return [
        (chunk, part_of_folded(chunk, part), chunk.startswith("<details"))
        for chunk in FOLDED.split(text)
        if chunk.strip()
    ]


def part_of_folded(chunk, part):
    """The part of a chunk that stands where `part` is."""
    if not chunk.startswith("<details"):
        return part
    summary = re.search(r"<summary>(.*?)</summary>", chunk, re.DOTALL)
    deeper = summary and re.sub(r"<[^>]*>", "", summary[1]).strip().startswith("Going deeper")
    return DEEPER if deeper and part != ASIDE else ASIDE


def outputs(cell):
    """The outputs of a cell; a markdown cell has none."""
    return cell.get("outputs", [])


def called(source):
    """The names that a Python text calls, without what stands before their last dot."""
    nodes = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    names = [getattr(node, "id", None) or getattr(node, "attr", None) for node in nodes]
    return {name for name in names if name}


def words(markdown):
    """The words of markdown: what stands between spaces and has a letter or a digit.

    Targets of links and tags are not read; a formula is as many words as it has spaces.
    """
    text = re.sub(r"\]\([^)]*\)", "] ", markdown)
    text = re.sub(r"</?(?:details|summary|b|i|p|br|a|img|span|div|sub|sup|kbd)\b[^>]*>", " ", text)
    return [word for word in text.split() if re.search(r"\w", word)]


def code_lines(source):
    """The lines of code that are not empty."""
    return [line for line in source.splitlines() if line.strip()]
