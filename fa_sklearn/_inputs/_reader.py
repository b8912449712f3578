"""The base of all readers: one reader validates one kind of input."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._samples import Samples


class Reader(ABC):
    """Validates X, and remembers from fit what later X must look like.

    Attributes
    ----------
    input_shape : tuple of int or None
        Shape of a sample as the nets see it; None where it varies.
    """

    input_shape: tuple[int | None, ...]

    @abstractmethod
    def read(self, estimator: Any, X: Any, *, reset: bool) -> Samples:
        """Validate X.

        Parameters
        ----------
        estimator : BaseEstimator
            Whose `n_features_in_` is set or compared with.
        X : array-like or list
            What the user passed.
        reset : bool
            Whether X defines the shape of samples, as in fit.

        Returns
        -------
        Samples
            Validated samples.

        Raises
        ------
        ValueError
            If X is not what it must be.
        """

    def check_lengths(self, lengths: ArrayLike | None, n: int) -> NDArray[np.int64] | None:
        """Validate the lengths that reconstructions are wanted in.

        Parameters
        ----------
        lengths : array-like of shape (n,) or None
            What the user passed.
        n : int
            Number of samples.

        Returns
        -------
        ndarray of shape (n,) or None
            None where samples have no length.

        Raises
        ------
        ValueError
            If lengths are given for samples that have none, or do not fit.
        """
        if lengths is not None:
            raise ValueError("lengths is for sequences only: leave it out.")
        return None

    def restore(self, X: NDArray[np.float32], lengths: ArrayLike | None) -> NDArray[Any]:
        """Turn reconstructions of the net into what the user's X looks like.

        Parameters
        ----------
        X : ndarray of shape (n, ...)
            Reconstructions.
        lengths : array-like of shape (n,) or None
            What the user passed.

        Returns
        -------
        ndarray of shape (n, ...)
            Samples.
        """
        return X
