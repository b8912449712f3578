"""The legend beside the axes, where it covers no data."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.legend import Legend

_ROWS = 20


def legend_beside(ax: "Axes", handles: "Sequence[Artist]") -> "Legend":
    """Draw a legend to the right of the axes, in columns of at most 20 entries."""
    return ax.legend(
        handles=list(handles),
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        borderaxespad=0.0,
        frameon=False,
        ncols=-(-len(handles) // _ROWS),
    )
