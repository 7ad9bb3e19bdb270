"""One word, one thing: words that a reader must not meet in two meanings, in lessons and labs."""

import ast
import re
from pathlib import Path

import nbformat
import pytest

PROJECT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted(PROJECT.glob("notebooks/**/[0-9f]*.ipynb"))
WINGS = [PROJECT / "momentum_lab" / name for name in ("labs", "exercises", "live")]
MODULES = sorted(path for wing in WINGS for path in wing.rglob("*.py"))
TEXTS = [*NOTEBOOKS, *MODULES, PROJECT / "README.md"]

CODE = re.compile(r"```.*?```|`[^`\n]*`|\]\([^)]*\)", re.DOTALL)
TITLE = "damp or cause the swinging"  # lesson 03 asks it in its title
OF_ERROR_CURVES = r"network_lab|0[07]_"
OF_LANDSCAPES = r"0[2-5]_|labs/(?:bowl|valley|phase_map|spectrum)"

# A word as it must not be used, what to say instead, and the files that it is about (or all).
FORBIDDEN = [
    (r"\bceilings?\b", "limit", None),
    (r"\bbears?\b", "limit", None),
    (r"\bstability border\b", "limit, or limit line", None),
    (r"(?<!neutral )(?<!= )(?<!\| )\bedges?\b(?! of stability)", "limit, or neutral edge", None),
    (r"(?<!steady )(?<!alternating )(?<!own )(?<!net )\bgain\b(?! in)", "which gain", r"0\d_"),
    (r"\bequal effective\b|\beffective rate\b", "same effective learning rate", None),
    (r"\bweights? swings?\b|\bswing\w* (?:of|in) the weight", "oscillate, cross, overshoot", None),
    (r"\bswing\w* (?:across|along|around|past|through)\b", "cross, overshoot", None),
    (r"\bafter (?:\d[\d,]*|two|three|four|five|ten|twelve) steps\b", "updates", None),
]


def words_of(path):
    """What a reader sees of a file: its prose, and the strings of its code."""
    if path.suffix == ".md":
        return CODE.sub(" ", path.read_text("utf-8"))
    if path.suffix == ".py":
        return "\n".join(strings(path.read_text("utf-8")))
    cells = nbformat.read(path, as_version=4).cells
    prose = [
        CODE.sub(" ", cell.source.partition("## Sources")[0])
        for cell in cells
        if cell.cell_type == "markdown"
    ]
    code = [text for cell in cells if cell.cell_type == "code" for text in strings(cell.source)]
    return "\n\n".join(prose + code)


def strings(source):
    """The strings of a Python text that have a space (others are names), without docstrings."""
    tree = ast.parse(source)
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    texts = [node.value for node in constants if id(node) not in told]
    return [text for text in texts if isinstance(text, str) and " " in text.strip()]


def found(pattern, text):
    """The places of a pattern in a text, each with the words around it."""
    text = text.replace(TITLE, " " * len(TITLE)).replace("*edge*", " ")
    places = re.finditer(pattern, text, re.IGNORECASE)
    around = [text[max(0, place.start() - 40) : place.end() + 30] for place in places]
    return [" ".join(words.split()) for words in around]


def name(path):
    return path.relative_to(PROJECT).as_posix()


def places(pattern, about):
    """As `found`, in all files whose name has what `about` is a pattern of."""
    paths = [path for path in TEXTS if re.search(about, name(path))]
    return "\n".join(
        f"{name(path)}: {words}" for path in paths for words in found(pattern, words_of(path))
    )


@pytest.mark.parametrize(("pattern", "instead", "files"), FORBIDDEN, ids=str)
def test_a_word_that_means_something_else_is_not_used(pattern, instead, files):
    assert places(pattern, files or "") == "", f"say {instead}"


def test_for_good_is_said_only_where_theory_knows_it():
    """A finite run cannot know; `descents` asks theory before it says so."""
    about = [path for path in TEXTS if path.name != "descents.py"]
    said = [f"{name(path)}: {text}" for path in about for text in for_good(words_of(path))]
    assert said == [], "say within these N updates"


def for_good(text):
    """The sentences with "for good" that do not name what knows it."""
    sentences = re.split(r"(?<=[.?!])\s|\n", text)
    return [each for each in sentences if "for good" in each and "theory" not in each.lower()]


def test_for_good_is_found_where_no_theory_is_named():
    assert for_good("It settles. It stays for good.\nGood.") == ["It stays for good."]
    assert for_good("By theory it stays for good. It stays within these 40 updates.") == []


def test_only_error_curves_swing():
    others = rf"^(?!.*(?:{OF_ERROR_CURVES}))"
    assert places(r"\bswing", others) == "", "say oscillate, cross, overshoot"


def test_a_landscape_has_a_loss_and_no_error():
    about = [path for path in TEXTS if re.search(OF_LANDSCAPES, name(path))]
    said = [f"{name(path)}: {text}" for path in about for text in with_error(words_of(path))]
    assert said == [], "say loss"


def with_error(text):
    """The sentences with "error" that speak neither of a network nor of both words."""
    sentences = re.split(r"(?<=[.:?!])\s|\n", text.replace("trial and error", ""))
    return [
        sentence
        for sentence in sentences
        if re.search(r"\berrors?\b", sentence) and not re.search(r"\bloss|\bnetwork", sentence)
    ]


def test_an_error_of_a_landscape_is_found():
    assert with_error("A bowl. Its error falls.\nGood.") == ["Its error falls."]
    assert with_error("The loss, lesson 01's error. The network's error.") == []
    assert with_error("By trial and error.") == []


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("The ceiling is 2.", True),
        ("How much does a rule bear?", True),
        ("It is on the edge.", True),
        ("The edge of stability; the neutral edge; the regime *edge*.", False),
        ("The gain is 10.", True),
        ("Its steady gain is 10, its alternating gain 0.5.", False),
        ("The weight swings.", True),
        ("The error swings 5 times.", False),
        ("After 12 steps it is there.", True),
        ("After 12 updates it is there, in 12 steps of 1.", False),
        (f"Does momentum {TITLE}?", False),
    ],
)
def test_the_patterns_find_what_they_are_for(text, is_found):
    assert any(found(pattern, text) for pattern, *_ in FORBIDDEN) == is_found
