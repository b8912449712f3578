"""Images and pen strokes as tables, for methods that read nothing else and to find neighbours.

Images become their edges: histograms of oriented gradients (Dalal and Triggs, 2005).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

N_ORIENTATIONS = 9
CELL = 4
N_POINTS = 32
# Pixels of a drawing's side, and of the digit's longer side in it, as in MNIST.
SIZE, BOX = 28, 20


def oriented_gradients(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Sum the lengths of gradients in cells of 4 x 4 pixels by direction, 2 x 2 cells scaled."""
    values = images.astype(np.float32) / 255
    down, right = np.gradient(values, axis=(1, 2))
    length = np.hypot(down, right)
    strongest = length.argmax(axis=3, keepdims=True)

    def of_strongest(channels: NDArray[np.float32]) -> NDArray[Any]:
        return np.take_along_axis(channels, strongest, axis=3)[..., 0]

    angle = np.arctan2(of_strongest(down), of_strongest(right)) % np.pi
    direction = np.minimum(angle / np.pi * N_ORIENTATIONS, N_ORIENTATIONS - 1).astype(int)
    length = of_strongest(length)
    n, height, width = length.shape
    cells = np.stack(
        [
            (length * (direction == k))
            .reshape(n, height // CELL, CELL, width // CELL, CELL)
            .sum(axis=(2, 4))
            for k in range(N_ORIENTATIONS)
        ],
        axis=3,
    )
    blocks = np.concatenate(
        [cells[:, :-1, :-1], cells[:, :-1, 1:], cells[:, 1:, :-1], cells[:, 1:, 1:]], axis=3
    )
    blocks /= np.sqrt((blocks**2).sum(axis=3, keepdims=True) + 0.01)
    table: NDArray[np.float32] = blocks.reshape(n, -1)
    return table


def _in_box(points: NDArray[np.floating]) -> NDArray[np.floating]:
    """Move and scale the box of a digit's points (n, 2) to [-1, 1]."""
    low, high = points.min(axis=0), points.max(axis=0)
    scale = max(float((high - low).max()), 1e-6) / 2
    return (points - (low + high) / 2) / scale


def pen_path(stroke: NDArray[np.float32]) -> NDArray[np.float32]:
    """Pen positions at equal distances along a digit, its box moved and scaled to [-1, 1]."""
    points = np.cumsum(stroke[:, :2], axis=0)
    way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    at = np.linspace(0, way[-1], N_POINTS)
    resampled = np.stack([np.interp(at, way, points[:, axis]) for axis in (0, 1)], axis=1)
    return _in_box(resampled).astype(np.float32).ravel()


def pen_paths(strokes: Iterable[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Pen paths of digits, one row each: x, y, x, y, ..."""
    return np.stack([pen_path(stroke) for stroke in strokes])


def drawing(stroke: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Draw a digit upright, (28, 28): its slant is taken out, its box scaled as in MNIST."""
    points = np.cumsum(stroke[:, :2], axis=0, dtype=np.float64)
    points -= points.mean(axis=0)
    x, y = points.T
    points[:, 0] -= y * (x @ y) / max(y @ y, 1e-6)
    column, row = (_in_box(points) * BOX / 2 + SIZE / 2).astype(int).T
    image = np.zeros((SIZE, SIZE))
    image[row, column] = 1
    blurred = gaussian_filter(image, 1.0)
    return np.round(255 * blurred / blurred.max()).astype(np.uint8)


def drawn_gradients(strokes: Iterable[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Oriented gradients of upright drawings of digits, one row each."""
    return oriented_gradients(np.stack([drawing(stroke) for stroke in strokes])[..., None])
