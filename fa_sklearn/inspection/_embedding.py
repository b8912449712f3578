"""The scatter plot of a representation in two dimensions."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.decomposition import PCA
from sklearn.utils import _safe_indexing, check_array, check_consistent_length, column_or_1d

from ._drawing import (
    TargetNames,
    axes_or_new,
    check_matplotlib,
    choose_colors,
    class_names,
    find_embedder,
    legend_beside,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.typing import ColorType


class EmbeddingDisplay:
    """Scatter plot of a representation in two dimensions, coloured by class.

    Create it with `from_estimator` or `from_predictions`; the parameters below become
    attributes.

    Parameters
    ----------
    coordinates : ndarray of shape (n_samples, 2)
        Position of each sample.
    labels : ndarray of shape (n_samples,), default=None
        Class of each sample. None draws all samples in one colour.
    target_names : sequence or mapping of str, default=None
        ``target_names[label]`` is the name of a class. None shows the label itself.
    axis_labels : tuple of two str, default=("Component 1", "Component 2")
        What the axes are called.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        The axes of the plot.
    figure_ : matplotlib.figure.Figure
        The figure of these axes.
    scatter_ : matplotlib.collections.PathCollection
        The points, in the order of the samples; its array holds the positions of their classes
        among the sorted labels.
    legend_ : matplotlib.legend.Legend or None
        The legend; None without labels or with ``legend=False``.

    Notes
    -----
    The colours are Okabe and Ito's for up to 8 classes, and two more for up to 10: they stay
    apart under colour vision deficiency. Those for more classes do not: tab20 up to 20, viridis
    beyond.

    The points are drawn in the order of the samples: shuffle sorted data first, else the last
    class covers the others. The legend lies outside the axes; a figure of your own shows all of
    it with ``plt.subplots(layout="constrained")``.

    Examples
    --------
    >>> from sklearn.cluster import KMeans
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from fa_sklearn.inspection import EmbeddingDisplay
    >>> iris = load_iris()
    >>> pipe = make_pipeline(StandardScaler(), KMeans(3, random_state=0)).fit(iris.data)
    >>> display = EmbeddingDisplay.from_estimator(
    ...     pipe, iris.data, iris.target, target_names=iris.target_names
    ... )
    >>> display.coordinates.shape
    (150, 2)
    >>> display.ax_.get_xlabel()
    'PC 1 (73.0 % of variance)'
    """

    def __init__(
        self,
        coordinates: NDArray[np.floating[Any]],
        *,
        labels: NDArray[Any] | None = None,
        target_names: TargetNames | None = None,
        axis_labels: tuple[str, str] = ("Component 1", "Component 2"),
    ) -> None:
        self.coordinates = coordinates
        self.labels = labels
        self.target_names = target_names
        self.axis_labels = axis_labels

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike | None = None,
        *,
        fine_labels: ArrayLike | None = None,
        only: Any = None,
        ax: "Axes | None" = None,
        target_names: TargetNames | None = None,
        palette: "Sequence[ColorType] | None" = None,
        legend: bool = True,
        scatter_kwargs: Mapping[str, Any] | None = None,
    ) -> Self:
        """Plot the leading components of the representation that a fitted estimator gives.

        Parameters
        ----------
        estimator : estimator
            Fitted, with `transform`. Of a pipeline that ends in a clusterer, or in another step
            without `transform`, the steps before its last one are used; of a fitted search, its
            ``best_estimator_``.
        X : array-like of length n_samples
            Data that the estimator can transform.
        y : array-like of shape (n_samples,), default=None
            Coarse labels. They give the colours where there are no ``fine_labels``.
        fine_labels : array-like of shape (n_samples,), default=None
            Fine classes, which give the colours.
        only : coarse label, default=None
            Draw only the samples of y with this label. None: all.
        ax : matplotlib.axes.Axes, default=None
            Where to draw. None makes a new figure.
        target_names : sequence or mapping of str, default=None
            ``target_names[label]`` is the name of a class. None shows the label itself.
        palette : sequence of matplotlib colours, default=None
            At least as many as there are classes. None chooses by their number.
        legend : bool, default=True
            Draw the legend, to the right of the axes.
        scatter_kwargs : mapping, default=None
            Arguments for matplotlib's ``Axes.scatter``.

        Returns
        -------
        EmbeddingDisplay
            The display, already drawn.

        Raises
        ------
        ValueError
            If y has no label `only`.
        """
        check_matplotlib(f"{cls.__name__}.from_estimator")
        labels = y if fine_labels is None else fine_labels
        if only is not None:
            check_consistent_length(X, y, labels)
            if y is None or not (column_or_1d(y) == only).any():
                raise ValueError(f"only={only!r} is no label of y: pass y and one of its labels.")
            rows = np.flatnonzero(column_or_1d(y) == only)
            X, labels = _safe_indexing(X, rows), _safe_indexing(labels, rows)
        return cls.from_predictions(
            find_embedder(estimator).transform(X),
            labels,
            ax=ax,
            target_names=target_names,
            palette=palette,
            legend=legend,
            scatter_kwargs=scatter_kwargs,
        )

    @classmethod
    def from_predictions(
        cls,
        embedding: ArrayLike,
        labels: ArrayLike | None = None,
        *,
        ax: "Axes | None" = None,
        target_names: TargetNames | None = None,
        palette: "Sequence[ColorType] | None" = None,
        legend: bool = True,
        scatter_kwargs: Mapping[str, Any] | None = None,
    ) -> Self:
        """Plot a representation that has been computed before.

        Parameters
        ----------
        embedding : array-like of shape (n_samples, n_components)
            The representation, with at least two samples and two columns. Two columns, such as
            those of ``TSNE().fit_transform(embedding)``, are drawn as they are; of more, the two
            leading principal components.
        labels : array-like of shape (n_samples,), default=None
            Classes, which give the colours.
        ax : matplotlib.axes.Axes, default=None
            Where to draw. None makes a new figure.
        target_names : sequence or mapping of str, default=None
            ``target_names[label]`` is the name of a class. None shows the label itself.
        palette : sequence of matplotlib colours, default=None
            At least as many as there are classes. None chooses by their number.
        legend : bool, default=True
            Draw the legend, to the right of the axes.
        scatter_kwargs : mapping, default=None
            Arguments for matplotlib's ``Axes.scatter``.

        Returns
        -------
        EmbeddingDisplay
            The display, already drawn.
        """
        check_matplotlib(f"{cls.__name__}.from_predictions")
        values = check_array(
            embedding,
            dtype=np.float64,
            ensure_min_samples=2,
            ensure_min_features=2,
            input_name="embedding",
        )
        classes = None if labels is None else column_or_1d(labels)
        check_consistent_length(values, classes)
        coordinates, axis_labels = _project(values)
        display = cls(
            coordinates, labels=classes, target_names=target_names, axis_labels=axis_labels
        )
        return display.plot(ax=ax, palette=palette, legend=legend, scatter_kwargs=scatter_kwargs)

    def plot(
        self,
        ax: "Axes | None" = None,
        *,
        palette: "Sequence[ColorType] | None" = None,
        legend: bool = True,
        scatter_kwargs: Mapping[str, Any] | None = None,
    ) -> Self:
        """Draw the points, the axis labels and the legend.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw. None makes a new figure.
        palette : sequence of matplotlib colours, default=None
            At least as many as there are classes. None chooses by their number.
        legend : bool, default=True
            Draw the legend, to the right of the axes.
        scatter_kwargs : mapping, default=None
            Arguments for matplotlib's ``Axes.scatter``.

        Returns
        -------
        EmbeddingDisplay
            The display itself.
        """
        check_matplotlib(f"{type(self).__name__}.plot")
        from matplotlib.colors import ListedColormap

        names: list[str] = []
        codes = np.zeros(len(self.coordinates), dtype=np.intp)
        if self.labels is not None:
            classes, codes = np.unique(self.labels, return_inverse=True)
            names = class_names(classes.tolist(), self.target_names)
        colors = choose_colors(max(1, len(names)), palette)
        ax = axes_or_new(ax)
        size = np.clip(24000 / len(self.coordinates), 4, 25)
        style: Any = {"s": size, "alpha": 0.8, "linewidths": 0, **(scatter_kwargs or {})}
        scale: Any = {"cmap": ListedColormap(colors), "vmin": -0.5, "vmax": len(colors) - 0.5}
        x, y = self.coordinates.T
        self.scatter_ = ax.scatter(x, y, c=codes, **scale, **style)
        ax.set(xlabel=self.axis_labels[0], ylabel=self.axis_labels[1])
        self.legend_ = None
        if legend and names:
            handles, _ = self.scatter_.legend_elements(num=[*range(len(names))], alpha=1)
            self.legend_ = legend_beside(ax, handles, names)
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _project(
    values: NDArray[np.float64],
) -> tuple[NDArray[np.float64], tuple[str, str]]:
    if values.shape[1] == 2:
        return values, ("Component 1", "Component 2")
    # This solver draws no random numbers, unlike the one that "auto" may pick.
    pca = PCA(n_components=2, svd_solver="covariance_eigh")
    # Of a constant representation PCA divides 0 by 0.
    with np.errstate(invalid="ignore"):
        coordinates = pca.fit_transform(values)
    first, second = 100 * np.nan_to_num(pca.explained_variance_ratio_)
    return coordinates, (
        f"PC 1 ({first:.1f} % of variance)",
        f"PC 2 ({second:.1f} % of variance)",
    )
