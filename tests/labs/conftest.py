"""A fixture that the tests of several labs use."""

from types import SimpleNamespace

import pytest
from drawing import drawn
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from momentum_lab.live.labels import SIZE, Labels
from momentum_lab.live.picture import HEADER


@pytest.fixture
def texts_of(monkeypatch):
    """A function that draws a picture anew, and returns every text that reached the canvas."""
    written, draw, draw_labels = [], Text.draw, Labels.draw

    def noting_all(labels, renderer):
        draw_labels(labels, renderer)
        for words, color, corners in zip(
            labels.texts, labels.colors, labels.boxes(renderer), strict=True
        ):
            box = Bbox.from_extents(*corners)
            written.append(SimpleNamespace(words=words, box=box, color=color, size=SIZE))

    def noting(text, renderer):
        draw(text, renderer)
        if text.get_visible() and text.get_text().strip():
            color, size = text.get_color(), text.get_fontsize()
            box = text.get_window_extent(renderer)
            written.append(SimpleNamespace(words=text.get_text(), box=box, color=color, size=size))

    monkeypatch.setattr(Text, "draw", noting)
    monkeypatch.setattr(Labels, "draw", noting_all)

    def texts_of(view, present, pinned=()):
        del written[:]
        picture = drawn(view, present, pinned)
        width, height = picture.sheet().figure.canvas.get_width_height()
        for text in written:
            text.room = (0, 0, width, height - HEADER)  # of the live picture
        in_plots = len(written)
        picture.png()
        for text in written[in_plots:]:
            text.room = (0, height - HEADER, width, height)
        return list(written)

    return texts_of
