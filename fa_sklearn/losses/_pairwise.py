"""The full matrix of divergences between the softmax distributions of rows."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from ._divergences import Divergence, RowwiseDivergence, resolve_divergence
from ._hinge import PAIR_ELEMENTS
from ._rows import check_rows, exact_arithmetic, log_probabilities


def _rows_against_all(log_p: Tensor, start: int, stop: int, divergence: Divergence) -> Tensor:
    rows = torch.arange(len(log_p), device=log_p.device)
    first = rows[start:stop].repeat_interleave(len(rows))
    return divergence.of_pairs(log_p[first], log_p[rows.repeat(stop - start)])


def _pair_by_pair(log_p: Tensor, divergence: Divergence) -> Tensor:
    """Evaluate a divergence that is not a matrix product in blocks, recomputed in backward."""
    n, k = log_p.shape
    step = max(1, PAIR_ELEMENTS // max(1, n * k))
    blocks = [
        checkpoint(
            _rows_against_all,
            log_p,
            start,
            min(start + step, n),
            divergence,
            use_reentrant=False,
            preserve_rng_state=False,
        )
        for start in range(0, n, step)
    ]
    return torch.cat(blocks).view(n, n) if blocks else log_p.new_zeros(0, 0)


def pairwise_divergence(h: Tensor, divergence: str | RowwiseDivergence = "kl") -> Tensor:
    """Divergence between the softmax distributions of every ordered pair of rows.

    Parameters
    ----------
    h : Tensor of shape (n, k)
        Activations or weights, one distribution per row; softmax is applied inside. float32 and
        float64 are kept, half precision is computed in float32.
    divergence : {"kl", "js", "jeffreys", "hellinger"} or callable, default="kl"
        What to compare rows with, in nats (squared Hellinger: no unit). A callable maps two
        (n, k) log-probability tensors to the n divergences of matching rows.

    Returns
    -------
    Tensor of shape (n, n)
        Entry (i, j) is D(softmax(h_i) || softmax(h_j)), not below 0; the diagonal is 0.

    Notes
    -----
    The D of eq. 7 of the paper. KL, Jeffreys and Hellinger cost one matrix product and O(n^2)
    memory; the others O(n^2 k) time in blocks of bounded memory.

    Examples
    --------
    >>> import torch
    >>> from fa_sklearn.losses import pairwise_divergence
    >>> h = torch.tensor([[0.0, 0.0], [0.0, 1.0]])
    >>> pairwise_divergence(h)
    tensor([[0.0000, 0.1201],
            [0.1109, 0.0000]])
    """
    resolved = resolve_divergence(divergence)
    h = check_rows(h, "h")
    with exact_arithmetic(h):
        log_p = log_probabilities(h)
        n = len(log_p)
        if resolved.product_form is not None:
            u, v = resolved.product_form.factors(log_p.T, 0.0)
            value = -(u.T @ v)
        else:
            value = _pair_by_pair(log_p, resolved)
        diagonal = torch.eye(n, dtype=torch.bool, device=h.device)
        return value.clamp_min(0).masked_fill(diagonal, 0.0)
