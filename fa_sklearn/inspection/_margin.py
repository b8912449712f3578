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
        """Plot the scores of a fitted search over margins."""
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
        """Draw the curves, their bands and the legend."""
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
