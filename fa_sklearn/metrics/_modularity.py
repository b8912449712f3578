"""How far neighbours inside a coarse class share their cluster."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_array, check_consistent_length, column_or_1d

from .._nearest import nearest
from ._within_class import coarse_or_one_class


def within_class_modularity_score(
    X: ArrayLike,
    labels: ArrayLike,
    coarse_labels: ArrayLike | None = None,
    *,
    n_neighbors: int = 10,
) -> float:
    r"""Compute how far neighbours inside each coarse class share their cluster, and average it.

    Clusters that mean something are groups of samples that lie close to each other in the
    inputs too. Unlike the silhouette, this does not ask the groups to be round.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Points whose Euclidean distances are compared. Scores of several clusterings can be
        compared only if they are computed with the same X.
    labels : array-like of shape (n_samples,)
        Clusters of the points.
    coarse_labels : array-like of shape (n_samples,) or None, default=None
        The coarse classes. None: all samples are of one class.
    n_neighbors : int, default=10
        Neighbours of each sample, at most the size of its coarse class less 1.

    Returns
    -------
    float
        Mean over the coarse classes, weighted by their number of samples; below 1, the higher
        the better. 0: neighbours share their cluster as often as chance has it, as in a class
        that is left in one piece.

    See Also
    --------
    within_class_silhouette_score : Asks for compact clusters.
    fa_sklearn.model_selection.ModularityScorer : This score in a search.

    Notes
    -----
    The modularity of the clusters as communities of a directed graph, in which an edge leads
    from each of the :math:`n_c` samples of coarse class c to each of its nearest neighbours in
    c. With :math:`p_c` the share of edges inside a cluster, and :math:`s_{ck}, t_{ck}` the
    shares of edges that start and end in cluster k,

    .. math::
        \frac{1}{n} \sum_c n_c \Big( p_c - \sum_k s_{ck} t_{ck} \Big).

    Examples
    --------
    >>> from fa_sklearn.metrics import within_class_modularity_score
    >>> X = [[0.0], [0.1], [0.3], [1.0], [1.1], [1.3]]
    >>> within_class_modularity_score(X, [0, 0, 0, 1, 1, 1], n_neighbors=2)
    0.5
    >>> within_class_modularity_score(X, [0, 0, 0, 0, 0, 0], n_neighbors=2)
    0.0
    """
    if n_neighbors < 1:
        raise ValueError(f"n_neighbors must be at least 1, got {n_neighbors}.")
    points = check_array(X, accept_sparse="csr")
    clusters = column_or_1d(labels)
    coarse = coarse_or_one_class(coarse_labels, len(clusters))
    check_consistent_length(points, clusters, coarse)
    return modularity(clusters, find_neighbors(points, coarse, n_neighbors))


# Of each coarse class the rows of its samples, and of the neighbours of each.
Neighbors = list[tuple[NDArray[np.integer], NDArray[np.integer]]]


def find_neighbors(points: Any, coarse: NDArray[np.generic], n_neighbors: int) -> Neighbors:
    """Find the neighbours of each sample inside its coarse class."""
    found: Neighbors = []
    for label in np.unique(coarse):
        rows = np.flatnonzero(coarse == label)
        found.append((rows, nearest(points, rows, rows, n_neighbors)))
    return found


def modularity(clusters: NDArray[np.generic], neighbors: Neighbors) -> float:
    """Compute the modularity inside each coarse class and average it over the samples."""
    codes = np.unique(clusters, return_inverse=True)[1]
    n_clusters = codes.max() + 1
    total = 0.0
    for rows, of_rows in neighbors:
        if not of_rows.size:
            continue
        ends = codes[of_rows]
        inside = (ends == codes[rows][:, None]).mean()
        starting = np.bincount(codes[rows], minlength=n_clusters) / len(rows)
        ending = np.bincount(ends.ravel(), minlength=n_clusters) / ends.size
        total += len(rows) * float(inside - starting @ ending)
    return total / len(clusters)
