"""Which samples early stopping sets aside."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit

Rows = NDArray[np.intp]


def split_rows(
    y: NDArray[np.int64] | None,
    weight: NDArray[np.floating] | None,
    n: int,
    fraction: float,
    seed: int,
) -> tuple[Rows, Rows]:
    """Split samples into those that train and those that validate.

    Labels keep their proportions if possible. Samples without a label are split by themselves, so
    that few labelled ones among many are on both sides; those of weight 0 train, so that both
    sides hold weight.

    Parameters
    ----------
    y : ndarray of shape (n,) or None
        Codes of the labels, negative where there is none.
    weight : ndarray of shape (n,) or None
        Weights of the samples.
    n : int
        Number of samples.
    fraction : float
        Share of the samples of weight above 0 that validate.
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
    counted = np.ones(n, dtype=bool) if weight is None else weight > 0
    labelled = counted if y is None else counted & (y >= 0)
    n_counted = int(counted.sum())
    one_of_each = n_counted == 2 and labelled.sum() == 1  # at least one of either kind trains
    if np.ceil(fraction * n_counted) >= n_counted or one_of_each:
        kind = "sample(s)" if weight is None else "sample(s) of a weight above 0"
        raise ValueError(
            f"early_stopping needs a training and a validation set: {n_counted} {kind} do not "
            f"split at validation_fraction={fraction}."
        )
    parts = [
        _split_part(np.flatnonzero(part), y, fraction, seed)
        for part in (labelled, counted & ~labelled)
        if part.any()
    ]
    train, valid = (np.concatenate(rows) for rows in zip(*parts, strict=True))
    return np.sort(np.concatenate([train, np.flatnonzero(~counted)])), np.sort(valid)


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
