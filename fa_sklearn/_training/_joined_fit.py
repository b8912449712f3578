"""How the ranks of a group begin and end a fit together."""

from __future__ import annotations

import contextlib
import itertools
import threading
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch

from ._batches import LabelledSamples
from ._distributed import Ranks, group_is_up

if TYPE_CHECKING:
    from ._net import ForcedApartNet

_one_fit = threading.Lock()


def _fingerprint(data: LabelledSamples | None) -> int:
    """Sum up what decides over the batches; of X itself only its first row is looked at."""
    if data is None:
        return 0
    first = data.samples.take(data.rows[:1]).X.numpy()
    arrays = (data.rows, data.y, data.sample_weight, data.samples.lengths, first)
    total = len(data.samples)
    for array in arrays:
        total = zlib.crc32(b"" if array is None else np.ascontiguousarray(array).tobytes(), total)
    return total


def _check_alike(ranks: Ranks, own: dict[str, int]) -> None:
    """Raise on every rank if one of them differs from rank 0."""
    table = ranks.collect(torch.tensor(list(own.values()), device=ranks.device))
    for rank, values in enumerate(table):
        for name, value, first in zip(own, values.tolist(), table[0].tolist(), strict=True):
            if value != first:
                raise ValueError(
                    f"{name} of rank {rank} differs from rank 0's: let every rank call fit with "
                    "the same X, y, sample_weight and parameters, equally often."
                )


@contextlib.contextmanager
def join_ranks(
    net: ForcedApartNet,
    training: LabelledSamples,
    validation: LabelledSamples | None,
    epochs: int | None,
) -> Iterator[Ranks | None]:
    """Train together with the other ranks inside this context.

    Parameters
    ----------
    net : ForcedApartNet
        What is trained; its module gets rank 0's weights.
    training : LabelledSamples
        The same on all ranks.
    validation : LabelledSamples or None
        The same on all ranks.
    epochs : int or None
        How many; None: as many as the net is set to.

    Yields
    ------
    Ranks or None
        None where no process group is up.

    Raises
    ------
    RuntimeError
        If another thread of this process is in such a fit.
    ValueError
        If the ranks come with different data or parameters.
    """
    if not group_is_up():
        yield None
        return
    if not _one_fit.acquire(blocking=False):
        raise RuntimeError(
            "Two fits in threads cannot share one process group: run one after the other, or "
            "search with n_jobs=1."
        )
    try:
        ranks = Ranks(net.device)
        own = {
            "X, y or sample_weight": _fingerprint(training),
            "The validation set": _fingerprint(validation),
            "batch_size": net.batch_size,
            "max_epochs": net.max_epochs if epochs is None else epochs,
            "The order of the samples": zlib.crc32(repr(net.rng.bit_generator.state).encode()),
        }
        _check_alike(ranks, own)
        module = net.module_
        ranks.copy_from_first(itertools.chain(module.parameters(), module.buffers()))
        yield ranks
    finally:
        _one_fit.release()
