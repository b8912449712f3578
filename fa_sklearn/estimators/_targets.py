"""Labels and weights as training takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import column_or_1d
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    assert_all_finite,
    check_consistent_length,
)

from .._inputs import Samples


def check_labels(y: ArrayLike, samples: Samples) -> NDArray[Any]:
    """Validate class labels, one per sample.

    Parameters
    ----------
    y : array-like of shape (n,)
        Labels.
    samples : Samples
        What they belong to.

    Returns
    -------
    ndarray of shape (n,)
        The labels.

    Raises
    ------
    ValueError
        If they are missing, continuous, not finite or not as many as the samples.
    """
    labels: NDArray[Any] = column_or_1d(y, warn=True)
    assert_all_finite(labels, input_name="y")
    check_classification_targets(labels)
    check_consistent_length(samples, labels)
    return labels


def encode_labels(labels: NDArray[Any], classes: NDArray[Any]) -> NDArray[np.int64]:
    """Position of each label among the sorted classes.

    Parameters
    ----------
    labels : ndarray of shape (n,)
        Labels.
    classes : ndarray of shape (n_classes,)
        Sorted classes.

    Returns
    -------
    ndarray of shape (n,)
        int64 codes.

    Raises
    ------
    ValueError
        If a label is not among the classes.
    """
    codes: NDArray[np.int64] = np.searchsorted(classes, labels).clip(0, len(classes) - 1)
    unseen = classes[codes] != labels
    if unseen.any():
        raise ValueError(
            f"y has the label {labels[unseen].tolist()[0]!r}, which is not among the classes "
            f"{classes.tolist()} of the first fit: pass all of them as classes= to the first "
            "partial_fit, or fit anew."
        )
    return codes


def check_training_weight(
    sample_weight: ArrayLike | None,
    samples: Samples,
    class_weight: str | Mapping[Any, float] | None = None,
    classes: NDArray[Any] | None = None,
    codes: NDArray[np.int64] | None = None,
) -> NDArray[np.float32] | None:
    """Multiply sample weights by those of the samples' classes.

    Parameters
    ----------
    sample_weight : array-like of shape (n,) or None
        Non-negative weights.
    samples : Samples
        What they belong to.
    class_weight : {"balanced"}, mapping or None, default=None
        Weights of classes.
    classes : ndarray of shape (n_classes,) or None, default=None
        The classes.
    codes : ndarray of shape (n,) or None, default=None
        Class of each sample.

    Returns
    -------
    ndarray of shape (n,) or None
        float32 weights; None if all are 1.

    Raises
    ------
    ValueError
        If weights are negative, not as many as the samples, or all 0.
    """
    if sample_weight is None and class_weight is None:
        return None
    weight: NDArray[np.float32] = _check_sample_weight(
        sample_weight, samples, dtype=np.float32, ensure_non_negative=True
    )
    if class_weight is not None and classes is not None and codes is not None:
        of_class = compute_class_weight(class_weight, classes=classes, y=classes[codes])
        if not np.isfinite(of_class).all() or (of_class < 0).any():
            raise ValueError(
                f"class_weight must hold finite weights not below 0, got {class_weight!r}."
            )
        weight = weight * of_class.astype(np.float32)[codes]
    if not (weight > 0).any():
        raise ValueError("sample_weight is 0 for every sample: nothing is left to train on.")
    return weight
