"""What is trained: a data set, a net and the estimator's parameters."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from fa_sklearn import ForcedApartClassifier
from fa_sklearn.datasets import fetch_cifar10, fetch_mnist_strokes, load_stroke_digits
from fa_sklearn.modules import MLP, RNN, VGG

N_COMPONENTS = 15
LR = 1e-3
ALPHA = 0.1
MARGIN = 1.0
NAMES = {"table": "tables", "sequence": "strokes", "image": "images"}


@dataclass(frozen=True)
class Task:
    """Two coarse labels to learn.

    Parameters
    ----------
    kind : {"table", "sequence", "image"}
        Layout of X.
    X : ndarray
        Samples as a user has them.
    y : ndarray of shape (n,)
        Coarse labels, 0 or 1.
    source : str
        Where X comes from.
    module : type
        The net.
    input_shape : tuple
        Shape of a sample as the net sees it.
    batch_size, max_epochs : int
        How to train.
    module_params : dict
        Options of the net.
    penalty : {"multi"} or None
        L_multi, or the cross-entropy alone.
    """

    kind: str
    X: NDArray[Any]
    y: NDArray[np.int64]
    source: str
    module: type[nn.Module]
    input_shape: tuple[int | None, ...]
    batch_size: int
    max_epochs: int
    module_params: dict[str, Any] = field(default_factory=dict)
    penalty: str | None = "multi"

    def head(self, n: int) -> Task:
        """Return the same task on the first n samples, for one epoch."""
        return replace(self, X=self.X[:n], y=self.y[:n], max_epochs=1)

    def make_net(self) -> nn.Module:
        """Make the net that the estimator would make."""
        return self.module(self.input_shape, N_COMPONENTS, 1, **self.module_params)

    def estimator(self, **parameters: Any) -> ForcedApartClassifier:
        """Make the estimator; `parameters` come before those of the task."""
        own: dict[str, Any] = {
            "module": self.module,
            "module_params": self.module_params,
            "n_components": N_COMPONENTS,
            "penalty": self.penalty,
            "alpha": ALPHA,
            "margin": MARGIN,
            "lr": LR,
            "batch_size": self.batch_size,
            "max_epochs": self.max_epochs,
            "random_state": 0,
        }
        return ForcedApartClassifier(**{**own, **parameters})

    def describe(self) -> dict[str, Any]:
        """Describe the task for the JSON file."""
        return {
            "name": NAMES[self.kind],
            "kind": self.kind,
            "source": self.source,
            "n_samples": len(self.X),
            "input_shape": self.input_shape,
            "net": self.module.__name__,
            "module_params": self.module_params,
            "batch_size": self.batch_size,
            "epochs": self.max_epochs,
            "penalty": self.penalty,
        }


def table(n: int, *, batch_size: int = 256, epochs: int = 1, n_features: int = 64) -> Task:
    """Ten Gaussian clouds, the first five under one coarse label."""
    rng = np.random.default_rng(0)
    fine = rng.integers(0, 10, n)
    X = (rng.normal(size=(10, n_features))[fine] + rng.normal(size=(n, n_features))).astype("f4")
    y = (fine >= 5).astype(np.int64)
    return Task("table", X, y, "synthetic", MLP, (n_features,), batch_size, epochs)


def strokes(n: int, *, batch_size: int = 512, epochs: int = 1) -> Task:
    """Pen strokes of digits; more than the 5,000 bundled ones where the full data is there."""
    X, y, source = load_strokes(n)
    params = {"hidden_size": 128}
    return Task("sequence", X, y, source, RNN, (None, 4), batch_size, epochs, params)


def load_strokes(n: int) -> tuple[NDArray[Any], NDArray[np.int64], str]:
    """First n pen strokes, their coarse labels and where they come from."""
    data, source = load_stroke_digits(), "bundled pen strokes"
    if n > len(data.X_train):
        try:
            data, source = fetch_mnist_strokes(download_if_missing=False), "MNIST pen strokes"
        except OSError:
            n = len(data.X_train)
    return data.X_train[:n], (data.y_train[:n] >= 5).astype(np.int64), source


def random_sequences(n: int, steps: int, *, batch_size: int = 256) -> Task:
    """Sequences of equal length without structure."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, steps, 4)).astype("f4")
    y = rng.integers(0, 2, n)
    params = {"hidden_size": 128}
    return Task("sequence", X, y, "synthetic", RNN, (None, 4), batch_size, 1, params)


def images(n: int, *, batch_size: int = 256, epochs: int = 1) -> Task:
    """32 x 32 colour images: CIFAR-10 where it is there, else noise."""
    try:
        data = fetch_cifar10(download_if_missing=False)
        X, y, source = data.X_train[:n], (data.y_train[:n] >= 5).astype(np.int64), "CIFAR-10"
    except OSError:
        rng = np.random.default_rng(0)
        X = rng.integers(0, 256, (n, 32, 32, 3), dtype=np.uint8)
        y, source = rng.integers(0, 2, n), "synthetic"
    params = {"width": 0.25}
    return Task("image", X, y, source, VGG, (3, 32, 32), batch_size, epochs, params)
