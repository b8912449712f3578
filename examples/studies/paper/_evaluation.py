"""How a representation is scored: KMeans on a split, compared with its fine classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from fa_sklearn.metrics import ami_score, nmi_score

from ._data import Split

N_CLUSTERS = (2, 4, 6, 8, 10, 12, 14, 16, 20, 25, 30, 40)


def cluster(embedding: NDArray[Any], n_clusters: int, seed: int, n_init: int = 10) -> Any:
    """Cluster the embedding of a split."""
    return KMeans(n_clusters, n_init=n_init, random_state=seed).fit_predict(embedding)


def clustering_scores(
    embedding: NDArray[Any], y: NDArray[np.int64], n_classes: int, seed: int
) -> dict[str, float]:
    """Score as many clusters as there are fine classes."""
    found = cluster(embedding, n_classes, seed)
    return {"ami": ami_score(y, found), "nmi": nmi_score(y, found)}


def scores(
    estimator: Any, split: Split, embedding: NDArray[Any], n_classes: int, seed: int
) -> dict[str, float | None]:
    """Score the clusters of a split, and the task that the net was trained on."""
    task = estimator.score(split.X, split.y)
    autoencoder = not hasattr(estimator, "classes_")
    return {
        **clustering_scores(embedding, split.y, n_classes, seed),
        "accuracy": None if autoencoder else task,
        **({"reconstruction_error": -task} if autoencoder else {}),
    }


def scores_by_count(embedding: NDArray[Any], y: NDArray[np.int64], seed: int) -> dict[str, float]:
    """AMI against the number of clusters (figure 6)."""
    return {str(k): ami_score(y, cluster(embedding, k, seed, n_init=3)) for k in N_CLUSTERS}
