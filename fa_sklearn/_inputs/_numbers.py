"""Turn what a user passed into arrays of finite numbers, or say what is wrong with it."""

from __future__ import annotations

from collections.abc import Sized
from typing import Any

import numpy as np
from numpy.typing import NDArray


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
        return np.asanyarray(values)
    except ValueError:
        raise ValueError(
            f"{name} is ragged: all its rows must have the same length. Pass sequences as (T, d) "
            "arrays, token ids as 1-D integer arrays."
        ) from None


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
    """Refuse NaN and infinity.

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
    # A sum is finite when it meets neither NaN nor infinity: no mask of X's size is needed.
    with np.errstate(invalid="ignore", over="ignore"):
        total = values.sum(dtype=np.float64)
    if not np.isfinite(total) and not np.isfinite(values).all():
        raise ValueError(
            f"Input X contains NaN or infinity; {name} needs finite numbers: impute or drop them."
        )
