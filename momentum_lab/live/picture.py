"""A live picture: a figure that is drawn once and then only touched up, as PNG.

Drawing a whole matplotlib figure takes some 30 ms, touching up a few lines 1 ms. So what stays
(axes, ticks, pinned runs) is drawn into a background that is kept, and only what moves is drawn
again for each event. pyplot never sees the figure: nothing is left behind when it is dropped.
"""

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.ft2font import LoadFlags
from matplotlib.lines import Line2D

from momentum_lab.live.engine import EVENT
from momentum_lab.live.style import CURVE, DPI, TEXT, make_all_plain, make_plain

WIDTH = (
    900  # pixels: the views are designed for this width, and shown at what the page has room for
)
# Pixels above the plots, for what a picture that stands alone needs: a title, rows of a legend.
TITLE_ROW, LEGEND_ROW, LEGEND_COLUMNS, MOST_LEGEND_ROWS = 32, 20, 3, 2
HEADER = TITLE_ROW + MOST_LEGEND_ROWS * LEGEND_ROW
SMALLEST, LARGEST = 200, 4000  # pixels: how wide a picture may be drawn


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
    size: tuple[int, int] = (WIDTH, 400)
    scene: Callable | None = None


class Picture:
    """What a `View` shows of some results, at any size; drawn when somebody looks.

    draw(pinned, present) says what is to be seen; png() and live_png(width) do the work. What
    other settings would show can be drawn beside it: live_png(width, ahead).
    """

    def __init__(self, view):
        self.view = view
        self._entries, self._sheets = (), {}

    def draw(self, pinned, present):
        """Draw the pinned results and the present one, each as (result, look, shown)."""
        self._entries = (present, *pinned)

    def live_png(self, width=None, ahead=None):
        """Return the plots as PNG bytes, `width` pixels wide; a lab writes title and legend.

        ahead: another present result to draw, as (result, look, shown).
        """
        with EVENT:
            return self.sheet(width, ahead).live_png()

    def png(self):
        """Return the picture that stands alone as PNG bytes: title, legend and plots."""
        with EVENT:
            return self.sheet().png()

    @property
    def axes(self):
        """The axes of the picture as it was designed, a dict by name."""
        with EVENT:
            return self.sheet().axes

    def live_height(self, width):
        """Return how many pixels high `live_png` is."""
        return round(self.view.size[1] * width / self.view.size[0])

    def area(self, name):
        """Return where in the live picture these axes are: (left, top, right, bottom), as shares.

        Counted from the upper left corner.
        """
        with EVENT:
            width = next(iter(self._sheets), None)  # any will do: these are shares
            sheet = self._sheets[width] if width else self.sheet()
            box, (width, height) = sheet.axes[name].bbox, sheet.size
            return box.x0 / width, 1 - box.y1 / height, box.x1 / width, 1 - box.y0 / height

    def data_at(self, name, across, up):
        """Return the data coordinates (x, y) at these shares of the width and height of axes."""
        with EVENT:
            axes = self.axes[name]
            return axes.transData.inverted().transform(axes.transAxes.transform((across, up)))

    def sheet(self, width=None, ahead=None):
        """Return the `Sheet` of this width (the designed one), with the present results on it."""
        width = min(max(int(width or self.view.size[0]), SMALLEST), LARGEST)
        if width not in self._sheets:
            self._sheets[width] = Sheet(self.view, width, self.live_height(width))
        sheet = self._sheets[width]
        _keep_warm(self._sheets, width)
        if ahead:
            sheet.draw((ahead, *self._entries[1:]), "ahead")
        else:
            sheet.draw(self._entries)
        return sheet


# A figure takes 6 MB and more, and a notebook makes many pictures: only the sheets drawn last stay.
_warm = []  # (sheets of a picture, width), the last one drawn at the end
MOST_WARM = 8


def _keep_warm(sheets, width):
    for place, entry in enumerate(_warm):
        if entry[0] is sheets and entry[1] == width:
            del _warm[place]
            break
    _warm.append((sheets, width))
    while len(_warm) > MOST_WARM:
        old_sheets, old_width = _warm.pop(0)
        old_sheets.pop(old_width, None)


class _Renderer(RendererAgg):
    """Writes a text as one image, set once; matplotlib sets each letter, in Python, and twice."""

    MOST_TEXTS = 300

    def __init__(self, *size):
        super().__init__(*size)
        self._texts = {}

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        if ismath or angle:
            super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)
        else:
            image, right, down, _ = self._set(s, prop)
            self._renderer.draw_text_image(image, round(x + right), round(y + down) + 1, 0, gc)

    def get_text_width_height_descent(self, s, prop, ismath):
        if ismath:
            return super().get_text_width_height_descent(s, prop, ismath)
        return self._set(s, prop)[-1]

    def _set(self, words, properties):
        """Return image, its place to the right and down, and (width, height, descent)."""
        key = words, hash(properties)
        if key not in self._texts:
            if len(self._texts) == self.MOST_TEXTS:
                self._texts.clear()
            font = self._prepare_font(properties)
            font.set_text(words, 0.0, flags=LoadFlags.DEFAULT)
            width, height = (length / 64 for length in font.get_width_height())
            descent = font.get_descent() / 64
            font.draw_glyphs_to_bitmap(antialiased=True)
            right, down = (length / 64 for length in font.get_bitmap_offset())
            size = width, height, descent
            self._texts[key] = np.array(font.get_image()), right, down + descent, size
        return self._texts[key]


