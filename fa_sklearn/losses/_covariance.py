"""Weighted centring, shared by the two covariance penalties of Table 1."""

from __future__ import annotations

import torch
from torch import Tensor


def relative_weights(rows: Tensor, sample_weight: Tensor | None) -> Tensor:
    """Weights (n, 1) that sum to 1: 1/N each, or the samples' own share.

    Parameters
    ----------
    rows : Tensor of shape (n, k)
        What they weigh.
    sample_weight : Tensor of shape (n,) or None
        Non-negative weights; when all are 0 the result is 0.

    Returns
    -------
    Tensor of shape (n, 1)
        The shares.
    """
    if sample_weight is None:
        return rows.new_full((len(rows), 1), 1 / max(1, len(rows)))
    if not len(rows):
        return sample_weight[:, None]
    # The sum of huge weights would not be finite; a power of two keeps all digits.
    weight = sample_weight * torch.where(sample_weight.max() > 1, 2.0**-32, 1.0)
    total = weight.sum()
    return torch.where(total > 0, weight / total, 0.0)[:, None]


def center(rows: Tensor, share: Tensor) -> Tensor:
    """Rows less their weighted mean.

    Parameters
    ----------
    rows : Tensor of shape (n, k)
        The rows.
    share : Tensor of shape (n, 1)
        Weights that sum to 1.

    Returns
    -------
    Tensor of shape (n, k)
        Centred rows.
    """
    return rows - (share * rows).sum(dim=0)
