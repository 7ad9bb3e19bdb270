"""A live picture: a figure that is drawn once and then only touched up, sent as PNG.

Drawing a whole matplotlib figure takes some 30 ms, touching up a few lines 1 ms. So what stays
(axes, ticks, pinned runs) is drawn into a background that is kept, and only what moves is drawn
again for each event. pyplot never sees the figure: nothing is left behind when it is dropped.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image

DPI = 100
# Pixels above the plots, for what a picture that stands alone needs: a title, rows of a legend.
TITLE_ROW, LEGEND_ROW, LEGEND_COLUMNS, MOST_LEGEND_ROWS = 32, 20, 3, 2
HEADER = TITLE_ROW + MOST_LEGEND_ROWS * LEGEND_ROW


@dataclass(frozen=True)
class View:
    """How results become a picture: three functions or four, and a size in pixels.

    frame(figure) makes and returns the axes, a dict by name, with everything that never moves;
    scale(axes, entries) sets the limits that show them all, each (result, look, shown);
    draw(axes, result, look, shown) adds one result, up to update number `shown`;
    scene(axes, result), if there is one, adds what lies behind the results, such as a landscape.
    It is drawn anew only when the result's `scene` (anything that can be compared) is another one.
    """

    frame: Callable
    scale: Callable
    draw: Callable
    size: tuple[int, int] = (900, 400)
    scene: Callable | None = None


class Picture:
    """One figure of a `View`, drawn again and again.

    A notebook makes many pictures, and each figure takes 6 MB. Only the last few pictures drawn
    keep theirs; an older one makes its figure again when it is next drawn.
    """

    _warm = []  # pictures that have a figure, the last one drawn at the end
    MOST_WARM = 8

    def __init__(self, view, style):
        self._view, self._style = view, style
        self._entries = []
        self._cool()

    def draw(self, pinned, present):
        """Draw the pinned results and the present one, each as (result, look, shown)."""
        self._entries = [present, *pinned]
        self._warm_up()
        with rc_context(self._style):
            self._clear()
            self._view.scale(self.axes, self._entries)
            scene = present[0].scene if self._view.scene else None
            needed = self._limits(), tuple(pinned), scene
            if needed != self._background_for:
                self._draw_background(pinned, present)
                self._background_for = needed
            self._canvas.restore_region(self._background)
            self._view.draw(self.axes, *present)
            for artist in sorted(self._moving(), key=lambda artist: artist.get_zorder()):
                self.figure.draw_artist(artist)

    def live_png(self):
        """Return the plots as PNG bytes, without the header: a dashboard writes that as text."""
        self._draw_if_cold()
        return self._encode(np.asarray(self._canvas.buffer_rgba())[HEADER:])

    def png(self):
        """Return the picture that stands alone as PNG bytes: title, legend and plots."""
        self._draw_if_cold()
        entries = self._entries if len(self._entries) > 1 else []
        legend_rows = -(-len(entries) // LEGEND_COLUMNS)
        unused = (MOST_LEGEND_ROWS - legend_rows) * LEGEND_ROW
        without_header = self._canvas.copy_from_bbox(self.figure.bbox)
        with rc_context(self._style):
            self._write_title(unused)
            for slot, entry in enumerate(entries):
                row, column = divmod(slot, LEGEND_COLUMNS)
                self._write_legend(entry, unused + TITLE_ROW + row * LEGEND_ROW, column)
        png = self._encode(np.asarray(self._canvas.buffer_rgba())[unused:])
        self._canvas.restore_region(without_header)
        return png

    def area(self, name):
        """Return where in the live picture these axes are: (left, top, right, bottom), as shares.

        Counted from the upper left corner.
        """
        self._draw_if_cold()
        width, height = self._view.size
        box = self.axes[name].bbox
        return box.x0 / width, 1 - box.y1 / height, box.x1 / width, 1 - box.y0 / height

    def data_at(self, name, across, up):
        """Return the data coordinates (x, y) at these shares of the width and height of axes."""
        self._draw_if_cold()
        axes = self.axes[name]
        return axes.transData.inverted().transform(axes.transAxes.transform((across, up)))

    def _warm_up(self):
        if self in Picture._warm:
            Picture._warm.remove(self)
        else:
            self._make_figure()
        Picture._warm.append(self)
        while len(Picture._warm) > self.MOST_WARM:
            Picture._warm.pop(0)._cool()

    def _cool(self):
        self.figure = self.axes = self._canvas = self._fixed = None
        self._background = self._background_for = None

    def _draw_if_cold(self):
        if self.figure is None:
            present, *pinned = self._entries
            self.draw(pinned, present)

    def _make_figure(self):
        width, height = self._view.size
        share = HEADER / (HEADER + height)
        with rc_context(self._style):
            self.figure = Figure(figsize=(width / DPI, (HEADER + height) / DPI), dpi=DPI)
            self._canvas = FigureCanvasAgg(self.figure)
            rows = (share, 1 - share)
            grid = self.figure.add_gridspec(2, 1, height_ratios=rows, hspace=0, top=1, bottom=0)
            self.axes = self._view.frame(self.figure.add_subfigure(grid[1]))
        for axes in self.axes.values():
            axes.set_autoscale_on(False)
        self._fixed = set(self._artists())

    def _draw_background(self, pinned, present):
        if self._view.scene:
            self._view.scene(self.axes, present[0])
        for result in pinned:
            self._view.draw(self.axes, *result)
        self._canvas.draw()
        self._background = self._canvas.copy_from_bbox(self.figure.bbox)
        self._clear()

    def _write_title(self, top):
        present = self._entries[0][0]
        y = self._height_at(top + TITLE_ROW / 2)
        self._write(
            self.figure.text(0.012, y, present.finding, size=12.5, weight="bold", va="center")
        )

    def _write_legend(self, entry, top, column):
        result, look, _shown = entry
        x, y = 0.012 + column / LEGEND_COLUMNS, self._height_at(top + LEGEND_ROW / 2)
        line = Line2D((x, x + 0.03), (y, y), color=look.color, ls=look.dash, lw=look.width)
        words = f"{look.letter or 'now'}: {result.label}"
        self._write(self.figure.add_artist(line))
        self._write(self.figure.text(x + 0.036, y, words, size=9, va="center"))

    def _write(self, artist):
        """Draw a figure's own artist once, over what is there."""
        self.figure.draw_artist(artist)
        artist.remove()

    def _height_at(self, pixels_from_top):
        return 1 - pixels_from_top / (self.figure.get_figheight() * DPI)

    def _encode(self, pixels):
        file = io.BytesIO()  # little compression: speed shows here, size does not
        Image.fromarray(pixels).convert("RGB").save(file, "png", compress_level=1)
        return file.getvalue()

    def _artists(self):
        return [artist for axes in self.axes.values() for artist in axes.get_children()]

    def _moving(self):
        return [artist for artist in self._artists() if artist not in self._fixed]

    def _clear(self):
        for artist in self._moving():
            artist.remove()

    def _limits(self):
        return tuple((*axes.get_xlim(), *axes.get_ylim()) for axes in self.axes.values())
