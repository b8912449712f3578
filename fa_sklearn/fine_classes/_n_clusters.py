"""How many fine classes a coarse class has: one, unless it can be shown to have more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.neighbors import NearestNeighbors

from ..metrics._within_class import find_neighbors, modularity

MAX_SAMPLES = 1000  # of a class that are clustered
MAX_PROJECTED = 5000  # and looked at for valleys
N_NEIGHBORS = 10
N_HALVES = 3
# Numbers whose score is so close to the best are as good, and the smallest of them is taken.
TOLERANCE = 0.04
# Samples of a cluster below which nothing is said about it.
FEWEST = 8
# Standard errors by which the density between clusters must lie below that of both: Gaussians,
# cubes and exponentials stay below 3, in a class with clusters some pair is far above.
VALLEY = 3.2
N_FOLDS = 5
N_SHUFFLES = 19

Label = Callable[[NDArray[Any], int, int], Any]


def prediction_strength(labels: NDArray[np.intp], predicted: NDArray[np.intp]) -> float:
    """Share of pairs of a cluster that another clustering keeps together, mean over samples."""
    total = 0.0
    for cluster in np.unique(labels):
        inside = predicted[labels == cluster]
        n = len(inside)
        counts = np.unique(inside, return_counts=True)[1]
        total += float((counts * (counts - 1)).sum() / (n - 1)) if n > 1 else 0.0
    return total / len(labels)


def _halves_agree(points: NDArray[Any], k: int, rng: np.random.RandomState) -> float:
    """Mean prediction strength of clusters that are sought in halves of the points."""
    n, found = len(points), []
    for _ in range(N_HALVES):
        order = rng.permutation(n)
        first, second = points[order[: n // 2]], points[order[n // 2 :]]
        seed = int(rng.randint(2**31 - 1))
        other = KMeans(k, n_init=3, random_state=seed).fit(first)
        own = KMeans(k, n_init=3, random_state=seed).fit(second)
        found.append(prediction_strength(own.labels_, other.predict(second)))
    return float(np.mean(found))


def valley(table: NDArray[Any], inside: NDArray[np.bool_], rng: np.random.RandomState) -> float:
    """Depth, in standard errors, of the valley between a cluster and the others.

    Samples are projected on the direction that tells the cluster from the others best, found
    without their own fold, so that a cut through a single heap has none.
    """
    if min(inside.sum(), (~inside).sum()) < 2 * FEWEST:
        return -np.inf
    fold = np.empty(len(table), dtype=np.intp)
    for part in (inside, ~inside):
        fold[part] = rng.permutation(part.sum()) % N_FOLDS
    position = np.empty(len(table))
    for test in (fold == k for k in range(N_FOLDS)):
        train = ~test
        direction = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
        along = table @ direction.fit(table[train], inside[train]).coef_[0]
        low, high = along[train & ~inside].mean(), along[train & inside].mean()
        if not high > low:
            return -np.inf
        position[test] = ((along - low) / (high - low))[test]
    position.sort()
    middle, half = np.linspace(-0.4, 1.4, 46), 0.15
    counts = np.searchsorted(position, middle + half) - np.searchsorted(position, middle - half)
    between = np.flatnonzero((middle >= 0.25) & (middle <= 0.75))
    bottom = between[counts[between].argmin()]
    left = counts[middle <= middle[bottom] - 2 * half].max()
    right = counts[middle >= middle[bottom] + 2 * half].max()
    lower = min(left, right)
    return float((lower - counts[bottom]) / np.sqrt(max(lower + counts[bottom], 1)))


def _is_independent(columns: NDArray[Any], rng: np.random.RandomState) -> bool:
    """Whether neighbours lie as far apart as where the columns are shuffled one by one."""

    def distance(table: NDArray[Any]) -> float:
        search = NearestNeighbors(n_neighbors=min(N_NEIGHBORS, len(table) - 1)).fit(table)
        return float(search.kneighbors()[0].mean())

    shuffled = [
        distance(np.stack([rng.permutation(column) for column in columns.T], axis=1))
        for _ in range(N_SHUFFLES)
    ]
    return columns.shape[1] > 1 and distance(columns) >= min(shuffled)


@dataclass(frozen=True)
class Counts:
    """Numbers of clusters that were tried in a coarse class, their scores, and the choice."""

    n_clusters: int
    counts: NDArray[np.intp]
    scores: NDArray[np.float64]


def choose_n_clusters(
    points: NDArray[Any],
    table: NDArray[Any],
    columns: NDArray[Any] | None,
    max_clusters: int,
    seed: int,
) -> Counts:
    """Choose the number of clusters of one coarse class.

    Parameters
    ----------
    points : ndarray of shape (n, k)
        Where clusters are sought.
    table : ndarray of shape (n, d)
        The inputs, in which they are judged.
    columns : ndarray of shape (n, m) or None
        The standardised columns of X, where X is a table.
    max_clusters : int
        The most to try.
    seed : int
        Of the draw and of the halves.

    Notes
    -----
    Clusters count where they are found again in halves of the samples (prediction strength,
    Tibshirani and Walther, 2005), and where neighbours in the inputs share them (modularity): the
    score is the product of the first and the root of the second. Both are high for a single heap
    too, if it is long. So the class is one unless the inputs show a valley between a cluster and
    the others, and clusters are clearer than in independent columns.
    """
    rng = np.random.RandomState(seed)
    rows = rng.permutation(len(points))[:MAX_PROJECTED]
    points, table = points[rows], table[rows]
    some = slice(MAX_SAMPLES)
    n = len(points[some])
    counts = np.arange(2, min(max_clusters, n // (2 * FEWEST)) + 1)
    if not len(counts) or not np.ptp(points, axis=0).any():
        return Counts(1, np.ones(1, dtype=np.intp), np.zeros(1))
    graph = find_neighbors(table[some], np.zeros(n), N_NEIGHBORS)
    scores, deepest = np.zeros(len(counts)), -np.inf
    for i, k in enumerate(counts.tolist()):
        kmeans = KMeans(k, n_init=3, random_state=seed).fit(points[some])
        shared = max(modularity(kmeans.labels_, graph), 0.0)
        scores[i] = np.sqrt(shared) * _halves_agree(points[some], k, rng)
        if deepest < VALLEY:
            labels = kmeans.predict(points)
            found = np.unique(labels)
            for cluster in found[: 1 if len(found) == 2 else None]:
                deepest = max(deepest, valley(table, labels == cluster, rng))
    best = int(counts[np.flatnonzero(scores >= (1 - TOLERANCE) * scores.max())[0]])
    if columns is not None:
        columns = columns[rows[some]]
    if deepest < VALLEY or (columns is not None and _is_independent(columns, rng)):
        best = 1
    return Counts(best, np.append(1, counts), np.append(0.0, scores))
