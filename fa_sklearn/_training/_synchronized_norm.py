"""Batch normalisation over the rows of all ranks, on any device."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from ._part import PartOfBatch


def _statistics(X: Tensor, part: PartOfBatch) -> tuple[Tensor, Tensor, float]:
    """Mean and biased variance of each channel, and of how many values, over all ranks."""
    own = _widened(X[: part.n_own])
    axes = [axis for axis in range(X.ndim) if axis != 1]
    n_own = own.numel() // own.shape[1]
    total = torch.cat([own.sum(dim=axes), own.new_full((1,), n_own)])
    sums = part.ranks.shared_sum(total)
    count = sums[-1].detach()
    mean = sums[:-1] / count
    # Two passes: the difference of two large sums would lose the digits of a small variance.
    squares = (own - _per_channel(mean, X)).square().sum(dim=axes)
    return mean, part.ranks.shared_sum(squares) / count, count.item()


def _widened(X: Tensor) -> Tensor:
    """Leave half precision, as torch's own batch normalisation does inside."""
    return X if X.dtype == torch.float64 else X.float()


def _per_channel(values: Tensor, X: Tensor) -> Tensor:
    return values.view(1, -1, *(1 for _ in X.shape[2:]))


def _update_running(norm: _BatchNorm, mean: Tensor, variance: Tensor, count: float) -> None:
    """Do what the class does in one process, with the same unbiased variance."""
    if norm.running_mean is None or norm.running_var is None:
        return
    share = norm.momentum
    if norm.num_batches_tracked is not None:
        norm.num_batches_tracked.add_(1)
        if share is None:
            share = 1.0 / float(norm.num_batches_tracked)
    with torch.no_grad():
        unbiased = variance * (count / (count - 1))
        norm.running_mean.lerp_(mean.to(norm.running_mean), share or 0.0)
        norm.running_var.lerp_(unbiased.to(norm.running_var), share or 0.0)


def _normalize(norm: _BatchNorm, part: PartOfBatch, X: Tensor) -> Tensor:
    """Stand in for the forward of a batch normalisation."""
    mean, variance, count = _statistics(X, part)
    if count > 1:
        if norm.training:
            _update_running(norm, mean, variance, count)
    elif norm.running_mean is not None and norm.running_var is not None:
        # One value has no variance; the exchange stays in the graph, as the other ranks wait.
        mean = mean * 0 + norm.running_mean
        variance = variance * 0 + norm.running_var
    scale = (variance + norm.eps).rsqrt()
    if norm.weight is not None:
        scale = scale * norm.weight
    result = (_widened(X) - _per_channel(mean, X)) * _per_channel(scale, X)
    if norm.bias is not None:
        result = result + _per_channel(norm.bias, X)
    return result.to(X.dtype)


def _norms_over_batch(module: nn.Module) -> list[_BatchNorm]:
    """List the normalisations by what a batch itself holds."""
    return [
        norm
        for norm in module.modules()
        if isinstance(norm, _BatchNorm) and (norm.training or norm.running_mean is None)
    ]


def normalizes_over_batch(module: nn.Module) -> bool:
    """Whether what a row gives depends on the rows beside it."""
    return bool(_norms_over_batch(module))


@contextlib.contextmanager
def synchronized_norms(module: nn.Module, part: PartOfBatch | None) -> Iterator[None]:
    """Let the batch normalisations of a module see the whole batch inside this context.

    Only the instances change, and only for as long as a forward pass takes: classes, names in the
    state dict, copies and pickles stay what they are.

    Parameters
    ----------
    module : nn.Module
        A net.
    part : PartOfBatch or None
        What this rank has of the batch; None changes nothing.

    Yields
    ------
    None
        Nothing.
    """
    if part is None:
        yield
        return
    norms = _norms_over_batch(module)
    for norm in norms:
        norm.__dict__["forward"] = functools.partial(_normalize, norm, part)
    try:
        yield
    finally:
        for norm in norms:
            del norm.__dict__["forward"]
