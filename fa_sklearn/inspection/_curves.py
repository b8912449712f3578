"""Curves of mean scores with bands of their standard deviation."""

from collections.abc import Mapping
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.collections import FillBetweenPolyCollection
    from matplotlib.lines import Line2D
    from matplotlib.typing import ColorType

# Beside the colours: a second cue, and the only mark of a curve of one point.
_MARKERS = "os^Dv*PX"


def draw_curves(
    ax: "Axes",
    x: NDArray[Any],
    means: Mapping[str, NDArray[Any]],
    deviations: Mapping[str, NDArray[Any]],
    colors: "Sequence[ColorType]",
) -> "tuple[list[Line2D], list[FillBetweenPolyCollection]]":
    """Draw one line a curve, and a band of one standard deviation to each side of it.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw.
    x : ndarray of shape (n_points,)
        Positions that the curves share.
    means : mapping of str to ndarray of shape (n_points,)
        Heights of each curve; a point of NaN is left out.
    deviations : mapping of str to ndarray of shape (n_points,)
        Standard deviations; a curve without any has no band.
    colors : sequence of matplotlib colours
        One a curve.

    Returns
    -------
    lines : list of matplotlib.lines.Line2D
        One a curve.
    bands : list of matplotlib.collections.FillBetweenPolyCollection
        One a curve that has deviations.
    """
    lines, bands = [], []
    for (name, mean), color, marker in zip(means.items(), colors, cycle(_MARKERS), strict=False):
        known = np.isfinite(mean)
        at, height, spread = x[known], mean[known], deviations[name][known]
        lines += ax.plot(at, height, color=color, marker=marker, markersize=5, label=name)
        if np.any(spread > 0):
            bands.append(
                ax.fill_between(
                    at, height - spread, height + spread, color=color, alpha=0.2, linewidth=0
                )
            )
    return lines, bands
