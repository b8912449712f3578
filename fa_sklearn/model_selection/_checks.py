"""What the parameters of all scorers must be."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any


def check_whole_number(value: Any, name: str, low: int) -> None:
    """Refuse what is no integer, or below the lowest that makes sense.

    Parameters
    ----------
    value : object
        What was passed.
    name : str
        Of the parameter.
    low : int
        Lowest value.

    Raises
    ------
    TypeError
        If it is no integer.
    ValueError
        If it is too low.
    """
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise TypeError(f"{name} must be a whole number, got {value!r}.")
    if value < low:
        raise ValueError(f"{name} must be at least {low}, got {value}.")


def check_accuracy(value: Any, name: str) -> None:
    """Refuse what is no share of samples.

    Parameters
    ----------
    value : object
        What was passed; None stands for no bound.
    name : str
        Of the parameter.

    Raises
    ------
    TypeError
        If it is no number.
    ValueError
        If it is outside 0 to 1.
    """
    if value is None:
        return
    if not isinstance(value, Real) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number or None, got {value!r}.")
    if not 0 <= float(value) <= 1:
        raise ValueError(f"{name} must be a share of samples from 0 to 1, got {value}.")


def check_clusters(estimator: Any, scorer: object) -> None:
    """Refuse an estimator that gives no clusters.

    Parameters
    ----------
    estimator : object
        What a scorer was called with.
    scorer : object
        The scorer.

    Raises
    ------
    TypeError
        If the estimator has no `predict`.
    """
    if not hasattr(estimator, "predict"):
        raise TypeError(
            f"{type(scorer).__name__} scores clusters: end the estimator in a clusterer with "
            "predict, as in make_pipeline(net, KMeans(10))."
        )
