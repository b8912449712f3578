"""Which reader validates which kind of input."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._image import ImageReader
from ._kind import DESCRIPTIONS, Kind, infer_kind
from ._reader import Reader
from ._sequence import SequenceReader
from ._table import TableReader
from ._tokens import TokenReader

READERS: dict[Kind, type[Reader]] = {
    "table": TableReader,
    "sequence": SequenceReader,
    "image": ImageReader,
    "tokens": TokenReader,
}


def check_not_single_string(X: Any) -> None:
    """Refuse a string where samples are expected.

    Parameters
    ----------
    X : object
        What the user passed.

    Raises
    ------
    ValueError
        If it is a single string.
    """
    if isinstance(X, (str, bytes)):
        raise ValueError("X is a single string: pass a list of strings, such as [text].")


def check_kind(X: Any, expected: Kind, source: str) -> Kind:
    """Compare the kind of X with what is expected of it.

    Parameters
    ----------
    X : array-like, list of arrays or list of str
        Samples.
    expected : {"table", "sequence", "image", "tokens"}
        What the net reads; "tokens" takes text too.
    source : str
        Who expects it, for the message.

    Returns
    -------
    {"table", "sequence", "image", "tokens", "text"}
        The kind of X.

    Raises
    ------
    ValueError
        If X is of another kind.
    """
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
    # What is no table in any way gets the precise complaint of scikit-learn's own validation.
    if expected == "table" and getattr(X, "ndim", 2) < 2:
        if found != "text":
            return "table"
    raise ValueError(
        f"X is {DESCRIPTIONS[found]}, but {source} reads {DESCRIPTIONS[expected]}: "
        "set module='auto' or convert X."
    )
