"""The contract of views: what an estimator asks for before training, and what a batch asks for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from .._inputs import Indices, Inputs, Samples


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
        self, samples: Samples, rows: Indices, chance: NDArray[np.float64] | None
    ) -> Inputs:
        """Make the view that the first is compared with.

        Parameters
        ----------
        samples : Samples
            All samples.
        rows : ndarray of shape (n,)
            Those of the batch. What is made of those that were in no part of `Views.pair`
            counts nowhere.
        chance : ndarray of shape (n,) or None
            A random number in [0, 1) for each row, to choose by; None where training only
            watches its progress.

        Returns
        -------
        Inputs
            Tensors on the CPU, row by row the partners of `first`.
        """


class Views(BaseEstimator, ABC):
    """Base class of the ways to view a sample twice.

    A subclass sets its hyperparameters in ``__init__`` and makes a `Pairing` in ``pair``.

    See Also
    --------
    NeighborViews : A neighbour of the sample.
    AugmentedViews : An augmented copy.

    Examples
    --------
    >>> from fa_sklearn.views import NeighborViews, Views
    >>> issubclass(NeighborViews, Views)
    True
    """

    @abstractmethod
    def pair(
        self,
        X: Any,
        samples: Samples,
        parts: Sequence[Indices],
        y: NDArray[np.int64] | None,
        seed: int,
    ) -> Pairing:
        """Learn what must be known of all samples before the first batch.

        Parameters
        ----------
        X : array-like or list
            What the user handed to fit.
        samples : Samples
            The same, validated.
        parts : sequence of ndarrays of shape (m,)
            Which samples are trained on, and which are set aside for early stopping; those of
            weight 0 are in neither. Views of a sample are made of those in its own part.
        y : ndarray of shape (n_samples,) or None
            Codes of the coarse labels of all samples; negative: unknown. None: no labels.
        seed : int
            Of what is drawn here, from 0 to 2**32 - 1; it follows `random_state`.

        Returns
        -------
        Pairing
            For the batches of all parts.
        """
