"""L_multi: the hinge between the activations of samples that share a coarse label."""

from __future__ import annotations

import torch
from torch import Tensor

from ._divergences import RowwiseDivergence, resolve_divergence
from ._hinge import hinge_sum
from ._rows import (
    check_labels,
    check_margin,
    check_rows,
    check_weights,
    exact_arithmetic,
    positive,
)
from ._term import HingeTerm

NORMALIZATIONS = ("group", "pairs")
PAIRS = ("same_label", "all")


class _Groups:
    """Samples sorted by label, and how much each pair of a group weighs (eq. 9)."""

    def __init__(
        self, h: Tensor, y: Tensor | None, sample_weight: Tensor | None, normalization: str
    ) -> None:
        n = len(h)
        self.order: Tensor | None = None
        if y is None:
            self.index = torch.zeros(n, dtype=torch.int64, device=h.device)
            counts = torch.full((1,), n, device=h.device)
        else:
            ordered, self.order = torch.sort(y, stable=True)
            _, self.index, counts = torch.unique_consecutive(
                ordered, return_inverse=True, return_counts=True
            )
        self.counts: list[int] = counts.tolist()
        if sample_weight is None:
            self.weight = h.new_ones(n)
            totals = counts.to(h.dtype)
        else:
            weight = sample_weight if self.order is None else sample_weight[self.order]
            # Only proportions matter inside a divisor's group; squares of tiny or huge weights
            # would not be finite.
            largest = h.new_zeros(len(self.counts)).scatter_reduce(0, self.index, weight, "amax")
            if normalization == "pairs" and n:
                largest = largest.max().expand_as(largest)
            self.weight = weight / positive(largest)[self.index]
            totals = h.new_zeros(len(self.counts)).index_add(0, self.index, self.weight)
        square = totals.square()
        if normalization == "pairs":
            square = square.sum().expand_as(square)
        factor = 2 / square
        if sample_weight is not None:  # a group without weight has no pairs: 0 / 0 counts as 0
            factor = torch.where(square > 0, factor, 0.0)
        self.factor = factor[self.index]

    def pair_sum(self, h: Tensor, divergence: str | RowwiseDivergence, margin: float) -> Tensor:
        """Sum the hinge over the pairs i != j, which alone carries gradient."""
        return hinge_sum(
            h if self.order is None else h[self.order],
            self.factor * self.weight,
            self.weight,
            self.index,
            self.counts,
            resolve_divergence(divergence),
            margin,
        )

    def diagonal_sum(self, margin: float) -> Tensor:
        """Sum the pairs i = j, each a constant 2m before it is divided."""
        return margin * (self.factor * self.weight.square()).sum()


def _prepare(
    h: Tensor, y: Tensor | None, sample_weight: Tensor | None, normalization: str
) -> tuple[Tensor, _Groups]:
    if normalization not in NORMALIZATIONS:
        raise ValueError(f"normalization must be one of {NORMALIZATIONS}, got {normalization!r}.")
    h = check_rows(h, "h")
    labels = None if y is None else check_labels(y, h)
    return h, _Groups(h, labels, check_weights(sample_weight, h), normalization)


