"""What every kind of input offers to training: a length, and batches of tensors by index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

Indices = NDArray[np.int64]


class PartOfInputs(NamedTuple):
    """Rows of a batch that are padded to less than the others.

    Attributes
    ----------
    rows : Tensor of shape (n,)
        Which rows, int64.
    steps : int
        Steps of the longest.
    """

    rows: Tensor
    steps: int


class Inputs(NamedTuple):
    """A batch as the nets take it.

    Attributes
    ----------
    X : Tensor
        (n, d), (n, T, d), (n, C, H, W) float32, or (n, T) int64.
    lengths : Tensor of shape (n,) or None
        Valid steps of each row, int64, where rows differ in length.
    sample_weight : Tensor of shape (n,) or None
        Weights of the rows, while training.
    parts : tuple of PartOfInputs
        Where padding all rows to the longest is a waste: those that go through the net together.
    """

    X: Tensor
    lengths: Tensor | None
    sample_weight: Tensor | None = None
    parts: tuple[PartOfInputs, ...] = ()

    def to(self, device: torch.device) -> Inputs:
        """Move the batch to a device.

        Parameters
        ----------
        device : torch.device
            Where to.

        Returns
        -------
        Inputs
            The batch there.
        """
        X, lengths, weight = (
            None if part is None else part.to(device, non_blocking=True)
            for part in (self.X, self.lengths, self.sample_weight)
        )
        assert X is not None
        parts = [PartOfInputs(rows.to(device), steps) for rows, steps in self.parts]
        return Inputs(X, lengths, weight, tuple(parts))

    def split(self) -> list[Inputs]:
        """Return the parts as batches of their own, without weights."""
        assert self.lengths is not None
        return [Inputs(self.X[rows, :steps], self.lengths[rows]) for rows, steps in self.parts]

    def join(self, values: Sequence[Tensor]) -> Tensor:
        """Put what was computed of the parts, (n_part, ...) each, back into one batch.

        Parameters
        ----------
        values : sequence of Tensor
            A tensor of each part; the steps of sequences, (n_part, T, d), are padded with 0.

        Returns
        -------
        Tensor of shape (n, ...)
            Row by row what belongs to X.
        """
        if values[0].ndim == 3:
            longest = max(value.shape[1] for value in values)
            values = [F.pad(value, (0, 0, 0, longest - value.shape[1])) for value in values]
        order = torch.cat([part.rows for part in self.parts]).argsort()
        return torch.cat(list(values))[order]


class Samples(Protocol):
    """Validated samples, read a batch at a time.

    Attributes
    ----------
    prediction_rows : int
        How many make a batch where no gradient is kept.
    """

    prediction_rows: int

    @property
    def lengths(self) -> NDArray[np.int64] | None:
        """Steps of each sample, or None where all are alike."""

    def __len__(self) -> int: ...

    def take(self, rows: Indices) -> Inputs:
        """Batch of the given rows.

        Parameters
        ----------
        rows : ndarray of shape (n,)
            Which samples.

        Returns
        -------
        Inputs
            Tensors on the CPU.
        """
