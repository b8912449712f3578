"""Scores of clusters inside each coarse class; none needs a fine label."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_array, check_consistent_length, column_or_1d

from .._nearest import Found, check_neighbors, nearest_by_label
from ._scores import ami_score


def within_class_ami_score(
    labels_a: ArrayLike, labels_b: ArrayLike, coarse_labels: ArrayLike | None = None
) -> float:
    r"""Compute the AMI of two clusterings inside each coarse class, and average it.

    Two clusterings that do no more than tell the coarse classes apart agree perfectly; inside a
    coarse class such agreement is worth nothing, and only a split that both find counts.

    Parameters
    ----------
    labels_a, labels_b : array-like of shape (n_samples,)
        Clusters of the same samples: integers or strings. Their numbering does not matter.
    coarse_labels : array-like of shape (n_samples,) or None, default=None
        The coarse classes. None: all samples are of one class.

    Returns
    -------
    float
        Mean over the coarse classes, weighted by their number of samples. 1: the same partition
        of each class; about 0: agreement by chance. A class that one of the two leaves in one
        piece counts 0, since its partition says nothing.

    See Also
    --------
    ami_score : Over all samples at once.

    Notes
    -----
    With :math:`U_c, V_c` the partitions of the :math:`n_c` samples of coarse class c,

    .. math::
        \frac{1}{n} \sum_c n_c \, \mathrm{AMI}_{max}(U_c, V_c).

    Examples
    --------
    >>> from fa_sklearn.metrics import ami_score, within_class_ami_score
    >>> coarse = [0, 0, 0, 0, 1, 1, 1, 1]
    >>> ami_score(coarse, coarse), within_class_ami_score(coarse, coarse, coarse)
    (1.0, 0.0)
    >>> within_class_ami_score([0, 0, 1, 1, 2, 2, 3, 3], [5, 5, 4, 4, 7, 7, 6, 6], coarse)
    1.0
    """
    first, second, coarse = _check_columns(labels_a, labels_b, coarse_labels)
    if len(first) == 0:
        raise ValueError("labels_a and labels_b must hold one sample at least.")
    total = 0.0
    for label in np.unique(coarse):
        inside = coarse == label
        a, b = first[inside], second[inside]
        if len(np.unique(a)) > 1 and len(np.unique(b)) > 1:
            total += len(a) * ami_score(a, b)
    return total / len(coarse)


def _check_columns(
    first: ArrayLike, second: ArrayLike, coarse_labels: ArrayLike | None
) -> list[NDArray[Any]]:
    """Return columns of one length; without coarse labels all samples are of one class."""
    coarse = np.zeros(len(column_or_1d(second))) if coarse_labels is None else coarse_labels
    columns = [column_or_1d(column) for column in (first, second, coarse)]
    check_consistent_length(*columns)
    return columns


def within_class_modularity_score(
    X: ArrayLike,
    labels: ArrayLike,
    coarse_labels: ArrayLike | None = None,
    *,
    n_neighbors: int = 10,
    neighbors: Any = None,
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
    neighbors : transformer or None, default=None
        Looks for them: one of the kind of `sklearn.neighbors.KNeighborsTransformer`, such as
        pynndescent's ``PyNNDescentTransformer()`` for large classes. A copy is fitted in each
        class; without a seed of its own it gets 0. None: an exact search, whose time grows
        with the square of the number of samples in a class.

    Returns
    -------
    float
        Mean over the coarse classes, weighted by their number of samples; below 1, the higher
        the better. 0: neighbours share their cluster as often as chance has it, as in a class
        that is left in one piece.

    See Also
    --------
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
    _, clusters, coarse = _check_columns(range(points.shape[0]), labels, coarse_labels)
    return modularity(clusters, find_neighbors(points, coarse, n_neighbors, neighbors))


def find_neighbors(
    points: Any,
    coarse: NDArray[np.generic],
    n_neighbors: int,
    neighbors: Any = None,
    seed: int = 0,
) -> list[Found]:
    """Find of each coarse class the rows of its samples, and their neighbours inside it."""
    check_neighbors(neighbors)
    codes = np.unique(coarse, return_inverse=True)[1]
    return list(nearest_by_label(points, codes, n_neighbors, neighbors=neighbors, seed=seed))


def modularity(clusters: NDArray[np.generic], neighbors: list[Found]) -> float:
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
