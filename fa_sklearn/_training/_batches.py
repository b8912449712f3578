"""Which samples form a batch, in which order, and the batch as tensors on the device."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import joblib
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

    def digest(self) -> str:
        """Tell the data from other data; of X only the first row is looked at."""
        first = self.samples.take(self.rows[:1]).X.numpy()
        parts = (self.rows, self.y, self.sample_weight, self.samples.lengths, first)
        return str(joblib.hash((len(self.samples), *parts)))

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
        data, pairing = self.data, self.data.pairing
        for rows in batch_rows(data.rows, data.samples.lengths, self.batch_size, self.rng):
            n_rows = len(rows)
            weight = None
            if data.sample_weight is not None:
                weight = torch.from_numpy(data.sample_weight[rows])
            total: float = n_rows if weight is None else weight.sum().item()
            chance = None
            if self.paired and pairing is not None and self.rng is not None:
                chance = self.rng.random(n_rows)
            if self.ranks is not None:
                own = self.ranks.own_rows(n_rows)
                rows = rows[own]
                weight = None if weight is None else weight[own]
                chance = None if chance is None else chance[own]
            if weight is not None:
                weight = weight.to(self.device, non_blocking=True)
            y = None
            if data.y is not None:
                y = torch.from_numpy(data.y[rows]).to(self.device, non_blocking=True)
            X = data.samples.take(rows) if pairing is None else pairing.first(data.samples, rows)
            batch = Batch(X.to(self.device), y, weight, rows, n_rows, total)
            if self.paired and pairing is not None:
                batch.view = pairing.second(data.samples, rows, chance).to(self.device)
            yield batch
