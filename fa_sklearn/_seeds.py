"""Seeds for copies of estimators."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone


def reseeded(estimator: Any, seed: int, *, only_unset: bool = False) -> Any:
    """Copy an estimator and give every part of it that draws random numbers a seed.

    `seed` is where these seeds are drawn from; `only_unset` keeps those that are set.
    """
    rng = np.random.RandomState(seed)
    copy = clone(estimator)
    names = [
        name
        for name, value in sorted(copy.get_params().items())
        if (name == "random_state" or name.endswith("__random_state"))
        and (value is None or not only_unset)
    ]
    return copy.set_params(**{name: int(rng.randint(2**31 - 1)) for name in names})
