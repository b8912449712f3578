"""Pen strokes: the net that reads them, and a table for methods that do not read sequences."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

N_POINTS = 32
# The net of every study of strokes; demo.py, which stands alone, spells it out.
GRU = {"cell": "gru", "hidden_size": 64, "bidirectional": True}


def pen_path(stroke: NDArray[np.float32]) -> NDArray[np.float32]:
    """Pen positions at equal distances along a digit, its box moved and scaled to [-1, 1]."""
    points = np.cumsum(stroke[:, :2], axis=0)
    way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    at = np.linspace(0, way[-1], N_POINTS)
    resampled = np.stack([np.interp(at, way, points[:, axis]) for axis in (0, 1)], axis=1)
    low, high = resampled.min(axis=0), resampled.max(axis=0)
    scale = max(float((high - low).max()), 1e-6) / 2
    return ((resampled - (low + high) / 2) / scale).astype(np.float32).ravel()


def pen_paths(strokes: Iterable[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Pen paths of digits, one row each: x, y, x, y, ..."""
    return np.stack([pen_path(stroke) for stroke in strokes])
