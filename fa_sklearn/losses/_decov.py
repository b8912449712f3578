"""DeCov: the covariance penalty of Cogswell et al., a baseline of Table 1."""

from __future__ import annotations

from torch import Tensor

from ._covariance import center, relative_weights
from ._rows import check_rows, check_weights, exact_arithmetic
from ._term import LossTerm


def decov_loss(h: Tensor, *, sample_weight: Tensor | None = None) -> Tensor:
    """Penalise covariance between different units of a representation.

    Parameters
    ----------
    h : Tensor of shape (n, k)
        Representations of a batch.
    sample_weight : Tensor of shape (n,) or None, default=None
        Non-negative weights; means are weighted by them.

    Returns
    -------
    Tensor
        A non-negative scalar in the dtype of `h`; 0 for an empty batch.

    Raises
    ------
    TypeError
        If `h` is no floating-point tensor.
    ValueError
        If a shape does not fit.

    Notes
    -----
    With C the covariance of the batch (divisor N): 0.5 (||C||_F^2 - ||diag C||_2^2). A baseline
    of Table 1 of the paper, from Cogswell et al. (2015).

    Examples
    --------
    >>> import torch
    >>> from fa_sklearn.losses import decov_loss
    >>> decov_loss(torch.tensor([[0.0, 0.0], [2.0, 2.0]]))
    tensor(1.)
    """
    h = check_rows(h, "h")
    share = relative_weights(h, check_weights(sample_weight, h))
    with exact_arithmetic(h):
        centred = center(h, share)
        covariance = (share * centred).T @ centred
        off_diagonal = covariance - covariance.diagonal().diag()
        return 0.5 * off_diagonal.square().sum()


class DeCovLoss(LossTerm):
    """DeCov as a loss term, on the representations of a batch.

    Parameters
    ----------
    weight : float, default=1.0
        Factor of this term among the terms of a penalty.

    See Also
    --------
    decov_loss : The function, with the formula.

    Examples
    --------
    >>> import torch
    >>> from fa_sklearn.losses import DeCovLoss
    >>> DeCovLoss()(torch.tensor([[0.0, 1.0], [1.0, 0.0]]))
    tensor(0.0625)
    """

    inputs = ("h", "sample_weight")

    def __init__(self, weight: float = 1.0) -> None:
        self.weight = weight

    def __call__(self, h: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        """Value of the term; the arguments are those of `decov_loss`."""
        return decov_loss(h, sample_weight=sample_weight)
