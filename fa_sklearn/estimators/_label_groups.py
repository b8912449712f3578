"""From y to the groups that training may see, and the samples for which it may see one."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import column_or_1d
from sklearn.utils._mask import _get_mask
from sklearn.utils._missing import is_pandas_na, is_scalar_nan
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import assert_all_finite

LabelGroups = Mapping[Any, Any] | Callable[[Any], Any]

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
        known = ~_get_mask(labels, unlabeled)
        labels = labels[known]
        if labels.dtype == object:
            labels = np.asarray(labels.tolist())
        assert_all_finite(labels, input_name="y")
    elif labels.dtype.kind == "i":
        if announced is None and label_groups is None:
            announced = classes
        _check_minus_one(labels, label_groups if isinstance(label_groups, Mapping) else announced)
    if len(labels):
        check_classification_targets(labels)
    return group_labels(labels, label_groups), known


def _check_minus_one(labels: NDArray[Any], named: Any) -> None:
    """Refuse a -1 that may mean "unknown", as it does elsewhere in scikit-learn."""
    unique = np.unique(labels)
    if -1 not in unique or (len(unique) <= 2 if named is None else -1 in list(named)):
        return
    where = " beside other labels"
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
