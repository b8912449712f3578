"""The divergences between softmax distributions, and the one registry that names them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from .._suggest import suggest

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
    # Left out by a divergence that is not a matrix product: it goes pair by pair, in blocks.
    product_form: ProductForm | None = None
    single_margin: float = 5.0  # the default margins, in nats where the divergence has a unit
    multi_margin: float = 1.0

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
    "kl": Divergence(
        _kl, ProductForm(_kl_factors, _kl_gradient), single_margin=5.0, multi_margin=1.0
    ),
    "js": Divergence(_jensen_shannon, single_margin=0.6, multi_margin=0.25),
    "jeffreys": Divergence(
        _jeffreys,
        ProductForm(_jeffreys_factors, _jeffreys_gradient),
        single_margin=10.0,
        multi_margin=2.0,
    ),
    "hellinger": Divergence(
        _hellinger,
        ProductForm(_hellinger_factors, _hellinger_gradient),
        single_margin=0.9,
        multi_margin=0.25,
    ),
}
"""The divergences by the name that ``divergence`` takes, each with its default margins."""


def resolve_divergence(divergence: str | RowwiseDivergence) -> Divergence:
    """Look a divergence up by name, or wrap a user's callable."""
    if isinstance(divergence, str):
        if divergence in DIVERGENCES:
            return DIVERGENCES[divergence]
        raise ValueError(
            f"Unknown divergence {divergence!r}: {suggest(divergence, DIVERGENCES)}, "
            "or pass a callable on two (n, k) log-probability tensors."
        )
    if callable(divergence):
        return Divergence(divergence)
    raise TypeError(
        f"divergence must be one of {sorted(DIVERGENCES)} or a callable on two (n, k) "
        f"log-probability tensors, got {type(divergence).__name__}."
    )
