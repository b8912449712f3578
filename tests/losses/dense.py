"""Plain torch expressions of the pairwise losses, differentiated by autograd, and test helpers."""

import math

import numpy as np
import torch

from . import oracles
from .calls import multilayer_loss

RTOL = {torch.float32: 1e-5, torch.float64: 1e-10}
# In float32 a divergence is the difference of two sums of size ~10: its error is ~2e-6 absolute.
ATOL = {torch.float32: 2e-6, torch.float64: 1e-12}
DTYPES = (torch.float32, torch.float64)


def logits(n, k, dtype=torch.float64, seed=0, scale=2.0):
    """Seeded normal logits (n, k)."""
    values = np.random.default_rng(seed).normal(scale=scale, size=(n, k))
    return torch.tensor(values, dtype=dtype)


def labels(n, n_groups, seed=0):
    """Seeded labels in 0 .. n_groups - 1."""
    return torch.tensor(np.random.default_rng(seed).integers(n_groups, size=n))


def row_divergence(log_p, log_q, divergence):
    """Divergence over the last axis of two broadcastable log-probability tensors."""
    if divergence == "kl":
        return (log_p.exp() * (log_p - log_q)).sum(-1)
    if divergence == "jeffreys":
        return ((log_p.exp() - log_q.exp()) * (log_p - log_q)).sum(-1)
    if divergence == "hellinger":
        return 1 - ((log_p + log_q) / 2).exp().sum(-1)
    log_m = torch.logaddexp(log_p, log_q) - math.log(2)
    toward_m = log_p.exp() * (log_p - log_m) + log_q.exp() * (log_q - log_m)
    return toward_m.sum(-1) / 2


def divergence(h, name):
    """(n, n) divergences through an (n, n, k) tensor."""
    log_p = torch.log_softmax(h, dim=1)
    return row_divergence(log_p[:, None, :], log_p[None, :, :], name)


def single(weight, margin, name):
    """Sum of the hinge over ordered pairs of different rows."""
    f = (margin - divergence(weight, name)).clamp(min=0)
    return f[~torch.eye(len(weight), dtype=torch.bool)].sum()


def multi(h, y, margin, name, normalization="group", sample_weight=None):
    """Twice the weighted mean of the hinge over each group's ordered pairs."""
    y = torch.zeros(len(h), dtype=torch.int64) if y is None else y.long()
    w = h.new_ones(len(h)) if sample_weight is None else sample_weight.to(h.dtype)
    same = (y[:, None] == y[None, :]).to(h.dtype)
    size = same @ w
    pair_weight = same * w[:, None] * w[None, :]
    if normalization == "group":
        pair_weight = pair_weight / size[:, None].clamp(min=torch.finfo(h.dtype).tiny) ** 2
    else:
        pair_weight = pair_weight / pair_weight.sum()
    off_diagonal = 1 - torch.eye(len(h), dtype=h.dtype)
    f = (margin - divergence(h, name) * off_diagonal).clamp(min=0)
    return 2 * (pair_weight * f).sum()


def gradient(function, *inputs):
    """Gradient of a scalar function with respect to its first input."""
    x = inputs[0].detach().clone().requires_grad_()
    function(x, *inputs[1:]).backward()
    return x.grad


def value_and_gradient(h, *args, **kwargs):
    """Value of multilayer_loss and its gradient with respect to h."""
    h = h.detach().clone().requires_grad_()
    loss = multilayer_loss(h, *args, **kwargs)
    loss.backward()
    return loss.detach(), h.grad


def blockwise_kl_multi(h, y, margin, block=512):
    """Float64 value and gradient of L_multi for KL, and the smallest |m - D| of a pair."""
    logit = h.detach().double().requires_grad_()
    log_p = torch.log_softmax(logit, dim=1)
    leaf = log_p.detach().requires_grad_()
    value, gap = 0.0, math.inf
    for group in torch.unique(y):
        rows = torch.nonzero(y == group)[:, 0]
        for start in range(0, len(rows), block):
            chunk = rows[start : start + block]
            log_a, log_b = leaf[chunk], leaf[rows]
            p = log_a.exp()
            slack = margin - ((p * log_a).sum(1, keepdim=True) - p @ log_b.T)
            here = torch.arange(len(chunk))
            with torch.no_grad():
                distance = slack.abs()
                distance[here, start + here] = math.inf
                gap = min(gap, float(distance.min()))
            part = 2 * slack.clamp(min=0).sum() / len(rows) ** 2
            part.backward()
            value += float(part.detach())
    log_p.backward(leaf.grad)
    return value, logit.grad, gap


def relative_error(actual, expected):
    """Largest difference over the largest expected entry, and the ratio of Euclidean norms."""
    difference = actual.double() - expected.double()
    largest = difference.abs().max() / expected.double().abs().max()
    norm = difference.norm() / expected.double().norm()
    return float(max(largest, norm))


def distance_from_kink(h, margin, name, y=None):
    """Smallest |m - D(i, j)| over same-label pairs i != j."""
    matrix = oracles.divergence_matrix(h.detach().numpy(), name)
    n = len(matrix)
    return min(
        (
            abs(margin - matrix[i, j])
            for i in range(n)
            for j in range(n)
            if i != j and (y is None or y[i] == y[j])
        ),
        default=math.inf,
    )
