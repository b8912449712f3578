"""A net that also reconstructs its input while it learns the coarse label."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fa_sklearn.modules import MLP

N_HIDDEN = 128


class _WithLoss(torch.autograd.Function):
    """Return a tensor as it is, and let training minimise a loss besides."""

    @staticmethod
    def forward(ctx: Any, output: Tensor, loss: Tensor) -> Tensor:
        return output.view_as(output)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        (gradient,) = gradients
        return gradient, gradient.new_ones(())


class ReconstructingMLP(MLP):
    """An MLP with a decoder behind its representation.

    A loss term does not see X, and has no parameters to train. So the squared error, times
    `weight`, is added to the whole loss on the way back, whatever alpha is.
    """

    def __init__(
        self,
        input_shape: tuple[int | None, ...],
        n_components: int,
        n_outputs: int,
        *,
        weight: float = 1.0,
    ) -> None:
        super().__init__(input_shape, n_components, n_outputs)
        self.weight = weight
        n_features = self.hidden[0].in_features
        self.decoder = nn.Sequential(
            nn.Linear(n_components, N_HIDDEN), nn.ReLU(), nn.Linear(N_HIDDEN, n_features)
        )

    def forward(self, X: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return logits and representation; they are those of the MLP."""
        output, representation = super().forward(X)
        error = self.weight * F.mse_loss(self.decoder(representation), X)
        return _WithLoss.apply(output, error), representation
