"""From fine labels to the groups that training may see."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

LabelGroups = Mapping[Any, Any] | Callable[[Any], Any]


def _decode_if_encoded(labels: list[Any], label_groups: Mapping[Any, Any]) -> list[Any]:
    """Undo scikit-learn's encoding of y, where y looks as if it was encoded.

    ``cross_val_predict(method="predict_proba")`` replaces labels by their position among the
    sorted ones before it calls fit. Labels that are all positions may be labels all the same
    where some of them are keys: that is warned of.
    """
    missing = [label for label in labels if label not in label_groups]
    if not missing:
        return labels
    try:
        keys = sorted(label_groups)
    except TypeError:
        keys = []
    if set(labels) == set(range(len(keys))):
        if len(missing) < len(labels):
            _warn_of_positions(missing[0], len(keys))
        return [keys[label] for label in labels]
    raise ValueError(
        f"label_groups has no group for label {missing[0]!r} of y: add it to the mapping."
    )


def _warn_of_positions(missing: Any, n_keys: int) -> None:
    warnings.warn(
        f"label_groups has no group for label {missing!r} of y, so the labels are taken for "
        f"positions among its {n_keys} sorted keys, as "
        "cross_val_predict(method='predict_proba') makes them: if they are labels, add a key for "
        "each.",
        UserWarning,
        stacklevel=2,
    )


def _group_of(label: Any, label_groups: Callable[[Any], Any]) -> Any:
    try:
        return label_groups(label)
    except Exception as error:
        raise ValueError(
            f"label_groups could not map label {label!r} of y: {error!r}; "
            "it must take one label and return its group."
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
    if isinstance(label_groups, Mapping):
        groups = [label_groups[label] for label in _decode_if_encoded(labels, label_groups)]
    else:
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
