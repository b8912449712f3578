"""The nearest neighbours of samples among others, themselves left out."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors


def nearest(
    table: Any,
    rows: NDArray[np.integer],
    among: NDArray[np.integer],
    n_neighbors: int,
    metric: Any = "euclidean",
) -> NDArray[np.integer]:
    """Find for each of `rows`, which are some of `among`, those of `among` that lie nearest.

    They are rows of `table`, nearest first: as many as asked for, or all others there are.
    """
    k = min(n_neighbors, len(among) - 1)
    if k < 1:
        return np.empty((len(rows), 0), dtype=among.dtype)
    search = NearestNeighbors(n_neighbors=k + 1, metric=metric).fit(table[among])
    found = search.kneighbors(table[rows], return_distance=False)
    # A sample finds itself, but among duplicates not always first, nor always at all.
    itself = np.searchsorted(among, rows)[:, None]
    order = np.argsort(found == itself, axis=1, kind="stable")
    others: NDArray[np.integer] = among[np.take_along_axis(found, order, axis=1)[:, :k]]
    return others
