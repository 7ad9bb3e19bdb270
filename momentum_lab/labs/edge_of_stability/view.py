"""The edge of stability: learning rate × sharpness over a training, the error, what it learns."""

import numpy as np

from momentum_lab.labs.edge_of_stability.coins import least_error, share_of_heads
from momentum_lab.labs.edge_of_stability.experiment import DRAWN
from momentum_lab.labs.paths import areas, first_above
from momentum_lab.live.picture import View
from momentum_lab.live.style import INK, SOFT_INK, decades, heading, panel

TOP_PRODUCTS = 1.5, 3, 5, 10, 30, 100
MOST_PARTS = 120
TOP_UPDATES = 1000, 2000, 4000, 6000, 8000


def _frame(figure):
    axes = {
        "product": panel(figure, (0.058, 0.125, 0.545, 0.79)),
        "error": panel(figure, (0.672, 0.6, 0.312, 0.315)),
        "learned": panel(figure, (0.672, 0.125, 0.312, 0.315)),
    }
    axes["product"].set_xlabel("update")
    heading(axes["product"], "learning rate × sharpness (largest curvature)")
    axes["error"].set(yscale="log")
    axes["error"].tick_params(labelbottom=False)
    heading(axes["error"], "error above the least that is possible")
    axes["learned"].set(xlim=(-1.05, 1.05), ylim=(-0.04, 1.04), yticks=[0, 0.5, 1])
    axes["learned"].set_xlabel("place (the input)")
    heading(axes["learned"], "probability of heads: ● items   ── network")
    places, shares = share_of_heads()
    axes["learned"].plot(places, shares, "o", color=SOFT_INK, ms=4.5)
    return axes


def _scale(axes, entries):
    results = [result for result, *_ in entries]
    for name in ("product", "error"):
        axes[name].set_xlim(0, first_above(max(r.wanted_updates for r in results), TOP_UPDATES))
    tops = [max(1.3 * (r.limit or 0), np.percentile(r.products, 90)) for r in results]
    axes["product"].set_ylim(0, first_above(max(tops), TOP_PRODUCTS))
    errors = [np.percentile(_above_least(result), (0.5, 99.5)) for result in results]
    axes["error"].set_ylim(decades(np.ravel(errors), 1e-3, 1.0))


def _above_least(result):
    return np.maximum(result.run.update_errors - least_error(), 1e-9)


def _draw(axes, result, look, shown):
    seen = result.at <= shown
    style = {"color": look.color, "ls": look.dash, "lw": look.width}
    at, products = result.at[seen], result.products[seen]
    axes["product"].plot(at, products, **(style | {"lw": 1.2}))
    if not look.letter:
        axes["product"].plot(at, products, "o", color=look.color, ms=4)
        _draw_limit(axes["product"], result)
        outputs = result.outputs[max(int(seen.sum()) - 1, 0)]
        axes["learned"].plot(DRAWN[:, 0], outputs, **style)
    _draw_error(axes["error"], _above_least(result)[: max(shown, 1)], look)


def _draw_error(axes, errors, look):
    """Draw the errors of the updates as an area: in each of a hundred parts, lowest to highest."""
    parts = np.linspace(0, len(errors), min(len(errors), MOST_PARTS) + 1).astype(int)
    low, high = (f.reduceat(errors, parts[:-1]) for f in (np.minimum, np.maximum))
    at = (parts[:-1] + parts[1:] - 1) / 2
    around = np.concatenate([np.c_[at, low], np.c_[at, high][::-1]])
    style = {"edgecolors": look.color, "linewidths": look.width / 2, "linestyles": [look.dash]}
    areas(axes, [around], facecolors=look.color, **style)


def _draw_limit(axes, result):
    if result.limit is None:
        return
    axes.axhline(result.limit, color=INK, lw=1.2, ls=(0, (5, 3)))
    place = {"xycoords": axes.get_yaxis_transform(), "textcoords": "offset points"}
    look = {"ha": "right", "va": "bottom", "weight": "bold"}
    axes.annotate(
        f"the rule's limit: {result.limit:.4g}", (1, result.limit), (-4, 9), **place, **look
    )


EDGE_OF_STABILITY = View(_frame, _scale, _draw, size=(900, 350))
