"""The clusters inside one coarse class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import pairwise_distances_argmin
from sklearn.neighbors import NearestNeighbors

from .._seeds import reseeded
from ._n_clusters import FEWEST

# The parameter by which clusterers and mixtures are told the number.
_COUNTS = ("n_clusters", "n_components")


def count_parameter(clusterer: Any) -> str | None:
    """Name the parameter that is the number of clusters, unless it is None."""
    given = clusterer.get_params()
    return next((name for name in _COUNTS if given.get(name) is not None), None)


def fit_clusterer(
    clusterer: Any, n_clusters: int, points: NDArray[Any], seed: int
) -> tuple[Any, NDArray[Any]]:
    """Fit a copy of a clusterer, and return it together with its labels."""
    copy = reseeded(clusterer, seed, only_unset=True)
    name = count_parameter(copy)
    if name is not None:
        copy.set_params(**{name: n_clusters})
    if hasattr(copy, "predict"):
        copy.fit(points)
        return copy, copy.predict(points)
    return copy, np.asarray(copy.fit_predict(points))


@dataclass
class Clusters:
    """A fitted clusterer whose labels count from 0 by falling size; -1 is noise."""

    # That predicts, or the neighbours among the training samples; None: one cluster.
    clusterer: Any
    found: NDArray[Any]  # the clusterer's own labels, by falling size
    centers: NDArray[Any]  # of `found`
    # Of the training samples, where the clusterer does not predict.
    labels: NDArray[Any] | None = None

    @property
    def n_clusters(self) -> int:
        """Number of clusters, without noise."""
        return len(self.found)

    @classmethod
    def fit(cls, clusterer: Any, n_clusters: int, points: NDArray[Any], seed: int) -> Clusters:
        """Fit a clusterer; one class needs none, and few samples make none but one."""
        n_clusters = min(n_clusters, len(points))
        free = count_parameter(clusterer) is None
        if len(points) < 2 * FEWEST if free else n_clusters == 1:
            return cls(None, np.zeros(1, dtype=np.intp), points.mean(axis=0, keepdims=True))
        fitted, labels = fit_clusterer(clusterer, n_clusters, points, seed)
        found, sizes = np.unique(labels[labels >= 0], return_counts=True)
        found = found[np.argsort(-sizes, kind="stable")]
        centers = np.array([points[labels == k].mean(axis=0) for k in found])
        if hasattr(fitted, "predict"):
            return cls(fitted, found, centers)
        search = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(points)
        return cls(search, found, centers, labels)

    def predict(self, points: NDArray[Any]) -> NDArray[np.intp]:
        """Say for each point its cluster, or -1."""
        if self.clusterer is None or not len(points):
            return np.zeros(len(points), dtype=np.intp)
        if self.labels is None:
            labels = np.asarray(self.clusterer.predict(points))
        else:
            labels = self.labels[self.clusterer.kneighbors(points, return_distance=False)[:, 0]]
        inside = np.full(len(points), -1)
        for k, label in enumerate(self.found):
            inside[labels == label] = k
        lost = (inside < 0) & (labels >= 0)  # in clusters without a training sample
        if lost.any():
            inside[lost] = pairwise_distances_argmin(points[lost], self.centers)
        return inside

    def predict_proba(self, points: NDArray[Any]) -> NDArray[Any]:
        """Probability of each cluster and, in the last column, of noise."""
        if hasattr(self.clusterer, "predict_proba"):
            inside = self.clusterer.predict_proba(points)[:, self.found]
            total = inside.sum(axis=1, keepdims=True)
            if (total > 0).all():
                return np.hstack([inside / total, np.zeros((len(points), 1))])
        return np.eye(len(self.found) + 1)[self.predict(points)]
