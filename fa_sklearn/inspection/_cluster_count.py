"""The curves of a clustering's score against the number of clusters."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import cycle
from numbers import Integral
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.utils import check_array, check_consistent_length, check_random_state, column_or_1d
from sklearn.utils._optional_dependencies import check_matplotlib_support

from .._counts import check_counts
from ..metrics import ami_score, nmi_score
from ._drawing import axes_or_new, choose_colors, legend_beside
from ._representation import find_embedder

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.typing import ColorType

# Beside the colours: a second cue, and the only mark of a curve of one point.
_MARKERS = "os^Dv*PX"

Score = Callable[[Any, Any], float]
_SCORE_NAMES: dict[Score, str] = {ami_score: "AMI", nmi_score: "NMI"}


class ClusterCountDisplay:
    """Score of the clusters against their number, one curve per method.

    Create it with `from_estimator` or `from_predictions`; the parameters below become
    attributes.

    Parameters
    ----------
    n_clusters : ndarray of shape (n_counts,)
        Numbers of clusters, ascending.
    scores : mapping of str to ndarray of shape (n_runs, n_counts)
        Scores of each method, a row for each of its runs (seeds).
    score_name : str, default="AMI"
        What the y axis is called.
    n_classes : int, default=None
        Number of fine classes, where a dashed line is drawn. None draws none.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        The axes of the plot.
    figure_ : matplotlib.figure.Figure
        The figure of these axes.
    lines_ : list of matplotlib.lines.Line2D
        The mean over the runs, one line per method.
    bands_ : list of matplotlib.collections.FillBetweenPolyCollection
        One standard deviation to each side, one band per method whose runs differ.
    legend_ : matplotlib.legend.Legend or None
        The legend; None with ``legend=False``.

    Notes
    -----
    Figure 6 of "Forced Apart". The number of fine classes is rarely known: a method is of use
    where its curve is above the others over a range of numbers.

    The standard deviation is that of the runs at hand (divided by n_runs), like the one that
    scikit-learn's searches give.

    Examples
    --------
    >>> from sklearn.cluster import KMeans
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.preprocessing import StandardScaler
    >>> from fa_sklearn.inspection import ClusterCountDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> display = ClusterCountDisplay.from_predictions(
    ...     {"raw": X, "standardised": StandardScaler().fit_transform(X)},
    ...     y,
    ...     n_clusters=range(2, 6),
    ...     clusterer=KMeans(n_init=5),
    ...     random_state=0,
    ... )
    >>> display.n_clusters
    array([2, 3, 4, 5])
    >>> display.n_clusters[display.scores["raw"].mean(axis=0).argmax()].item()
    3
    """

    def __init__(
        self,
        n_clusters: NDArray[np.integer[Any]],
        scores: Mapping[str, NDArray[np.floating[Any]]],
        *,
        score_name: str = "AMI",
        n_classes: int | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.scores = scores
        self.score_name = score_name
        self.n_classes = n_classes

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        fine_labels: ArrayLike,
        *,
        n_clusters: Iterable[int] = range(2, 21),
        score: Score = ami_score,
        score_name: str | None = None,
        clusterer: Any = None,
        random_state: int | np.random.RandomState | None = None,
        ax: "Axes | None" = None,
        palette: "Sequence[ColorType] | None" = None,
        legend: bool = True,
    ) -> Self:
        """Cluster the representation of one or several fitted estimators.

        Parameters
        ----------
        estimator : estimator, or mapping of str to estimator or to list of estimators
            Fitted, with `transform`; a list holds the runs of one method with different seeds.
            Of a pipeline that ends in a clusterer, or in another step without `transform`, the
            steps before its last one are used; of a fitted search, its ``best_estimator_``.
        X : array-like of length n_samples
            Data that the estimators can transform.
        fine_labels : array-like of shape (n_samples,)
            Fine classes.
        n_clusters : iterable of int, default=range(2, 21)
            Numbers of clusters, in any order.
        score : callable, default=ami_score
            ``score(fine_labels, clusters)`` gives a number, the higher the better.
        score_name : str, default=None
            What the y axis is called. None: the score's own name.
        clusterer : clusterer, default=None
            With a parameter ``n_clusters``; copies of it are fitted. None is KMeans.
        random_state : int or RandomState, default=None
            Seed of every copy of a clusterer that has none of its own. None draws one from the
            operating system.
        ax : matplotlib.axes.Axes, default=None
            Where to draw. None makes a new figure.
        palette : sequence of matplotlib colours, default=None
            At least as many as there are methods. None chooses by their number.
        legend : bool, default=True
            Draw the legend, to the right of the axes.

        Returns
        -------
        ClusterCountDisplay
            The display, already drawn.
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        methods = estimator if isinstance(estimator, Mapping) else {_name(estimator): estimator}
        return cls.from_predictions(
            {
                name: [find_embedder(run).transform(X) for run in _runs(method)]
                for name, method in methods.items()
            },
            fine_labels,
            n_clusters=n_clusters,
            score=score,
            score_name=score_name,
            clusterer=clusterer,
            random_state=random_state,
            ax=ax,
            palette=palette,
            legend=legend,
        )

    @classmethod
    def from_predictions(
        cls,
        embeddings: Mapping[str, Any],
        fine_labels: ArrayLike,
        *,
        n_clusters: Iterable[int] = range(2, 21),
        score: Score = ami_score,
        score_name: str | None = None,
        clusterer: Any = None,
        random_state: int | np.random.RandomState | None = None,
        ax: "Axes | None" = None,
        palette: "Sequence[ColorType] | None" = None,
        legend: bool = True,
    ) -> Self:
        """Cluster representations that have been computed before.

        Parameters
        ----------
        embeddings : mapping of str to array-like of shape (n_samples, n_components), or to list
            one representation per method, or a list of them: its runs with different seeds.
        fine_labels : array-like of shape (n_samples,)
            Fine classes.
        n_clusters : iterable of int, default=range(2, 21)
            Numbers of clusters, in any order.
        score : callable, default=ami_score
            ``score(fine_labels, clusters)`` gives a number, the higher the better.
        score_name : str, default=None
            What the y axis is called. None: the score's own name.
        clusterer : clusterer, default=None
            With a parameter ``n_clusters``; copies of it are fitted. None is KMeans.
        random_state : int or RandomState, default=None
            Seed of every copy of a clusterer that has none of its own. None draws one from the
            operating system.
        ax : matplotlib.axes.Axes, default=None
            Where to draw. None makes a new figure.
        palette : sequence of matplotlib colours, default=None
            At least as many as there are methods. None chooses by their number.
        legend : bool, default=True
            Draw the legend, to the right of the axes.

        Returns
        -------
        ClusterCountDisplay
            The display, already drawn.
        """
        check_matplotlib_support(f"{cls.__name__}.from_predictions")
        labels = column_or_1d(fine_labels)
        runs = _check_embeddings(embeddings, labels)
        counts = check_counts(n_clusters, len(labels))
        model = _seeded(KMeans() if clusterer is None else clusterer, random_state)
        scores = {
            name: np.array([_score_run(run, labels, counts, model, score) for run in of_method])
            for name, of_method in runs.items()
        }
        if score_name is None:
            own_name = getattr(score, "__name__", type(score).__name__).replace("_", " ")
            score_name = _SCORE_NAMES.get(score, own_name)
        display = cls(counts, scores, score_name=score_name, n_classes=len(np.unique(labels)))
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
            At least as many as there are methods. None chooses by their number.
        legend : bool, default=True
            Draw the legend, to the right of the axes.

        Returns
        -------
        ClusterCountDisplay
            The display itself.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        from matplotlib.ticker import MaxNLocator

        ax = axes_or_new(ax)
        self.lines_: list[Any] = []
        self.bands_: list[Any] = []
        colors = choose_colors(len(self.scores), palette)
        for (name, scores), color, marker in zip(
            self.scores.items(), colors, cycle(_MARKERS), strict=False
        ):
            mean, spread = scores.mean(axis=0), scores.std(axis=0)
            style: Any = {"color": color, "marker": marker, "markersize": 5, "label": name}
            self.lines_ += ax.plot(self.n_clusters, mean, **style)
            if np.any(spread > 0):
                style = {"color": color, "alpha": 0.2, "linewidth": 0}
                between = mean - spread, mean + spread
                self.bands_.append(ax.fill_between(self.n_clusters, *between, **style))
        handles: list[Artist] = [*self.lines_]
        names = [*self.scores]
        if self.n_classes is not None:
            style = {"color": "0.4", "linestyle": "--", "linewidth": 1, "zorder": 0}
            handles.append(ax.axvline(self.n_classes, **style))
            names.append(f"{self.n_classes} fine classes")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.set(xlabel="Number of clusters", ylabel=self.score_name)
        self.legend_ = legend_beside(ax, handles, names) if legend else None
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _name(estimator: Any) -> str:
    embedder = find_embedder(estimator)
    return type(getattr(embedder, "steps", [("", embedder)])[-1][1]).__name__


