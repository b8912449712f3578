"""Views that are augmented copies of a sample."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .._inputs import Indices, Inputs, Samples
from ._base import Views

Augment = Callable[[Tensor, Tensor | None], Tensor]


class _AugmentedPairing:
    """Augments each batch."""

    draws = True

    def __init__(self, augment: Augment) -> None:
        self.augment = augment

    def first(self, samples: Samples, rows: Indices) -> Inputs:
        inputs = samples.take(rows)
        with torch.no_grad():  # a net inside augment is not trained
            X = self.augment(inputs.X, inputs.lengths)
        if not isinstance(X, Tensor) or X.shape != inputs.X.shape or X.dtype != inputs.X.dtype:
            found = f"{tuple(X.shape)} {X.dtype}" if isinstance(X, Tensor) else type(X).__name__
            raise ValueError(
                "augment must return a tensor of the shape and dtype that it is given, "
                f"{tuple(inputs.X.shape)} {inputs.X.dtype}, got {found}."
            )
        return inputs._replace(X=X)

    def second(
        self, samples: Samples, rows: Indices, uniform: NDArray[np.float64] | None
    ) -> Inputs:
        return self.first(samples, rows)


class AugmentedViews(Views):
    """Two independently augmented copies of each sample.

    Training sees augmented copies only, and so does early stopping: the coarse label is learnt
    from one, or it is reconstructed, and `fa_sklearn.losses.ConsistencyLoss` pulls the
    representations of the two together. `transform` and `predict` see samples as they are.

    Without a penalty, or with ``ConsistencyLoss(weight=0)`` among its terms, there is one copy of
    each sample: plain augmentation.

    Parameters
    ----------
    augment : callable
        Takes a batch X and, for sequences and tokens, the lengths (n,) of its rows, else None.
        Returns X with random changes, of the same shape and dtype. X is what the net is given: a
        table (n, d), right-padded sequences (n, T, d), standardised images (n, C, H, W), or token
        ids (n, T), on the CPU. It must not change the lengths. Random numbers that it draws from
        torch follow `random_state`; those from NumPy do not.

    See Also
    --------
    NeighborViews : For data that nobody knows how to augment.

    Examples
    --------
    >>> import torch
    >>> from sklearn.datasets import load_digits
    >>> from fa_sklearn import ForcedApartClassifier
    >>> from fa_sklearn.views import AugmentedViews
    >>> def jitter(X, lengths):
    ...     return X + 0.1 * torch.randn_like(X)
    >>> X, y = load_digits(return_X_y=True)
    >>> net = ForcedApartClassifier(views=AugmentedViews(jitter), max_epochs=2, random_state=0)
    >>> net.fit(X / 16, y >= 5).transform(X / 16).shape
    (1797, 16)
    """

    def __init__(self, augment: Augment) -> None:
        self.augment = augment

    def pair(
        self,
        X: Any,
        samples: Samples,
        parts: Sequence[Indices],
        y: NDArray[np.int64] | None,
        seed: int,
    ) -> _AugmentedPairing:
        if not callable(self.augment):
            raise TypeError(f"augment must be callable, got {type(self.augment).__name__}.")
        return _AugmentedPairing(self.augment)
