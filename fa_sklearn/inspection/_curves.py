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
    """Draw one line a curve, and a band of one standard deviation to each side of it."""
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
