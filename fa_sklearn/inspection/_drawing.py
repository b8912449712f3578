"""What the displays share: the check for matplotlib, axes, colours, class names, legends."""

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import LabelEncoder

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.legend import Legend
    from matplotlib.typing import ColorType

TargetNames = Sequence[str] | Mapping[Hashable, str]

_ROWS_OF_LEGEND = 20
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


def check_matplotlib(caller: str) -> None:
    """Raise an error that names the extra to install if matplotlib is missing."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError(
            f'{caller} needs matplotlib: run pip install "fa-sklearn[plot]".'
        ) from error


def axes_or_new(ax: "Axes | None", figsize: tuple[float, float] = (7.0, 5.0)) -> "Axes":
    """Give the user's axes, or those of a new figure that makes room for a legend next to them."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=figsize, layout="constrained")[1]


def class_colors(n_classes: int) -> "list[ColorType]":
    """Choose one colour per class."""
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
            f"palette has {len(palette)} colours for {n_colors} {plural}: pass one per {purpose}."
        )
    return list(palette)[:n_colors]


def encode_classes(labels: NDArray[Any]) -> tuple[NDArray[np.intp], list[Any]]:
    """Replace labels by their positions among the sorted classes."""
    encoder = LabelEncoder().fit(labels)
    return encoder.transform(labels), encoder.classes_.tolist()


def class_name(label: Any, target_names: TargetNames | None) -> str:
    """Look up what a class is called."""
    if target_names is None:
        return str(label)
    try:
        if isinstance(target_names, Mapping):
            return str(target_names[label])
        if isinstance(label, int) and label >= 0:
            return str(target_names[label])
    except (IndexError, KeyError):
        pass
    raise ValueError(
        f"target_names has no name for label {label!r}: pass a sequence indexed by the labels "
        "0, 1, ..., or a mapping from every label to its name."
    )


def legend_beside(ax: "Axes", handles: "Sequence[Artist]") -> "Legend":
    """Draw a legend to the right of the axes, in columns of at most 20 entries."""
    return ax.legend(
        handles=list(handles),
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        borderaxespad=0.0,
        frameon=False,
        ncols=-(-len(handles) // _ROWS_OF_LEGEND),
    )
