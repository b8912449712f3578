"""Estimators from a dictionary of parameters, and the settings that several studies share."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Any

from skorch.callbacks import LRScheduler
from torch.optim.lr_scheduler import OneCycleLR

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier
from fa_sklearn.losses import ConsistencyLoss, LossTerm, MultilayerLoss
from fa_sklearn.views import NeighborViews

# The net of every study of strokes.
GRU = {"cell": "gru", "hidden_size": 64, "bidirectional": True}


class LowerHalf:
    """The first half of the classes against the second; a class, so that it can be pickled."""

    def __init__(self, n_classes: int) -> None:
        self.n_classes = n_classes

    def __call__(self, label: int) -> bool:
        return label < self.n_classes // 2


def is_odd(label: int) -> bool:
    """Group the classes by turns."""
    return label % 2 == 1


def make_estimator(
    parameters: dict[str, Any], label_groups: Callable[[int], bool] | None
) -> ForcedApartClassifier | ForcedApartAutoencoder:
    """Make the classifier of what groups the fine classes, or the autoencoder of nothing."""
    if label_groups is None:
        return ForcedApartAutoencoder(**parameters)
    return ForcedApartClassifier(label_groups=label_groups, **parameters)


def one_cycle(parameters: dict[str, Any], n_train: int) -> list[LRScheduler]:
    """Let the learning rate rise to `lr` and fall within a fit."""
    n_steps = parameters["max_epochs"] * ceil(n_train / parameters["batch_size"])
    return [
        LRScheduler(
            OneCycleLR, max_lr=parameters["lr"], total_steps=n_steps + 1, step_every="batch"
        )
    ]


def penalty(
    *, margin: float = 3.0, pairs: str = "all", divergence: str = "kl", consistency: float = 2.0
) -> list[tuple[str, LossTerm]]:
    """List the terms of the recipe of docs/views.md, some of them changed."""
    return [
        ("multi", MultilayerLoss(margin=margin, pairs=pairs, divergence=divergence)),
        ("consistency", ConsistencyLoss(divergence, weight=consistency)),
    ]


# Found on penbased, digits and satimage in halves, and on texts: the rest was not looked at. The
# learning rate and the five neighbours of NEAREST: on all four tables in halves.
NEIGHBORS = {
    "views": "neighbors",
    "penalty": penalty(),
    "alpha": 0.5,
    "n_components": 32,
    "batch_size": 256,
}
NEAREST = {**NEIGHBORS, "views": NeighborViews(5), "max_epochs": 60, "lr": 0.005}
