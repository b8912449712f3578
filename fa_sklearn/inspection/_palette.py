"""Colours for classes and lines that stay apart under colour vision deficiency."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.typing import ColorType

# Okabe and Ito (2008), in an order that keeps neighbours apart, then two more colours: those of
# a grid over RGB that stay farthest in CIELAB from these, from white and from each other, also as
# protanopes, deuteranopes and tritanopes see them (Machado et al. 2009). tab10 has pairs that
# protanopes confuse.
_COLORS = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#56B4E9",
    "#CC79A7",
    "#000000",
    "#F0E442",
    "#9944FF",
    "#663311",
)


def class_colors(n_classes: int) -> "list[ColorType]":
    """Choose one colour a class."""
    if n_classes <= len(_COLORS):
        return list(_COLORS[:n_classes])
    from matplotlib import colormaps

    if n_classes <= 20:
        return [colormaps["tab20"](i) for i in range(n_classes)]
    return [colormaps["viridis"](i / (n_classes - 1)) for i in range(n_classes)]


def choose_colors(
    palette: "Sequence[ColorType] | None", n_colors: int, purpose: str
) -> "list[ColorType]":
    """Take the user's colours, or those of `class_colors`."""
    if palette is None:
        return class_colors(n_colors)
    if len(palette) < n_colors:
        plural = {"class": "classes", "line": "lines"}[purpose]
        raise ValueError(
            f"palette has {len(palette)} colours for {n_colors} {plural}: pass one a {purpose}."
        )
    return list(palette)[:n_colors]
