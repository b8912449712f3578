"""Early stopping that keeps the best weights in memory."""

from __future__ import annotations

from typing import Any

from skorch.callbacks import EarlyStopping


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
