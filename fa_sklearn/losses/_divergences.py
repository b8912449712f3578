"""The divergences between softmax distributions: their registry, and all pairs of rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from .._suggest import suggest
from ._rows import check_rows, exact_arithmetic, log_probabilities

# Elements of one (pairs, k) tensor when a divergence is not a matrix product.
PAIR_ELEMENTS = 1 << 22

RowwiseDivergence = Callable[[Tensor, Tensor], Tensor]


class ProductForm(NamedTuple):
    """A divergence as a matrix product: one product gives every pair."""

    # From log-probabilities (k, n), a distribution per column, and a margin m to U and V, both
    # (c, n), such that m - D(p_i || p_j) = (U^T V)_ij.
    factors: Callable[[Tensor, float], tuple[Tensor, Tensor]]
    # From log-probabilities and the gradients of U and V to the gradient of log-probabilities.
    gradient: Callable[[Tensor, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Divergence:
    """A divergence D(p || q) and what the two hinge losses need to know of it."""

    rowwise: RowwiseDivergence  # of matching rows of two (n, k) tensors of log-probabilities
    single_margin: float = 5.0  # the default margins, in nats where the divergence has a unit
    multi_margin: float = 1.0
    # Left out by a divergence that is not a matrix product: it goes pair by pair, in blocks.
    product_form: ProductForm | None = None

    def of_pairs(self, log_p: Tensor, log_q: Tensor) -> Tensor:
        """Divergences of matching rows, (n,), whoever wrote the function."""
        value = self.rowwise(log_p, log_q)
        if not isinstance(value, Tensor) or value.shape != log_p.shape[:1]:
            found = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
            raise ValueError(
                "divergence must map two (n, k) log-probability tensors to a tensor of n values, "
                f"got {found} for n={len(log_p)}."
            )
        return value


def _kl(log_p: Tensor, log_q: Tensor) -> Tensor:
    return (log_p.exp() * (log_p - log_q)).sum(dim=-1)


def _kl_factors(log_p: Tensor, margin: float) -> tuple[Tensor, Tensor]:
    p = log_p.exp()
    negentropy = (p * log_p).sum(dim=0, keepdim=True)
    ones = torch.ones_like(negentropy)
    return torch.cat([p, margin - negentropy]), torch.cat([log_p, ones])


def _kl_gradient(log_p: Tensor, by_u: Tensor, by_v: Tensor) -> Tensor:
    p = log_p.exp()
    return p * by_u[:-1] + by_v[:-1] - by_u[-1] * (p * log_p + p)


def _jeffreys(log_p: Tensor, log_q: Tensor) -> Tensor:
    return ((log_p.exp() - log_q.exp()) * (log_p - log_q)).sum(dim=-1)


def _jeffreys_factors(log_p: Tensor, margin: float) -> tuple[Tensor, Tensor]:
    p = log_p.exp()
    negentropy = (p * log_p).sum(dim=0, keepdim=True)
    ones = torch.ones_like(negentropy)
    return (
        torch.cat([p, log_p, margin - negentropy, ones]),
        torch.cat([log_p, p, ones, -negentropy]),
    )


def _jeffreys_gradient(log_p: Tensor, by_u: Tensor, by_v: Tensor) -> Tensor:
    k = len(log_p)
    p = log_p.exp()
    by_p, by_log_p = by_u[:k] + by_v[k : 2 * k], by_u[k : 2 * k] + by_v[:k]
    return p * by_p + by_log_p - (by_u[-2] + by_v[-1]) * (p * log_p + p)


def _jensen_shannon(log_p: Tensor, log_q: Tensor) -> Tensor:
    log_mean = torch.logaddexp(log_p, log_q) - math.log(2.0)
    return (_kl(log_p, log_mean) + _kl(log_q, log_mean)) / 2


def _hellinger(log_p: Tensor, log_q: Tensor) -> Tensor:
    return 1 - torch.exp((log_p + log_q) / 2).sum(dim=-1)


def _hellinger_factors(log_p: Tensor, margin: float) -> tuple[Tensor, Tensor]:
    root = torch.exp(log_p / 2)
    ones = torch.ones_like(root[:1])
    return torch.cat([root, (margin - 1) * ones]), torch.cat([root, ones])


def _hellinger_gradient(log_p: Tensor, by_u: Tensor, by_v: Tensor) -> Tensor:
    return torch.exp(log_p / 2) / 2 * (by_u[:-1] + by_v[:-1])


# Close to p, Jeffreys is 2 KL, Jensen-Shannon and squared Hellinger are KL / 4: margins follow,
# and stay below what a bounded divergence can reach (ln 2 and 1).
DIVERGENCES: dict[str, Divergence] = {
    "kl": Divergence(_kl, 5.0, 1.0, ProductForm(_kl_factors, _kl_gradient)),
    "js": Divergence(_jensen_shannon, 0.6, 0.25),
    "jeffreys": Divergence(
        _jeffreys, 10.0, 2.0, ProductForm(_jeffreys_factors, _jeffreys_gradient)
    ),
    "hellinger": Divergence(
        _hellinger, 0.9, 0.25, ProductForm(_hellinger_factors, _hellinger_gradient)
    ),
}
"""The divergences by the name that ``divergence`` takes, each with its default margins."""


def resolve_divergence(divergence: str | RowwiseDivergence) -> Divergence:
    """Look a divergence up by name, or wrap a user's callable."""
    if callable(divergence):
        return Divergence(divergence)
    if not isinstance(divergence, str):
        raise TypeError(f"divergence must be a name or a callable, got {divergence!r}.")
    if divergence not in DIVERGENCES:
        raise ValueError(
            f"Unknown divergence {divergence!r}: {suggest(divergence, DIVERGENCES)}, "
            "or pass a callable on two (n, k) log-probability tensors."
        )
    return DIVERGENCES[divergence]


def pair_blocks(
    function: Callable[..., Tensor], log_p: Tensor, start: int, stop: int, *args: object
) -> Iterator[Tensor]:
    """Call a function on the ordered pairs of rows start to stop, a block at a time.

    It takes `log_p`, the two rows of each pair, and `args`; backward calls it again.
    """
    count = stop - start
    step = max(1, PAIR_ELEMENTS // log_p.shape[1])

    def evaluate(log_p: Tensor, pairs: range) -> Tensor:
        positions = torch.arange(pairs.start, pairs.stop, device=log_p.device)
        return function(log_p, start + positions // count, start + positions % count, *args)

    for begin in range(0, count**2, step):
        pairs = range(begin, min(begin + step, count**2))
        yield checkpoint(evaluate, log_p, pairs, use_reentrant=False, preserve_rng_state=False)


def _divergence_of(log_p: Tensor, first: Tensor, second: Tensor, divergence: Divergence) -> Tensor:
    return divergence.of_pairs(log_p[first], log_p[second])


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
    n = len(h)
    with exact_arithmetic(h):
        log_p = log_probabilities(h)
        if resolved.product_form is not None:
            u, v = resolved.product_form.factors(log_p.T, 0.0)
            value = -(u.T @ v)
        else:
            blocks = [*pair_blocks(_divergence_of, log_p, 0, n, resolved), h.new_zeros(0)]
            value = torch.cat(blocks).view(n, n)
        diagonal = torch.eye(n, dtype=torch.bool, device=h.device)
        return value.clamp_min(0).masked_fill(diagonal, 0.0)
