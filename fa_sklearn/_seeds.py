"""Seeds for copies of estimators."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone


def reseeded(estimator: Any, seed: int, *, only_unset: bool = False) -> Any:
    """Copy an estimator and give every part of it that draws random numbers a seed.

    Parameters
    ----------
    estimator : estimator
        Copied, unfitted.
    seed : int
        Where the seeds of its parts are drawn from.
    only_unset : bool, default=False
        Keep the seeds that are set; else all are new.

    Returns
    -------
    estimator
        The copy.
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
