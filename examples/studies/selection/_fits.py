"""The candidates of a grid, fitted once: what the criteria need of each is kept."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from examples.studies import _estimators as estimators
from examples.studies._record import write_whole

from ._datasets import STUDIES, grouping, split

FITS = Path(__file__).parents[3] / ".data" / "selection"
BASELINE = "none"
CANDIDATES: dict[str, dict[str, Any]] = {
    BASELINE: {"penalty": None},
    **{
        f"{penalty} a={alpha:g}": {"penalty": penalty, "alpha": alpha}
        for penalty in ("decov", "xcov")
        for alpha in (0.1, 0.5)
    },
    **{
        f"single m=5 a={alpha:g}": {"penalty": "single", "margin": 5.0, "alpha": alpha}
        for alpha in (0.01, 0.1, 0.5)
    },
    **{
        f"multi m={margin:g} a={alpha:g}": {"penalty": "multi", "margin": margin, "alpha": alpha}
        for margin in (0.1, 1.0, 3.0)
        for alpha in (0.01, 0.1, 0.5)
    },
}
Fit = dict[str, NDArray[Any]]


def fit_file(dataset: str, candidate: str) -> Path:
    """Return where a fit is kept."""
    return FITS / dataset / f"{candidate.replace(' ', '-')}.npz"


def make_estimator(dataset: str, candidate: str, n_classes: int, seed: int) -> Any:
    """Make the estimator of a candidate."""
    study = STUDIES[dataset]
    parameters = {
        **study.estimator,
        **CANDIDATES[candidate],
        "random_state": seed,
    }
    if study.one_cycle:
        parameters["callbacks"] = estimators.one_cycle(parameters, study.n_half)
    label_groups = None if study.autoencoder else grouping(dataset, n_classes)
    return estimators.make_estimator(parameters, label_groups)


def run_fit(dataset: str, candidate: str) -> Path:
    """Fit a candidate on the one half and its twin on the other, and keep what they say."""
    parts, study = split(dataset), STUDIES[dataset]
    n_classes = len(np.unique(parts.y_scored))
    halves = [("first", parts.X_first, parts.y_first), ("second", parts.X_second, parts.y_second)]
    kept: Fit = {}
    start = time.perf_counter()
    for seed, (name, X, y) in enumerate(halves if study.has_twins else halves[:1]):
        net = make_estimator(dataset, candidate, n_classes, seed).fit(X, y)
        kmeans = KMeans(n_classes, n_init=5, random_state=seed).fit(net.transform(X))
        embedding = net.transform(parts.X_scored)
        kept[f"embedding_{name}"] = embedding
        kept[f"clusters_{name}"] = kmeans.predict(embedding)
        if not study.autoencoder:
            kept[f"accuracy_{name}"] = np.array(net.score(parts.X_scored, parts.y_scored))
    kept["seconds"] = np.array(time.perf_counter() - start)
    return write_whole(
        fit_file(dataset, candidate), lambda file: np.savez_compressed(file, **kept)
    )


def read_fit(dataset: str, candidate: str) -> Fit:
    """Read a kept fit."""
    with np.load(fit_file(dataset, candidate)) as stored:
        return dict(stored)
