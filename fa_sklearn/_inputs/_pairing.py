"""Two views of each sample of a batch: what training asks for, whoever makes them."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ._samples import Indices, Inputs, Samples


class Pairing(Protocol):
    """Two views of each sample of a batch, made anew in each epoch.

    Attributes
    ----------
    draws : bool
        Whether torch draws random numbers for them.
    """

    draws: bool

    def first(self, samples: Samples, rows: Indices) -> Inputs:
        """Make the view that is classified or reconstructed.

        Parameters
        ----------
        samples : Samples
            All samples.
        rows : ndarray of shape (n,)
            Those of the batch.

        Returns
        -------
        Inputs
            Tensors on the CPU.
        """

    def second(
        self, samples: Samples, rows: Indices, uniform: NDArray[np.float64] | None
    ) -> Inputs:
        """Make the view that the first is compared with.

        Parameters
        ----------
        samples : Samples
            All samples.
        rows : ndarray of shape (n,)
            Those of the batch. What is made of those that were in no part of `Views.pair`
            counts nowhere.
        uniform : ndarray of shape (n,) or None
            A random number in [0, 1) for each row, to choose by; None where training only
            watches its progress.

        Returns
        -------
        Inputs
            Tensors on the CPU, row by row the partners of `first`.
        """
