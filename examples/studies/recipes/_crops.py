"""Crops of images that move them by a few pixels, and mirror half of them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

N_PIXELS = 4


def crop_and_mirror(images: Tensor, lengths: Tensor | None) -> Tensor:
    """Move each image (C, H, W) of a batch by up to `N_PIXELS`, its border mirrored."""
    n, _, height, width = images.shape
    images = torch.where(torch.rand(n, 1, 1, 1) < 0.5, images.flip(3), images)
    # Pixels with their channels side by side, as channels_last has them: no copy here or after.
    padded = F.pad(images, (N_PIXELS,) * 4, mode="reflect").permute(0, 2, 3, 1)
    down, right = torch.randint(0, 2 * N_PIXELS + 1, (2, n, 1, 1))
    rows = down + torch.arange(height)[:, None]
    columns = right + torch.arange(width)
    return padded[torch.arange(n)[:, None, None], rows, columns].permute(0, 3, 1, 2)
