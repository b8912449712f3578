"""Images as a table of their edges: histograms of oriented gradients (Dalal and Triggs, 2005)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

N_ORIENTATIONS = 9
CELL = 4


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
