"""Which samples form a batch, in which order, and the batch as tensors on the device."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .._inputs import Indices, Inputs, Pairing, Samples, split_by_length
from ._distributed import Ranks

# Sequences are sorted by length inside shuffled windows of this many batches.
WINDOW_BATCHES = 32


@dataclass
class Batch:
    """What one step sees, or a rank's rows of it."""

    inputs: Inputs
    y: Tensor | None  # (n,) codes of the coarse labels, -1 where there is none
    weight: Tensor | None  # (n,)
    rows: Indices
    n_rows: int  # of the whole batch, like its weight among those of its epoch
    total_weight: float
    view: Inputs | None = None  # a second view of each sample

    def __iter__(self) -> Iterator[Any]:
        """Let skorch take a batch for a pair of X and y."""
        return iter((self.inputs, self.y))


@dataclass(frozen=True)
class LabelledSamples:
    """Samples with encoded labels and weights, or a subset of them."""

    samples: Samples
    y: NDArray[np.int64] | None  # (n,) codes of the coarse labels, -1 where there is none
    sample_weight: NDArray[np.float32] | None  # (n,)
    rows: Indices  # which samples belong to this set
    pairing: Pairing | None = None  # makes two views of each sample

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def weighted_rows(self) -> Indices:
        """Rows whose weight is not 0: the others may influence nothing."""
        if self.sample_weight is None:
            return self.rows
        return self.rows[self.sample_weight[self.rows] > 0]

    @property
    def has_unlabelled(self) -> bool:
        """Whether a sample has no label; it may be one outside the subset."""
        return self.y is not None and bool((self.y < 0).any())

    def subset(self, rows: Indices) -> LabelledSamples:
        """Return the same samples, less those not in `rows`."""
        return replace(self, rows=rows)


def n_batches(n: int, batch_size: int) -> int:
    """Count the batches that n samples make, none larger than `batch_size`."""
    return -(-n // batch_size)


def batch_rows(
    rows: Indices,
    lengths: NDArray[np.int64] | None,
    batch_size: int,
    rng: np.random.Generator | None,
) -> list[Indices]:
    """Split rows into batches of nearly equal size, none larger than `batch_size`.

    Equal sizes leave no tiny last batch, whose few pairs would carry the same weight in the
    penalty as a full one's. With `lengths`, batches hold samples of similar length; `rng`
    shuffles, None keeps the order or sorts all by length.
    """
    count = n_batches(len(rows), batch_size)
    if rng is not None:
        rows = rng.permutation(rows)
    if lengths is None:
        return np.array_split(rows, count)
    windows = n_batches(count, WINDOW_BATCHES) if rng is not None else 1
    parts = [
        part[np.argsort(lengths[part], kind="stable")] for part in np.array_split(rows, windows)
    ]
    batches = [
        batch for part in parts for batch in np.array_split(part, n_batches(len(part), batch_size))
    ]
    if rng is not None:
        batches = [batches[i] for i in rng.permutation(len(batches))]
    return batches


def prediction_rows(n: int, lengths: NDArray[np.int64] | None, largest: int) -> Iterator[Indices]:
    """Batches where what a sample gives does not depend on the others."""
    for rows in batch_rows(np.arange(n), lengths, largest, None):
        if lengths is None:
            yield rows
        else:  # those far longer go by themselves
            yield from (rows[part] for part in split_by_length(lengths[rows]))


class BatchIterator:
    """One epoch's batches as tensors on the device, shuffled by `rng`.

    Each of the `ranks` iterates over its part of every batch; `paired` adds second views.
    """

    def __init__(
        self,
        data: LabelledSamples,
        batch_size: int,
        device: torch.device,
        rng: np.random.Generator | None,
        ranks: Ranks | None = None,
        *,
        paired: bool = False,
    ) -> None:
        self.data = data
        self.batch_size = batch_size
        self.device = device
        self.rng = rng
        self.ranks = ranks
        self.paired = paired

    def __len__(self) -> int:
        return n_batches(len(self.data), self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        data = self.data
        for rows in batch_rows(data.rows, data.samples.lengths, self.batch_size, self.rng):
            paired = self.paired and data.pairing is not None
            chance = self.rng.random(len(rows)) if paired and self.rng is not None else None
            weight, y, n_rows = *self._targets(rows), len(rows)
            total: float = n_rows if weight is None else weight.sum().item()
            if self.ranks is not None:
                own = self.ranks.own_rows(n_rows)
                rows = rows[own]
                weight = None if weight is None else weight[own]
                y = None if y is None else y[own]
                chance = None if chance is None else chance[own]
            if weight is not None:
                weight = weight.to(self.device, non_blocking=True)
            inputs = self._inputs(rows).to(self.device)
            batch = Batch(inputs, y, weight, rows, n_rows, total)
            if paired and data.pairing is not None:
                batch.view = data.pairing.second(data.samples, rows, chance).to(self.device)
            yield batch

    def _inputs(self, rows: Indices) -> Inputs:
        if self.data.pairing is None:
            return self.data.samples.take(rows)
        return self.data.pairing.first(self.data.samples, rows)

    def _targets(self, rows: Indices) -> tuple[Tensor | None, Tensor | None]:
        """Weights on the CPU, and labels on the device."""
        weight, y = self.data.sample_weight, self.data.y
        return (
            None if weight is None else torch.from_numpy(weight[rows]),
            None if y is None else torch.from_numpy(y[rows]).to(self.device, non_blocking=True),
        )
