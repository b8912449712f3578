"""Labels, groups and weights as training takes them, and the samples that validate."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit
from sklearn.utils import column_or_1d
from sklearn.utils._mask import _get_mask
from sklearn.utils._missing import is_pandas_na, is_scalar_nan
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    _num_samples,
    assert_all_finite,
    check_consistent_length,
)

from .._inputs import Samples
from .._training import UNLABELLED

LabelGroups = Mapping[Any, Any] | Callable[[Any], Any]
Rows = NDArray[np.intp]

# More would leave float32, in which the losses are computed.
WEIGHT_RANGE = 1e30
_ENCODED = "cross_val_predict(method='predict_proba') makes 0 to k - 1 of k labels"


def read_groups(
    y: Any,
    label_groups: LabelGroups | None,
    unlabeled: Any,
    *,
    announced: NDArray[Any] | None = None,
    classes: NDArray[Any] | None = None,
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return the groups of the samples whose label is known, and which samples these are."""
    if getattr(getattr(y, "dtype", None), "kind", None) == "i":
        y = np.asarray(y)  # column_or_1d makes floats of pandas' nullable integers
    elif unlabeled is not None and isinstance(y, (list, tuple)):
        y = np.asarray(y, dtype=object)  # NumPy would make one string of "nan" and NaN
    labels: NDArray[Any] = column_or_1d(y, warn=True)
    if not is_scalar_nan(unlabeled) and not is_pandas_na(unlabeled):
        assert_all_finite(labels, input_name="y")
    known = np.ones(len(labels), dtype=bool)
    if unlabeled is not None:
        known = ~_mask_unlabeled(labels, unlabeled)
        labels = labels[known]
        if labels.dtype == object:
            labels = np.asarray(labels.tolist())
        assert_all_finite(labels, input_name="y")
        _check_same_type(labels, unlabeled)
    elif labels.dtype.kind == "i":
        if announced is None and label_groups is None:
            announced = classes
        _check_minus_one(labels, label_groups if isinstance(label_groups, Mapping) else announced)
    if len(labels):
        check_classification_targets(labels)
    return group_labels(labels, label_groups), known


def _mask_unlabeled(labels: NDArray[Any], unlabeled: Any) -> NDArray[np.bool_]:
    """Find the samples without a label; NaN and pandas.NA stand for each other, and for None."""
    if labels.dtype == object and (is_scalar_nan(unlabeled) or is_pandas_na(unlabeled)):
        return np.array(
            [each is None or is_scalar_nan(each) or is_pandas_na(each) for each in labels],
            dtype=bool,
        )
    mask: NDArray[np.bool_] = _get_mask(labels, unlabeled)
    return mask


def _check_same_type(labels: NDArray[Any], unlabeled: Any) -> None:
    """Refuse labels that read as `unlabeled` does and differ from it in type, as "nan" and NaN."""
    if str(unlabeled) in np.unique(labels).astype(str):
        raise ValueError(
            f"y holds {str(unlabeled)!r} as {labels.dtype.type.__name__}, but "
            f"unlabeled={unlabeled!r} is of type {type(unlabeled).__name__}: give both one type. "
            "An array of strings holds no NaN: pass a list, an object array or a Series."
        )


def _check_minus_one(labels: NDArray[Any], named: Any) -> None:
    """Refuse a -1 that may mean "unknown", as it does elsewhere in scikit-learn."""
    unique = np.unique(labels)
    if -1 not in unique or (len(unique) <= 2 if named is None else -1 in list(named)):
        return
    where = " among other labels"
    if named is not None:
        where = f", which is not among {reprlib.repr(np.asarray(list(named)).tolist())}"
    raise ValueError(
        f"y holds -1{where}: set unlabeled=-1 if it marks samples whose coarse label is unknown; "
        "if it is a label, rename it, or name it among the classes of the first partial_fit or "
        "the keys of label_groups."
    )


def _group_of(label: Any, label_groups: LabelGroups) -> Any:
    if isinstance(label_groups, Mapping):
        if label not in label_groups:
            raise ValueError(
                f"label_groups has no group for label {label!r} of y, its keys are "
                f"{reprlib.repr(list(label_groups))}: add the label or change the type of the "
                f"keys ({_ENCODED})."
            )
        return label_groups[label]
    try:
        return label_groups(label)
    except Exception as error:
        raise ValueError(
            f"label_groups could not map label {label!r} of y: {error!r}; "
            f"it must take one label and return its group ({_ENCODED})."
        ) from error


