"""Point into a picture: where the reader clicks or drags becomes values of two controls.

The browser sends a place inside one of the plots; everything else happens in Python. Whatever a
pointer can do the sliders can do, too.
"""

from pathlib import Path

import anywidget
import traitlets


class Pointer(anywidget.AnyWidget):
    """Hears presses and drags in the picture of the dashboard that it stands in.

    areas: the plots that can be pointed at, each (left, top, right, bottom) as shares of the
    picture, counted from its upper left corner.
    place: (number of the area, x, y, number of the press), x and y as shares of the area's width
    and height, counted from its lower left corner; a drag stays in the area where it began.
    """

    _esm = Path(__file__).with_name("pointer.js")

    areas = traitlets.List().tag(sync=True)
    place = traitlets.List().tag(sync=True)
