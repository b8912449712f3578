"""What every kind of input offers to training: a length, and batches of tensors by index."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Indices = NDArray[np.int64]


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
    """

    X: Tensor
    lengths: Tensor | None
    sample_weight: Tensor | None = None

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
        rest = (
            None if part is None else part.to(device, non_blocking=True)
            for part in (self.lengths, self.sample_weight)
        )
        return Inputs(self.X.to(device, non_blocking=True), *rest)


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
