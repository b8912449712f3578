"""The nearest neighbours of samples among others, themselves left out."""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse
from sklearn.neighbors import NearestNeighbors

from ._seeds import reseeded

Found = tuple[NDArray[np.integer], NDArray[np.integer]]
# Seconds on two cores from which an exact search says what to expect.
_LONG = 60


def check_neighbors(neighbors: Any, metric: Any = "euclidean") -> None:
    """Refuse what does not look for neighbours as scikit-learn's transformers do."""
    if neighbors is None:
        return
    is_instance = not isinstance(neighbors, type) and hasattr(neighbors, "fit_transform")
    if not is_instance or "n_neighbors" not in getattr(neighbors, "get_params", dict)():
        raise TypeError(
            "neighbors must be a transformer with the parameter n_neighbors, such as "
            "pynndescent's PyNNDescentTransformer(), or None for an exact search, "
            f"got {neighbors!r}."
        )
    if getattr(neighbors, "mode", "distance") != "distance":
        raise ValueError(
            f"neighbors must give distances, got mode={neighbors.mode!r}: set mode='distance'."
        )
    if metric != "euclidean":
        raise ValueError(
            f"neighbors measures by a metric of its own: leave metric={metric!r} out and set that "
            "of neighbors."
        )


def nearest_by_label(
    table: Any,
    y: NDArray[np.integer] | None,
    n_neighbors: int,
    metric: Any = "euclidean",
    neighbors: Any = None,
    seed: int = 0,
) -> Iterator[Found]:
    """Yield the rows of each label, and what is `nearest` to them among their label.

    Those of a negative label look among all, as all do without labels.
    """
    everyone = np.arange(table.shape[0])
    groups = [(everyone, everyone)]
    if y is not None:
        owns = {label: np.flatnonzero(y == label) for label in np.unique(y)}
        groups = [(own, everyone if label < 0 else own) for label, own in owns.items()]
    if neighbors is None:
        _warn_of_time(sum(len(own) * len(among) for own, among in groups), table, metric)
    for own, among in groups:
        yield own, nearest(table, own, among, n_neighbors, metric, neighbors, seed)


def nearest(
    table: Any,
    rows: NDArray[np.integer],
    among: NDArray[np.integer],
    n_neighbors: int,
    metric: Any = "euclidean",
    neighbors: Any = None,
    seed: int = 0,
) -> NDArray[np.integer]:
    """Find for each of `rows`, which are some of `among`, those of `among` that lie nearest.

    They are rows of `table`, nearest first: as many as asked for, or all others there are. A copy
    of `neighbors` looks for them, with `seed` where it has none; where it finds fewer, they are
    repeated. Both arrays ascend. None: an exact search.
    """
    k = min(n_neighbors, len(among) - 1)
    if k < 1:
        return np.empty((len(rows), 0), dtype=among.dtype)
    own = np.searchsorted(among, rows)
    others: NDArray[np.integer]
    if neighbors is not None:
        others = among[_ask(neighbors, table[among], own, k, seed)]
        return others
    search = NearestNeighbors(n_neighbors=k + 1, metric=metric).fit(table[among])
    found = search.kneighbors(table[rows], return_distance=False)
    # A sample finds itself, but among duplicates not always first, nor always at all.
    order = np.argsort(found == own[:, None], axis=1, kind="stable")
    others = among[np.take_along_axis(found, order, axis=1)[:, :k]]
    return others


def _ask(
    neighbors: Any, points: Any, own: NDArray[np.integer], k: int, seed: int
) -> NDArray[np.integer]:
    """Read the k nearest of some points from the graph of a transformer."""
    n = points.shape[0]
    search = reseeded(neighbors, seed, only_unset=True)
    # Some count the sample itself among them, some add it.
    width = min(max(search.get_params()["n_neighbors"] or 0, k + 1), n - 1)
    graph = search.set_params(n_neighbors=width).fit_transform(points)
    if not issparse(graph) or graph.shape != (n, n):
        raise ValueError(
            f"neighbors must make a sparse graph of shape {(n, n)}, got "
            f"{type(graph).__name__} of shape {getattr(graph, 'shape', None)}."
        )
    graph = csr_array(graph)
    counts = np.diff(graph.indptr)
    held = np.arange(counts.max(initial=1)) < counts[:, None]
    found = np.full(held.shape, -1, dtype=graph.indices.dtype)
    distances = np.full(held.shape, np.inf, dtype=graph.dtype)
    found[held], distances[held] = graph.indices, graph.data
    found, distances = found[own], distances[own]
    # Places that stay empty have the number -1.
    distances[(found < 0) | (found == own[:, None])] = np.inf
    order = np.argsort(distances, axis=1, kind="stable")[:, :k]
    found = np.take_along_axis(found, order, axis=1)
    n_found = np.isfinite(np.take_along_axis(distances, order, axis=1)).sum(axis=1)
    if not n_found.all():
        raise ValueError(
            f"neighbors found none for {np.sum(n_found == 0)} of {len(own)} samples: set its "
            "parameters to search more widely, or pass neighbors=None."
        )
    others: NDArray[np.integer] = np.take_along_axis(
        found, np.arange(k) % n_found[:, None], axis=1
    )
    return others


def _warn_of_time(n_pairs: int, table: Any, metric: Any) -> None:
    """Say how long an exact search takes, where that is long."""
    d = table.shape[1]
    if d <= 15 and not issparse(table):
        return  # scikit-learn builds a tree
    # Measured on two cores, as far as that tells.
    nanoseconds = 1 + d / 50 if metric == "euclidean" and not issparse(table) else 20
    expected = n_pairs * nanoseconds * 1e-9
    if expected > _LONG:
        warnings.warn(
            f"An exact search for the neighbours of {table.shape[0]:,} samples takes about "
            f"{expected / 60:.0f} min on two cores: pass neighbors=, such as pynndescent's "
            "PyNNDescentTransformer(), for one that is nearly as good and takes a fraction.",
            UserWarning,
            stacklevel=2,
        )