class _Canvas(FigureCanvasAgg):
    """A canvas with this renderer, for a figure that never changes its size."""

    def get_renderer(self):
        if not hasattr(self, "renderer"):
            self.renderer = _Renderer(*self.figure.bbox.size, self.figure.dpi)
        return self.renderer


class Sheet:
    """One figure of a `View`, of one width in pixels, drawn again and again."""

    def __init__(self, view, width, height):
        self._view, self._scale, self.size = view, width / view.size[0], (width, height)
        self._header = round(HEADER * self._scale)
        tall = self._header + height
        dpi = DPI * self._scale
        # A hair more, since the canvas rounds down.
        size = (width + 0.01) / dpi, (tall + 0.01) / dpi
        self.figure = Figure(size, dpi, facecolor="white", frameon=True, layout="none")
        self._canvas = _Canvas(self.figure)
        share = self._header / tall
        grid = self.figure.add_gridspec(
            2, 1, height_ratios=(share, 1 - share), hspace=0, top=1, bottom=0, left=0, right=1
        )
        plots = self.figure.add_subfigure(grid[1], facecolor="white", frameon=True)
        self.axes = view.frame(plots)
        make_all_plain(self.figure)
        for axes in self.axes.values():
            axes.set_autoscale_on(False)
        self._fixed = set(self._artists())
        self._drawn, self._backgrounds = None, {}

    def draw(self, entries, place="present"):
        """Draw these entries, the present one first, if others are drawn now.

        place: where to keep the background. What is drawn ahead does not push out the present one.
        """
        if entries == self._drawn:
            return
        self._drawn = None  # should it be interrupted
        present, *pinned = entries
        self._clear()
        self._view.scale(self.axes, entries)
        scene = present[0].scene if self._view.scene else None
        needed = self._limits(), tuple(pinned), scene
        background = next((kept for at, kept in self._backgrounds.values() if at == needed), None)
        if background is None:
            background = self._draw_background(pinned, present)
            self._backgrounds[place] = needed, background
        self._canvas.restore_region(background)
        self._view.draw(self.axes, *present)
        for artist in sorted(self._moving(), key=lambda artist: artist.get_zorder()):
            make_plain(artist)
            self.figure.draw_artist(artist)
        self._drawn = entries

    def live_png(self):
        """Return the plots as PNG bytes, without the header."""
        return png_bytes(self._pixels()[self._header :])

    def png(self):
        """Return title, legend and plots as PNG bytes."""
        entries = self._drawn if len(self._drawn) > 1 else ()
        legend_rows = -(-len(entries) // LEGEND_COLUMNS)
        unused = (MOST_LEGEND_ROWS - legend_rows) * LEGEND_ROW
        without_header = self._canvas.copy_from_bbox(self.figure.bbox)
        self._write_title(unused)
        for slot, entry in enumerate(entries):
            row, column = divmod(slot, LEGEND_COLUMNS)
            self._write_legend(entry, unused + TITLE_ROW + row * LEGEND_ROW, column)
        png = png_bytes(self._pixels()[round(unused * self._scale) :])
        self._canvas.restore_region(without_header)
        return png

    def _pixels(self):
        return np.asarray(self._canvas.buffer_rgba())[..., :3]

    def _draw_background(self, pinned, present):
        if self._view.scene:
            self._view.scene(self.axes, present[0])
        for result in pinned:
            self._view.draw(self.axes, *result)
        for artist in self._moving():
            make_plain(artist)
        self._canvas.draw()
        self._clear()
        return self._canvas.copy_from_bbox(self.figure.bbox)

    def _write_title(self, top):
        finding = self._drawn[0][0].finding
        y, look = self._height_at(top + TITLE_ROW / 2), {"fontsize": 12.5, "fontweight": "bold"}
        self._write(self.figure.text(0.012, y, finding, va="center", **(TEXT | look)))

    def _write_legend(self, entry, top, column):
        result, look, _shown = entry
        x, y = 0.012 + column / LEGEND_COLUMNS, self._height_at(top + LEGEND_ROW / 2)
        shown = {"color": look.color, "linestyle": look.dash, "linewidth": look.width}
        line = Line2D((x, x + 0.03), (y, y), **(CURVE | shown))
        words = f"{look.letter or 'now'}: {result.label}"
        self._write(self.figure.add_artist(line))
        self._write(self.figure.text(x + 0.036, y, words, va="center", **(TEXT | {"fontsize": 9})))

    def _write(self, artist):
        """Draw a figure's own artist once, over what is there."""
        make_plain(artist)
        self.figure.draw_artist(artist)
        artist.remove()

    def _height_at(self, pixels_from_top):
        return 1 - pixels_from_top / (self.figure.get_figheight() * DPI)

    def _artists(self):
        return [artist for axes in self.axes.values() for artist in axes.get_children()]

    def _moving(self):
        return [artist for artist in self._artists() if artist not in self._fixed]

    def _clear(self):
        for artist in self._moving():
            artist.remove()

    def _limits(self):
        return tuple((*axes.get_xlim(), *axes.get_ylim()) for axes in self.axes.values())


def png_bytes(pixels):
    """Return an (height, width, red-green-blue) array of bytes as a PNG file.

    Pillow tries five filters a row, which takes three times as long and, for plots, saves nothing.
    """
    height, width, _ = pixels.shape
    rows = np.zeros((height, 1 + 3 * width), np.uint8)  # each row begins with its filter: none
    for color in range(3):  # one after the other: an eighth of the time of all at once
        rows[:, 1 + color :: 3] = pixels[..., color]
    header = struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)
    parts = (b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
