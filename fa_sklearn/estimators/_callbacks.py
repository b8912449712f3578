"""Callbacks of a fit: early stopping with the best weights in memory, and the user's own."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from sklearn.base import clone
from skorch.callbacks import Callback, EarlyStopping


def _silent(*args: Any) -> None:
    """Swallow skorch's messages: `n_iter_` and the history tell."""


def best_weights_callback(n_iter_no_change: int) -> EarlyStopping:
    """Stop when the validation loss has not fallen for some epochs, and go back to its best.

    Parameters
    ----------
    n_iter_no_change : int
        Epochs to wait.

    Returns
    -------
    EarlyStopping
        A callback; no checkpoint files, which would collide in a grid search.
    """
    return EarlyStopping(
        monitor="valid_loss",
        patience=n_iter_no_change,
        threshold=0.0,
        load_best=True,
        sink=_silent,
    )


def _is_callback(value: Any) -> bool:
    if inspect.isclass(value):
        return issubclass(value, Callback)
    return isinstance(value, Callback)


def copy_callbacks(callbacks: Sequence[Any]) -> list[Any]:
    """Copy the user's callbacks, so that a fit changes none of the estimator's parameters.

    Parameters
    ----------
    callbacks : sequence of skorch callbacks or (str, callback)
        What the user passed.

    Returns
    -------
    list
        Clones.

    Raises
    ------
    TypeError
        If an entry is no skorch callback.
    """
    for entry in callbacks:
        callback = entry[1] if isinstance(entry, tuple) and len(entry) == 2 else entry
        if not _is_callback(callback):
            raise TypeError(
                f"callbacks must hold skorch callbacks or (name, callback) pairs, found {entry!r}."
            )
    copies: list[Any] = clone(list(callbacks), safe=False)
    return copies