def group_labels(labels: NDArray[Any], label_groups: LabelGroups | None) -> NDArray[Any]:
    """Map each label to its group; None keeps the labels."""
    if label_groups is None:
        return labels
    unique, inverse = np.unique(labels, return_inverse=True)
    names = unique.tolist()
    groups = [_group_of(label, label_groups) for label in names]
    for label, group in zip(names, groups, strict=True):
        if group is None or group != group:
            raise ValueError(f"label_groups gives no group for label {label!r}: got {group!r}.")
    kinds = {isinstance(group, str) for group in groups}
    if len(kinds) > 1:
        raise ValueError("label_groups mixes strings and other groups: use one type for all.")
    result: NDArray[Any] = np.asarray(groups)[inverse]
    if result.ndim != 1:
        raise ValueError("label_groups must map a label to a single value, such as 0 or 'odd'.")
    return result


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
        if names is not None and not np.array_equal(classes, fitted):
            raise ValueError(
                f"classes={classes.tolist()} differs from those of the first call to partial_fit, "
                f"{fitted.tolist()}."
            )
        classes = fitted
    elif len(classes) == 0:
        raise ValueError(
            f"y is unlabeled={unlabeled!r} for every sample: fit needs some whose coarse label is "
            "known."
        )
    codes = np.full(len(known), UNLABELLED, dtype=np.int64)
    codes[known] = _positions(groups, classes)
    return classes, codes


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
        # Array API dispatch would ask for the namespace of what only has a length.
        rows = np.broadcast_to(0.0, _num_samples(samples))
        weight: NDArray[np.float64] = _check_sample_weight(
            sample_weight, rows, dtype=np.float64, copy=True, ensure_non_negative=True
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
    """Multiply the weights of samples by those of their classes; None if all are 1."""
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
    smallest, largest = weight[weight > 0].min(), weight.max()
    if not largest / WEIGHT_RANGE <= smallest:
        raise ValueError(
            f"The weights of samples, sample_weight times class_weight, go from {smallest:g} to "
            f"{largest:g}: let the largest be at most {WEIGHT_RANGE:g} times the smallest above 0."
        )
    # Only proportions matter, and a power of two leaves the bits.
    scaled: NDArray[np.float32] = np.ldexp(weight, -np.frexp(largest)[1]).astype(np.float32)
    return scaled


def _weights_of_classes(
    class_weight: str | Mapping[Any, float],
    classes: NDArray[Any],
    codes: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Weight of each class; where they are balanced, 1 for one that a later fit does not see."""
    present = np.unique(codes) if class_weight == "balanced" else np.arange(len(classes))
    of_class = np.ones(len(classes))
    if len(present):
        of_class[present] = compute_class_weight(
            class_weight, classes=classes[present], y=classes[codes]
        )
    return of_class


def split_rows(
    y: NDArray[np.int64] | None,
    weight: NDArray[np.floating] | None,
    n: int,
    fraction: float,
    seed: int,
) -> tuple[Rows, Rows]:
    """Split n samples into those that train and those that validate, ascending."""
    # Samples without a label are split by themselves, so that few labelled ones among many are on
    # both sides; those of weight 0 train, so that both sides hold weight.
    counted = np.ones(n, dtype=bool) if weight is None else weight > 0
    labelled = counted if y is None else counted & (y >= 0)
    n_counted = int(counted.sum())
    one_of_each = n_counted == 2 and labelled.sum() == 1  # at least one of either kind trains
    if np.ceil(fraction * n_counted) >= n_counted or one_of_each:
        kind = "sample(s)" if weight is None else "sample(s) of a weight above 0"
        raise ValueError(
            f"early_stopping needs a training and a validation set: {n_counted} {kind} do not "
            f"split at validation_fraction={fraction}."
        )
    parts = [
        _split_part(np.flatnonzero(part), y, fraction, seed)
        for part in (labelled, counted & ~labelled)
        if part.any()
    ]
    train, valid = (np.concatenate(rows) for rows in zip(*parts, strict=True))
    return np.sort(np.concatenate([train, np.flatnonzero(~counted)])), np.sort(valid)


def _split_part(
    rows: Rows, y: NDArray[np.int64] | None, fraction: float, seed: int
) -> tuple[Rows, Rows]:
    """Split some of the samples; at least one of them trains."""
    n_valid = min(int(np.ceil(fraction * len(rows))), len(rows) - 1)
    if n_valid == 0:
        return rows, rows[:0]
    codes = np.zeros(len(rows), dtype=np.int64) if y is None else y[rows]
    counts = np.unique(codes, return_counts=True)[1]
    fewest = min(n_valid, len(rows) - n_valid)
    stratified = len(counts) > 1 and counts.min() >= 2 and fewest >= len(counts)
    splitter = StratifiedShuffleSplit if stratified else ShuffleSplit
    train, valid = next(splitter(1, test_size=n_valid, random_state=seed).split(rows, codes))
    return rows[train], rows[valid]
