"""Labels and weights as training takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import column_or_1d
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.validation import _check_sample_weight, check_consistent_length

from .._inputs import Samples
from .._training import UNLABELLED
from ._label_groups import LabelGroups, group_labels, read_groups

# More would leave float32, in which the losses are computed.
WEIGHT_RANGE = 1e30


def encode_labels(
    y: ArrayLike,
    samples: Samples,
    label_groups: LabelGroups | None,
    unlabeled: Any,
    *,
    announced: ArrayLike | None,
    fitted: NDArray[Any] | None,
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Sorted classes, those of the fit that is resumed, and each sample's position among them."""
    if y is None:
        raise ValueError("fit requires y to be passed, but the target y is None.")
    names = None if announced is None else column_or_1d(announced)
    groups, known = read_groups(y, label_groups, unlabeled, announced=names, classes=fitted)
    check_consistent_length(samples, known)
    classes = np.unique(groups if names is None else group_labels(names, label_groups))
    if fitted is not None:
        if names is not None:
            _check_same_classes(classes, fitted)
        classes = fitted
    elif len(classes) == 0:
        raise ValueError(
            f"y is unlabeled={unlabeled!r} for every sample: fit needs some whose coarse label is "
            "known."
        )
    codes = np.full(len(known), UNLABELLED, dtype=np.int64)
    codes[known] = _positions(groups, classes)
    return classes, codes


def _check_same_classes(announced: NDArray[Any], fitted: NDArray[Any]) -> None:
    if not np.array_equal(announced, fitted):
        raise ValueError(
            f"classes={announced.tolist()} differs from those of the first call to partial_fit, "
            f"{fitted.tolist()}."
        )


def _positions(groups: NDArray[Any], classes: NDArray[Any]) -> NDArray[np.int64]:
    """Position of each group among the sorted classes."""
    if len(groups) == 0:
        return np.zeros(0, dtype=np.int64)
    positions: NDArray[np.int64] = np.searchsorted(classes, groups).clip(0, len(classes) - 1)
    unseen = classes[positions] != groups
    if unseen.any():
        raise ValueError(
            f"y has the label {groups[unseen].tolist()[0]!r}, which is not among the classes "
            f"{classes.tolist()} of the first fit: pass all of them as classes= to the first "
            "partial_fit, or fit anew."
        )
    return positions


def check_weight(sample_weight: ArrayLike | None, samples: Any) -> NDArray[np.float64]:
    """Return a new array of one finite weight per sample, none below 0."""
    try:
        weight: NDArray[np.float64] = _check_sample_weight(
            sample_weight, samples, dtype=np.float64, copy=True, ensure_non_negative=True
        )
    except (TypeError, ValueError) as error:
        if "weight" in str(error):
            raise
        raise ValueError(f"sample_weight must hold one number per sample: {error}.") from error
    return weight


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
        Class of each sample; one with -1 keeps its weight.

    Returns
    -------
    ndarray of shape (n,) or None
        float32 weights; None if all are 1.

    Raises
    ------
    ValueError
        If weights are no numbers, negative, not as many as the samples, all 0, or too far apart.
    """
    if sample_weight is None and class_weight is None:
        return None
    weight = check_weight(sample_weight, samples)
    if class_weight is not None and classes is not None and codes is not None:
        labelled = codes != UNLABELLED
        codes = codes[labelled]
        of_class = _weights_of_classes(class_weight, classes, codes)
        if not np.isfinite(of_class).all() or (of_class < 0).any():
            raise ValueError(
                f"class_weight must hold finite weights not below 0, got {class_weight!r}."
            )
        with np.errstate(over="ignore"):
            weight[labelled] *= of_class[codes]
    if not (weight > 0).any():
        raise ValueError("sample_weight is 0 for every sample: nothing is left to train on.")
    return _in_float32(weight)


def _in_float32(weight: NDArray[np.float64]) -> NDArray[np.float32]:
    """Divide weights by a power of two, since only proportions matter, or say why they differ."""
    smallest, largest = weight[weight > 0].min(), weight.max()
    if not largest / WEIGHT_RANGE <= smallest:
        raise ValueError(
            f"The weights of samples, sample_weight times class_weight, go from {smallest:g} to "
            f"{largest:g}: let the largest be at most {WEIGHT_RANGE:g} times the smallest above 0."
        )
    scaled: NDArray[np.float32] = np.ldexp(weight, -np.frexp(largest)[1]).astype(np.float32)
    return scaled


def _weights_of_classes(
    class_weight: str | Mapping[Any, float],
    classes: NDArray[Any],
    codes: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Weight of each class; where they are balanced, 1 for one that a later fit does not see."""
    if class_weight != "balanced":
        of_class: NDArray[np.float64] = compute_class_weight(
            class_weight, classes=classes, y=classes[codes]
        )
        return of_class
    present = np.unique(codes)
    of_class = np.ones(len(classes))
    if len(present):
        of_class[present] = compute_class_weight(
            class_weight, classes=classes[present], y=classes[codes]
        )
    return of_class
