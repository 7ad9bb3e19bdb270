"""What the tests of the labs share: pictures without a browser, and texts that can be read."""

import functools
import io
import itertools

import numpy as np
from colours import contrast_on_white
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image

from momentum_lab.labs.bowl.experiment import descend_bowl
from momentum_lab.labs.settings import LINEAR_RULES
from momentum_lab.labs.valley.experiment import descend_valley
from momentum_lab.live.picture import Picture
from momentum_lab.live.style import (
    DPI,
    rule_look,
)

FONT_SIZE = 9  # points, the smallest


def entry(result, shown=None, look=None):
    """A result as a picture takes it: all of it, in the look of its rule, unless told otherwise."""
    shown = result.n_updates if shown is None else shown
    return result, look or rule_look(result.rule), shown


@functools.cache
def picture_of(view):
    """One picture for all tests: making its figure takes longer than drawing everything on it."""
    return Picture(view)


def drawn(view, present, pinned=()):
    """The view's picture, with everything on it drawn anew; the next call draws over it."""
    picture = picture_of(view)
    for sheet in picture._sheets.values():
        sheet._drawn, sheet._backgrounds = None, {}  # as if nothing had been drawn
    picture.draw(list(pinned), present)
    picture.sheet()  # which draws it
    return picture


def framed(view, present, pinned=()):
    """The axes with everything on them, without drawing a pixel."""
    width, height = view.size
    axes = view.frame(Figure(figsize=(width / DPI, height / DPI), dpi=DPI))
    view.scale(axes, [present, *pinned])
    for result in (*pinned, present):
        view.draw(axes, *result)
    return axes


def image(picture):
    return np.asarray(Image.open(io.BytesIO(picture.live_png()))).astype(int)


def some_pixels_have(color, pixels, tolerance=60):
    return (np.abs(pixels - 255 * np.array(to_rgb(color))).sum(axis=2) < tolerance).sum()


def overlaps(texts, allowed=1):
    """The pairs of texts whose boxes share more than `allowed` pixels in both directions."""
    for one, other in itertools.combinations(texts, 2):
        width = min(one.box.x1, other.box.x1) - max(one.box.x0, other.box.x0)
        height = min(one.box.y1, other.box.y1) - max(one.box.y0, other.box.y0)
        if width > allowed and height > allowed:
            yield one.words, other.words


def cut(texts):
    for text in texts:
        left, bottom, right, top = text.room
        box = text.box
        if box.x0 < left or box.y0 < bottom or box.x1 > right or box.y1 > top:
            yield text.words


def assert_readable(texts):
    assert len(texts) > 10
    assert list(overlaps(texts)) == []
    assert list(cut(texts)) == []
    assert [text.words for text in texts if text.size < FONT_SIZE] == []
    assert [text.words for text in texts if contrast_on_white(text.color) < 4.5] == []


def headings(axes):
    return " ".join(text.get_text() for text in axes.texts)


def within(limits, values):
    values = np.asarray(values)
    return bool(((min(limits) <= values) & (values <= max(limits))).all())


IN_BOWL = {"rule": "plain", "learning_rate": 0.1, "momentum": 0.5, "curvature": 1.0, "start": -1.6}


IN_VALLEY = {
    "rule": "plain",
    "learning_rate": 1.5,
    "momentum": 0.9,
    "condition_number": 20,
    "rotation": 20,
    "start_1": -5.0,
    "start_2": -0.5,
    "updates": 100,
}


def bowl_result(settings=(), own_rules=()):
    return descend_bowl(own_rules, **(IN_BOWL | dict(settings)))


def valley_result(settings=(), own_rules=()):
    return descend_valley(own_rules, **(IN_VALLEY | dict(settings)))


def inked(lab):
    pixels = np.asarray(Image.open(io.BytesIO(lab.picture.live_png()))).astype(int)
    color = 255 * np.array(to_rgb(rule_look(lab.result.rule).color))
    return int((np.abs(pixels - color).sum(axis=2) < 60).sum())


LINEAR = [rule.__name__ for rule in LINEAR_RULES]
