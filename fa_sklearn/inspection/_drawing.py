"""What the displays share: the representation, axes, colours, class names, legends."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sklearn.base import is_clusterer
from sklearn.pipeline import Pipeline

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.legend import Legend
    from matplotlib.typing import ColorType

TargetNames = Sequence[str] | Mapping[Hashable, str]

# Okabe and Ito (2008), in an order that keeps neighbours apart, then two more colours: those of
# a grid over RGB that stay farthest in CIELAB from these, from white and from each other, also as
# protanopes, deuteranopes and tritanopes see them (Machado et al. 2009). tab10 has pairs that
# protanopes confuse.
_COLORS = (
    "#0072B2 #E69F00 #009E73 #D55E00 #56B4E9 #CC79A7 #000000 #F0E442 #9944FF #663311"
).split()


def find_embedder(estimator: Any) -> Any:
    """Find what transforms data into the representation."""
    # A search's own transform would go through the whole pipeline, its clusterer included.
    found = getattr(estimator, "best_estimator_", estimator)
    if isinstance(found, Pipeline) and (is_clusterer(found) or not hasattr(found, "transform")):
        found = found[:-1] or None
    if not hasattr(found, "transform"):
        raise TypeError(
            "estimator must have transform, or be a pipeline with such a step before its last "
            "one: pass the fitted estimator that gives the representation."
        )
    return found


def check_matplotlib(caller: str) -> None:
    """Say what to install where matplotlib is missing."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError(f"{caller} needs matplotlib: pip install 'fa-sklearn[plot]'.") from error


def axes_or_new(ax: "Axes | None", figsize: tuple[float, float] = (7.0, 5.0)) -> "Axes":
    """Give the user's axes, or those of a new figure that makes room for a legend next to them."""
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=figsize, layout="constrained")[1] if ax is None else ax


def choose_colors(
    n_colors: int, palette: "Sequence[ColorType] | None" = None
) -> "Sequence[ColorType]":
    """Take the user's colours, or some that differ."""
    from matplotlib import color_sequences, colormaps

    if palette is None and n_colors > 20:
        return [colormaps["viridis"](i / (n_colors - 1)) for i in range(n_colors)]
    if palette is None:
        palette = _COLORS if n_colors <= len(_COLORS) else color_sequences["tab20"]
    if len(palette) < n_colors:
        raise ValueError(f"palette has {len(palette)} colours, pass at least {n_colors}.")
    return palette[:n_colors]


def class_names(classes: Iterable[Any], target_names: TargetNames | None) -> list[str]:
    """Look up what the classes are called."""
    if target_names is None:
        return [str(label) for label in classes]
    names = target_names if isinstance(target_names, Mapping) else dict(enumerate(target_names))
    try:
        return [str(names[label]) for label in classes]
    except KeyError as error:
        raise ValueError(
            f"target_names has no name for label {error}: pass a sequence indexed by the labels "
            "0, 1, ..., or a mapping from every label to its name."
        ) from None


def legend_beside(ax: "Axes", handles: "Sequence[Artist]", labels: Sequence[str]) -> "Legend":
    """Draw a legend to the right of the axes, in columns of at most 20 entries."""
    place: Any = {"loc": "upper left", "bbox_to_anchor": (1.01, 1.0), "borderaxespad": 0.0}
    return ax.legend(handles, labels, frameon=False, ncols=-(-len(handles) // 20), **place)
