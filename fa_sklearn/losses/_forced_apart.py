"""The paper's losses: hinges between the neurons of a layer, and between samples of a label."""

from __future__ import annotations

import torch
from sklearn.utils._param_validation import StrOptions
from torch import Tensor

from ._divergences import RowwiseDivergence, resolve_divergence
from ._hinge import Groups, hinge_sum
from ._rows import (
    FACTORS,
    check_labels,
    check_parameter,
    check_rows,
    check_weights,
    exact_arithmetic,
)
from ._term import MarginTerm

_NORMALIZATIONS = StrOptions({"group", "pairs"})
_PAIRS = StrOptions({"same_label", "all"})


class SingleLayerLoss(MarginTerm):
    """Hinge between the neurons of a layer: the paper's L_single.

    Parameters
    ----------
    margin : float, default=5.0
        Divergence beyond which a pair of neurons costs nothing, in nats for KL. The paper finds
        5 to 10 good.
    divergence : {"kl", "js", "jeffreys", "hellinger"} or callable, default="kl"
        What to compare neurons with; see `pairwise_divergence`.
    weight : float, default=1.0
        Factor of this term among the terms of a penalty.

    Notes
    -----
    Eq. 5-7 of the paper: with d_i = softmax(W_i), W_i the row of weights of neuron i, and
    f(p, q) = max(0, m - D(p || q)),

        L_single = sum_{i<j} f(d_i, d_j) + f(d_j, d_i),

    a plain sum without normaliser.

    Examples
    --------
    >>> import torch
    >>> from fa_sklearn.losses import SingleLayerLoss
    >>> loss = SingleLayerLoss(margin=5.0)(torch.zeros(3, 4))  # 6 ordered pairs, all alike
    >>> round(loss.item(), 4)
    30.0
    """

    inputs = ("layer_weight",)
    _default_margin = "single_margin"

    def __init__(
        self, margin: float = 5.0, divergence: str | RowwiseDivergence = "kl", weight: float = 1.0
    ) -> None:
        self.margin = margin
        self.divergence = divergence
        self.weight = weight

    def __call__(self, layer_weight: Tensor) -> Tensor:
        """Value of the term, in the dtype of `layer_weight`, such as `torch.nn.Linear.weight`."""
        divergence = resolve_divergence(self.divergence)
        check_parameter(self.margin, "margin", FACTORS, "SingleLayerLoss")
        rows = check_rows(layer_weight, "layer_weight")
        with exact_arithmetic(rows):
            ones = rows.new_ones(len(rows))
            groups = Groups(ones, ones, ones, [len(rows)])
            return hinge_sum(rows, groups, divergence, float(self.margin))

    def _lower_bound(self, layer_weight: Tensor) -> Tensor:
        return layer_weight.new_zeros(())


def _group(
    h: Tensor, y: Tensor | None, sample_weight: Tensor | None, normalization: str
) -> tuple[Tensor, Groups]:
    """Sort rows by label, and say how much each pair of a group weighs (eq. 9)."""
    check_parameter(normalization, "normalization", _NORMALIZATIONS, "MultilayerLoss")
    h = check_rows(h, "h")
    labels = torch.zeros_like(h[:, 0], dtype=torch.int64) if y is None else check_labels(y, h)
    labels, order = torch.sort(labels, stable=True)
    _, index, counts = torch.unique_consecutive(labels, return_inverse=True, return_counts=True)
    weight = check_weights(sample_weight, h)
    if weight is None:
        weight, totals = h.new_ones(len(h)), counts.to(h.dtype)
    else:
        weight = weight[order]
        # Only proportions matter inside a divisor's group; squares of tiny or huge weights
        # would not be finite.
        largest = h.new_zeros(len(counts)).scatter_reduce(0, index, weight, "amax")
        if normalization == "pairs" and len(h):
            largest = largest.max().expand_as(largest)
        weight = weight / largest.clamp_min(torch.finfo(h.dtype).tiny)[index]
        totals = h.new_zeros(len(counts)).index_add(0, index, weight)
    square = totals.square()
    if normalization == "pairs":
        square = square.sum().expand_as(square)
    # A group without weight has no pairs: 0 / 0 counts as 0.
    factor = torch.where(square > 0, 2 / square, 0.0)[index]
    return h[order], Groups(factor * weight, weight, index, counts.tolist())


def _diagonal_sum(groups: Groups, margin: float) -> Tensor:
    """Sum the pairs i = j, each a constant 2m before it is divided."""
    return margin * (groups.first * groups.second).sum()


class MultilayerLoss(MarginTerm):
    """Hinge between samples of one coarse label: the paper's L_multi.

    Parameters
    ----------
    margin : float, default=1.0
        Divergence beyond which a pair of samples costs nothing, in nats for KL.
    divergence : {"kl", "js", "jeffreys", "hellinger"} or callable, default="kl"
        What to compare samples with; see `pairwise_divergence`.
    normalization : {"group", "pairs"}, default="group"
        What a pair is divided by: the square of its own group's size N_s, or the number of all
        same-label ordered pairs.
    weight : float, default=1.0
        Factor of this term among the terms of a penalty.
    pairs : {"same_label", "all"}, default="same_label"
        Which pairs are pushed apart: those of one coarse label (eq. 9), or all (eq. 10), as
        without labels. With `ConsistencyLoss` "all" makes the directions of the representation
        follow the clusters: scale its rows to unit length before KMeans.

    Notes
    -----
    Eq. 8-10 of the paper: with p_i = softmax(h_i) and f(p, q) = max(0, m - D(p || q)),

        L_multi = sum_s 1/N_s^2 sum_{i,j in s} f(p_i, p_j) + f(p_j, p_i).

    Pairs i = j are in the sum; they add a constant 2m each and no gradient. With weights of
    samples a pair weighs w_i w_j and N_s is the sum of weights, so that an integer weight equals
    repetition. An empty batch costs 0. Time O(n^2 k), memory O(n k) for KL, Jeffreys and
    Hellinger: no n x n matrix is kept.

    Examples
    --------
    >>> import torch
    >>> from fa_sklearn.losses import MultilayerLoss
    >>> h = torch.tensor([[0.0, 0.0], [0.0, 1.0], [9.0, 0.0]])
    >>> MultilayerLoss(margin=1.0)(h, torch.tensor([0, 0, 1]))
    tensor(3.8845)
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
        check_parameter(self.pairs, "pairs", _PAIRS, "MultilayerLoss")
        return y if self.pairs == "same_label" else None

    def __call__(
        self, h: Tensor, y: Tensor | None = None, sample_weight: Tensor | None = None
    ) -> Tensor:
        """Value of the term, in the dtype of `h`."""
        check_parameter(self.margin, "margin", FACTORS, "MultilayerLoss")
        margin, divergence = float(self.margin), resolve_divergence(self.divergence)
        rows, groups = _group(h, self._labels(y), sample_weight, self.normalization)
        with exact_arithmetic(rows):
            return hinge_sum(rows, groups, divergence, margin) + _diagonal_sum(groups, margin)

    def _lower_bound(
        self, h: Tensor, y: Tensor | None = None, sample_weight: Tensor | None = None
    ) -> Tensor:
        """Value of the pairs i = j, which are always within the margin."""
        _, groups = _group(h, self._labels(y), sample_weight, self.normalization)
        return _diagonal_sum(groups, float(self.margin))
