"""What is compared: each method turns a table and its coarse labels into something to cluster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from examples.studies._estimators import NEAREST, NEIGHBORS
from examples.studies._spaces import with_labels
from examples.studies.paper._alternatives import fit_umap
from fa_sklearn import ForcedApartClassifier

from ._data import Table


class Found(NamedTuple):
    """The test split as a method represents it, and how well it predicts the coarse label."""

    representation: NDArray[Any]
    accuracy: float | None


def _inputs(table: Table, coarse: NDArray[np.int64], seed: int) -> Found:
    return Found(table.X_test, None)


def _umap(table: Table, coarse: NDArray[np.int64] | None, seed: int) -> Found:
    labels = None if coarse is None else coarse[table.y_train]
    return Found(fit_umap(table.X_train, labels, seed).transform(table.X_test), None)


def _net(
    parameters: dict[str, Any],
    represent: Callable[[ForcedApartClassifier, Any], Any] = ForcedApartClassifier.transform,
) -> Callable[[Table, NDArray[np.int64], int], Found]:
    def find(table: Table, coarse: NDArray[np.int64], seed: int) -> Found:
        net = ForcedApartClassifier(random_state=seed, **parameters)
        net.fit(table.X_train, coarse[table.y_train])
        accuracy = net.score(table.X_test, coarse[table.y_test])
        return Found(represent(net, table.X_test), accuracy)

    return find


# The estimator's default when the results were recorded.
EPOCHS = {"max_epochs": 20}
METHODS: dict[str, Callable[[Table, NDArray[np.int64], int], Found]] = {
    "KMeans on the inputs": _inputs,
    "UMAP": lambda table, coarse, seed: _umap(table, None, seed),
    "supervised UMAP": _umap,
    "no penalty": _net({"penalty": None, **EPOCHS}),
    "defaults": _net(EPOCHS),
    "neighbours": _net({**NEIGHBORS, **EPOCHS}),
    "no penalty, 60 epochs": _net({"penalty": None, "max_epochs": 60}),
    "defaults, 60 epochs": _net({"max_epochs": 60}),
    "neighbours, 60 epochs": _net({**NEIGHBORS, "max_epochs": 60}),
    "5 neighbours, 60 epochs, learning rate 0.005": _net(NEAREST),
    "the same, with the labels": _net(NEAREST, with_labels),
}
