"""Labels as positions among their sorted classes, and the classes' names."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import LabelEncoder

TargetNames = Sequence[str] | Mapping[Hashable, str]


def encode_classes(labels: NDArray[Any]) -> tuple[NDArray[np.intp], list[Any]]:
    """Replace labels by their positions among the sorted classes.

    Parameters
    ----------
    labels : ndarray of shape (n_samples,)
        Class of each sample.

    Returns
    -------
    codes : ndarray of shape (n_samples,)
        Position of each sample's class among the sorted ones.
    classes : list
        The sorted classes.
    """
    encoder = LabelEncoder().fit(labels)
    return encoder.transform(labels), encoder.classes_.tolist()


def class_name(label: Any, target_names: TargetNames | None) -> str:
    """Look up what a class is called.

    Parameters
    ----------
    label : hashable
        The class.
    target_names : sequence or mapping of str, or None
        Names by label; None calls a class by its label.

    Returns
    -------
    str
        The name.

    Raises
    ------
    ValueError
        If ``target_names`` lacks the label.
    """
    if target_names is None:
        return str(label)
    try:
        if isinstance(target_names, Mapping):
            return str(target_names[label])
        if isinstance(label, int) and label >= 0:
            return str(target_names[label])
    except (IndexError, KeyError):
        pass
    raise ValueError(
        f"target_names has no name for label {label!r}: pass a sequence indexed by the labels "
        "0, 1, ..., or a mapping from every label to its name."
    )