def _runs(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _check_embeddings(
    embeddings: Mapping[str, Any], labels: NDArray[Any]
) -> dict[str, list[NDArray[Any]]]:
    is_mapping = isinstance(embeddings, Mapping) and len(embeddings) > 0
    if not is_mapping or not all(len(value) for value in embeddings.values()):
        raise TypeError(
            "embeddings must map the name of each method to its representations, at least one, "
            f"as in {{'multi': h}}, got {embeddings!r}."
        )
    runs = {}
    for name, value in embeddings.items():
        is_list_of_rows = isinstance(value, (list, tuple)) and value and np.ndim(value[0]) < 2
        entries = [value] if is_list_of_rows else _runs(value)
        runs[name] = [check_array(run, input_name=f"embeddings[{name!r}]") for run in entries]
        check_consistent_length(labels, *runs[name])
    return runs


def _seeded(clusterer: Any, random_state: int | np.random.RandomState | None) -> Any:
    model = clone(clusterer)
    if model.get_params().get("random_state", 0) is None:
        # With None, scikit-learn would draw from NumPy's global generator.
        own = np.random.RandomState() if random_state is None else check_random_state(random_state)
        is_seed = isinstance(random_state, Integral)
        model.set_params(random_state=random_state if is_seed else own.randint(2**31 - 1))
    return model


def _score_run(
    embedding: NDArray[Any],
    labels: NDArray[Any],
    counts: NDArray[np.integer],
    model: Any,
    score: Score,
) -> list[float]:
    return [
        float(score(labels, clone(model).set_params(n_clusters=int(k)).fit_predict(embedding)))
        for k in counts
    ]
