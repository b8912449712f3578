"""Tables: 2-D numbers, one row a sample."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.utils.validation import validate_data

from ._numbers import as_array, check_finite
from ._reader import Reader
from ._samples import Indices, Inputs


class TableSamples:
    """Rows of a float table.

    Parameters
    ----------
    values : ndarray of shape (n, d)
        The table; a memory map stays on disk, batches are converted to float32.
    """

    lengths = None
    prediction_rows = 8192

    def __init__(self, values: NDArray[Any]) -> None:
        self.values = values

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: Indices) -> Inputs:
        """Batch of the given rows.

        Parameters
        ----------
        rows : ndarray of shape (n,)
            Which rows.

        Returns
        -------
        Inputs
            X of shape (n, d), float32.
        """
        batch = self.values.take(rows, axis=0).astype(np.float32, copy=False)
        return Inputs(torch.from_numpy(batch), None)


class TableReader(Reader):
    """Validates tables as scikit-learn does; sets `n_features_in_` and `feature_names_in_`."""

    def read(self, estimator: Any, X: Any, *, reset: bool) -> TableSamples:
        """Validate X.

        Parameters
        ----------
        estimator : BaseEstimator
            Whose attributes are set or compared with.
        X : array-like of shape (n, d)
            Numbers.
        reset : bool
            Whether X defines the number of features, as in fit.

        Returns
        -------
        TableSamples
            The rows.
        """
        # A memory map keeps its dtype: casting would load it whole.
        dtype = "numeric" if isinstance(X, np.memmap) else np.float32
        if isinstance(X, (list, tuple, np.ma.MaskedArray)):
            X = as_array(X, "X")
        try:
            values = validate_data(estimator, X, reset=reset, dtype=dtype, order="C")
        except ValueError as error:
            if "could not convert" not in str(error):
                raise
            raise ValueError(
                f"X holds values that are no numbers ({error}): encode them, or pass a list of "
                "strings to have text read."
            ) from error
        if dtype == "numeric":
            check_finite(values, type(estimator).__name__)
        if reset:
            self.input_shape = (values.shape[1],)
        return TableSamples(values)
