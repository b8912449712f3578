"""Token sequences: 1-D arrays of integer ids, one per sample."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._samples import Reader, as_arrays
from ._sequence import RaggedSamples

UNKNOWN = 1
# Numbers such as hashes are not a vocabulary.
LARGEST_ID = 2**31 - 2


class TokenReader(Reader):
    """Validates token sequences; ids outside the vocabulary of fit count as unknown (id 1)."""

    n_features = 1

    def __init__(self, n_tokens: int | None = None) -> None:
        self.n_tokens = n_tokens  # of the vocabulary; None: one more than the largest id in fit

    def read(self, X: Any, name: str, *, reset: bool) -> RaggedSamples:
        """Validate X, n arrays of ids: 0 padding, cut off at the end, 1 unknown; none empty."""
        items = as_arrays(X, name)
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
        if reset:
            self.n_tokens = self.n_tokens or max(largest, UNKNOWN) + 1
            self.input_shape = (None, self.n_tokens)
        values = values.astype(np.int64, copy=False)
        values[values >= self.n_tokens] = UNKNOWN
        lengths = np.array([len(item) for item in items], dtype=np.int64)
        return RaggedSamples(values, lengths, np.int64)
