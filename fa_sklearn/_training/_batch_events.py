"""Which callbacks need to hear of batches: telling nobody costs time too."""

from __future__ import annotations

from collections.abc import Iterable

from skorch.callbacks import Callback, Checkpoint, TrainEndCheckpoint

BATCH_EVENTS = ("on_batch_begin", "on_batch_end", "on_grad_computed")
# Their file names may tell of the last batch, which has to be in the history.
_READ_BATCHES = (Checkpoint, TrainEndCheckpoint)


def needs_batch_events(callbacks: Iterable[Callback]) -> bool:
    """Whether a callback hears of batches, or reads in the history what was noted of them."""
    return any(
        isinstance(callback, _READ_BATCHES)
        or getattr(type(callback), event, None) is not getattr(Callback, event)
        for callback in callbacks
        for event in BATCH_EVENTS
    )
