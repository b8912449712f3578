"""Turn what a user passed into arrays of finite numbers, or say what is wrong with it."""

from __future__ import annotations

from collections.abc import Sized
from typing import Any

import numpy as np
from numpy.typing import NDArray

FLOAT32_MAX = float(np.finfo(np.float32).max)


def as_array(values: Any, name: str) -> NDArray[Any]:
    """Turn nested lists into an array.

    Parameters
    ----------
    values : array-like
        Numbers.
    name : str
        What the user calls them.

    Returns
    -------
    ndarray
        A memory map stays one.

    Raises
    ------
    ValueError
        If rows differ in length.
    """
    try:
        array: NDArray[Any] = np.asanyarray(values)
    except ValueError:
        raise ValueError(
            f"{name} is ragged: all its rows must have the same length. Pass sequences as (T, d) "
            "arrays, token ids as 1-D integer arrays."
        ) from None
    if not isinstance(array, np.ma.MaskedArray):
        return array
    if np.ma.is_masked(array):
        raise ValueError(
            f"Input {name} contains NaN or infinity, or masked values: impute or drop them."
        )
    data: NDArray[Any] = array.data
    return data


def check_not_empty(X: Sized, name: str) -> None:
    """Refuse X without samples.

    Parameters
    ----------
    X : sized
        Samples.
    name : str
        The estimator, for the message.

    Raises
    ------
    ValueError
        If there are none.
    """
    if len(X) == 0:
        raise ValueError(
            f"Found array with 0 sample(s) while a minimum of 1 is required by {name}."
        )


def check_finite(values: NDArray[Any], name: str) -> None:
    """Refuse NaN, infinity and what float32 cannot hold.

    Parameters
    ----------
    values : ndarray
        Numbers.
    name : str
        The estimator, for the message.

    Raises
    ------
    ValueError
        If there are any.
    """
    # Neither makes a mask of X's size, and both are NaN where X holds one.
    low, high = values.min(initial=0), values.max(initial=0)
    if not (-FLOAT32_MAX <= low and high <= FLOAT32_MAX):
        raise ValueError(
            f"Input X contains NaN or infinity, or a value too large for float32; {name} needs "
            "finite numbers: impute, drop or scale them."
        )


def as_float32(values: NDArray[Any]) -> NDArray[np.float32]:
    """Convert numbers; those too large become infinite, which `check_finite` refuses."""
    with np.errstate(over="ignore"):
        return values.astype(np.float32, copy=False)
