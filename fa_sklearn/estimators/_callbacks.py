"""Callbacks of a fit: early stopping with the best weights in memory, and the user's own."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import torch
from sklearn.base import clone
from skorch.callbacks import (
    BatchScoring,
    Callback,
    Checkpoint,
    EarlyStopping,
    EpochScoring,
    InputShapeSetter,
    LoadInitState,
    LRScheduler,
    MlflowLogger,
    NeptuneLogger,
    PassthroughScoring,
    SacredLogger,
    TensorBoard,
    WandbLogger,
    WarmRestartLR,
)
from torch.optim.lr_scheduler import LRScheduler as LRSchedulerPolicy
from torch.optim.lr_scheduler import ReduceLROnPlateau

from .._suggest import suggest

LOGGERS = (MlflowLogger, NeptuneLogger, SacredLogger, TensorBoard, WandbLogger)
SCORINGS = (BatchScoring, EpochScoring, PassthroughScoring)
MONITORS = (Checkpoint, EarlyStopping, LRScheduler)


def _silent(*args: Any) -> None:
    """Swallow skorch's messages: `n_iter_` and the history tell."""


def best_weights_callback(n_iter_no_change: int) -> EarlyStopping:
    """Stop when the validation loss has not fallen for some epochs, and go back to its best."""
    # No checkpoint files, which would collide in a grid search.
    return EarlyStopping(
        monitor="valid_loss",
        patience=n_iter_no_change,
        threshold=0.0,
        load_best=True,
        sink=_silent,
    )


def copy_callbacks(callbacks: Sequence[Any], *, validates: bool) -> list[Any]:
    """Copy the user's callbacks, so that a fit changes none of the estimator's parameters."""
    copies = []
    for entry in callbacks:
        named = isinstance(entry, tuple) and len(entry) == 2
        callback = entry[1] if named else entry
        kind = callback if inspect.isclass(callback) else type(callback)
        if not issubclass(kind, Callback):
            raise TypeError(
                f"callbacks must hold skorch callbacks or (name, callback) pairs, found {entry!r}."
            )
        copy = _copy(callback)
        _check_works(copy, validates=validates)
        copies.append((entry[0], copy) if named else copy)
    return copies


def has_schedule(callbacks: Sequence[Any]) -> bool:
    """Whether one of the callbacks changes the learning rate from epoch to epoch."""
    given = [entry[-1] if isinstance(entry, tuple) else entry for entry in callbacks]
    return any(
        issubclass(each if inspect.isclass(each) else type(each), LRScheduler) for each in given
    )


def _copy(callback: Any) -> Any:
    if inspect.isclass(callback):
        return callback()
    if isinstance(callback, LOGGERS):  # what they write to is one thing in the outside world
        return type(callback)(**callback.get_params(deep=False))
    copy = clone(callback, safe=False)
    if isinstance(copy, LRScheduler):
        if isinstance(copy.policy, str):
            copy.policy = _find_policy(copy.policy)
        if copy.policy is not ReduceLROnPlateau:  # a fit begins with lr, so the schedule too
            vars(copy).setdefault("last_epoch", -1)
    if isinstance(copy, LoadInitState):
        copy.checkpoint.initialize()  # it may be in no other place than here
    return copy


def _find_policy(name: str) -> type[LRSchedulerPolicy]:
    """Find a scheduler of torch's by its name; skorch knows a few of them only."""
    policies = {
        key: value
        for key, value in vars(torch.optim.lr_scheduler).items()
        if inspect.isclass(value) and issubclass(value, LRSchedulerPolicy) and key[0] != "_"
    }
    policies["WarmRestartLR"] = WarmRestartLR
    if name not in policies:
        raise ValueError(
            f"LRScheduler knows no policy {name!r}: {suggest(name, policies)}, or pass a class."
        )
    return policies[name]


def _check_works(callback: Any, *, validates: bool) -> None:
    """Refuse by name what would fail, or do nothing, in the middle of a fit."""
    name = type(callback).__name__
    if isinstance(callback, InputShapeSetter):
        raise ValueError(f"{name} is not needed: the module is told its input_shape by the fit.")
    if isinstance(callback, SCORINGS[:2]) and callback.scoring is None:
        raise ValueError(f"{name} needs a scoring, such as 'accuracy': net_ has no score method.")
    if validates:
        return
    watches_validation = (
        (isinstance(callback, SCORINGS) and not callback.on_train)
        or (isinstance(callback, WandbLogger) and callback.save_model)
        or (isinstance(callback, MONITORS) and str(callback.monitor).startswith("valid_"))
    )
    if watches_validation:
        instead = "on_train=True"
        if isinstance(callback, WandbLogger):
            instead = "save_model=False"
        elif isinstance(callback, MONITORS):
            instead = f"monitor={callback.monitor.replace('valid', 'train', 1)!r}"
        raise ValueError(
            f"{name} watches a validation set, which this fit has not: set early_stopping=True, "
            f"or give {name} {instead}."
        )
