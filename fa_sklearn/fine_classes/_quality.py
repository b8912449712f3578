"""What can be said of fine classes without knowing the true ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array
from sklearn.cluster import KMeans
from sklearn.metrics import euclidean_distances
from sklearn.metrics.cluster import contingency_matrix

Clusters = NDArray[np.intp]
N_CENTERS = 64
FARTHEST = 1.5


def matched(reference: Clusters, other: Clusters) -> Clusters:
    """Give the clusters of another clustering the numbers of those that they overlap most."""
    rows, columns = np.unique(reference), np.unique(other)
    overlap = contingency_matrix(reference, other)
    own, its = linear_sum_assignment(-overlap)
    numbers = np.full(len(columns), -1, dtype=np.intp)
    numbers[its] = rows[own]
    found: Clusters = numbers[np.searchsorted(columns, other)]
    return found


def stability(labels: Clusters, repeats: NDArray[np.intp], n_classes: int) -> NDArray[np.float64]:
    """Mean Jaccard index of each class and the class that is its match in each repeat."""
    found = np.full((len(repeats), n_classes), np.nan)
    for i, other in enumerate(repeats):
        for k in range(n_classes):
            either = ((labels == k) | (other == k)).sum()
            found[i, k] = ((labels == k) & (other == k)).sum() / either if either else np.nan
    return found.mean(axis=0) if len(found) else np.full(n_classes, np.nan)


def separation(
    centers: NDArray[Any], square_norms: NDArray[Any], parents: Clusters
) -> NDArray[np.float64]:
    """1 - a / b of each class: a to its own centre, b to the nearest other of its coarse class.

    Both are root mean squares over the samples of the class, of which `square_norms` has the mean
    squared length. NaN for a class that is the only one of its coarse class.
    """
    own = np.maximum(square_norms - (centers**2).sum(axis=1), 0.0)
    apart = euclidean_distances(centers, squared=True)
    apart[parents[:, None] != parents] = np.inf
    np.fill_diagonal(apart, np.inf)
    nearest = apart.min(axis=1)
    found = np.full(len(centers), np.nan)
    some = np.isfinite(nearest)
    found[some] = 1 - np.sqrt(own[some] / np.maximum(own[some] + nearest[some], 1e-300))
    return found


def means(points: NDArray[Any], labels: Clusters, n_classes: int) -> NDArray[np.float64]:
    """Mean of the points of each class, 0 where it has none."""
    one_hot = csr_array(
        (np.ones(len(labels)), (labels, np.arange(len(labels)))), shape=(n_classes, len(labels))
    )
    found: NDArray[np.float64] = one_hot @ points / np.maximum(one_hot.sum(axis=1), 1)[:, None]
    return found


@dataclass
class Outliers:
    """Centres of all that was seen, and how far from the nearest one is still like it."""

    kmeans: KMeans
    farthest: float

    @classmethod
    def fit(cls, table: NDArray[Any], seed: int) -> Outliers:
        """Place the centres."""
        n = len(np.unique(table, axis=0)) if len(table) <= N_CENTERS else N_CENTERS
        kmeans = KMeans(n, n_init=1, random_state=seed).fit(table)
        distances = kmeans.transform(table).min(axis=1)
        return cls(kmeans, float(FARTHEST * np.quantile(distances, 0.999)))

    def predict(self, table: NDArray[Any]) -> NDArray[np.bool_]:
        """Whether a row is farther away."""
        far: NDArray[np.bool_] = self.kmeans.transform(table).min(axis=1) > self.farthest
        return far
