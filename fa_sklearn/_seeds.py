"""Seeds for copies of estimators."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator


def reseeded(estimator: Any, seed: int, *, only_unset: bool = False) -> Any:
    """Copy an estimator and give every part of it that draws random numbers a seed.

    `seed` is where these seeds are drawn from; `only_unset` keeps those that are set.
    """
    rng = np.random.RandomState(seed)
    copy = clone(estimator)
    given = {"": copy, **copy.get_params()}
    # Frozen parts stay as they are.
    frozen = tuple(
        f"{name}__" if name else ""
        for name, value in given.items()
        if isinstance(value, FrozenEstimator)
    )
    names = [
        name
        for name, value in sorted(given.items())
        if (name == "random_state" or name.endswith("__random_state"))
        and (value is None or not only_unset)
        and not name.startswith(frozen)
    ]
    if names:
        copy.set_params(**{name: int(rng.randint(2**31 - 1)) for name in names})
    return copy
