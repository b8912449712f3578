"""The heat map of most active neurons by class."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_array, check_consistent_length, column_or_1d

from ._drawing import TargetNames, axes_or_new, check_matplotlib, class_name, encode_classes
from ._representation import neuron_activations

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
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
    and the label of the x axis tells how many there are.

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
    'Class (1 of 4 samples has no active neuron)'
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
        show_empty: bool = False,
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
            Order the rows by the class that each neuron serves most, neurons that serve none
            last. False keeps the neurons' own order.
        show_empty : bool, default=False
            Draw rows of neurons that are nobody's most active one too. False leaves them out, and
            the label of the y axis tells how many there are.
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
            neuron_activations(estimator, X),
            fine_labels,
            sort_neurons=sort_neurons,
            show_empty=show_empty,
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
        n_neurons: int | None = None,
        sort_neurons: bool = False,
        show_empty: bool = False,
        ax: "Axes | None" = None,
        target_names: TargetNames | None = None,
        include_values: bool | None = None,
        colorbar: bool = True,
        im_kwargs: Mapping[str, Any] | None = None,
    ) -> Self:
        """Count the most active neurons in a representation that has been computed before.

        Parameters
        ----------
        embedding : array-like of shape (n_samples, n_columns)
            The representation: one column per neuron.
        fine_labels : array-like of shape (n_samples,)
            Fine classes, or clusters.
        n_neurons : int, default=None
            How many of the columns, from the left, are neurons: the net's ``n_components`` where
            ``embedding="distributions"`` puts the labels' probabilities beside them. None: all.
        sort_neurons : bool, default=False
            Order the rows by the class that each neuron serves most, neurons that serve none
            last. False keeps the neurons' own order.
        show_empty : bool, default=False
            Draw rows of neurons that are nobody's most active one too. False leaves them out, and
            the label of the y axis tells how many there are.
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
        values = _neuron_columns(check_array(embedding, input_name="embedding"), n_neurons)
        labels = column_or_1d(fine_labels)
        check_consistent_length(values, labels)
        counts, inactive, classes = _count(values, labels)
        display = cls(counts, classes=classes, inactive=inactive, target_names=target_names)
        return display.plot(
            ax=ax,
            sort_neurons=sort_neurons,
            show_empty=show_empty,
            include_values=include_values,
            colorbar=colorbar,
            im_kwargs=im_kwargs,
        )

    def plot(
        self,
        ax: "Axes | None" = None,
        *,
        sort_neurons: bool = False,
        show_empty: bool = False,
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
            Order the rows by the class that each neuron serves most, neurons that serve none
            last. False keeps the neurons' own order.
        show_empty : bool, default=False
            Draw rows of neurons that are nobody's most active one too. False leaves them out, and
            the label of the y axis tells how many there are.
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

        names = [class_name(label, self.target_names) for label in self.classes]
        n_neurons, n_classes = self.counts.shape
        neurons = _order(self.counts) if sort_neurons else np.arange(n_neurons)
        serves = self.counts[neurons].any(axis=1)
        # Where no sample has an active neuron, all rows stay: an image needs one.
        self.neurons_ = neurons[serves] if serves.any() and not show_empty else neurons
        self.counts_ = self.counts[self.neurons_]
        size = (2.5 + 0.45 * min(n_classes, 25), 1.5 + 0.28 * min(max(len(self.neurons_), 6), 40))
        ax = axes_or_new(ax, size)
        style = {"cmap": "Blues", "vmin": 0, "aspect": "auto", "interpolation": "nearest"}
        self.im_: AxesImage = ax.imshow(self.counts_, **{**style, **(im_kwargs or {})})
        if include_values is None:
            include_values = self.counts.size <= _MOST_CELLS_WITH_VALUES
        self.text_ = _write_values(ax, self.im_, self.counts_) if include_values else []
        _set_ticks(ax, names, self.neurons_)
        ax.set(xlabel=f"Class{self._inactive_note()}", ylabel=f"Neuron{self._empty_note()}")
        if colorbar:
            ticks = MaxNLocator(integer=True)
            ax.figure.colorbar(self.im_, ax=ax, label="Samples", ticks=ticks)
        self.ax_: Axes = ax
        self.figure_: Figure | SubFigure = ax.figure
        return self

    def _empty_note(self) -> str:
        n_neurons = len(self.counts)
        n_left_out = n_neurons - len(self.neurons_)
        return f"\n({n_left_out:,} of {n_neurons:,} serve no class)" if n_left_out else ""

    def _inactive_note(self) -> str:
        n_inactive = 0 if self.inactive is None else int(np.sum(self.inactive))
        if not n_inactive:
            return ""
        n_samples = n_inactive + int(np.sum(self.counts))
        verb = "samples has" if n_inactive == 1 else "samples have"
        return f" ({n_inactive:,} of {n_samples:,} {verb} no active neuron)"


def _neuron_columns(values: NDArray[Any], n_neurons: int | None) -> NDArray[Any]:
    n_columns = values.shape[1]
    if n_neurons is None:
        # Roots of two distributions side by side, as no activations are.
        if np.allclose(np.square(values, dtype=np.float64).sum(axis=1), 2, rtol=0, atol=1e-4):
            raise ValueError(
                "embedding seems to hold the labels' probabilities beside the neurons, as "
                f'embedding="distributions" puts them: pass n_neurons, of {n_columns} columns '
                "those of the net's n_components."
            )
        return values
    if not 1 <= n_neurons <= n_columns:
        raise ValueError(
            f"n_neurons must be from 1 to the {n_columns} columns of embedding, got {n_neurons}."
        )
    return values[:, :n_neurons]


def _count(
    values: NDArray[Any], labels: NDArray[Any]
) -> tuple[NDArray[np.intp], NDArray[np.intp], list[Any]]:
    codes, classes = encode_classes(labels)
    counts = np.zeros((values.shape[1], len(classes)), dtype=np.intp)
    active = values.max(axis=1) > 0
    np.add.at(counts, (values.argmax(axis=1)[active], codes[active]), 1)
    return counts, np.bincount(codes[~active], minlength=len(classes)), classes


def _order(counts: NDArray[Any]) -> NDArray[np.intp]:
    served = np.where(counts.any(axis=1), counts.argmax(axis=1), counts.shape[1])
    return np.lexsort((-counts.max(axis=1), served))


def _write_values(ax: "Axes", image: "AxesImage", counts: NDArray[Any]) -> "list[Text]":
    texts = []
    for row, column in np.argwhere(counts > 0):
        red, green, blue, _ = image.cmap(image.norm(counts[row, column]))
        is_dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
        texts.append(
            ax.text(
                column,
                row,
                str(counts[row, column]),
                ha="center",
                va="center",
                fontsize="x-small",
                color="white" if is_dark else "black",
            )
        )
    return texts


def _set_ticks(ax: "Axes", names: list[str], neurons: NDArray[np.intp]) -> None:
    import matplotlib.pyplot as plt

    # Labels of more than two characters would run into their neighbours.
    ax.set_xticks(range(len(names)), names)
    if max(map(len, names)) > 2:
        plt.setp(ax.get_xticklabels(), rotation=45, ha="right", rotation_mode="anchor")
    rows = range(0, len(neurons), -(-len(neurons) // _MOST_TICKS))
    ax.set_yticks(rows, [str(neurons[row]) for row in rows])
