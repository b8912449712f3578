"""The pull between two views of a sample: what L_multi should not push apart."""

from __future__ import annotations

from typing import Self

from torch import Tensor

from ._covariance import relative_weights
from ._divergences import RowwiseDivergence, resolve_divergence
from ._rows import check_views, check_weights, exact_arithmetic, log_probabilities
from ._term import LossTerm


def consistency_loss(
    h: Tensor,
    h_view: Tensor,
    divergence: str | RowwiseDivergence = "kl",
    *,
    sample_weight: Tensor | None = None,
) -> Tensor:
    """Pull the representations of two views of each sample together.

    Parameters
    ----------
    h : Tensor of shape (n, k)
        Activations of the layer after its ReLU; softmax is applied inside.
    h_view : Tensor of shape (n, k)
        Those of the other views, row by row.
    divergence : {"kl", "js", "jeffreys", "hellinger"} or callable, default="kl"
        What to compare the two with; see `pairwise_divergence`.
    sample_weight : Tensor of shape (n,) or None, default=None
        Non-negative weights of the samples.

    Returns
    -------
    Tensor
        A non-negative scalar in the dtype of `h`, in nats for KL; 0 for an empty batch.

    Notes
    -----
    With p_i = softmax(h_i) and q_i the same of its other view,

        1/N sum_i D(p_i || q_i) + D(q_i || p_i),

    the two directions of a pair as in eq. 9 of the paper, without a hinge: the term is not in the
    paper. Alone it would let all representations collapse; together with L_multi it says which
    pairs are not to be pushed apart.

    Examples
    --------
    >>> import torch
    >>> from fa_sklearn.losses import consistency_loss
    >>> h = torch.tensor([[0.0, 0.0], [0.0, 1.0]])
    >>> consistency_loss(h, h), consistency_loss(h, h.flip(0))
    (tensor(0.), tensor(0.2311))
    """
    resolved = resolve_divergence(divergence)
    h, h_view = check_views(h, h_view)
    share = relative_weights(h, check_weights(sample_weight, h))
    with exact_arithmetic(h):
        log_p, log_q = log_probabilities(h), log_probabilities(h_view)
        pull = resolved.of_pairs(log_p, log_q) + resolved.of_pairs(log_q, log_p)
        return (pull * share[:, 0]).sum()


class ConsistencyLoss(LossTerm):
    """The pull between two views of a sample as a loss term.

    It needs the estimator's `views`, which say what a second view of a sample is. Where `views` is
    given, a penalty without such a term gets one by itself.

    Parameters
    ----------
    divergence : {"kl", "js", "jeffreys", "hellinger"} or callable, default="kl"
        What to compare the views with.
    weight : float, default=1.0
        Factor of this term among the terms of a penalty.

    See Also
    --------
    consistency_loss : The function, with the formula.
    fa_sklearn.views.NeighborViews : Neighbours as views.

    Examples
    --------
    >>> import torch
    >>> from fa_sklearn.losses import ConsistencyLoss
    >>> ConsistencyLoss()(torch.zeros(4, 3), torch.zeros(4, 3))
    tensor(0.)
    """

    inputs = ("h", "h_view", "sample_weight")

    def __init__(self, divergence: str | RowwiseDivergence = "kl", weight: float = 1.0) -> None:
        self.divergence = divergence
        self.weight = weight

    @classmethod
    def _from_options(cls, margin: float | None, divergence: str | RowwiseDivergence) -> Self:
        return cls(divergence)

    def __call__(self, h: Tensor, h_view: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        """Value of the term; the arguments are those of `consistency_loss`."""
        return consistency_loss(h, h_view, self.divergence, sample_weight=sample_weight)
