"""Which samples early stopping sets aside."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit

Rows = NDArray[np.intp]


def split_rows(
    y: NDArray[np.int64] | None, n: int, fraction: float, seed: int
) -> tuple[Rows, Rows]:
    """Split samples into those that train and those that validate.

    Labels keep their proportions if possible. Samples without a label are split by themselves, so
    that few labelled ones among many are on both sides.

    Parameters
    ----------
    y : ndarray of shape (n,) or None
        Codes of the labels, negative where there is none.
    n : int
        Number of samples.
    fraction : float
        Share of the samples that validate.
    seed : int
        Decides which.

    Returns
    -------
    tuple of two ndarrays
        Positions, ascending: of training and of validation.

    Raises
    ------
    ValueError
        If nothing is left to train on, or to validate on.
    """
    labelled = np.ones(n, dtype=bool) if y is None else y >= 0
    one_of_each = n == 2 and labelled.sum() == 1  # at least one of either kind trains
    if np.ceil(fraction * n) >= n or one_of_each:
        raise ValueError(
            f"early_stopping needs a training and a validation set: {n} sample(s) do not "
            f"split at validation_fraction={fraction}."
        )
    parts = [
        _split_part(np.flatnonzero(part), y, fraction, seed)
        for part in (labelled, ~labelled)
        if part.any()
    ]
    train, valid = (np.sort(np.concatenate(rows)) for rows in zip(*parts, strict=True))
    return train, valid


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
