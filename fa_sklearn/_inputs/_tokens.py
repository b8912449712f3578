"""Token sequences: 1-D arrays of integer ids, one a sample."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._numbers import as_array, check_not_empty
from ._ragged import RaggedSamples, check_n_features
from ._reader import Reader

UNKNOWN = 1
# Numbers such as hashes are no vocabulary.
LARGEST_ID = 2**31 - 2


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
        items = [as_array(item, f"X[{position}]") for position, item in enumerate(X)]
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
        values = np.concatenate(items)
        if values.min() < 0:
            raise ValueError("X holds negative token ids: ids start at 0 (padding), 1 (unknown).")
        largest = int(values.max())
        if largest > LARGEST_ID:
            if reset:
                raise ValueError(
                    f"X holds the token id {largest}, and the net has weights for each id up to "
                    f"the largest, which may be {LARGEST_ID}: number the tokens anew, from 2."
                )
            values = np.minimum(values, LARGEST_ID + 1)  # unknown, as in any vocabulary
        values = values.astype(np.int64, copy=False)
        check_n_features(estimator, 1, "token", reset=reset)
        if reset:
            self.n_tokens = self.n_tokens or max(largest, UNKNOWN) + 1
            self.input_shape = (None, self.n_tokens)
        assert self.n_tokens is not None
        values = np.where(values < self.n_tokens, values, UNKNOWN)
        lengths = np.array([len(item) for item in items], dtype=np.int64)
        return RaggedSamples(values, lengths, np.int64)
