"""Losses between two views of a sample: the pull of one to the other, and the softmax contrast."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import torch
from sklearn.utils._param_validation import Interval, StrOptions
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import normalize

from ._covariance import relative_weights
from ._divergences import PAIR_ELEMENTS, RowwiseDivergence, resolve_divergence
from ._rows import (
    check_labels,
    check_parameter,
    check_views,
    check_weights,
    exact_arithmetic,
    log_probabilities,
)
from ._term import LossTerm

_TEMPERATURES = Interval(Real, 0, math.inf, closed="neither")
_NEGATIVES = StrOptions({"all", "same_label"})


class ConsistencyLoss(LossTerm):
    """The pull of two views of a sample towards each other.

    It needs the estimator's `views`, which say what a second view of a sample is. Where `views` is
    given, a penalty without such a term gets one by itself.

    Parameters
    ----------
    divergence : {"kl", "js", "jeffreys", "hellinger"} or callable, default="kl"
        What to compare the views with; see `pairwise_divergence`.
    weight : float, default=1.0
        Factor of this term among the terms of a penalty.

    See Also
    --------
    fa_sklearn.views.NeighborViews : Neighbours as views.

    Notes
    -----
    With p_i = softmax(h_i), q_i the same of its other view, and weights w_i, 1 if none are given,

        1/sum(w) sum_i w_i (D(p_i || q_i) + D(q_i || p_i)),

    the two directions of a pair as in eq. 9 of the paper, without a hinge: the term is not in the
    paper. Alone it would let all representations collapse; together with L_multi it says which
    pairs are not to be pushed apart. An empty batch costs 0.

    Examples
    --------
    >>> import torch
    >>> from fa_sklearn.losses import ConsistencyLoss
    >>> h = torch.tensor([[0.0, 0.0], [0.0, 1.0]])
    >>> ConsistencyLoss()(h, h), ConsistencyLoss()(h, h.flip(0))
    (tensor(0.), tensor(0.2311))
    """

    inputs = ("h", "h_view", "sample_weight")

    def __init__(self, divergence: str | RowwiseDivergence = "kl", weight: float = 1.0) -> None:
        self.divergence = divergence
        self.weight = weight

    def __call__(self, h: Tensor, h_view: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        """Value of the term, in the dtype of `h`."""
        divergence = resolve_divergence(self.divergence)
        h, h_view = check_views(h, h_view)
        share = relative_weights(h, check_weights(sample_weight, h))
        with exact_arithmetic(h):
            log_p, log_q = log_probabilities(h), log_probabilities(h_view)
            pull = divergence.of_pairs(log_p, log_q) + divergence.of_pairs(log_q, log_p)
            return (pull * share[:, 0]).sum()


class _ContrastSum(torch.autograd.Function):
    """Weighted sum of the rows' cross-entropies, gradient in the same pass, a block at a time."""

    @staticmethod
    def forward(
        ctx: Any, z: Tensor, share: Tensor, log_weight: Tensor | None, y: Tensor | None
    ) -> Tensor:
        loss, gradient = z.new_zeros(()), torch.zeros_like(z)
        step = max(1, PAIR_ELEMENTS // max(1, len(z)))
        for start in range(0, len(z), step):
            block = slice(start, min(start + step, len(z)))
            rows = torch.arange(block.start, block.stop, device=z.device)[:, None]
            partner = (rows + len(z) // 2) % len(z)
            logits = z[block] @ z.T
            positive = logits.gather(1, partner)
            if log_weight is not None:
                logits += log_weight
            if y is not None:
                logits.masked_fill_(y[block, None] != y, -math.inf)
            # A sample meets its partner once, at full weight, and never itself.
            logits.scatter_(1, partner, positive).scatter_(1, rows, -math.inf)
            total = logits.logsumexp(dim=1, keepdim=True)
            loss += share[block] @ (total - positive)[:, 0]
            residual = logits.sub_(total).exp_()
            residual.scatter_add_(1, partner, residual.new_full(partner.shape, -1.0))
            residual *= share[block, None]
            gradient[block].addmm_(residual, z)
            gradient.addmm_(residual.T, z[block])
        ctx.save_for_backward(gradient)
        return loss

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        return grad * ctx.saved_tensors[0], None, None, None


class ContrastLoss(LossTerm):
    """The softmax contrast: tell a sample's other view from all other rows of the batch.

    It needs the estimator's `views`, which say what a second view of a sample is. It pulls views
    together and pushes all else apart, so that it needs no `ConsistencyLoss`. Scale the rows of
    the representation to unit length before KMeans.

    Parameters
    ----------
    temperature : float, default=0.2
        What cosines are divided by; the lower, the more the nearest negatives count.
    negatives : {"all", "same_label"}, default="all"
        Which rows of the batch a sample is told from: all, or those of its coarse label.
    weight : float, default=1.0
        Factor of this term among the terms of a penalty.

    See Also
    --------
    fa_sklearn.views.NeighborViews : Neighbours as views.

    Notes
    -----
    The NT-Xent loss of Chen et al. (2020), a symmetric InfoNCE; it is not in the paper. With z the
    2n rows of both views, scaled to unit length, p(i) the other view of row i, and weights w whose
    mean, over those above 0, is 1,

        sum_i w_i / sum(w) * -log( e^(z_i z_p(i) / t) / (e^(z_i z_p(i) / t) + D_i) ),
        D_i = sum_{j not in (i, p(i))} w_j e^(z_i z_j / t).

    Time O(n^2 k), memory O(n k): no matrix of all pairs is kept. It has a first derivative only.
    An empty batch costs 0.

    Examples
    --------
    >>> import torch
    >>> from fa_sklearn.losses import ContrastLoss
    >>> h = torch.eye(3)
    >>> ContrastLoss()(h, h), ContrastLoss()(h, h.roll(1, 0))
    (tensor(0.0266), tensor(5.0266))
    """

    inputs = ("h", "h_view", "y", "sample_weight")

    def __init__(
        self, temperature: float = 0.2, negatives: str = "all", weight: float = 1.0
    ) -> None:
        self.temperature = temperature
        self.negatives = negatives
        self.weight = weight

    def __call__(
        self,
        h: Tensor,
        h_view: Tensor,
        y: Tensor | None = None,
        sample_weight: Tensor | None = None,
    ) -> Tensor:
        """Value of the term, in the dtype of `h`."""
        check_parameter(self.temperature, "temperature", _TEMPERATURES, "ContrastLoss")
        check_parameter(self.negatives, "negatives", _NEGATIVES, "ContrastLoss")
        h, h_view = check_views(h, h_view)
        weight = check_weights(sample_weight, h)
        labels = None
        if self.negatives == "same_label" and y is not None:
            labels = check_labels(y, h).repeat(2)
        share, log_weight = relative_weights(h, weight)[:, 0].repeat(2) / 2, None
        if weight is not None:
            # Rows of weight 0 change nothing, and equal weights are no weights.
            log_weight = (share * (share > 0).sum()).log()
        with exact_arithmetic(h):
            z = normalize(torch.cat([h, h_view])) / math.sqrt(self.temperature)
            return _ContrastSum.apply(z, share, log_weight, labels)  # type: ignore[no-any-return,no-untyped-call]
