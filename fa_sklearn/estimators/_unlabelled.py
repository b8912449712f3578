"""Samples without a coarse label: y = -1, scikit-learn's semi-supervised convention."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import accuracy_score
from sklearn.utils import column_or_1d
from sklearn.utils.validation import check_consistent_length

from .._training import UNLABELLED
from ._label_groups import LabelGroups, group_labels


def read_labels(y: Any, *, warn: bool = False) -> NDArray[Any]:
    """Make an array of labels; integers stay integers, also those that pandas holds as nullable.

    Parameters
    ----------
    y : array-like of shape (n,)
        Labels.
    warn : bool, default=False
        Whether to warn of a column.

    Returns
    -------
    ndarray of shape (n,)
        The labels.

    Raises
    ------
    ValueError
        If y is not one-dimensional.
    """
    if getattr(getattr(y, "dtype", None), "kind", None) == "i":
        y = np.asarray(y)  # column_or_1d makes floats of them, among which -1 is a label
    labels: NDArray[Any] = column_or_1d(y, warn=warn)
    return labels


def minus_one_is_label(
    labels: NDArray[np.generic], classes: ArrayLike | None, label_groups: LabelGroups | None
) -> bool:
    """Whether -1 is a label like any other in a fit that starts afresh.

    What names all labels decides: `classes`, else a mapping as `label_groups`. Without either, -1
    is a label unless y holds integers, two others at least among them.

    Parameters
    ----------
    labels : ndarray of shape (n,)
        Labels, before `label_groups`.
    classes : array-like or None
        What was announced to partial_fit.
    label_groups : mapping or callable or None
        From one label to its group.

    Returns
    -------
    bool
        False too where no label is -1: one that comes later is none.

    Examples
    --------
    >>> import numpy as np
    >>> from fa_sklearn.estimators._unlabelled import minus_one_is_label
    >>> minus_one_is_label(np.array([-1, 0, 1]), None, None)
    False
    >>> minus_one_is_label(np.array([-1, 1]), None, None)
    True
    """
    if classes is not None:
        return UNLABELLED in column_or_1d(classes).tolist()
    if isinstance(label_groups, Mapping):
        return UNLABELLED in label_groups
    unique = np.unique(labels)
    found = UNLABELLED in unique.tolist()
    return found and not (unique.dtype.kind == "i" and len(unique) > 2)


def find_labelled(labels: NDArray[np.generic], is_label: bool) -> NDArray[np.bool_]:
    """Find the samples whose label is known.

    Parameters
    ----------
    labels : ndarray of shape (n,)
        Labels, before `label_groups`.
    is_label : bool
        Whether -1 is a label like any other.

    Returns
    -------
    ndarray of shape (n,)
        False where the label is the integer -1, unless that is a label.
    """
    if is_label or labels.dtype.kind != "i":
        return np.ones(len(labels), dtype=bool)
    known: NDArray[np.bool_] = labels != UNLABELLED
    return known


def accuracy_of_labelled(
    y: ArrayLike,
    predicted: NDArray[np.generic],
    sample_weight: ArrayLike | None,
    label_groups: LabelGroups | None,
    is_label: bool,
) -> float:
    """Accuracy on the samples whose label is known.

    Parameters
    ----------
    y : array-like of shape (n,)
        Labels, before `label_groups`.
    predicted : ndarray of shape (n,)
        Predicted groups.
    sample_weight : array-like of shape (n,) or None
        Weights.
    label_groups : mapping or callable or None
        From one label to its group.
    is_label : bool
        Whether -1 is a label like any other.

    Returns
    -------
    float
        Share of samples, or of weight.

    Raises
    ------
    ValueError
        If there are no such samples.
    """
    labels = read_labels(y)
    check_consistent_length(labels, predicted, sample_weight)
    labelled = find_labelled(labels, is_label)
    if len(labels) and not labelled.any():
        raise ValueError(
            "y is -1, which is unlabelled, for every sample: score needs some whose coarse label "
            "is known."
        )
    groups = group_labels(labels[labelled], label_groups)
    if sample_weight is not None:
        sample_weight = np.asarray(sample_weight)[labelled]
    return float(accuracy_score(groups, predicted[labelled], sample_weight=sample_weight))
