"""The check for matplotlib, which is an optional dependency, and the axes to draw on."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def check_matplotlib(caller: str) -> None:
    """Raise an error that names the extra to install if matplotlib is missing."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError(
            f'{caller} needs matplotlib: run pip install "fa-sklearn[plot]".'
        ) from error


def axes_or_new(ax: "Axes | None", figsize: tuple[float, float] = (7.0, 5.0)) -> "Axes":
    """Give the user's axes, or those of a new figure that makes room for a legend beside them."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=figsize, layout="constrained")[1]
