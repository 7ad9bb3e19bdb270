"""The numbers in a lesson's prose that nothing near them prints.

    python tools/prose_numbers.py           # all lessons
    python tools/prose_numbers.py 03 05     # only these

Near is what the code cells of the same section and of the section before print or have in their
source (a setting); a section begins at a heading of the first two levels. The opening and all from
*What we found* on speak of the whole lesson: there every code cell is near. Predictions do not
count, neither their source nor their choices.

A number of the prose is found if a number near it, rounded to as many digits, is the same; signs
are not compared, 5 % is also 0.05, and after "about", "nearly" and so on the zeros at the end are
round, by up to 5 %. Not looked at are: what stands in `code`, in *Sources*, in heads of tables and
in quotations; names such as C5, lesson 03, 4-5-3; the lesson's minutes; years; ordinals; points
such as (0, 0); a formula with symbols, but for its decimals and what it says after its last = or ≈;
the text of an exercise (*Your turn*) before its cell; and settings: what follows a setting's name,
as in "momentum 0.9", or "to" in a sentence with *drag* or *type*.
"""

import argparse
import re
from typing import NamedTuple

from lesson_minutes import STATED, lesson_paths
from lesson_pieces import outputs, read_pieces

WHOLE_LESSON = ("What we found", "On your own", "Next")
APPROXIMATE = r"(?:about|nearly|almost|roughly|some|around|over|under|more than|less than|≈)\s*$"
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
NUMBER = re.compile(
    r"(?P<digits>0,\d+|\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|(?<![\w.])\.\d+)"
    r"(?:(?:\s?[·×]\s?10(?P<power>[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))|[eE](?P<e>[-+]?\d+))?"
    r"(?P<percent>\s?%)?"
)
NAMES_OF_SETTINGS = (
    r"learning rates?|moment(?:um|a)|condition numbers?|curvatures?|seeds?|batch(?:es)? of|"
    r"hidden units|weight|from|between|up to"
)
SETTING = re.compile(
    rf"(?:\b(?:{NAMES_OF_SETTINGS})|(?<![A-Za-z])[αβκλμaL])"
    r"(?:\s(?:of|is|at|to))?\s?[=≤<≥>]?\s?[−-]?\(?$"
)
DRAGGED = re.compile(r"\b(?:drag|type|set|press|click|choose|move|try)\b", re.IGNORECASE)


class Found(NamedTuple):
    """A number as the prose writes it, with the words around it and the position of its cell."""

    position: int
    number: str
    around: str


class Number(NamedTuple):
    """A number read from a text: its value and half a unit of its last digit."""

    text: str
    value: float
    half: float
    start: int
    end: int


def numbers(text):
    """The numbers in a text, without their signs."""
    return [read_number(match) for match in NUMBER.finditer(text)]


def read_number(match):
    """The `Number` of a match."""
    digits = re.sub("^0,", "0.", match["digits"]).replace(",", "")
    power = int((match["power"] or "").translate(SUPERSCRIPTS) or match["e"] or 0)
    scale = 10.0**power / (100 if match["percent"] else 1)
    decimals = len(digits.partition(".")[2])
    value, half = float(digits) * scale, 0.5 * 10.0**-decimals * scale
    return Number(match[0].strip(), value, half, match.start(), match.end())


def is_near(number, printed, approximate=False):
    """Whether one of the printed numbers, rounded to the digits of this one, is the same."""
    half = number.half
    if approximate:
        rounded = half * 10 ** zeros_at_the_end(number.text)
        half = max(half, min(rounded, 0.05 * number.value))
    known = {number.value: half}
    if "%" in number.text:
        known[100 * number.value] = 100 * half
    return any(
        abs(other.value - value) <= (within if value else 0) * (1 + 1e-9)
        for other in printed
        for value, within in known.items()
    )


def zeros_at_the_end(text):
    """How many zeros a whole number has at its end."""
    digits = re.match(r"[\d,.]*", text)[0].replace(",", "")
    return 0 if "." in digits else len(digits) - len(digits.rstrip("0"))


def printed_numbers(piece):
    """The numbers that a code cell prints and has in its source; a prediction gives none."""
    if not piece.is_code or piece.is_prediction:
        return []
    return [number for text in [piece.text, *printed_texts(piece.cell)] for number in numbers(text)]


def printed_texts(cell):
    """What a code cell prints, and what its pictures say in words."""
    for output in outputs(cell):
        yield output.get("text", "")
        data = output.get("data", {})
        yield from (data[mime] for mime in ("text/plain", "text/markdown") if mime in data)


def prose_of(piece):
    """The text of a piece of prose with all that is not looked at made blank, length kept."""
    text = piece.text
    if piece.heading.startswith("Sources"):
        return " " * len(text)
    for pattern in NOT_LOOKED_AT:
        text = pattern.sub(lambda match: " " * len(match[0]), text)
    return re.sub(r"\$\$?([^$]+)\$\$?", only_results, text, flags=re.DOTALL)