def multilayer_loss(
    h: Tensor,
    y: Tensor | None = None,
    margin: float = 1.0,
    divergence: str | RowwiseDivergence = "kl",
    normalization: str = "group",
    *,
    sample_weight: Tensor | None = None,
) -> Tensor:
    """Push samples of one coarse label apart: the paper's L_multi.

    Parameters
    ----------
    h : Tensor of shape (n, k)
        Activations of the layer after its ReLU; softmax is applied inside.
    y : Tensor of shape (n,) or None, default=None
        Integer coarse labels. None: all samples are one group (eq. 10).
    margin : float, default=1.0
        Divergence beyond which a pair costs nothing, in nats for KL.
    divergence : {"kl", "js", "jeffreys", "hellinger"} or callable, default="kl"
        What to compare samples with; see `pairwise_divergence`.
    normalization : {"group", "pairs"}, default="group"
        What a pair is divided by: the square of its own group's size N_s, or the number of all
        same-label ordered pairs.
    sample_weight : Tensor of shape (n,) or None, default=None
        Non-negative weights: a pair weighs w_i w_j and N_s is the sum of weights, so that an
        integer weight equals repetition.

    Returns
    -------
    Tensor
        A non-negative scalar in the dtype of `h`; 0 for an empty batch.

    Notes
    -----
    Eq. 8-10 of the paper: with p_i = softmax(h_i) and f(p, q) = max(0, m - D(p || q)),

        L_multi = sum_s 1/N_s^2 sum_{i,j in s} f(p_i, p_j) + f(p_j, p_i).

    Pairs i = j are in the sum; they add a constant 2m each and no gradient. Time O(n^2 k), memory
    O(n k) for KL, Jeffreys and Hellinger: no n x n matrix is kept.

    Examples
    --------
    >>> import torch
    >>> from fa_sklearn.losses import multilayer_loss
    >>> h = torch.tensor([[0.0, 0.0], [0.0, 1.0], [9.0, 0.0]])
    >>> multilayer_loss(h, torch.tensor([0, 0, 1]), margin=1.0)
    tensor(3.8845)
    """
    margin = check_margin(margin)
    resolve_divergence(divergence)
    h, groups = _prepare(h, y, sample_weight, normalization)
    with exact_arithmetic(h):
        return groups.pair_sum(h, divergence, margin) + groups.diagonal_sum(margin)


class MultilayerLoss(HingeTerm):
    """L_multi as a loss term, on the representations of a batch.

    Parameters
    ----------
    margin : float, default=1.0
        Divergence beyond which a pair of samples costs nothing, in nats for KL.
    divergence : {"kl", "js", "jeffreys", "hellinger"} or callable, default="kl"
        What to compare samples with.
    normalization : {"group", "pairs"}, default="group"
        What a pair is divided by.
    weight : float, default=1.0
        Factor of this term among the terms of a penalty.
    pairs : {"same_label", "all"}, default="same_label"
        Which pairs are pushed apart: those of one coarse label (eq. 9), or all (eq. 10), as
        without labels. Beside `ConsistencyLoss` "all" makes the directions of the representation
        follow the clusters: scale its rows to unit length before KMeans.

    See Also
    --------
    multilayer_loss : The function, with the formula.

    Examples
    --------
    >>> import torch
    >>> from fa_sklearn.losses import MultilayerLoss
    >>> loss = MultilayerLoss(margin=0.5)(torch.zeros(4, 3), torch.tensor([0, 0, 1, 1]))
    >>> round(loss.item(), 4)
    2.0
    """

    inputs = ("h", "y", "sample_weight")
    _default_margin = "multi_margin"

    def __init__(
        self,
        margin: float = 1.0,
        divergence: str | RowwiseDivergence = "kl",
        normalization: str = "group",
        weight: float = 1.0,
        pairs: str = "same_label",
    ) -> None:
        self.margin = margin
        self.divergence = divergence
        self.normalization = normalization
        self.weight = weight
        self.pairs = pairs

    def _labels(self, y: Tensor | None) -> Tensor | None:
        if self.pairs not in PAIRS:
            raise ValueError(f"pairs must be one of {PAIRS}, got {self.pairs!r}.")
        return y if self.pairs == "same_label" else None

    def __call__(
        self, h: Tensor, y: Tensor | None = None, sample_weight: Tensor | None = None
    ) -> Tensor:
        """Value of the term; the arguments are those of `multilayer_loss`."""
        return multilayer_loss(
            h,
            self._labels(y),
            self.margin,
            self.divergence,
            self.normalization,
            sample_weight=sample_weight,
        )

    def _lower_bound(
        self, h: Tensor, y: Tensor | None = None, sample_weight: Tensor | None = None
    ) -> Tensor:
        """Value of the pairs i = j, which are always within the margin."""
        _, groups = _prepare(h, self._labels(y), sample_weight, self.normalization)
        return groups.diagonal_sum(float(self.margin))
