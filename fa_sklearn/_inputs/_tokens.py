"""Token sequences: 1-D arrays of integer ids, one a sample."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._numbers import check_not_empty
from ._ragged import RaggedSamples, check_n_features
from ._reader import Reader

UNKNOWN = 1


class TokenReader(Reader):
    """Validates token sequences; ids that fit never saw count as unknown (id 1).

    Parameters
    ----------
    n_tokens : int or None, default=None
        Size of the vocabulary; None: one more than the largest id in fit.
    """

    def __init__(self, n_tokens: int | None = None) -> None:
        self.n_tokens = n_tokens

    def read(self, estimator: Any, X: Any, *, reset: bool) -> RaggedSamples:
        """Validate X.

        Parameters
        ----------
        estimator : BaseEstimator
            Whose `n_features_in_` is set: 1, the token.
        X : sequence of n 1-D integer arrays, or ndarray of shape (n, T)
            Token ids: 0 padding, which is cut off at the end, 1 unknown; at least one id each.
        reset : bool
            Whether X defines the vocabulary's size, as in fit.

        Returns
        -------
        RaggedSamples
            int64 token sequences.

        Raises
        ------
        ValueError
            If an item is no 1-D array of non-negative integers, or empty.
        """
        check_not_empty(X, type(estimator).__name__)
        items = [np.asarray(item) for item in X]
        for position, item in enumerate(items):
            if item.ndim != 1 or not np.issubdtype(item.dtype, np.integer):
                raise ValueError(
                    f"X[{position}] has dtype {item.dtype} and shape {item.shape}: every sample "
                    "must be a 1-D array of integer token ids."
                )
            items[position] = item = np.trim_zeros(item, "b")
            if len(item) == 0:
                raise ValueError(
                    f"X[{position}] is empty: every sample needs at least one token, use id "
                    f"{UNKNOWN} (unknown) or drop it."
                )
        values = np.concatenate(items).astype(np.int64, copy=False)
        if values.min() < 0:
            raise ValueError("X holds negative token ids: ids start at 0 (padding), 1 (unknown).")
        check_n_features(estimator, 1, "token", reset=reset)
        if reset:
            self.n_tokens = self.n_tokens or max(int(values.max()), UNKNOWN) + 1
            self.input_shape = (None, self.n_tokens)
        assert self.n_tokens is not None
        values = np.where(values < self.n_tokens, values, UNKNOWN)
        lengths = np.array([len(item) for item in items], dtype=np.int64)
        return RaggedSamples(values, lengths, np.int64)
