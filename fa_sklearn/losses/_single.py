"""L_single: the hinge between the rows of one layer's weight matrix."""

from __future__ import annotations

from torch import Tensor

from ._divergences import RowwiseDivergence, resolve_divergence
from ._hinge import Groups, hinge_sum
from ._rows import FACTORS, check_parameter, check_rows, exact_arithmetic
from ._term import MarginTerm


def single_layer_loss(
    weight: Tensor, margin: float = 5.0, divergence: str | RowwiseDivergence = "kl"
) -> Tensor:
    """Push the neurons of a layer apart: the paper's L_single.

    Parameters
    ----------
    weight : Tensor of shape (n_neurons, n_inputs)
        The layer's weight matrix, one row per neuron, as `torch.nn.Linear.weight` has it.
    margin : float, default=5.0
        Divergence beyond which a pair of neurons costs nothing, in nats for KL. The paper finds
        5 to 10 good.
    divergence : {"kl", "js", "jeffreys", "hellinger"} or callable, default="kl"
        What to compare neurons with; see `pairwise_divergence`.

    Returns
    -------
    Tensor
        A non-negative scalar in the dtype of `weight`.

    Notes
    -----
    Eq. 5-7 of the paper: with d_i = softmax(W_i) and f(p, q) = max(0, m - D(p || q)),

        L_single = sum_{i<j} f(d_i, d_j) + f(d_j, d_i),

    a plain sum without normaliser.

    Examples
    --------
    >>> import torch
    >>> from fa_sklearn.losses import single_layer_loss
    >>> loss = single_layer_loss(torch.zeros(3, 4), margin=5.0)  # 6 ordered pairs, all alike
    >>> round(loss.item(), 4)
    30.0
    """
    resolved = resolve_divergence(divergence)
    check_parameter(margin, "margin", FACTORS, "single_layer_loss")
    weight = check_rows(weight, "weight")
    with exact_arithmetic(weight):
        ones = weight.new_ones(len(weight))
        groups = Groups(ones, ones, ones, [len(weight)])
        return hinge_sum(weight, groups, resolved, float(margin))


class SingleLayerLoss(MarginTerm):
    """L_single as a loss term, on the weights of the representation's layer.

    Parameters
    ----------
    margin : float, default=5.0
        Divergence beyond which a pair of neurons costs nothing, in nats for KL.
    divergence : {"kl", "js", "jeffreys", "hellinger"} or callable, default="kl"
        What to compare neurons with.
    weight : float, default=1.0
        Factor of this term among the terms of a penalty.

    See Also
    --------
    single_layer_loss : The function, with the formula.

    Examples
    --------
    >>> import torch
    >>> from fa_sklearn.losses import SingleLayerLoss
    >>> round(SingleLayerLoss(margin=2.0)(torch.zeros(2, 3)).item(), 4)
    4.0
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
        """Value of the term; the arguments are those of `single_layer_loss`."""
        return single_layer_loss(layer_weight, self.margin, self.divergence)

    def _lower_bound(self, layer_weight: Tensor) -> Tensor:
        return layer_weight.new_zeros(())
