"""Labels as positions among their sorted classes, and the classes' names."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import LabelEncoder

TargetNames = Sequence[str] | Mapping[Hashable, str]


def encode_classes(labels: NDArray[Any]) -> tuple[NDArray[np.intp], list[Any]]:
    """Replace labels by their positions among the sorted classes."""
    encoder = LabelEncoder().fit(labels)
    return encoder.transform(labels), encoder.classes_.tolist()


def class_name(label: Any, target_names: TargetNames | None) -> str:
    """Look up what a class is called."""
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
