"""Tell tables, sequences, images, token sequences and text apart."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from scipy import sparse

Kind = Literal["table", "sequence", "image", "tokens", "text"]

DESCRIPTIONS: dict[Kind, str] = {
    "table": "a 2-D table of numbers",
    "sequence": "3-D or a list of (T_i, d) arrays",
    "image": "4-D images, channels last",
    "tokens": "text or a list of 1-D arrays of token ids",
    "text": "a list of strings",
}
_BY_DIMENSIONS: dict[int, Kind] = {2: "table", 3: "sequence", 4: "image"}


def _kind_of_items(X: Any) -> Kind:
    """Kind of a list or 1-D object array, from its first item."""
    first = X[0] if len(X) else None
    if isinstance(first, str):
        return "text"
    if isinstance(first, np.ndarray):
        if first.ndim == 2:
            return "sequence"
        if first.ndim == 1 and np.issubdtype(first.dtype, np.integer):
            is_list = not isinstance(X, np.ndarray)
            same_length = all(np.shape(item) == first.shape for item in X)
            return "table" if is_list and same_length else "tokens"
        if first.ndim == 3:
            return "image"
    if isinstance(first, (list, tuple)) and first and isinstance(first[0], (list, tuple)):
        return "image" if first[0] and isinstance(first[0][0], (list, tuple)) else "sequence"
    return "table"


def infer_kind(X: Any) -> Kind:
    """Kind of input that X is.

    Parameters
    ----------
    X : array-like, list of arrays or list of str
        Samples. Whatever fits nothing else counts as a table, whose validation then says what
        is wrong with it.

    Returns
    -------
    {"table", "sequence", "image", "tokens", "text"}
        The kind.

    Examples
    --------
    >>> import numpy as np
    >>> from fa_sklearn._inputs import infer_kind
    >>> infer_kind([np.zeros((3, 2)), np.zeros((5, 2))])
    'sequence'
    """
    if sparse.issparse(X):
        return "table"
    if isinstance(X, (list, tuple)):
        return _kind_of_items(X)
    dimensions = getattr(X, "ndim", None)
    if dimensions == 1:
        values = np.asarray(X, dtype=object) if not hasattr(X, "dtype") else np.asarray(X)
        return _kind_of_items(values) if values.dtype.kind in "OUT" else "table"
    return _BY_DIMENSIONS.get(dimensions or 0, "table")
