"""Tables: 2-D numbers, one row per sample."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.utils import check_array

from ._samples import Indices, Inputs, Reader, as_array, as_float32


class TableSamples:
    """Rows of a float table; a memory map stays on disk, batches are converted to float32."""

    lengths = None
    prediction_rows = 8192

    def __init__(self, values: NDArray[Any]) -> None:
        self.values = values

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: Indices) -> Inputs:
        """Batch of the given rows, X of shape (n, d)."""
        batch = self.values.take(rows, axis=0).astype(np.float32, copy=False)
        return Inputs(torch.from_numpy(batch), None)


class TableReader(Reader):
    """Validates tables as scikit-learn does; whether later ones are as wide is left to it."""

    def read(self, X: Any, name: str, *, reset: bool) -> TableSamples:
        """Validate X, array-like of shape (n, d)."""
        # A memory map keeps its dtype: casting would load it whole.
        dtype = "numeric" if isinstance(X, np.memmap) else np.float32
        if isinstance(X, (list, tuple, np.ma.MaskedArray)):
            X = as_array(X, "X")
        try:
            values = check_array(X, dtype=dtype, order="C", estimator=name, input_name="X")
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
