"""The heat map of most active neurons by class."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_array, check_consistent_length, column_or_1d

from ._drawing import (
    TargetNames,
    axes_or_new,
    check_matplotlib,
    class_names,
    find_embedder,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage
    from matplotlib.text import Text

_MOST_CELLS_WITH_VALUES = 400
_MOST_TICKS = 40


class NeuronClassDisplay:
    """Heat map of how many samples of each class have each neuron as their most active one.

    Create it with `from_estimator` or `from_predictions`; the parameters below become
    attributes.

    Parameters
    ----------
    counts : ndarray of shape (n_neurons, n_classes)
        ``counts[i, j]`` samples of class j have neuron i as their most active one.
    classes : sequence of length n_classes
        The classes, sorted.
    inactive : ndarray of shape (n_classes,), default=None
        Samples of each class without an active neuron, which no row counts. None: there are none.
    target_names : sequence or mapping of str, default=None
        ``target_names[label]`` is the name of a class. None shows the label itself.

    Attributes
    ----------
    counts_ : ndarray of shape (n_rows, n_classes)
        The cells as drawn, from top to bottom.
    neurons_ : ndarray of shape (n_rows,)
        The neuron of each row as drawn: ``counts_`` is ``counts[neurons_]``.
    ax_ : matplotlib.axes.Axes
        The axes of the plot.
    figure_ : matplotlib.figure.Figure
        The figure of these axes.
    im_ : matplotlib.image.AxesImage
        The heat map.
    text_ : list of matplotlib.text.Text
        The numbers written into cells.

    Notes
    -----
    Figures 2 and 3 of "Forced Apart": without a penalty most samples share the few neurons that
    tell the coarse labels apart; forced apart, the neurons roughly follow the fine classes.

    Of equally active neurons the first counts. A sample whose activations are all 0 (or below,
    in a representation that is not behind a ReLU) has no active neuron: it is counted in no row,
    and the label of the x axis tells how many there are. A neuron that is nobody's most active one
    has no row, and the label of the y axis tells how many there are.

    Two heat maps share a scale with ``im_kwargs={"vmin": 0, "vmax": ...}``.

    Examples
    --------
    >>> from fa_sklearn.inspection import NeuronClassDisplay
    >>> embedding = [[3.0, 0.1], [2.0, 0.0], [0.5, 4.0], [0.0, 0.0]]
    >>> display = NeuronClassDisplay.from_predictions(embedding, ["cat", "cat", "dog", "dog"])
    >>> display.counts
    array([[2, 0],
           [0, 1]])
    >>> display.inactive
    array([0, 1])
    >>> display.ax_.get_xlabel()
    'Class (1 of 4 samples without active neuron)'
    """

    def __init__(
        self,
        counts: NDArray[np.integer[Any]],
        *,
        classes: Any,
        inactive: NDArray[np.integer[Any]] | None = None,
        target_names: TargetNames | None = None,
    ) -> None:
        self.counts = counts
        self.classes = classes
        self.inactive = inactive
        self.target_names = target_names

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        fine_labels: ArrayLike,
        *,
        sort_neurons: bool = False,
        ax: "Axes | None" = None,
        target_names: TargetNames | None = None,
        include_values: bool | None = None,
        colorbar: bool = True,
        im_kwargs: Mapping[str, Any] | None = None,
    ) -> Self:
        """Count the most active neurons in the representation of a fitted estimator.

        Parameters
        ----------
        estimator : estimator
            Fitted, with `transform`. Of a pipeline that ends in a clusterer, or in another step
            without `transform`, the steps before its last one are used; of a fitted search, its
            ``best_estimator_``.
        X : array-like of length n_samples
            Data that the estimator can transform.
        fine_labels : array-like of shape (n_samples,)
            Fine classes.
        sort_neurons : bool, default=False
            Order the rows by the class that each neuron serves most. False keeps the neurons' own
            order.
        ax : matplotlib.axes.Axes, default=None
            Where to draw. None makes a new figure.
        target_names : sequence or mapping of str, default=None
            ``target_names[label]`` is the name of a class. None shows the label itself.
        include_values : bool, default=None
            Write the numbers above 0 into the cells. None: where there are at most 400 cells.
        colorbar : bool, default=True
            Draw the colour bar.
        im_kwargs : mapping, default=None
            Arguments for matplotlib's ``Axes.imshow``.

        Returns
        -------
        NeuronClassDisplay
            The display, already drawn.
        """
        check_matplotlib(f"{cls.__name__}.from_estimator")
        return cls.from_predictions(
            find_embedder(estimator).transform(X),
            fine_labels,
            sort_neurons=sort_neurons,
            ax=ax,
            target_names=target_names,
            include_values=include_values,
            colorbar=colorbar,
            im_kwargs=im_kwargs,
        )

    @classmethod
    def from_predictions(
        cls,
        embedding: ArrayLike,
        fine_labels: ArrayLike,
        *,
        sort_neurons: bool = False,
        ax: "Axes | None" = None,
        target_names: TargetNames | None = None,
        include_values: bool | None = None,
        colorbar: bool = True,
        im_kwargs: Mapping[str, Any] | None = None,
    ) -> Self:
        """Count the most active neurons in a representation that has been computed before.

        Parameters
        ----------
        embedding : array-like of shape (n_samples, n_neurons)
            The representation: one column per neuron.
        fine_labels : array-like of shape (n_samples,)
            Fine classes, or clusters.
        sort_neurons : bool, default=False
            Order the rows by the class that each neuron serves most. False keeps the neurons' own
            order.
        ax : matplotlib.axes.Axes, default=None
            Where to draw. None makes a new figure.
        target_names : sequence or mapping of str, default=None
            ``target_names[label]`` is the name of a class. None shows the label itself.
        include_values : bool, default=None
            Write the numbers above 0 into the cells. None: where there are at most 400 cells.
        colorbar : bool, default=True
            Draw the colour bar.
        im_kwargs : mapping, default=None
            Arguments for matplotlib's ``Axes.imshow``.

        Returns
        -------
        NeuronClassDisplay
            The display, already drawn.
        """
        check_matplotlib(f"{cls.__name__}.from_predictions")
        values = check_array(embedding, input_name="embedding")
        classes, codes = np.unique(column_or_1d(fine_labels), return_inverse=True)
        check_consistent_length(values, codes)
        active = values.max(axis=1) > 0
        counts = np.zeros((values.shape[1], len(classes)), dtype=np.intp)
        np.add.at(counts, (values.argmax(axis=1)[active], codes[active]), 1)
        inactive = np.bincount(codes[~active], minlength=len(classes))
        display = cls(
            counts, classes=classes.tolist(), inactive=inactive, target_names=target_names
        )
        return display.plot(
            ax=ax,
            sort_neurons=sort_neurons,
            include_values=include_values,
            colorbar=colorbar,
            im_kwargs=im_kwargs,
        )

    def plot(
        self,
        ax: "Axes | None" = None,
        *,
        sort_neurons: bool = False,
        include_values: bool | None = None,
        colorbar: bool = True,
        im_kwargs: Mapping[str, Any] | None = None,
    ) -> Self:
        """Draw the heat map.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw. None makes a new figure.
        sort_neurons : bool, default=False
            Order the rows by the class that each neuron serves most. False keeps the neurons' own
            order.
        include_values : bool, default=None
            Write the numbers above 0 into the cells. None: where there are at most 400 cells.
        colorbar : bool, default=True
            Draw the colour bar.
        im_kwargs : mapping, default=None
            Arguments for matplotlib's ``Axes.imshow``.

        Returns
        -------
        NeuronClassDisplay
            The display itself.
        """
        check_matplotlib(f"{type(self).__name__}.plot")
        from matplotlib.ticker import MaxNLocator

        names = class_names(self.classes, self.target_names)
        n_neurons, n_classes = self.counts.shape
        neurons = np.arange(n_neurons)
        if sort_neurons:
            neurons = np.lexsort((-self.counts.max(axis=1), self.counts.argmax(axis=1)))
        serves = self.counts[neurons].any(axis=1)
        # Where no sample has an active neuron, all rows stay: an image needs one.
        self.neurons_ = neurons[serves] if serves.any() else neurons
        self.counts_ = self.counts[self.neurons_]
        n_rows = len(self.neurons_)
        ax = axes_or_new(
            ax, (2.5 + 0.45 * min(n_classes, 25), 1.5 + 0.28 * np.clip(n_rows, 6, 40))
        )
        style: Any = {"cmap": "Blues", "vmin": 0, "aspect": "auto", "interpolation": "nearest"}
        self.im_ = ax.imshow(self.counts_, **{**style, **(im_kwargs or {})})
        if include_values is None:
            include_values = self.counts.size <= _MOST_CELLS_WITH_VALUES
        self.text_ = _write_values(ax, self.im_, self.counts_) if include_values else []
        # Labels of more than two characters would run into their neighbours.
        slanted: Any = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
        ax.set_xticks(range(n_classes), names, **(slanted if max(map(len, names)) > 2 else {}))
        ticks = range(0, n_rows, -(-n_rows // _MOST_TICKS))
        ax.set_yticks(ticks, [str(neuron) for neuron in self.neurons_[ticks]])
        n_inactive = 0 if self.inactive is None else np.sum(self.inactive)
        n_samples = n_inactive + self.counts.sum()
        no_neuron = f" ({n_inactive:,} of {n_samples:,} samples without active neuron)"
        no_class = f"\n({n_neurons - n_rows:,} of {n_neurons:,} serve no class)"
        ax.set_xlabel("Class" + no_neuron * bool(n_inactive))
        ax.set_ylabel("Neuron" + no_class * (n_rows < n_neurons))
        if colorbar:
            whole = MaxNLocator(integer=True)
            ax.figure.colorbar(self.im_, ax=ax, label="Samples", ticks=whole)
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _write_values(ax: "Axes", image: "AxesImage", counts: NDArray[Any]) -> "list[Text]":
    texts = []
    for row, column in np.argwhere(counts > 0):
        count = counts[row, column]
        luminance = np.dot(image.cmap(image.norm(count))[:3], (0.299, 0.587, 0.114))
        style: Any = {"ha": "center", "va": "center", "fontsize": "x-small"}
        color = "white" if luminance < 0.5 else "black"
        texts.append(ax.text(column, row, str(count), color=color, **style))
    return texts
