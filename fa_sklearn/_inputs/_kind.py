"""Tell tables, sequences, images, token sequences and text apart, and who reads them."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from scipy import sparse

from ._image import ImageReader
from ._samples import Reader
from ._sequence import SequenceReader, is_frame
from ._table import TableReader
from ._tokens import TokenReader

Kind = Literal["table", "sequence", "image", "tokens", "text"]

DESCRIPTIONS: dict[Kind, str] = {
    "table": "a 2-D table of numbers",
    "sequence": "3-D or a list of (T_i, d) arrays",
    "image": "4-D images, channels last",
    "tokens": "text or a list of 1-D arrays of token ids",
    "text": "a list of strings",
}
READERS: dict[Kind, type[Reader]] = {
    "table": TableReader,
    "sequence": SequenceReader,
    "image": ImageReader,
    "tokens": TokenReader,
}
_BY_DIMENSIONS: dict[int, Kind] = {2: "table", 3: "sequence", 4: "image"}


def unpack(X: Any) -> Any:
    """Turn a Series of texts, arrays or DataFrames into a list or array, and refuse one string."""
    if isinstance(X, (str, bytes)):
        raise ValueError("X is a single string: pass a list of strings, such as [text].")
    if not callable(getattr(X, "to_list", None)) or is_frame(X):
        return X
    items = X.to_list()
    first = items[0] if items else None
    if isinstance(first, str) or is_frame(first):
        return items
    if not isinstance(first, (list, tuple, np.ndarray)):
        return X
    result = np.empty(len(items), dtype=object)
    result[:] = [np.asarray(item) for item in items]
    return result


def _kind_of_items(X: Any) -> Kind:
    """Kind of a list or 1-D object array, from its first item."""
    first = X[0] if len(X) else None
    if isinstance(first, str):
        return "text"
    if is_frame(first):
        return "sequence"
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
    """Kind of input that X is; whatever fits nothing else is left to the checks of a table."""
    if sparse.issparse(X):
        return "table"
    if isinstance(X, (list, tuple)):
        return _kind_of_items(X)
    dimensions = getattr(X, "ndim", None)
    if dimensions == 1:
        values = np.asarray(X, dtype=object) if not hasattr(X, "dtype") else np.asarray(X)
        return _kind_of_items(values) if values.dtype.kind in "OUT" else "table"
    return _BY_DIMENSIONS.get(dimensions or 0, "table")


def check_kind(X: Any, expected: Kind, source: str) -> Kind:
    """Kind of X, which must be what `source` expects; "tokens" takes text too."""
    if isinstance(X, (list, tuple)) and len(X) == 0:
        return expected  # the reader says what is missing
    found = infer_kind(X)
    if found == expected or (expected == "tokens" and found == "text"):
        return found
    # Rows of equal length read as a table unless tokens are asked for.
    is_list = isinstance(X, (list, tuple))
    is_integer = isinstance(X, np.ndarray) and X.dtype.kind in "iu"
    if expected == "tokens" and found == "table" and (is_list or is_integer):
        return "tokens"
    # What is not a table in any way gets the precise complaint of scikit-learn's own validation.
    if expected == "table" and getattr(X, "ndim", 2) < 2 and found != "text":
        return "table"
    raise ValueError(
        f"X is {DESCRIPTIONS[found]}, but {source} reads {DESCRIPTIONS[expected]}: "
        "set module='auto' or convert X."
    )
