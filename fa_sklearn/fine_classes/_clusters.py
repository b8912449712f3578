"""The clusters inside one coarse class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.neighbors import NearestNeighbors

from .._seeds import reseeded

# The parameter by which clusterers and mixtures are told the number.
_COUNTS = ("n_clusters", "n_components")


def count_parameter(clusterer: Any) -> str | None:
    """Name the parameter that is the number of clusters."""
    return next((name for name in _COUNTS if name in clusterer.get_params()), None)


def fit_clusterer(
    clusterer: Any, n_clusters: int, points: NDArray[Any], seed: int
) -> tuple[Any, NDArray[Any]]:
    """Fit a copy of a clusterer, and return it together with its labels."""
    copy = reseeded(clone(clusterer), seed, only_unset=True)
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

    clusterer: Any
    found: NDArray[Any]  # the clusterer's own labels, by falling size
    nearest: NearestNeighbors | None = None  # of training samples, where it does not predict
    labels: NDArray[Any] | None = None  # theirs

    @property
    def n_clusters(self) -> int:
        """Number of clusters, without noise."""
        return len(self.found)

    @classmethod
    def fit(cls, clusterer: Any, n_clusters: int, points: NDArray[Any], seed: int) -> Clusters:
        """Fit a clusterer; one class needs none."""
        if n_clusters == 1 and count_parameter(clusterer) is not None:
            return cls(None, np.zeros(1, dtype=np.intp))
        fitted, labels = fit_clusterer(clusterer, n_clusters, points, seed)
        found, sizes = np.unique(labels[labels >= 0], return_counts=True)
        found = found[np.argsort(-sizes, kind="stable")]
        if hasattr(fitted, "predict"):
            return cls(fitted, found)
        return cls(fitted, found, NearestNeighbors(n_neighbors=1).fit(points), labels)

    def predict(self, points: NDArray[Any]) -> NDArray[np.intp]:
        """Say for each point its cluster, or -1."""
        if self.clusterer is None or not len(points):
            return np.zeros(len(points), dtype=np.intp)
        if self.nearest is None:
            labels = self.clusterer.predict(points)
        else:
            assert self.labels is not None
            labels = self.labels[self.nearest.kneighbors(points, return_distance=False)[:, 0]]
        equal = np.asarray(labels)[:, None] == self.found
        return np.where(equal.any(axis=1), equal.argmax(axis=1), -1)

    def predict_proba(self, points: NDArray[Any]) -> NDArray[Any]:
        """Probability of each cluster and, in the last column, of noise."""
        if hasattr(self.clusterer, "predict_proba"):
            inside = self.clusterer.predict_proba(points)[:, self.found]
            return np.hstack([inside, np.zeros((len(points), 1))])
        return np.eye(len(self.found) + 1)[self.predict(points)]
