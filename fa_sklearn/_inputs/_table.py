"""Tables: 2-D numbers, one row per sample."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from scipy.sparse import issparse
from sklearn.utils import check_array

from ._samples import Indices, Inputs, Reader, as_array, as_float32

# Elements of the largest batch without a gradient that is made of a sparse table: 64 MiB.
_DENSE_ELEMENTS = 1 << 24


class TableSamples:
    """Rows of a float table, of which a batch at a time becomes dense and float32.

    A memory map stays on disk, a sparse table sparse.
    """

    lengths = None

    def __init__(self, values: Any) -> None:
        self.values = values
        self.prediction_rows = 8192
        if issparse(values):
            self.prediction_rows = max(1, min(8192, _DENSE_ELEMENTS // values.shape[1]))

    def __len__(self) -> int:
        return int(self.values.shape[0])

    def take(self, rows: Indices) -> Inputs:
        """Batch of the given rows, X of shape (n, d)."""
        batch = self.values[rows].toarray() if issparse(self.values) else self.values.take(rows, 0)
        return Inputs(torch.from_numpy(batch.astype(np.float32, copy=False)), None)


class TableReader(Reader):
    """Validates tables as scikit-learn does; whether later ones are as wide is left to it."""

    def read(self, X: Any, name: str, *, reset: bool) -> TableSamples:
        """Validate X, array-like or sparse of shape (n, d)."""
        # A memory map keeps its dtype: casting would load it whole.
        dtype = "numeric" if isinstance(X, np.memmap) else np.float32
        if isinstance(X, (list, tuple, np.ma.MaskedArray)):
            X = as_array(X, "X")
        try:
            values = check_array(
                X, accept_sparse="csr", dtype=dtype, order="C", estimator=name, input_name="X"
            )
        except ValueError as error:
            if "could not convert" not in str(error):
                raise
            raise ValueError(
                f"X holds values that are not numbers ({error}): encode them, or pass a list of "
                "strings to have text read."
            ) from error
        if dtype == "numeric":
            as_float32(values, name)
        if reset:
            self.n_features = values.shape[1]
            self.input_shape = (self.n_features,)
        return TableSamples(values)

    def columns(self, X: Any) -> Any:
        return X
