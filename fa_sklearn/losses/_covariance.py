"""Weighted centring, shared by the two covariance penalties of Table 1."""

from __future__ import annotations

import torch
from torch import Tensor


def relative_weights(rows: Tensor, sample_weight: Tensor | None) -> Tensor:
    """Weights (n, 1) that sum to 1: 1/N each, or the samples' own share."""
    if sample_weight is None:
        return rows.new_full((len(rows), 1), 1 / max(1, len(rows)))
    if not len(rows):
        return sample_weight[:, None]
    # The sum of huge weights would not be finite; a power of two keeps all digits.
    weight = sample_weight * torch.where(sample_weight.max() > 1, 2.0**-32, 1.0)
    total = weight.sum()
    return torch.where(total > 0, weight / total, 0.0)[:, None]


def center(rows: Tensor, share: Tensor) -> Tensor:
    """Rows less their weighted mean."""
    return rows - (share * rows).sum(dim=0)
