"""What reads a table made of the inputs: KMeans, UMAP and then KMeans, and an MLP with neighbours.

A way to make such a table is an entry of INPUTS. UMAP learns from the training split and maps the
test split, with the coarse labels or without. The MLP has the settings of docs/views.md, found on
other tables and on the texts.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.preprocessing import FunctionTransformer

from examples.studies._estimators import NEAREST
from examples.studies._features import drawn_gradients, oriented_gradients, pen_paths
from examples.studies._spaces import with_labels
from fa_sklearn import ForcedApartClassifier

from ._data import Split, Splits, load, tables
from ._evaluation import clustering_scores
from ._experiment import Experiment, add

N_PRINCIPAL_COMPONENTS = 50
N_UMAP_COMPONENTS = 15
N_EPOCHS = 20
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


def _coarse(train: Split, n_classes: int) -> NDArray[Any]:
    return (train.y >= n_classes // 2).astype(int)


def _umap(inputs: Splits, n_classes: int, seed: int, *, supervised: bool) -> Any:
    train = inputs["train"].take(N_UMAP_TRAIN)
    return fit_umap(train.X, _coarse(train, n_classes) if supervised else None, seed)


def _net(inputs: Splits, n_classes: int, seed: int) -> Any:
    """Scale the whole table, not its columns, to the size that nets want, and fit the MLP."""
    train = inputs["train"]
    size = train.X.std()
    net = ForcedApartClassifier(**{**NEAREST, "max_epochs": N_EPOCHS}, random_state=seed)
    net.fit(train.X / size, _coarse(train, n_classes))
    return FunctionTransformer(lambda X: with_labels(net, X / size))


ALTERNATIVES: dict[str, Callable[[Splits, int, int], Any]] = {
    "kmeans": lambda inputs, n_classes, seed: FunctionTransformer(),
    "umap": functools.partial(_umap, supervised=False),
    "umap-coarse": functools.partial(_umap, supervised=True),
    "neighbors": _net,
}


def run_alternative(inputs: str, name: str, seed: int) -> None:
    """Score an alternative on validation and test, and add the result."""
    dataset, make_tables = INPUTS[inputs]
    experiment, splits = Experiment.read(dataset), make_tables(load(dataset))
    start = time.perf_counter()
    transformer = ALTERNATIVES[name](splits, experiment.n_classes, seed)
    found = {
        part: Split(transformer.transform(splits[part].X), splits[part].y)
        for part in ("validation", "test")
    }
    result = {
        "method": name,
        "seed": seed,
        "scores": {
            split: clustering_scores(found[split].X, found[split].y, experiment.n_classes, seed)
            for split in ("validation", "test")
        },
        "seconds": round(time.perf_counter() - start, 1),
    }
    add("cell", inputs, result)
