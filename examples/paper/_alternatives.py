"""What needs no training of ours: KMeans on tables made of the inputs, and after UMAP.

A way to make such a table is an entry of INPUTS. UMAP learns from the training split and maps the
test split, with the coarse labels or without.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from examples._gradients import oriented_gradients
from examples._record import origin, write_json
from examples._strokes import drawn_gradients, pen_paths

from ._data import Split, Splits, load, tables
from ._evaluation import clustering_scores
from ._experiment import Experiment, cell_file

N_PRINCIPAL_COMPONENTS = 50
N_UMAP_COMPONENTS = 15
# UMAP's neighbour graph of more samples takes minutes and changes little.
N_UMAP_TRAIN = 20_000


class Inputs(NamedTuple):
    """A data set, and how its samples become the vectors that KMeans and UMAP compare."""

    dataset: str
    make_tables: Callable[[Splits], Splits]


def _each(
    make_table: Callable[[Any], NDArray[Any]], n_components: int | None = N_PRINCIPAL_COMPONENTS
) -> Callable[[Splits], Splits]:
    """Make a table of each split, its leading principal components unless None is asked for."""

    def make_tables(splits: Splits) -> Splits:
        found = {name: make_table(split.X) for name, split in splits.items()}
        if n_components is not None:
            reduce = PCA(n_components, random_state=0).fit(found["train"])
            found = {name: reduce.transform(X) for name, X in found.items()}
        return {name: Split(X, splits[name].y) for name, X in found.items()}

    return make_tables


def _pixels(images: NDArray[np.uint8]) -> NDArray[np.floating]:
    return images.reshape(len(images), -1) / 255


INPUTS = {
    "strokes": Inputs("strokes", _each(pen_paths, None)),
    "strokes-gradients": Inputs("strokes", _each(drawn_gradients)),
    "cifar10": Inputs("cifar10", _each(_pixels)),
    "cifar10-gradients": Inputs("cifar10", _each(oriented_gradients)),
    "dbpedia": Inputs("dbpedia", tables),
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


def run_alternative(inputs: str, name: str, seed: int) -> Path:
    """Score an alternative on validation and test, and write the result."""
    dataset, make_tables = INPUTS[inputs]
    experiment, splits = Experiment.read(dataset), make_tables(load(dataset))
    start = time.perf_counter()
    found = _represent(name, splits, experiment.n_classes, seed)
    result = {
        "dataset": inputs,
        "method": name,
        "seed": seed,
        "scores": {
            split: clustering_scores(found[split].X, found[split].y, experiment.n_classes, seed)
            for split in ("validation", "test")
        },
        "seconds": round(time.perf_counter() - start, 1),
        **origin(),
    }
    return write_json(cell_file(inputs, name, seed), result)
