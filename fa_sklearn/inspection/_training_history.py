"""The curves of the losses over the epochs of a fit."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from ._drawing import check_matplotlib, choose_colors, legend_beside

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.legend import Legend
    from matplotlib.typing import ColorType

_KEY = re.compile(r"(train|valid)_((?:.+_)?loss)")
_SPLIT_NAMES = {"train": "training", "valid": "validation"}
_STYLES = {"train": ("-", "o"), "valid": ("--", "s")}


class TrainingHistoryDisplay:
    """Task loss, each term of the penalty and their sum by epoch, one panel per loss.

    Create it with `from_estimator` or `from_history`; the parameters below become attributes.

    Parameters
    ----------
    losses : mapping of str to mapping of {"train", "valid"} to ndarray of shape (n_epochs,)
        Values of each loss on each split; NaN for epochs without one.

    Attributes
    ----------
    ax_ : ndarray of shape (n_losses,) of matplotlib.axes.Axes
        The panels, in the order of ``losses``.
    figure_ : matplotlib.figure.Figure
        The figure of these axes.
    lines_ : dict of (str, str) to matplotlib.lines.Line2D
        The lines, by loss and split.
    legend_ : matplotlib.legend.Legend or None
        The legend, next to the last panel; None with ``legend=False``.

    Notes
    -----
    Each panel has a scale of its own, for the losses differ by orders of magnitude. The terms are
    drawn without their weights; "total loss" is what training minimises: (1 - alpha) * task loss
    + alpha * weighted sum of the terms. Without a penalty it is the task loss, and left out.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from fa_sklearn import ForcedApartClassifier
    >>> from fa_sklearn.inspection import TrainingHistoryDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> net = ForcedApartClassifier(max_epochs=3, early_stopping=True, random_state=0)
    >>> display = TrainingHistoryDisplay.from_estimator(net.fit(X, y > 0))
    >>> list(display.losses)
    ['task_loss', 'multi_loss', 'loss']
    >>> display.losses["task_loss"]["valid"].shape
    (3,)
    """

    def __init__(self, losses: Mapping[str, Mapping[str, NDArray[np.floating[Any]]]]) -> None:
        self.losses = losses

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        ax: "Axes | Sequence[Axes] | NDArray[Any] | None" = None,
        palette: "Sequence[ColorType] | None" = None,
        legend: bool = True,
    ) -> Self:
        """Plot the losses of a fitted estimator.

        Parameters
        ----------
        estimator : estimator
            Fitted, with ``net_``; or a pipeline whose last such step is shown; or a fitted
            search, whose ``best_estimator_`` is.
        ax : matplotlib.axes.Axes or array-like of shape (n_losses,) of Axes, default=None
            Where to draw: one axes, whose place the panels share, or one per panel. None makes a
            new figure.
        palette : sequence of matplotlib colours, default=None
            Those of training and validation.
        legend : bool, default=True
            Draw the legend, to the right of the last panel.

        Returns
        -------
        TrainingHistoryDisplay
            The display, already drawn.
        """
        check_matplotlib(f"{cls.__name__}.from_estimator")
        history = _trained(estimator).net_.history
        return cls.from_history(history, ax=ax, palette=palette, legend=legend)

    @classmethod
    def from_history(
        cls,
        history: Iterable[Mapping[str, Any]],
        *,
        ax: "Axes | Sequence[Axes] | NDArray[Any] | None" = None,
        palette: "Sequence[ColorType] | None" = None,
        legend: bool = True,
    ) -> Self:
        """Plot the losses of a history that has been kept.

        Parameters
        ----------
        history : iterable of mapping
            One an epoch, as in ``net_.history``: what is named ``train_..._loss`` or
            ``valid_..._loss`` is drawn.
        ax : matplotlib.axes.Axes or array-like of shape (n_losses,) of Axes, default=None
            Where to draw: one axes, whose place the panels share, or one per panel. None makes a
            new figure.
        palette : sequence of matplotlib colours, default=None
            Those of training and validation.
        legend : bool, default=True
            Draw the legend, to the right of the last panel.

        Returns
        -------
        TrainingHistoryDisplay
            The display, already drawn.
        """
        check_matplotlib(f"{cls.__name__}.from_history")
        return cls(_read_losses(list(history))).plot(ax=ax, palette=palette, legend=legend)

    def plot(
        self,
        ax: "Axes | Sequence[Axes] | NDArray[Any] | None" = None,
        *,
        palette: "Sequence[ColorType] | None" = None,
        legend: bool = True,
    ) -> Self:
        """Draw the panels and the legend.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or array-like of shape (n_losses,) of Axes, default=None
            Where to draw: one axes, whose place the panels share, or one per panel. None makes a
            new figure.
        palette : sequence of matplotlib colours, default=None
            Those of training and validation.
        legend : bool, default=True
            Draw the legend, to the right of the last panel.

        Returns
        -------
        TrainingHistoryDisplay
            The display itself.
        """
        check_matplotlib(f"{type(self).__name__}.plot")
        splits = [
            split for split in _SPLIT_NAMES if any(split in of for of in self.losses.values())
        ]
        colors = choose_colors(palette, len(splits), "line")
        color_of = dict(zip(splits, colors, strict=True))
        self.ax_ = _panels(ax, len(self.losses))
        self.lines_ = {
            (name, split): _draw_loss(panel, values, split, color_of[split])
            for panel, (name, of_split) in zip(self.ax_, self.losses.items(), strict=True)
            for split, values in of_split.items()
        }
        for panel, name in zip(self.ax_, self.losses, strict=True):
            title = "total loss" if name == "loss" else name.replace("_", " ")
            panel.set(title=title, xlabel="Epoch")
        self.ax_[0].set_ylabel("Loss")
        handles = [
            next(line for (_, of_split), line in self.lines_.items() if of_split == split)
            for split in splits
        ]
        self.legend_: Legend | None = legend_beside(self.ax_[-1], handles) if legend else None
        self.figure_: Figure | SubFigure = self.ax_[0].figure
        return self


def _trained(estimator: Any) -> Any:
    estimator = getattr(estimator, "best_estimator_", estimator)
    steps = [estimator]
    if isinstance(estimator, Pipeline):
        steps = [step for _, step in estimator.steps]
    trained = [step for step in steps if hasattr(step, "net_")]
    if trained:
        return trained[-1]
    if hasattr(estimator, "fit"):
        check_is_fitted(estimator)
    raise TypeError(
        "estimator must be, or hold as a step of a pipeline, a fitted estimator with net_, such "
        f"as ForcedApartClassifier, got a {type(estimator).__name__}."
    )


def _read_losses(
    history: Sequence[Mapping[str, Any]],
) -> dict[str, dict[str, NDArray[np.float64]]]:
    losses: dict[str, dict[str, NDArray[np.float64]]] = {}
    for key in dict.fromkeys(key for row in history for key in row):
        match = _KEY.fullmatch(key)
        if match:
            values = np.array([row.get(key, np.nan) for row in history], dtype=np.float64)
            losses.setdefault(match[2], {})[match[1]] = values
    if not losses:
        raise ValueError(
            "history holds no losses such as 'train_task_loss': pass net_.history of a fitted "
            "estimator."
        )
    if set(losses) == {"task_loss", "loss"}:
        del losses["loss"]
    return losses


def _panels(ax: Any, n_panels: int) -> NDArray[Any]:
    import matplotlib.pyplot as plt
    from matplotlib.axes import Axes
    from matplotlib.gridspec import GridSpecFromSubplotSpec

    if ax is None:
        figsize = (1.5 + 3.2 * n_panels, 3.6)
        figure = plt.figure(figsize=figsize, layout="constrained")
        return np.array([figure.add_subplot(1, n_panels, i + 1) for i in range(n_panels)])
    axes: NDArray[Any] = np.atleast_1d(np.asarray(ax, dtype=object)).ravel()
    if len(axes) == n_panels:
        return axes
    place = ax.get_subplotspec() if isinstance(ax, Axes) else None
    if place is None:
        raise ValueError(
            f"ax must be one subplot, or {n_panels} axes for {n_panels} losses, got {len(axes)}."
        )
    ax.set_axis_off()
    grid = GridSpecFromSubplotSpec(1, n_panels, subplot_spec=place)
    return np.array([ax.figure.add_subplot(grid[i]) for i in range(n_panels)])


def _draw_loss(ax: "Axes", values: NDArray[Any], split: str, color: "ColorType") -> Any:
    from matplotlib.ticker import MaxNLocator

    epochs = np.arange(1, len(values) + 1)
    linestyle, marker = _STYLES[split]
    # Where a value stands alone between NaNs, only its marker is seen.
    (line,) = ax.plot(
        epochs,
        values,
        color=color,
        linestyle=linestyle,
        marker=marker,
        markersize=3,
        label=_SPLIT_NAMES[split],
    )
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return line
