"""The convolution block of the image nets: convolution, batch normalisation, ReLU."""

import torch
from torch import nn
from torch.nn import functional as F


class BatchNorm(nn.BatchNorm2d):
    """`torch.nn.BatchNorm2d`, using its running statistics where a channel has one value only.

    A last batch of one small image would otherwise stop the training: one value has no variance.
    """

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        """Normalise X of shape (n, C, H, W)."""
        if self.training and X.numel() == X.shape[1]:
            return F.batch_norm(
                X, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
            )
        return super().forward(X)


def conv_block(n_in: int, n_out: int, kernel_size: int, batch_norm: bool) -> list[nn.Module]:
    """Return the layers of a size-keeping convolution, batch norm where it is on, and ReLU."""
    # batch norm subtracts the mean, so that a bias before it would do nothing
    conv = nn.Conv2d(n_in, n_out, kernel_size, padding=kernel_size // 2, bias=not batch_norm)
    norm: list[nn.Module] = [BatchNorm(n_out)] if batch_norm else []
    return [conv, *norm, nn.ReLU(inplace=True)]
