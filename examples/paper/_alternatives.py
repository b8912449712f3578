"""What needs no training of ours: KMeans on the inputs, and after UMAP.

Images go through their 50 leading principal components first, texts through TF-IDF; UMAP learns
from the training split and maps the test split, with the coarse labels or without.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from sklearn.decomposition import PCA

from examples._record import origin, write_json
from examples._strokes import pen_paths

from ._data import Split, Splits, load, tables
from ._evaluation import clustering_scores
from ._experiment import Experiment, cell_file

N_PRINCIPAL_COMPONENTS = 50
N_UMAP_COMPONENTS = 15
# UMAP's neighbour graph of more samples takes minutes and changes little.
N_UMAP_TRAIN = 20_000


def _pen_paths(splits: Splits) -> Splits:
    return {name: Split(pen_paths(split.X), split.y) for name, split in splits.items()}


def _principal_components(splits: Splits) -> Splits:
    flat = {name: split.X.reshape(len(split.y), -1) / 255 for name, split in splits.items()}
    reduce = PCA(N_PRINCIPAL_COMPONENTS, random_state=0).fit(flat["train"])
    return {name: Split(reduce.transform(X), splits[name].y) for name, X in flat.items()}


# How inputs become the vectors that KMeans and UMAP compare.
INPUTS: dict[str, Callable[[Splits], Splits]] = {
    "strokes": _pen_paths,
    "cifar10": _principal_components,
    "dbpedia": tables,
}


def fit_umap(X: NDArray[Any], coarse: NDArray[Any] | None, seed: int) -> Any:
    """Fit UMAP for clustering, with the coarse labels or without."""
    from umap import UMAP

    reduce = UMAP(n_components=N_UMAP_COMPONENTS, min_dist=0.0, random_state=seed, n_jobs=1)
    return reduce.fit(X, coarse)


def _represent(name: str, inputs: Splits, n_classes: int, seed: int) -> Splits:
    if name == "kmeans":
        return inputs
    train = inputs["train"].take(N_UMAP_TRAIN)
    coarse = (train.y >= n_classes // 2).astype(int)
    reduce = fit_umap(train.X, coarse if name == "umap-coarse" else None, seed)
    return {
        split: Split(reduce.transform(inputs[split].X), inputs[split].y)
        for split in ("validation", "test")
    }


ALTERNATIVES = ("kmeans", "umap", "umap-coarse")


def run_alternative(experiment: Experiment, name: str, seed: int) -> Path:
    """Score an alternative on validation and test, and write the result."""
    dataset = experiment.dataset
    inputs = INPUTS[dataset](load(dataset))
    start = time.perf_counter()
    found = _represent(name, inputs, experiment.n_classes, seed)
    result = {
        "dataset": dataset,
        "method": name,
        "seed": seed,
        "scores": {
            split: clustering_scores(found[split].X, found[split].y, experiment.n_classes, seed)
            for split in ("validation", "test")
        },
        "seconds": round(time.perf_counter() - start, 1),
        **origin(),
    }
    return write_json(cell_file(dataset, name, seed), result)
