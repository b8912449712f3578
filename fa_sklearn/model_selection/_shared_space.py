"""The space in which the clusters of all candidates are compared."""

from __future__ import annotations

from typing import Any

from sklearn.exceptions import NotFittedError
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from .._seeds import reseeded


def check_reference(reference: Any) -> None:
    """Refuse what cannot map samples to points."""
    if reference is not None and (isinstance(reference, type) or not hasattr(reference, "fit")):
        raise TypeError(
            "reference must be a transformer such as PCA(20), or None for the samples "
            f"themselves, got {reference!r}."
        )


def shared_space(reference: Any, X: Any, seed: int) -> Any:
    """Map samples to the points whose distances are compared."""
    if reference is not None:
        # Data frames too, where set_output asks for them, cannot be indexed by row.
        points = _transform(reference, X, seed)
        return check_array(points, accept_sparse="csr", input_name="reference's output")
    try:
        return check_array(X, accept_sparse="csr", dtype="numeric")
    except (ValueError, TypeError) as error:
        raise ValueError(
            "Without a reference the samples must be a table of numbers: pass reference=, a "
            "transformer that makes one of them, such as an autoencoder fitted before."
        ) from error


def _transform(reference: Any, X: Any, seed: int) -> Any:
    try:
        check_is_fitted(reference)
    except NotFittedError:
        return reseeded(reference, seed, only_unset=True).fit_transform(X)
    return reference.transform(X)
