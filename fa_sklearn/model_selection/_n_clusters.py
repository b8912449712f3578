"""How many clusters to ask for, without fine labels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import is_clusterer
from sklearn.pipeline import Pipeline
from sklearn.utils import Bunch, _safe_indexing

from .._nearest import check_neighbors
from .._seeds import reseeded
from ..metrics._within_class import find_neighbors, modularity
from ._coarse_labels import check_parameters, choose_rows, coarse_labels
from ._shared_space import check_reference, shared_space


def suggest_n_clusters(
    estimator: Any,
    X: Any,
    y: ArrayLike | None = None,
    *,
    reference: Any = None,
    n_clusters: Iterable[int] = range(2, 31),
    n_neighbors: int = 10,
    neighbors: Any = None,
    n_repeats: int = 5,
    max_samples: int = 5000,
    random_state: int = 0,
) -> Bunch:
    """Suggest the number of clusters whose modularity inside the coarse classes is highest.

    Parameters
    ----------
    estimator : Pipeline
        Fitted; its last step is a clusterer with ``n_clusters`` and `predict`, such as KMeans.
    X : array-like or list
        Samples, best those that the estimator was not fitted on.
    y : array-like of shape (n_samples,) or None, default=None
        Labels as in its fit: coarse, or fine with ``label_groups``. Samples that are
        `unlabeled` are left aside.
    reference : transformer or None, default=None
        As in `ModularityScorer`.
    n_clusters : iterable of int, default=range(2, 31)
        Numbers to choose from, at most half the number of samples. They are the clusters of all
        coarse classes together.
    n_neighbors : int, default=10
        Neighbours of each sample inside its coarse class.
    neighbors : transformer or None, default=None
        Looks for them, as in `ModularityScorer`. None: an exact search.
    n_repeats : int, default=5
        Copies of the clusterer for each number; each is fitted on another half of the samples.
    max_samples : int, default=5000
        If there are more samples, as many are drawn.
    random_state : int, default=0
        Seed of the draw, of the halves and of the copies.

    Returns
    -------
    Bunch
        A dictionary whose keys are attributes too:

        n_clusters : int
            The number with the highest mean score.
        counts : ndarray of shape (n_counts,)
            The numbers, ascending.
        scores : ndarray of shape (n_repeats, n_counts)
            `within_class_modularity_score` of each copy.

    See Also
    --------
    ModularityScorer : Chooses everything else.

    Notes
    -----
    The score is flat around its highest value: look at the curve, as :doc:`an example
    </gallery/plot_cluster_count>` does, and take the number for what it is, a suggestion.
    Representations of one estimator are compared here, so that they need not be fitted again.

    Examples
    --------
    >>> from sklearn.cluster import KMeans
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.decomposition import PCA
    >>> from sklearn.pipeline import make_pipeline
    >>> from fa_sklearn import ForcedApartClassifier
    >>> from fa_sklearn.model_selection import suggest_n_clusters
    >>> X, y = load_digits(return_X_y=True)
    >>> X, y_coarse = X / 16, y >= 5
    >>> net = ForcedApartClassifier(lr=0.005, max_epochs=20, random_state=0)
    >>> pipeline = make_pipeline(net, KMeans(10)).fit(X[::2], y_coarse[::2])
    >>> found = suggest_n_clusters(
    ...     pipeline, X[1::2], y_coarse[1::2], reference=PCA(20), n_clusters=range(4, 17, 2)
    ... )
    >>> 8 <= found.n_clusters <= 14
    True
    """
    is_pipeline = isinstance(estimator, Pipeline) and len(estimator) > 1
    last: Any = estimator[-1] if is_pipeline and is_clusterer(estimator) else None
    if not hasattr(last, "predict") or "n_clusters" not in last.get_params():
        raise TypeError(
            "estimator must be a pipeline that ends in a clusterer with n_clusters and predict, "
            f"as in make_pipeline(net, KMeans(10)), got {estimator!r}."
        )
    check_reference(reference)
    check_neighbors(neighbors)
    options = {"n_neighbors": n_neighbors, "n_repeats": n_repeats}
    options |= {"max_samples": max_samples, "random_state": random_state}
    check_parameters("suggest_n_clusters", options)
    coarse = coarse_labels(estimator, X, y)
    rng = np.random.RandomState(random_state)
    rows = choose_rows(coarse, max_samples, rng)
    X, coarse = _safe_indexing(X, rows), coarse[rows]
    counts = _check_counts(n_clusters, len(coarse) // 2)
    points = shared_space(reference, X, random_state)
    found = find_neighbors(points, coarse, n_neighbors, neighbors, random_state)
    embedding = estimator[:-1].transform(X)
    scores = np.empty((n_repeats, len(counts)))
    for i in range(n_repeats):
        half = rng.permutation(len(coarse))[: len(coarse) // 2]
        for j, k in enumerate(counts):
            copy = reseeded(last, int(rng.randint(2**31 - 1))).set_params(n_clusters=k)
            copy.fit(_safe_indexing(embedding, half))
            scores[i, j] = modularity(copy.predict(embedding), found)
    return Bunch(
        n_clusters=int(counts[scores.mean(axis=0).argmax()]), counts=counts, scores=scores
    )


def _check_counts(n_clusters: Iterable[int], highest: int) -> NDArray[np.integer]:
    """Return numbers of clusters in ascending order, or say what they must be."""
    counts = np.unique([*n_clusters] if isinstance(n_clusters, Iterable) else [])
    if counts.dtype.kind not in "iu" or counts[0] < 1 or counts[-1] > highest:
        raise ValueError(
            f"n_clusters must hold whole numbers from 1 to {highest}, as range(2, 11) does, got "
            f"{n_clusters!r}."
        )
    return counts
