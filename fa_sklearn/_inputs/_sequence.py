"""Sequences: (T_i, d) arrays of numbers or DataFrames, one per sample, padded batch by batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from ._samples import Indices, Inputs, PartOfInputs, Reader, as_array, as_arrays, as_float32

# Rows that padding would make more than this many times their steps go through the net in parts.
MAX_PADDING = 8


def split_by_length(lengths: NDArray[np.int64]) -> list[Indices]:
    """Split rows where padding all is a waste; a part's longest is below twice its shortest."""
    if len(lengths) * lengths.max(initial=0) <= MAX_PADDING * lengths.sum():
        return [np.arange(len(lengths))]
    powers = np.frexp(lengths)[1]
    return [np.flatnonzero(powers == power) for power in np.unique(powers)]


class RaggedSamples:
    """Sequences one after another in one array, with the length of each."""

    prediction_rows = 512

    def __init__(self, values: NDArray[Any], lengths: NDArray[np.int64], dtype: Any) -> None:
        self.values = values
        self.lengths = lengths
        self.dtype = dtype
        self._starts = np.concatenate([[0], np.cumsum(lengths[:-1])])

    def __len__(self) -> int:
        return len(self.lengths)

    def take(self, rows: Indices) -> Inputs:
        """Batch of the given sequences, right-padded with 0 to the longest."""
        lengths = self.lengths[rows]
        steps = np.arange(lengths.max(initial=0))
        valid = steps < lengths[:, None]
        batch = np.zeros((*valid.shape, *self.values.shape[1:]), dtype=self.dtype)
        batch[valid] = self.values[(self._starts[rows][:, None] + steps)[valid]]
        parts = tuple(
            PartOfInputs(torch.from_numpy(part), int(lengths[part].max()))
            for part in split_by_length(lengths)
        )
        return Inputs(
            torch.from_numpy(batch),
            torch.from_numpy(lengths),
            parts=parts if len(parts) > 1 else (),
        )


def is_frame(item: Any) -> bool:
    """Whether an item is a DataFrame, of any library."""
    return hasattr(item, "columns") and callable(getattr(item, "to_numpy", None))


def _frames_to_arrays(frames: Any) -> list[NDArray[Any]]:
    """Turn DataFrames of equal columns, a row a time step, into arrays."""
    columns = list(frames[0].columns)
    for position, frame in enumerate(frames):
        if not is_frame(frame):
            raise ValueError(
                f"X[{position}] is a {type(frame).__name__} and X[0] a DataFrame: pass either "
                "DataFrames or (T, d) arrays."
            )
        if list(frame.columns) != columns:
            raise ValueError(
                f"X[{position}] has the columns {list(frame.columns)} and X[0] has {columns}: all "
                "DataFrames must have the same, in the same order."
            )
    return [frame.to_numpy() for frame in frames]


def _flatten(X: Any, name: str) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return the steps of all sequences in one (total, d) array, and their lengths."""
    if isinstance(X, np.ndarray) and X.ndim == 3 and len(X):
        n, steps, n_features = X.shape
        return as_array(X, "X").reshape(n * steps, n_features), np.full(n, steps, dtype=np.int64)
    items = as_arrays(_frames_to_arrays(X) if len(X) and is_frame(X[0]) else X, name)
    for position, item in enumerate(items):
        if item.ndim != 2:
            raise ValueError(
                f"X[{position}] has shape {item.shape}: every sequence must be a (T, d) array."
            )
        if item.shape[1] != items[0].shape[1]:
            raise ValueError(
                f"X[{position}] has {item.shape[1]} features per step and X[0] has "
                f"{items[0].shape[1]}: all sequences must have the same."
            )
    return np.concatenate(items), np.array([len(item) for item in items], dtype=np.int64)


class SequenceReader(Reader):
    """Validates sequences of at least one step each."""

    def read(self, X: Any, name: str, *, reset: bool) -> RaggedSamples:
        """Validate X, of shape (n, T, d) or n arrays or DataFrames of shape (T_i, d)."""
        values, lengths = _flatten(X, name)
        if lengths.min() < 1:
            raise ValueError(
                f"X[{int(lengths.argmin())}] is an empty sequence: every sample needs at least "
                "one step, drop it."
            )
        if values.shape[1] < 1:
            raise ValueError(
                "Found array with 0 feature(s) per step while a minimum of 1 is required."
            )
        if reset:
            self.n_features = values.shape[1]
            self.input_shape = (None, self.n_features)
            self.max_length = int(lengths.max())
        self._check_n_features(values.shape[1], "step", name)
        if np.iscomplexobj(values):
            raise ValueError("Complex data not supported: X must hold real numbers.")
        return RaggedSamples(as_float32(values, name), lengths, np.float32)

    def columns(self, X: Any) -> Any:
        return X[0] if is_frame(X[0]) else super().columns(X)

    def check_lengths(self, lengths: ArrayLike | None, n: int) -> NDArray[np.int64]:
        if lengths is None:
            return np.full(n, self.max_length, dtype=np.int64)
        steps = as_array(lengths, "lengths")
        if steps.shape != (n,) or steps.dtype.kind not in "iu" or steps.min(initial=1) < 1:
            raise ValueError(f"lengths must hold {n} integers of at least 1, one per row of X.")
        return steps.astype(np.int64)

    def inverse_transform(self, X: NDArray[np.float32], lengths: ArrayLike | None) -> NDArray[Any]:
        if lengths is None:
            return X
        rows = np.empty(len(X), dtype=object)
        for i, length in enumerate(np.asarray(lengths)):
            rows[i] = X[i, :length]
        return rows
