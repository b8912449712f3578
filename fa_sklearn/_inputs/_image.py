"""Images: 4-D arrays, channels last, uint8 or float."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from ._numbers import as_array, as_float32, check_finite
from ._ragged import check_n_features
from ._reader import Reader
from ._samples import Indices, Inputs


class ImageSamples:
    """Images that stay as they are until they are in a batch.

    Parameters
    ----------
    values : ndarray of shape (n, H, W, C)
        uint8 or float images.
    mean, scale : ndarray of shape (C,)
        What batches of uint8 images are standardised by.
    """

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
        """Batch of the given images.

        Parameters
        ----------
        rows : ndarray of shape (n,)
            Which images.

        Returns
        -------
        Inputs
            X of shape (n, C, H, W), float32, in channels-last memory order.
        """
        values = self.values.take(rows, axis=0)
        if values.dtype == np.uint8:
            batch = torch.from_numpy(values).float().sub_(self.mean).div_(self.scale)
        else:
            batch = torch.from_numpy(values.astype(np.float32, copy=False))
        return Inputs(batch.permute(0, 3, 1, 2), None)


def _uint8_moments(values: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and standard deviation of each channel, exact, from its histogram."""
    levels = np.arange(256)
    means, scales = [], []
    for channel in range(values.shape[-1]):
        counts = np.zeros(256)
        for start in range(0, len(values), 1024):
            part = values[start : start + 1024, ..., channel]
            counts += np.bincount(part.ravel(), minlength=256)
        mean = (counts * levels).sum() / counts.sum()
        variance = (counts * (levels - mean) ** 2).sum() / counts.sum()
        means.append(mean)
        scales.append(np.sqrt(variance) or 1.0)
    return np.array(means, dtype=np.float32), np.array(scales, dtype=np.float32)


class ImageReader(Reader):
    """Validates images; uint8 is standardised per channel, floats are taken as they are.

    The scale is that of the first X: later calls of partial_fit keep it. Dividing uint8 by 255
    and standardising afterwards is one affine map, applied per batch.
    """

    def read(self, estimator: Any, X: Any, *, reset: bool) -> ImageSamples:
        """Validate X.

        Parameters
        ----------
        estimator : BaseEstimator
            Whose `n_features_in_` is set or compared with: the number of channels.
        X : array-like of shape (n, H, W, C)
            uint8 or float images.
        reset : bool
            Whether X defines the shape and the standardisation, as in fit.

        Returns
        -------
        ImageSamples
            The images.

        Raises
        ------
        ValueError
            If the shape differs from fit's, or values are not finite numbers.
        """
        name = type(estimator).__name__
        values = self._as_images(X)
        if values.ndim != 4 or 0 in values.shape:
            raise ValueError(
                f"X must be images of shape (n, height, width, channels) with at least one "
                f"sample, got {values.shape}."
            )
        if values.dtype != np.uint8:
            values = self._check_floats(values, name)
        check_n_features(estimator, values.shape[3], "pixel (channels)", reset=reset)
        if reset:
            height, width, channels = values.shape[1:]
            self.input_shape = (channels, height, width)
            self.is_uint8 = values.dtype == np.uint8
            self._learn_scale(values)
        elif values.shape[1:3] != self.input_shape[1:]:
            raise ValueError(
                f"X has images of {values.shape[1]}x{values.shape[2]} pixels, but {name} was "
                f"fitted on {self.input_shape[1]}x{self.input_shape[2]}: resize them."
            )
        elif (values.dtype == np.uint8) != self.is_uint8:
            fitted = "uint8" if self.is_uint8 else "float"
            raise ValueError(
                f"X has dtype {values.dtype}, but {name} was fitted on {fitted} images: "
                "convert them to the same scale."
            )
        return ImageSamples(values, self.mean, self.scale)

    @staticmethod
    def _as_images(X: Any) -> NDArray[Any]:
        """Stack a list or an object array of images."""
        if isinstance(X, np.ndarray) and X.dtype != object:
            return as_array(X, "X")
        items = [as_array(image, f"X[{position}]") for position, image in enumerate(X)]
        if len({image.shape for image in items}) > 1:
            raise ValueError("X holds images of different shape: resize them to one.")
        return np.stack(items) if items else np.empty((0, 0, 0, 0))

    @staticmethod
    def _check_floats(values: NDArray[Any], name: str) -> NDArray[Any]:
        if values.dtype.kind not in "fiub":
            raise ValueError(f"X has dtype {values.dtype}; {name} needs uint8 or float images.")
        if not isinstance(values, np.memmap):
            values = as_float32(values)
        check_finite(values, name)
        return values

    def _learn_scale(self, values: NDArray[Any]) -> None:
        if self.is_uint8:
            self.mean, self.scale = _uint8_moments(values)
        else:
            self.mean = np.zeros(values.shape[3], dtype=np.float32)
            self.scale = np.ones(values.shape[3], dtype=np.float32)

    def restore(self, X: NDArray[np.float32], lengths: ArrayLike | None) -> NDArray[Any]:
        """Turn a reconstruction into what X looks like.

        Parameters
        ----------
        X : ndarray of shape (n, C, H, W)
            Standardised reconstruction.
        lengths : None
            Not used.

        Returns
        -------
        ndarray of shape (n, H, W, C)
            Pixels; uint8 if fit saw uint8.
        """
        pixels = X.transpose(0, 2, 3, 1) * self.scale + self.mean
        return pixels.round().clip(0, 255).astype(np.uint8) if self.is_uint8 else pixels
