"""Sequences: (T_i, d) arrays of numbers, one a sample."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._numbers import as_array, as_float32, check_finite, check_not_empty
from ._ragged import RaggedSamples, check_n_features
from ._reader import Reader


def _flatten(X: Any) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return the steps of all sequences in one (total, d) array, and their lengths."""
    if isinstance(X, np.ndarray) and X.ndim == 3:
        n, steps, n_features = X.shape
        return as_array(X, "X").reshape(n * steps, n_features), np.full(n, steps, dtype=np.int64)
    items = [as_array(item, f"X[{position}]") for position, item in enumerate(X)]
    for position, item in enumerate(items):
        if item.ndim != 2:
            raise ValueError(
                f"X[{position}] has shape {item.shape}: every sequence must be a (T, d) array."
            )
        if item.shape[1] != items[0].shape[1]:
            raise ValueError(
                f"X[{position}] has {item.shape[1]} features per step and X[0] has "
                f"{items[0].shape[1]}: all sequences must have the same."
            )
    return np.concatenate(items), np.array([len(item) for item in items], dtype=np.int64)


def _check_numbers(values: NDArray[Any], estimator: Any) -> NDArray[Any]:
    name = type(estimator).__name__
    if np.iscomplexobj(values):
        raise ValueError("Complex data not supported: X must hold real numbers.")
    if not isinstance(values, np.memmap):
        try:
            values = as_float32(values)
        except (TypeError, ValueError):
            raise ValueError(f"X holds values that are no numbers; {name} needs floats.") from None
    check_finite(values, name)
    return values


class SequenceReader(Reader):
    """Validates sequences; `n_features_in_` is the number of features per step."""

    def read(self, estimator: Any, X: Any, *, reset: bool) -> RaggedSamples:
        """Validate X.

        Parameters
        ----------
        estimator : BaseEstimator
            Whose `n_features_in_` is set or compared with.
        X : ndarray of shape (n, T, d) or sequence of n arrays of shape (T_i, d)
            Numbers, at least one step each.
        reset : bool
            Whether X defines the number of features, as in fit.

        Returns
        -------
        RaggedSamples
            float32 sequences.

        Raises
        ------
        ValueError
            If a shape or a value does not fit; the message names the sequence.
        """
        check_not_empty(X, type(estimator).__name__)
        values, lengths = _flatten(X)
        if lengths.min() < 1:
            raise ValueError(
                f"X[{int(lengths.argmin())}] is an empty sequence: every sample needs at least "
                "one step, drop it."
            )
        if values.shape[1] < 1:
            raise ValueError(
                "Found array with 0 feature(s) per step while a minimum of 1 is required."
            )
        check_n_features(estimator, values.shape[1], "step", reset=reset)
        if reset:
            self.input_shape = (None, values.shape[1])
            self.max_length = int(lengths.max())
        return RaggedSamples(_check_numbers(values, estimator), lengths, np.float32)

    def check_lengths(self, lengths: ArrayLike | None, n: int) -> NDArray[np.int64]:
        """Validate the lengths that reconstructions are wanted in.

        Parameters
        ----------
        lengths : array-like of shape (n,) or None
            Steps of each; None: as many as the longest sequence of fit.
        n : int
            Number of samples.

        Returns
        -------
        ndarray of shape (n,)
            Steps of each.

        Raises
        ------
        ValueError
            If there is not one positive integer per sample.
        """
        if lengths is None:
            return np.full(n, self.max_length, dtype=np.int64)
        steps = as_array(lengths, "lengths")
        if steps.shape != (n,) or steps.dtype.kind not in "iu" or steps.min(initial=1) < 1:
            raise ValueError(f"lengths must hold {n} integers of at least 1, one per row of X.")
        return steps.astype(np.int64)

    def restore(self, X: NDArray[np.float32], lengths: ArrayLike | None) -> NDArray[Any]:
        """Turn padded reconstructions into sequences of the given lengths.

        Parameters
        ----------
        X : ndarray of shape (n, T, d)
            Padded reconstructions.
        lengths : array-like of shape (n,) or None
            Steps to keep; None keeps all.

        Returns
        -------
        ndarray of shape (n, T, d) or object ndarray of n (T_i, d) arrays
            The sequences.
        """
        if lengths is None:
            return X
        rows = np.empty(len(X), dtype=object)
        for i, length in enumerate(np.asarray(lengths)):
            rows[i] = X[i, :length]
        return rows
