"""Estimators from a dictionary of parameters, with coarse labels or without."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Any

from skorch.callbacks import LRScheduler
from torch.optim.lr_scheduler import OneCycleLR

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier


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
