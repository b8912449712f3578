"""Sequences of unequal length: an object array in memory, padded or flat in a file."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def split_rows(values: NDArray[Any], lengths: NDArray[np.integer]) -> NDArray[np.object_]:
    """Cut `values`, (sum of lengths, d), into an object array of float32 (T_i, d) arrays."""
    ends = np.cumsum(lengths, dtype=np.int64)
    ragged = np.empty(len(lengths), dtype=object)
    pieces = np.split(values.astype(np.float32), ends[:-1])
    for i, piece in enumerate(pieces):
        ragged[i] = piece
    return ragged


def drop_padding(padded: NDArray[Any], lengths: NDArray[np.integer]) -> NDArray[Any]:
    """Return the (sum of lengths, d) rows of `padded`, (n, T, d), that are no padding."""
    return padded[_is_inside(padded, lengths)]


def has_clean_padding(padded: NDArray[Any], lengths: NDArray[np.integer]) -> bool:
    """Return whether `padded`, (n, T, d), is zero after each sequence's end."""
    return not padded[~_is_inside(padded, lengths)].any()


def pad(sequences: Sequence[NDArray[np.int8]]) -> tuple[NDArray[np.int8], NDArray[np.int16]]:
    """Return the (T_i, d) sequences as one zero-padded (n, T, d) array, and their lengths."""
    lengths = np.array([len(sequence) for sequence in sequences], dtype=np.int16)
    padded = np.zeros((len(sequences), lengths.max(), sequences[0].shape[1]), dtype=np.int8)
    for row, sequence in zip(padded, sequences, strict=True):
        row[: len(sequence)] = sequence
    return padded, lengths


def _is_inside(padded: NDArray[Any], lengths: NDArray[np.integer]) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = np.arange(padded.shape[1]) < lengths[:, None]
    return inside
