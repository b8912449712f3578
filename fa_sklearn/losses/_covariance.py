"""The covariance penalties of Table 1, baselines of the paper: DeCov and XCov."""

from __future__ import annotations

import torch
from torch import Tensor

from ._rows import check_rows, check_weights, exact_arithmetic
from ._term import LossTerm


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


class DeCovLoss(LossTerm):
    """Covariance between different units of a representation: DeCov.

    Parameters
    ----------
    weight : float, default=1.0
        Factor of this term among the terms of a penalty.

    Notes
    -----
    With C the covariance of the batch (divisor N): 0.5 (||C||_F^2 - ||diag C||_2^2). A baseline
    of Table 1 of the paper, from Cogswell et al. (2015). With weights of samples, means are
    weighted by them. An empty batch costs 0.

    Examples
    --------
    >>> import torch
    >>> from fa_sklearn.losses import DeCovLoss
    >>> DeCovLoss()(torch.tensor([[0.0, 0.0], [2.0, 2.0]]))
    tensor(1.)
    """

    inputs = ("h", "sample_weight")

    def __init__(self, weight: float = 1.0) -> None:
        self.weight = weight

    def __call__(self, h: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        """Value of the term, in the dtype of `h`."""
        h = check_rows(h, "h")
        share = relative_weights(h, check_weights(sample_weight, h))
        with exact_arithmetic(h):
            centred = center(h, share)
            covariance = (share * centred).T @ centred
            off_diagonal = covariance - covariance.diagonal().diag()
            return 0.5 * off_diagonal.square().sum()


class XCovLoss(LossTerm):
    """Covariance between a representation and the predicted labels: XCov.

    Parameters
    ----------
    weight : float, default=1.0
        Factor of this term among the terms of a penalty.

    Notes
    -----
    0.5 sum_{a,b} [1/N sum_n (y_na - mean_a) (h_nb - mean_b)]^2. A baseline of Table 1 of the
    paper, from Cheung et al. (2014). With weights of samples, means are weighted by them. An empty
    batch costs 0.

    Examples
    --------
    >>> import torch
    >>> from fa_sklearn.losses import XCovLoss
    >>> XCovLoss()(torch.tensor([[0.0], [2.0]]), torch.tensor([[0.0], [1.0]]))
    tensor(0.1250)
    """

    inputs = ("h", "y_prob", "sample_weight")

    def __init__(self, weight: float = 1.0) -> None:
        self.weight = weight

    def __call__(self, h: Tensor, y_prob: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        """Value of the term, in the dtype of `h`."""
        h, y_prob = check_rows(h, "h"), check_rows(y_prob, "y_prob").to(h)
        if len(h) != len(y_prob):
            raise ValueError(
                f"y_prob must have one row per row of h, got {len(y_prob)} and {len(h)}."
            )
        share = relative_weights(h, check_weights(sample_weight, h))
        with exact_arithmetic(h):
            cross_covariance = (share * center(y_prob, share)).T @ center(h, share)
            return 0.5 * cross_covariance.square().sum()
