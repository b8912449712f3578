"""Images: 4-D arrays, channels last, uint8 or float."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from ._samples import Indices, Inputs, Reader, as_array, as_arrays, as_float32


class ImageSamples:
    """Images (n, H, W, C) that stay as they are until they are in a batch."""

    lengths = None
    prediction_rows = 512

    def __init__(
        self, values: NDArray[Any], mean: NDArray[np.float32], scale: NDArray[np.float32]
    ) -> None:
        self.values = values
        self.mean = torch.from_numpy(mean)
        self.scale = torch.from_numpy(scale)

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: Indices) -> Inputs:
        """Batch of the given images, X of shape (n, C, H, W) in channels-last memory order."""
        values = self.values.take(rows, axis=0)
        if values.dtype == np.uint8:
            batch = torch.from_numpy(values).float().sub_(self.mean).div_(self.scale)
        else:
            batch = torch.from_numpy(values.astype(np.float32, copy=False))
        return Inputs(batch.permute(0, 3, 1, 2), None)


def _moments(values: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and standard deviation of each channel, exact, from its histogram."""
    levels, channels = np.arange(256), values.shape[-1]
    counts = np.zeros((channels, 256), dtype=np.int64)
    for start in range(0, len(values), 1024):
        part = values[start : start + 1024].reshape(-1, channels).T
        counts += [np.bincount(channel, minlength=256) for channel in part]
    total = counts.sum(axis=1)
    mean = counts @ levels / total
    scale = np.sqrt((counts * (levels - mean[:, None]) ** 2).sum(axis=1) / total)
    scale[scale == 0] = 1
    return mean.astype(np.float32), scale.astype(np.float32)


class ImageReader(Reader):
    """Validates images; uint8 is standardised per channel, floats are taken as they are.

    The scale is that of the first X: later calls of partial_fit keep it. Dividing uint8 by 255
    and standardising afterwards is one affine map, applied per batch.
    """

    def read(self, X: Any, name: str, *, reset: bool) -> ImageSamples:
        """Validate X, uint8 or float images of shape (n, H, W, C)."""
        values = self._as_images(X, name)
        if values.ndim != 4 or 0 in values.shape:
            raise ValueError(
                f"X must be images of shape (n, height, width, channels) with at least one "
                f"sample, got {values.shape}."
            )
        if values.dtype.kind not in "fiub":
            raise ValueError(f"X has dtype {values.dtype}; {name} needs uint8 or float images.")
        if values.dtype != np.uint8:
            values = as_float32(values, name)
        height, width, channels = values.shape[1:]
        if reset:
            self.input_shape, self.n_features = (channels, height, width), channels
            self.is_uint8 = values.dtype == np.uint8
            self.mean, self.scale = np.zeros(channels, "f4"), np.ones(channels, "f4")
            if self.is_uint8:
                self.mean, self.scale = _moments(values)
        self._check_n_features(channels, "pixel (channels)", name)
        if (height, width) != self.input_shape[1:]:
            raise ValueError(
                f"X has images of {height}x{width} pixels, but {name} was fitted on "
                f"{self.input_shape[1]}x{self.input_shape[2]}: resize them."
            )
        if (values.dtype == np.uint8) != self.is_uint8:
            fitted = "uint8" if self.is_uint8 else "float"
            raise ValueError(
                f"X has dtype {values.dtype}, but {name} was fitted on {fitted} images: "
                "convert them to the same scale."
            )
        return ImageSamples(values, self.mean, self.scale)

    @staticmethod
    def _as_images(X: Any, name: str) -> NDArray[Any]:
        """Stack a list or an object array of images."""
        if isinstance(X, np.ndarray) and X.dtype != object:
            return as_array(X, "X")
        items = as_arrays(X, name)
        if len({image.shape for image in items}) > 1:
            raise ValueError("X holds images of different shape: resize them to one.")
        return np.stack(items)

    def inverse_transform(self, X: NDArray[np.float32], lengths: ArrayLike | None) -> NDArray[Any]:
        pixels = X.transpose(0, 2, 3, 1) * self.scale + self.mean
        return pixels.round().clip(0, 255).astype(np.uint8) if self.is_uint8 else pixels
