"""Many short words as one artist: a matplotlib Text of each would take fifty times as long."""

from matplotlib.artist import Artist
from matplotlib.font_manager import FontProperties

from momentum_lab.live.style import FONT, INK

SIZE = 9  # points
UPRIGHT = {"style": "normal", "variant": "normal", "weight": "normal", "stretch": "normal"}
_FONT = FontProperties(family=FONT, size=SIZE, **UPRIGHT)
BEFORE = {"left": 0, "center": 0.5, "right": 1}  # shares of the width before the place
BELOW = {"bottom": 0, "center": 0.5, "top": 1}  # shares of the height below it


class Labels(Artist):
    """Words at places of the axes, (n, 2) in their data, each of one line.

    colors: one for each, or one for all. ha, va: on which side of a place its words stand, as in
    matplotlib. Add it with `axes.add_artist`.
    """

    def __init__(self, places, texts, colors=INK, ha="center", va="center"):
        super().__init__()
        self.texts = list(texts)
        self.colors = [colors] * len(self.texts) if isinstance(colors, str) else list(colors)
        self._places, self._ha, self._va = places, ha, va
        self.set_zorder(4)

    def draw(self, renderer):
        """Write all words."""
        context, height = renderer.new_gc(), renderer.get_canvas_width_height()[1]
        boxes = zip(self.texts, self.colors, self.boxes(renderer), strict=True)
        descent = renderer.get_text_width_height_descent("lp", _FONT, False)[2]
        for text, color, (left, bottom, *_) in boxes:
            context.set_foreground(color)
            renderer.draw_text(context, left, height - (bottom + descent), text, _FONT, 0)
        context.restore()
        self.stale = False

    def boxes(self, renderer):
        """Return where the words stand, (left, bottom, right, top) in pixels for each."""
        tall = renderer.get_text_width_height_descent("lp", _FONT, False)[1]
        places, boxes = self.axes.transData.transform(self._places), []
        for (x, y), text in zip(places, self.texts, strict=True):
            wide = renderer.get_text_width_height_descent(text, _FONT, False)[0]
            left, bottom = x - BEFORE[self._ha] * wide, y - BELOW[self._va] * tall
            boxes.append((left, bottom, left + wide, bottom + tall))
        return boxes
