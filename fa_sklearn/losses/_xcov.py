"""XCov: the cross-covariance penalty of Cheung et al., a baseline of Table 1."""

from __future__ import annotations

from torch import Tensor

from ._covariance import center, relative_weights
from ._rows import check_rows, check_weights, exact_arithmetic
from ._term import LossTerm


def xcov_loss(h: Tensor, y_prob: Tensor, *, sample_weight: Tensor | None = None) -> Tensor:
    """Penalise covariance between a representation and the predicted labels.

    Parameters
    ----------
    h : Tensor of shape (n, k)
        Representations of a batch.
    y_prob : Tensor of shape (n, c)
        Predicted probabilities: one column for two coarse labels, else one per label. In an
        autoencoder the reconstruction takes their place.
    sample_weight : Tensor of shape (n,) or None, default=None
        Non-negative weights; means are weighted by them.

    Returns
    -------
    Tensor
        A non-negative scalar in the dtype of `h`; 0 for an empty batch.

    Raises
    ------
    TypeError
        If `h` or `y_prob` is no floating-point tensor.
    ValueError
        If a shape does not fit.

    Notes
    -----
    0.5 sum_{a,b} [1/N sum_n (y_na - mean_a) (h_nb - mean_b)]^2. A baseline of Table 1 of the
    paper, from Cheung et al. (2014).

    Examples
    --------
    >>> import torch
    >>> from fa_sklearn.losses import xcov_loss
    >>> xcov_loss(torch.tensor([[0.0], [2.0]]), torch.tensor([[0.0], [1.0]]))
    tensor(0.1250)
    """
    h, y_prob = check_rows(h, "h"), check_rows(y_prob, "y_prob").to(h)
    if len(h) != len(y_prob):
        raise ValueError(f"y_prob must have one row per row of h, got {len(y_prob)} and {len(h)}.")
    share = relative_weights(h, check_weights(sample_weight, h))
    with exact_arithmetic(h):
        cross_covariance = (share * center(y_prob, share)).T @ center(h, share)
        return 0.5 * cross_covariance.square().sum()


class XCovLoss(LossTerm):
    """XCov as a loss term, on the representations and the predictions of a batch.

    Parameters
    ----------
    weight : float, default=1.0
        Factor of this term among the terms of a penalty.

    See Also
    --------
    xcov_loss : The function, with the formula.

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
        """Value of the term; the arguments are those of `xcov_loss`."""
        return xcov_loss(h, y_prob, sample_weight=sample_weight)
