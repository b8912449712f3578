"""What data-frame libraries hold, as lists and arrays: Series of samples, lists of DataFrames."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def is_frame(item: Any) -> bool:
    """Whether an item is a DataFrame, of any library."""
    return hasattr(item, "columns") and callable(getattr(item, "to_numpy", None))


def unpack(X: Any) -> Any:
    """Turn a Series of texts, token ids or arrays into a list or array of them.

    Parameters
    ----------
    X : object
        What the user passed.

    Returns
    -------
    object
        A list of str, a 1-D object array of arrays, or X itself where it is no such Series.
    """
    if is_frame(X) or not callable(getattr(X, "to_list", None)):
        return X
    items = X.to_list()
    first = items[0] if items else None
    if isinstance(first, str):
        return items
    if not (isinstance(first, (list, tuple, np.ndarray)) or is_frame(first)):
        return X
    result = np.empty(len(items), dtype=object)
    for position, item in enumerate(items):
        result[position] = item if is_frame(item) else np.asarray(item)
    return result


def frames_to_arrays(X: Any) -> Any:
    """Turn a list of DataFrames of equal columns, a row a time step, into a list of arrays.

    Parameters
    ----------
    X : object
        What the user passed, after `unpack`.

    Returns
    -------
    list of ndarray or object
        X itself where its first item is no DataFrame.

    Raises
    ------
    ValueError
        If an item is none, or its columns are not those of the first.
    """
    is_list = isinstance(X, (list, tuple)) or (isinstance(X, np.ndarray) and X.dtype == object)
    if not is_list or not len(X) or not is_frame(X[0]):
        return X
    columns = list(X[0].columns)
    arrays: list[NDArray[Any]] = []
    for position, frame in enumerate(X):
        if not is_frame(frame):
            raise ValueError(
                f"X[{position}] is a {type(frame).__name__} and X[0] a DataFrame: pass either "
                "DataFrames or (T, d) arrays."
            )
        if list(frame.columns) != columns:
            raise ValueError(
                f"X[{position}] has the columns {list(frame.columns)} and X[0] has {columns}: all "
                "DataFrames must have the same, in the same order."
            )
        arrays.append(frame.to_numpy())
    return arrays
