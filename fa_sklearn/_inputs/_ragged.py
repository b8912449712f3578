"""Rows of different length in one flat array, padded only when a batch is taken."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ._samples import Indices, Inputs, PartOfInputs

# Rows that padding would make more than this many times their steps go through the net in parts.
MAX_PADDING = 8


def split_by_length(lengths: NDArray[np.int64]) -> list[Indices]:
    """Split rows into parts of similar length, where one is so long that padding all is a waste.

    Parameters
    ----------
    lengths : ndarray of shape (n,)
        Steps of each row.

    Returns
    -------
    list of ndarray
        Positions of the rows of each part, whose longest has less than twice the steps of its
        shortest; a single part of all rows, in order, where none is that long.
    """
    if len(lengths) * lengths.max(initial=0) <= MAX_PADDING * lengths.sum():
        return [np.arange(len(lengths))]
    powers = np.frexp(lengths)[1]
    return [np.flatnonzero(powers == power) for power in np.unique(powers)]


class RaggedSamples:
    """Sequences one after another, with the length of each.

    Parameters
    ----------
    values : ndarray of shape (total_steps, ...)
        The steps of all sequences.
    lengths : ndarray of shape (n,)
        Steps of each sequence, all at least 1.
    dtype : numpy dtype
        Of the batches.
    """

    prediction_rows = 512

    def __init__(self, values: NDArray[Any], lengths: NDArray[np.int64], dtype: Any) -> None:
        self.values = values
        self.lengths = lengths
        self.dtype = dtype
        self._starts = np.concatenate([[0], np.cumsum(lengths[:-1])])

    def __len__(self) -> int:
        return len(self.lengths)

    def take(self, rows: Indices) -> Inputs:
        """Batch of the given sequences, right-padded with 0 to the longest.

        Parameters
        ----------
        rows : ndarray of shape (n,)
            Which sequences.

        Returns
        -------
        Inputs
            X of shape (n, T, ...) and lengths (n,), and the parts where a row is far longer than
            the others.
        """
        lengths = self.lengths[rows]
        steps = np.arange(lengths.max(initial=0))
        valid = steps < lengths[:, None]
        batch = np.zeros((*valid.shape, *self.values.shape[1:]), dtype=self.dtype)
        batch[valid] = self.values[(self._starts[rows][:, None] + steps)[valid]]
        split = split_by_length(lengths)
        parts = tuple(
            PartOfInputs(torch.from_numpy(part), int(lengths[part].max())) for part in split
        )
        return Inputs(
            torch.from_numpy(batch),
            torch.from_numpy(lengths),
            parts=parts if len(parts) > 1 else (),
        )


def check_n_features(estimator: Any, n_features: int, unit: str, *, reset: bool) -> None:
    """Set or compare `n_features_in_` for what scikit-learn itself does not validate.

    Parameters
    ----------
    estimator : BaseEstimator
        Whose attribute it is.
    n_features : int
        What X has.
    unit : str
        What a feature belongs to, for the message.
    reset : bool
        Whether X defines it.

    Raises
    ------
    ValueError
        If it differs from what fit saw.
    """
    if reset:
        estimator.n_features_in_ = n_features
        # Names of an earlier fit on a table no longer hold.
        if hasattr(estimator, "feature_names_in_"):
            del estimator.feature_names_in_
    elif n_features != estimator.n_features_in_:
        raise ValueError(
            f"X has {n_features} features per {unit}, but {type(estimator).__name__} "
            f"is expecting {estimator.n_features_in_} features as input."
        )
