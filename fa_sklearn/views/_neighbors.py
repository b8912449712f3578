"""Views that are neighbours of a sample among those with its coarse label."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import VALID_METRICS
from sklearn.utils import check_array
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions

from .._inputs import Indices, Inputs, Samples, TableSamples
from .._nearest import check_neighbors, nearest_by_label
from .._seeds import reseeded
from ._base import Views

Partners = tuple[NDArray[np.int64], NDArray[np.int64]]
# Rows of a table of all samples.
Look = Callable[[Indices], Any]


class _NeighborPairing:
    """Draws the neighbour that is the second view."""

    draws = False

    def __init__(
        self, seek: Callable[[Look], Partners], table: Any, moments: int | list[int]
    ) -> None:
        self._seek = seek
        self._moments = moments
        # The number of different partners in each row, which are its first.
        self.partners, self.counts = seek(lambda rows: table[rows])
        self.sought = 0  # epochs after which they were sought

    def refresh(self, epochs: int, represent: Look) -> None:
        """Seek the partners anew among representations, if that is due after so many epochs."""
        if isinstance(self._moments, int):
            due = epochs // self._moments * self._moments
        else:
            due = max((moment for moment in self._moments if moment <= epochs), default=0)
        if due > self.sought:
            self.partners, self.counts = self._seek(represent)
            self.sought = due

    def __getstate__(self) -> dict[str, Any]:
        """Keep what a fit that goes on cannot find out again."""
        if not self.sought:
            return {}
        return {"partners": self.partners, "counts": self.counts, "sought": self.sought}

    def first(self, samples: Samples, rows: Indices) -> Inputs:
        return samples.take(rows)

    def second(
        self, samples: Samples, rows: Indices, uniform: NDArray[np.float64] | None
    ) -> Inputs:
        column: Any = 0 if uniform is None else (uniform * self.counts[rows]).astype(np.int64)
        return samples.take(self.partners[rows, column])


class NeighborViews(Views):
    """One of a sample's nearest neighbours, drawn anew in each epoch.

    Neighbours often share the fine class. Pulling their representations together while L_multi
    pushes all others apart lets the clusters follow the shape of the data.

    Parameters
    ----------
    n_neighbors : int, default=15
        Of how many nearest neighbours one is drawn. Samples whose label has fewer draw from
        those; one that is alone is its own neighbour.
    metric : str or callable, default="euclidean"
        Distance, as in `sklearn.neighbors.NearestNeighbors`.
    transformer : transformer or None, default=None
        Makes the (n_samples, n_features) table, dense or sparse, in which distances are measured,
        from X as it is handed to fit; a clone of it is fitted there, with seeds that follow the
        estimator's `random_state` where it has none. It does not see y. None: X itself, which must
        be a table.
    neighbors : transformer or None, default=None
        Looks for neighbours in that table, by a metric of its own: one of the kind of
        `sklearn.neighbors.KNeighborsTransformer`, such as pynndescent's
        ``PyNNDescentTransformer()`` for large data, which needs the extra ``ann``. A copy is
        fitted for each label, seeded as `transformer`; its ``n_neighbors`` is raised where it is
        too small. None: an exact search.
    refresh : int, sequence of int or None, default=None
        When neighbours are sought anew, among the representations of that moment instead of in
        the table: each time so many epochs are done, or once after each of these numbers of
        epochs. None: never.

    See Also
    --------
    AugmentedViews : Augmented copies as views.

    Notes
    -----
    Neighbours are sought when a fit begins, or a call of `partial_fit`, among its samples. They
    share the coarse label; a sample without one, and all samples of an autoencoder, look among
    all. Samples set aside for early stopping have neighbours among themselves only, and a sample
    of weight 0 is nobody's neighbour.

    For `refresh` all epochs of the net count, and distances are those of `transform`, by the same
    metric: with ``refresh=10`` neighbours are sought anew after 10, 20 and more epochs. A fit that
    goes on, in `partial_fit` or with ``warm_start=True``, seeks at once if such a moment has
    passed.

    In tables of more than 15 columns an exact search computes all distances inside a label: the
    time grows with the square of its number of samples, the memory does not. Two minutes on two
    cores are enough for 200,000 samples of one label and 100 columns; a search of more than one
    minute warns.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from fa_sklearn import ForcedApartClassifier
    >>> from fa_sklearn.views import NeighborViews
    >>> X, y = load_digits(return_X_y=True)
    >>> net = ForcedApartClassifier(views=NeighborViews(10), max_epochs=2, random_state=0)
    >>> net.fit(X / 16, y >= 5).transform(X / 16).shape
    (1797, 128)
    """

    first_is_sample = True
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        # Distances are measured here.
        "metric": [StrOptions(set(chain(*VALID_METRICS.values())) - {"precomputed"}), callable],
        "transformer": [HasMethods("fit_transform"), None],
        "refresh": [Interval(Integral, 1, None, closed="left"), "array-like", None],
    }

    def __init__(
        self,
        n_neighbors: int = 15,
        *,
        metric: Any = "euclidean",
        transformer: Any = None,
        neighbors: Any = None,
        refresh: int | Sequence[int] | None = None,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.metric = metric
        self.transformer = transformer
        self.neighbors = neighbors
        self.refresh = refresh

    def pair(
        self,
        X: Any,
        samples: Samples,
        parts: Sequence[Indices],
        y: NDArray[np.int64] | None,
        seed: int,
    ) -> _NeighborPairing:
        self._validate_params()
        check_neighbors(self.neighbors, self.metric)
        moments = self._moments()
        table = self._table(X, samples, seed)
        width = max(1, min(int(self.n_neighbors), max(map(len, parts)) - 1))

        def seek(look: Look) -> Partners:
            partners = np.repeat(np.arange(len(samples))[:, None], width, axis=1)
            counts = np.ones(len(samples), dtype=np.int64)
            for rows in parts:
                found, counts[rows] = self._neighbors(
                    look(rows), None if y is None else y[rows], width, seed
                )
                partners[rows] = rows[found]
            return partners, counts

        return _NeighborPairing(seek, table, moments)

    def _moments(self) -> int | list[int]:
        """After how many epochs neighbours are sought anew."""
        if self.refresh is None:
            return []
        if isinstance(self.refresh, Integral):
            return int(self.refresh)
        moments: list[Any] = list(self.refresh)  # type: ignore[arg-type]
        if not all(isinstance(moment, Integral) and int(moment) >= 1 for moment in moments):
            raise ValueError(
                "refresh must be a number of epochs, several such as [10, 20], each at least 1, "
                f"or None, got {self.refresh!r}."
            )
        return [int(moment) for moment in moments]

    def _table(self, X: Any, samples: Samples, seed: int) -> Any:
        """Features in which distances mean something, a dense or sparse row per sample."""
        if self.transformer is not None:
            # One fit for all parts: what is set aside may be too little to fit it on.
            table = reseeded(self.transformer, seed, only_unset=True).fit_transform(X)
            table = check_array(table, accept_sparse="csr", input_name="transformer's output")
            n, found = len(samples), table.shape[0]
            if found != n:
                raise ValueError(f"transformer must return one row per sample, {n}, got {found}.")
            return table
        if not isinstance(samples, TableSamples):
            raise TypeError(
                "NeighborViews measures distances in a table, which X is not: pass transformer=, "
                "which makes one of X."
            )
        return samples.values

    def _neighbors(
        self, table: Any, y: NDArray[np.int64] | None, width: int, seed: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Positions in the table of each row's neighbours, nearest first, and how many differ."""
        n = table.shape[0]
        found = np.repeat(np.arange(n)[:, None], width, axis=1)
        counts = np.ones(n, dtype=np.int64)
        by_label = nearest_by_label(table, y, width, self.metric, self.neighbors, seed)
        for own, others in by_label:
            if k := others.shape[1]:
                found[own] = others[:, np.arange(width) % k]
                counts[own] = k
        return found, counts
