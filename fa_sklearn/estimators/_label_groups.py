"""From fine labels to the groups that training may see."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

LabelGroups = Mapping[Any, Any] | Callable[[Any], Any]


_ENCODED = "cross_val_predict(method='predict_proba') makes 0 to k - 1 of k labels"


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


def group_labels(y: NDArray[Any], label_groups: LabelGroups | None) -> NDArray[Any]:
    """Map each label to its group.

    Parameters
    ----------
    y : ndarray of shape (n,)
        Fine labels.
    label_groups : mapping or callable or None
        From one label to its group; None keeps y.

    Returns
    -------
    ndarray of shape (n,)
        Groups.

    Raises
    ------
    ValueError
        If a label has no group.

    Examples
    --------
    >>> import numpy as np
    >>> from fa_sklearn.estimators._label_groups import group_labels
    >>> group_labels(np.array([0, 7, 3]), lambda digit: digit >= 5)
    array([False,  True, False])
    """
    if label_groups is None:
        return y
    unique, inverse = np.unique(y, return_inverse=True)
    labels = unique.tolist()
    groups = [_group_of(label, label_groups) for label in labels]
    for label, group in zip(labels, groups, strict=True):
        if group is None or group != group:
            raise ValueError(f"label_groups gives no group for label {label!r}: got {group!r}.")
    kinds = {isinstance(group, str) for group in groups}
    if len(kinds) > 1:
        raise ValueError("label_groups mixes strings and other groups: use one type for all.")
    result: NDArray[Any] = np.asarray(groups)[inverse]
    if result.ndim != 1:
        raise ValueError("label_groups must map a label to a single value, such as 0 or 'odd'.")
    return result
