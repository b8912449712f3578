"""Spaces in which KMeans may look for fine classes, each at no cost of training."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.preprocessing import normalize

from fa_sklearn import ForcedApartClassifier
from fa_sklearn.metrics import ami_score

SPACES: dict[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "representation": lambda h: h,
    "unit rows": normalize,
    "unit rows of square roots": lambda h: normalize(np.sqrt(h)),
    "distributions": lambda h: np.sqrt(softmax(h, axis=1)),
    "whitened": lambda h: PCA(whiten=True, random_state=0).fit_transform(h),
}


def with_labels(net: ForcedApartClassifier, X: Any) -> NDArray[Any]:
    """Put the distributions of a net's neurons and of its coarse labels side by side."""
    return np.hstack([SPACES["distributions"](net.transform(X)), np.sqrt(net.predict_proba(X))])


def in_spaces(spaces: Iterable[str], h: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Bring a representation into each of some spaces."""
    return {space: SPACES[space](h) for space in spaces}


def clusters_in(
    points: Mapping[str, NDArray[Any]], n_clusters: int, seed: int
) -> dict[str, NDArray[Any]]:
    """Cluster the points of each space."""
    kmeans = KMeans(n_clusters, n_init=10, random_state=seed)
    return {space: kmeans.fit_predict(of_space) for space, of_space in points.items()}


def ami_by_space(y: NDArray[np.int64], found: Mapping[str, NDArray[Any]]) -> dict[str, float]:
    """AMI of the clusters of each space with the fine classes."""
    return {space: ami_score(y, labels) for space, labels in found.items()}
