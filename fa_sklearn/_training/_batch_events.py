"""Which callbacks want to hear of batches: telling nobody costs time too."""

from __future__ import annotations

from collections.abc import Iterable

from skorch.callbacks import Callback

BATCH_EVENTS = ("on_batch_begin", "on_batch_end", "on_grad_computed")


def hear_of_batches(callbacks: Iterable[Callback]) -> bool:
    """Whether any callback has a method of its own for an event of a batch.

    Parameters
    ----------
    callbacks : iterable of skorch callbacks
        Those of a fit.

    Returns
    -------
    bool
        False where all of them only hear of epochs.
    """
    return any(
        getattr(type(callback), event, None) is not getattr(Callback, event)
        for callback in callbacks
        for event in BATCH_EVENTS
    )
