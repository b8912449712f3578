"""What the parameters of all scorers must be."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

from sklearn.base import is_classifier

# Of seeds: what NumPy's RandomState takes.
LARGEST_SEED = 2**32 - 1


def check_whole_number(value: Any, name: str, low: int, high: int | None = None) -> None:
    """Refuse what is not an integer, or outside what makes sense."""
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise TypeError(f"{name} must be a whole number, got {value!r}.")
    if value < low:
        raise ValueError(f"{name} must be at least {low}, got {value}.")
    if high is not None and int(value) > high:
        raise ValueError(f"{name} must be at most {high}, got {value}.")


def check_share(value: Any, name: str, *, optional: bool = False) -> None:
    """Refuse what is not a share of samples."""
    if value is None and optional:
        return
    if not isinstance(value, Real) or isinstance(value, bool):
        expected = "a number or None" if optional else "a number"
        raise TypeError(f"{name} must be {expected}, got {value!r}.")
    if not 0 <= float(value) <= 1:
        raise ValueError(f"{name} must be a share of samples from 0 to 1, got {value}.")


def check_clusters(estimator: Any, scorer: object) -> None:
    """Refuse an estimator that gives no clusters."""
    if not hasattr(estimator, "predict") or is_classifier(estimator):
        raise TypeError(
            f"{type(scorer).__name__} scores clusters: end the estimator in a clusterer with "
            "predict, as in make_pipeline(net, KMeans(10))."
        )
