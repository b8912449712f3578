"""The net of CIFAR-10: figure 4's, with mirrored images in training."""

from __future__ import annotations

import torch
from torch import Tensor

from fa_sklearn.modules import VGG


class MirroredVGG(VGG):
    """VGG that sees a random half of the images mirrored while it trains."""

    def forward(self, X: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return logits and representation."""
        if self.training:
            mirrored = torch.rand(len(X), 1, 1, 1, device=X.device) < 0.5
            X = torch.where(mirrored, X.flip(3), X)
        return super().forward(X, lengths)


# Modules that a configuration file may name, beside those of the package.
OWN_MODULES = {"mirrored-cnn": MirroredVGG}
