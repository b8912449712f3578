"""The curves of a search's score against the margin."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from ._curves import draw_curves
from ._legend import legend_beside
from ._matplotlib import axes_or_new, check_matplotlib
from ._palette import choose_colors
from ._search_curves import (
    choose_curves,
    choose_metric,
    choose_parameter,
    make_curves,
    read_candidates,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import FillBetweenPolyCollection
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.legend import Legend
    from matplotlib.lines import Line2D
    from matplotlib.typing import ColorType

_DECADE = 10
_MOST_TICKS = 10


class MarginDisplay:
    """Score against margin, one curve a combination of the search's other parameters.

    Create it with `from_estimator`; the parameters below become attributes.

    Parameters
    ----------
    margins : ndarray of shape (n_margins,)
        Margins, ascending.
    mean_scores : mapping of str to ndarray of shape (n_margins,)
        Mean score over the splits, by curve; NaN where a curve has no such margin.
    std_scores : mapping of str to ndarray of shape (n_margins,)
        Standard deviation over the splits, by curve.
    unset_scores : mapping of str to float, default=None
        Mean scores without a margin, such as a baseline's, drawn as dashed lines. None: there
        are none.
    score_name : str, default="Mean test score"
        What the y axis is called.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        The axes of the plot.
    figure_ : matplotlib.figure.Figure
        The figure of these axes.
    lines_ : list of matplotlib.lines.Line2D
        One a curve.
    unset_lines_ : list of matplotlib.lines.Line2D
        One a score without a margin.
    bands_ : list of matplotlib.collections.FillBetweenPolyCollection
        One standard deviation to each side, one band a curve that has deviations.
    legend_ : matplotlib.legend.Legend or None
        The legend; None with ``legend=False`` or where there is but one line.

    Notes
    -----
    The axis of margins is logarithmic where they span more than a decade.

    Examples
    --------
    >>> from sklearn.cluster import KMeans
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV, KFold
    >>> from sklearn.pipeline import Pipeline
    >>> from fa_sklearn import ForcedApartClassifier
    >>> from fa_sklearn.inspection import MarginDisplay
    >>> from fa_sklearn.metrics import ami_scorer
    >>> X, y = load_iris(return_X_y=True)
    >>> net = ForcedApartClassifier(label_groups=[0, 1, 1].__getitem__, max_epochs=2)
    >>> search = GridSearchCV(
    ...     Pipeline([("net", net), ("kmeans", KMeans(3))]),
    ...     {"net__margin": [0.1, 1.0, 10.0], "net__penalty": ["single", "multi"]},
    ...     scoring=ami_scorer,
    ...     cv=KFold(2, shuffle=True, random_state=0),
    ... ).fit(X, y)
    >>> display = MarginDisplay.from_estimator(search, score_name="AMI")
    >>> display.margins
    array([ 0.1,  1. , 10. ])
    >>> list(display.mean_scores)
    ['penalty=single', 'penalty=multi']
    """

    def __init__(
        self,
        margins: NDArray[np.floating[Any]],
        mean_scores: Mapping[str, NDArray[np.floating[Any]]],
        std_scores: Mapping[str, NDArray[np.floating[Any]]],
        *,
        unset_scores: Mapping[str, float] | None = None,
        score_name: str = "Mean test score",
    ) -> None:
        self.margins = margins
        self.mean_scores = mean_scores
        self.std_scores = std_scores
        self.unset_scores = unset_scores
        self.score_name = score_name

    @classmethod
    def from_estimator(
        cls,
        search: Any,
        *,
        margin: str | None = None,
        by: str | Iterable[str] | None = None,
        metric: str | None = None,
        score_name: str | None = None,
        ax: "Axes | None" = None,
        palette: "Sequence[ColorType] | None" = None,
        legend: bool = True,
    ) -> Self:
        """Plot the scores of a fitted search over margins.

        Parameters
        ----------
        search : estimator
            A fitted search, such as GridSearchCV or RandomizedSearchCV.
        margin : str, default=None
            Name of the parameter on the x axis. None: the one that ends in "margin".
        by : str or iterable of str, default=None
            Names of the parameters that get a curve for each combination of their values; over
            the other ones, the candidate with the best mean score is drawn. None: all that vary;
            ``()``: none, thus one curve.
        metric : str, default=None
            Which of several scores. None: the only one, or the one in the search's ``refit``.
        score_name : str, default=None
            What the y axis is called. None: "Mean test" and the metric.
        ax : matplotlib.axes.Axes, default=None
            Where to draw. None makes a new figure.
        palette : sequence of matplotlib colours, default=None
            At least as many as there are curves and dashed lines. None chooses by their number.
        legend : bool, default=True
            Draw the legend, to the right of the axes.

        Returns
        -------
        MarginDisplay
            The display, already drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError
            If ``search`` is no search.
        ValueError
            If a name fits no parameter or several, or no candidate has both score and margin.
        """
        check_matplotlib(f"{cls.__name__}.from_estimator")
        results = _results(search)
        metric = choose_metric(results, metric, getattr(search, "refit", None))
        parameter = choose_parameter(results["params"], "margin", margin)
        names = choose_curves(results["params"], parameter, by)
        curves = make_curves(read_candidates(results, metric), parameter, names)
        if not len(curves.values):
            raise ValueError(f"The search has no candidate with both a {parameter} and a score.")
        display = cls(
            curves.values,
            curves.means,
            curves.stds,
            unset_scores=curves.unset,
            score_name=f"Mean test {metric}" if score_name is None else score_name,
        )
        return display.plot(ax=ax, palette=palette, legend=legend)

    def plot(
        self,
        ax: "Axes | None" = None,
        *,
        palette: "Sequence[ColorType] | None" = None,
        legend: bool = True,
    ) -> Self:
        """Draw the curves, their bands and the legend.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw. None makes a new figure.
        palette : sequence of matplotlib colours, default=None
            At least as many as there are curves and dashed lines. None chooses by their number.
        legend : bool, default=True
            Draw the legend, to the right of the axes.

        Returns
        -------
        MarginDisplay
            The display itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If ``palette`` is too short.
        """
        check_matplotlib(f"{type(self).__name__}.plot")
        unset = self.unset_scores or {}
        colors = choose_colors(palette, len(self.mean_scores) + len(unset), "line")
        ax = axes_or_new(ax)
        self.lines_: list[Line2D]
        self.bands_: list[FillBetweenPolyCollection]
        self.lines_, self.bands_ = draw_curves(
            ax, self.margins, self.mean_scores, self.std_scores, colors
        )
        self.unset_lines_ = [
            ax.axhline(score, color=color, linestyle="--", label=f"{name}, no margin")
            for (name, score), color in zip(unset.items(), colors[len(self.lines_) :], strict=True)
        ]
        _set_scale(ax, self.margins)
        ax.set(xlabel="Margin", ylabel=self.score_name)
        handles = [*self.lines_, *self.unset_lines_]
        self.legend_: Legend | None = None
        if legend and len(handles) > 1:
            self.legend_ = legend_beside(ax, handles)
        self.ax_: Axes = ax
        self.figure_: Figure | SubFigure = ax.figure
        return self


def _results(search: Any) -> Mapping[str, Any]:
    results: Mapping[str, Any] | None = getattr(search, "cv_results_", None)
    if results is None:
        if hasattr(search, "fit"):
            check_is_fitted(search)
        raise TypeError(
            "search must be a fitted search over margins, such as GridSearchCV, got a "
            f"{type(search).__name__}."
        )
    return results


def _set_scale(ax: "Axes", margins: NDArray[np.floating[Any]]) -> None:
    if margins[0] <= 0 or margins[-1] <= _DECADE * margins[0]:
        return
    ax.set_xscale("log")
    if len(margins) <= _MOST_TICKS:
        ax.set_xticks(margins, [f"{margin:g}" for margin in margins])
        ax.minorticks_off()
