"""What each criterion says of each candidate of a grid, and its true AMI beside it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import calinski_harabasz_score, silhouette_samples

from examples.studies._record import TABLE, append_row, origin, read_rows
from fa_sklearn.metrics import (
    ami_score,
    within_class_ami_score,
    within_class_modularity_score,
)

from ._datasets import N_SHARED_COMPONENTS, STUDIES, grouping, shared_inputs, split
from ._fits import BASELINE, CANDIDATES, Fit, read_fit
from ._summary import choose

RESULTS = Path(__file__).with_name(TABLE)
MAIN = "modularity, inputs"
N_CLUSTERS = range(2, 31)
N_REPEATS = 5
Values = dict[str, float]


def read_results() -> dict[str, dict[str, Any]]:
    """Read the latest numbers of each data set."""
    found = {row["dataset"]: row for row in read_rows(RESULTS)}
    return {dataset: found[dataset] for dataset in STUDIES if dataset in found}


def coarse_of(dataset: str) -> NDArray[Any]:
    """Return the labels that training sees, one for all samples of an autoencoder."""
    y = split(dataset).y_scored
    if STUDIES[dataset].autoencoder:
        return np.zeros(len(y))
    group = grouping(dataset, len(np.unique(y)))
    return np.array([group(label) for label in y])


def pool(fits: dict[str, Fit]) -> NDArray[Any]:
    """Put the representations of all candidates side by side, each of the same variance."""
    scaled = [
        fit["embedding_first"] / max(np.sqrt(fit["embedding_first"].var(axis=0).sum()), 1e-12)
        for fit in fits.values()
    ]
    table = np.hstack(scaled)
    n_components = min(N_SHARED_COMPONENTS, *table.shape)
    pooled: NDArray[Any] = PCA(n_components, random_state=0).fit_transform(table)
    return pooled


def calinski_harabasz(points: NDArray[Any], clusters: NDArray[Any], coarse: NDArray[Any]) -> float:
    """Average scikit-learn's score over the coarse classes."""
    total = 0.0
    for label in np.unique(coarse):
        inside = coarse == label
        if len(np.unique(clusters[inside])) > 1:
            total += inside.mean() * calinski_harabasz_score(points[inside], clusters[inside])
    return total


def silhouette(points: NDArray[Any], clusters: NDArray[Any], coarse: NDArray[Any]) -> float:
    """Average the silhouette inside each coarse class; a class in one piece counts -1."""
    values = np.full(len(clusters), -1.0)
    for label in np.unique(coarse):
        inside = np.flatnonzero(coarse == label)
        n_found = len(np.unique(clusters[inside]))
        if n_found == len(inside):
            values[inside] = 0.0 if n_found > 1 else -1.0
        elif n_found > 1:
            values[inside] = silhouette_samples(points[inside], clusters[inside])
    return float(values.mean())


def consensus(fit: Fit, others: list[Fit], coarse: NDArray[Any]) -> float:
    """Average the agreement with the clusters of all other candidates."""
    own = fit["clusters_first"]
    scores = [within_class_ami_score(own, other["clusters_first"], coarse) for other in others]
    return float(np.mean(scores))


def criteria_of(dataset: str, fits: dict[str, Fit]) -> dict[str, Values]:
    """Return the value of each criterion for each candidate."""
    coarse = coarse_of(dataset)
    inputs, pooled = shared_inputs(dataset), pool(fits)

    def apply(score: Callable[..., float], points: NDArray[Any]) -> Callable[[Fit], float]:
        return lambda fit: score(points, fit["clusters_first"], coarse)

    criteria: dict[str, Callable[[Fit], float]] = {
        MAIN: apply(within_class_modularity_score, inputs),
        "silhouette, inputs": apply(silhouette, inputs),
        "Calinski-Harabasz, inputs": apply(calinski_harabasz, inputs),
        **{
            f"modularity, {table}": apply(
                within_class_modularity_score, shared_inputs(dataset, table)
            )
            for table in STUDIES[dataset].other_tables
        },
        "modularity, all candidates' representations": apply(
            within_class_modularity_score, pooled
        ),
        "modularity, unpenalised representation": apply(
            within_class_modularity_score, fits[BASELINE]["embedding_first"]
        ),
    }
    if STUDIES[dataset].has_twins:
        criteria["stability"] = lambda fit: within_class_ami_score(
            fit["clusters_first"], fit["clusters_second"], coarse
        )
    criteria["silhouette, own representation"] = lambda fit: silhouette(
        fit["embedding_first"], fit["clusters_first"], coarse
    )
    values = {
        name: {candidate: float(criterion(fit)) for candidate, fit in fits.items()}
        for name, criterion in criteria.items()
    }
    values["consensus"] = {
        candidate: consensus(fit, [other for other in fits.values() if other is not fit], coarse)
        for candidate, fit in fits.items()
    }
    return values


def scores_by_count(dataset: str, fit: Fit) -> dict[str, list[float]]:
    """Modularity and AMI against the number of clusters, as `suggest_n_clusters` counts."""
    embedding, y = fit["embedding_first"], split(dataset).y_scored
    score = partial(within_class_modularity_score, shared_inputs(dataset))
    rng = np.random.RandomState(0)
    halves = [rng.permutation(len(y))[: len(y) // 2] for _ in range(N_REPEATS)]
    found: dict[str, list[float]] = {"modularity": [], "ami": []}
    for k in N_CLUSTERS:
        runs = [
            KMeans(k, n_init=1, random_state=seed).fit(embedding[half]).predict(embedding)
            for seed, half in enumerate(halves)
        ]
        coarse = coarse_of(dataset)
        found["modularity"].append(float(np.mean([score(run, coarse) for run in runs])))
        found["ami"].append(float(np.mean([ami_score(y, run) for run in runs])))
    return found


def _rounded(values: Values) -> Values:
    return {name: round(value, 5) for name, value in values.items()}


def add_results(dataset: str) -> None:
    """Compute all criteria from the kept fits."""
    study, y = STUDIES[dataset], split(dataset).y_scored
    fits = {candidate: read_fit(dataset, candidate) for candidate in CANDIDATES}
    criteria = criteria_of(dataset, fits)
    accuracy = {
        name: float(fit["accuracy_first"]) for name, fit in fits.items() if not study.autoencoder
    }
    content = {
        "dataset": dataset,
        "n_classes": len(np.unique(y)),
        "n_train": study.n_half,
        "n_scored": len(y),
        "max_epochs": study.estimator["max_epochs"],
        "n_fits": 2 if study.has_twins else 1,
        "ami": _rounded({name: ami_score(y, fit["clusters_first"]) for name, fit in fits.items()}),
        "accuracy": _rounded(accuracy),
        "seconds": {name: round(float(fit["seconds"]), 1) for name, fit in fits.items()},
        "criteria": {name: _rounded(values) for name, values in criteria.items()},
        **origin(),
    }
    chosen = choose(content, MAIN)
    curve = scores_by_count(dataset, fits[chosen])
    content["n_clusters"] = {
        "candidate": chosen,
        "counts": list(N_CLUSTERS),
        **{name: [round(value, 5) for value in values] for name, values in curve.items()},
    }
    append_row(RESULTS, content)
