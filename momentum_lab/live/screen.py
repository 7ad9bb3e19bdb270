"""The screen of a lab: what the browser shows of a result, in one message, and what it asks for."""

from pathlib import Path

import anywidget
import ipywidgets as widgets
import traitlets


class Screen(anywidget.AnyWidget):
    """Finding, picture, status, table of runs and playback: the half of a lab that only shows.

    frame: what there is to see, all of it in one message:
        png (bytes), is_sharp (whether it has a pixel for each of the screen's), alt, finding,
        status, kind ("", "note" or "problem"), table (html), update, n_updates and the unit that
        they count, the number of the frame, and its settings: at (a text for each hero) and
        context (all others).
    progress: how far the event is that runs just now, if it takes long, else "".
    size: width and height of the picture as it was designed.
    plots: the plots that can be pointed at, each (left, top, right, bottom) as shares of the
        picture, counted from its upper left corner.
    hands: all that a hand can change the lab with, but for the sliders of the heroes.
    heroes: the sliders whose positions are drawn ahead; grids: the settings' texts at these
        positions; feeds_first: whether a slider goes before the others.

    What the browser asks for; each is a list that ends with a running number:
    shown_at: [width in CSS pixels, device pixels to a CSS pixel]: where the picture is shown.
    sharper: [number of the frame that is to be drawn for exactly that].
    place: [plot, x, y], x and y as shares of the plot's width and height, from its lower left.
    update: [the update to show].
    want: [context, [slider, position] pairs]: frames to be drawn ahead. Each comes in a message of
        its own, to be held until the hand arrives there.
    """

    _esm = Path(__file__).with_name("screen.js")
    _css = Path(__file__).with_name("dashboard.css")

    frame = traitlets.Dict().tag(sync=True)
    progress = traitlets.Unicode().tag(sync=True)
    size = traitlets.List().tag(sync=True)
    plots = traitlets.List().tag(sync=True)
    hands = traitlets.List().tag(sync=True, **widgets.widget_serialization)
    heroes = traitlets.List().tag(sync=True, **widgets.widget_serialization)
    grids = traitlets.List().tag(sync=True)
    feeds_first = traitlets.List().tag(sync=True)
    shown_at = traitlets.List().tag(sync=True, echo_update=False)
    sharper = traitlets.List().tag(sync=True, echo_update=False)
    place = traitlets.List().tag(sync=True, echo_update=False)
    update = traitlets.List().tag(sync=True, echo_update=False)
    want = traitlets.List().tag(sync=True, echo_update=False)
