"""The screen of a lab: what the browser shows of a result, in one message, and what it asks for."""

from pathlib import Path

import anywidget
import traitlets


class Screen(anywidget.AnyWidget):
    """Finding, picture, status, table of runs and playback: the half of a lab that only shows.

    frame: what there is to see, all of it in one message:
        png (bytes), is_sharp (whether it has a pixel for each of the screen's), alt, finding,
        status, kind ("", "note" or "problem"), table (html), update, n_updates, and the number
        of the frame.
    size: width and height of the picture as it was designed.
    plots: the plots that can be pointed at, each (left, top, right, bottom) as shares of the
        picture, counted from its upper left corner.

    What the browser asks for; each is a list that ends with a running number:
    shown_at: [width in CSS pixels, device pixels to a CSS pixel]: where the picture is shown.
    sharper: [number of the frame that is to be drawn for exactly that].
    place: [plot, x, y], x and y as shares of the plot's width and height, from its lower left.
    update: [the update to show].
    """

    _esm = Path(__file__).with_name("screen.js")
    _css = Path(__file__).with_name("dashboard.css")

    frame = traitlets.Dict().tag(sync=True)
    size = traitlets.List().tag(sync=True)
    plots = traitlets.List().tag(sync=True)
    shown_at = traitlets.List().tag(sync=True, echo_update=False)
    sharper = traitlets.List().tag(sync=True, echo_update=False)
    place = traitlets.List().tag(sync=True, echo_update=False)
    update = traitlets.List().tag(sync=True, echo_update=False)