NOT_LOOKED_AT = [
    re.compile(pattern, re.DOTALL | re.MULTILINE | re.IGNORECASE)
    for pattern in (
        r"```.*?```|`[^`\n]*`",
        r"\]\([^)]*\)|</?(?:details|summary|b|i|p|br|a|img|sub|sup|kbd)\b[^>]*>",
        r"^>[^\n]*",  # a quotation
        r"^\|[^\n]*\|\n(?=\|[ :-]*-)",  # the head of a table
        r"^ *\d+\. ",  # the number of a list's item
        r"\b(?:lessons?|chapters?|sections?|cells?|pages?|steps?|python) \d+[a-z]?",
        r"\([−-]?[\d.]+, [−-]?[\d.]+\)",  # a point
        r"(?<![\w.,])0\d\b(?![.,]\d)",  # 03 is a lesson
        r"\b[A-Za-z]+\d+[a-z]?\b|\b\d+_\w+",  # C7a, 01_one_weight
        STATED.pattern + r"|\| \d+(?: \+ \d+)? \|$",  # the minutes
        r"\b\d+(?:-\d+){2,}\b",  # 4-5-3
        r"(?<![\w.,])(?:1[89]|20)\d\d\b(?![.,]\d| (?:updates|epochs|times))",
        r"\b\d+(?:st|[nr]d|th)\b",
    )
]


def only_results(match):
    """A formula with all made blank but its decimals and what comes after its last = or ≈."""
    formula = match[0]
    if not re.search(r"[A-Za-z]", formula):
        return formula
    parts = re.split(r"(=|\\approx|≈)", formula)
    kept = [re.sub(r"(?<![\d.])\d+(?![\d.])", lambda m: " " * len(m[0]), p) for p in parts[:-1]]
    last = parts[-1]
    if len(parts) == 1 or re.search(r"[A-Za-z]", last):
        last = re.sub(r"(?<![\d.])\d+(?![\d.])", lambda m: " " * len(m[0]), last)
    return "".join([*kept, last])


def is_setting(text, number):
    """Whether the number follows the name of a setting, or "to" where something is dragged."""
    before = text[: number.start]
    for word, letter in GREEK.items():
        before = before.replace("\\" + word, letter)
    before = re.sub(r"[$*]", "", before)
    if SETTING.search(before):
        return True
    sentence = re.split(r"(?<=[.:;?!])\s", before)[-1]
    return bool(DRAGGED.search(sentence) and re.search(r"\b(?:to|and|or|,|then)\s?[−-]?$", before))


GREEK = {"alpha": "α", "beta": "β", "kappa": "κ", "lambda": "λ", "mu": "μ"}


def is_fraction_of_small_numbers(text, number):
    """Whether the number is in a fraction such as 2/3 or 1/20, in a unit of which one thinks."""
    before, after = text[max(0, number.start - 4) : number.start], text[number.end : number.end + 4]
    return bool(re.search(r"\d/$", before) or re.match(r"/\d", after)) and number.value < 100


def unprinted(all_pieces):
    """The `Found` numbers of a lesson that nothing near them prints."""
    by_section, found = {}, []
    for piece in all_pieces:
        by_section.setdefault(piece.section, []).extend(printed_numbers(piece))
    whole = [number for section in by_section.values() for number in section]
    for piece in all_pieces:
        if piece.is_code or is_question(piece):
            continue
        everywhere = piece.section <= 1 or piece.heading.startswith(WHOLE_LESSON)
        near = by_section[piece.section] + by_section.get(piece.section - 1, [])
        found += missing(piece, whole if everywhere else near)
    return found


def is_question(piece):
    """Whether it is the text of an exercise, which gives its own numbers."""
    return piece.heading.startswith("Your turn") and piece.text.startswith("## Your turn")


def missing(piece, printed):
    """The numbers of one piece of prose that are not among the printed ones."""
    text = prose_of(piece)
    for number in numbers(text):
        approximate = re.search(APPROXIMATE, text[: number.start], re.IGNORECASE)
        if is_near(number, printed, approximate) or is_setting(text, number):
            continue
        if not is_fraction_of_small_numbers(text, number):
            around = piece.text[max(0, number.start - 40) : number.end + 25]
            yield Found(piece.position, number.text, " ".join(around.split()))


def main(arguments=None):
    """List the numbers of lessons that nothing near them prints; return how many there are."""
    parser = argparse.ArgumentParser(description="List numbers in prose that nothing prints.")
    parser.add_argument("lessons", nargs="*", help="beginnings of names, as 03; default: all")
    starts = tuple(parser.parse_args(arguments).lessons) or ("",)
    total = 0
    for path in (path for path in lesson_paths() if path.name.startswith(starts)):
        found = unprinted(read_pieces(path))
        total += len(found)
        print(f"{path.stem}: {len(found)}")
        for position, number, around in found:
            print(f"  cell {position:2}  {number:>9}  … {around} …")
    return total


if __name__ == "__main__":
    main()
