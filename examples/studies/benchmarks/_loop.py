"""The training loop that somebody in a hurry writes by hand in plain torch, for one net."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from fa_sklearn.losses import MultilayerLoss

from ._measure import device
from ._tasks import ALPHA, LR, MARGIN, Task

Batch = tuple[Tensor, Tensor | None, Tensor]
Loss = Callable[[Tensor, Tensor, Tensor], Tensor]
WINDOW_BATCHES = 32


def plain_loss(output: Tensor, h: Tensor, y: Tensor) -> Tensor:
    """Cross-entropy of two labels."""
    return F.binary_cross_entropy_with_logits(output[:, 0], y.to(output.dtype))


def penalized_loss(output: Tensor, h: Tensor, y: Tensor) -> Tensor:
    """Cross-entropy and L_multi, as the estimator weighs them."""
    return (1 - ALPHA) * plain_loss(output, h, y) + ALPHA * MultilayerLoss(MARGIN)(h, y)


LOSSES: dict[str | None, Loss] = {"multi": penalized_loss, None: plain_loss}


def _n_batches(n: int, batch_size: int) -> int:
    return -(-n // batch_size)


def _table_batches(task: Task) -> Callable[[np.random.Generator], Iterator[Batch]]:
    X = torch.from_numpy(np.ascontiguousarray(task.X, dtype=np.float32))
    y = torch.from_numpy(task.y)
    count = _n_batches(len(X), task.batch_size)

    def epoch(rng: np.random.Generator) -> Iterator[Batch]:
        # Permuted once, so that batches are slices.
        order = torch.from_numpy(rng.permutation(len(X)))
        parts = zip(X[order].tensor_split(count), y[order].tensor_split(count), strict=True)
        return ((X_part, None, y_part) for X_part, y_part in parts)

    return epoch


def _sequence_batches(task: Task) -> Callable[[np.random.Generator], Iterator[Batch]]:
    lengths = np.array([len(item) for item in task.X])
    values = np.concatenate(list(task.X)).astype(np.float32, copy=False)
    starts = np.concatenate([[0], np.cumsum(lengths[:-1])])
    y = torch.from_numpy(task.y)

    def epoch(rng: np.random.Generator) -> Iterator[Batch]:
        order = rng.permutation(len(lengths))
        windows = _n_batches(_n_batches(len(order), task.batch_size), WINDOW_BATCHES)
        batches = [
            rows
            for window in np.array_split(order, windows)
            for rows in np.array_split(
                window[np.argsort(lengths[window], kind="stable")],
                _n_batches(len(window), task.batch_size),
            )
        ]
        for i in rng.permutation(len(batches)):
            rows = batches[i]
            steps = np.arange(lengths[rows].max())
            inside = steps < lengths[rows, None]
            X = np.zeros((*inside.shape, values.shape[1]), dtype=np.float32)
            X[inside] = values[(starts[rows, None] + steps)[inside]]
            yield torch.from_numpy(X), torch.from_numpy(lengths[rows]), y[rows]

    return epoch


def _image_batches(task: Task) -> Callable[[np.random.Generator], Iterator[Batch]]:
    mean, scale = image_moments(task.X)
    y = torch.from_numpy(task.y)
    count = _n_batches(len(y), task.batch_size)

    def epoch(rng: np.random.Generator) -> Iterator[Batch]:
        for rows in np.array_split(rng.permutation(len(y)), count):
            X = torch.from_numpy(task.X[rows]).float().sub_(mean).div_(scale)
            yield X.permute(0, 3, 1, 2), None, y[rows]

    return epoch


def image_moments(X: NDArray[np.uint8]) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel."""
    counts = [np.bincount(X[..., channel].ravel(), minlength=256) for channel in range(3)]
    share = np.array(counts) / (X.size // 3)
    mean = share @ np.arange(256)
    scale = np.sqrt(share @ np.arange(256) ** 2 - mean**2)
    return torch.tensor(mean, dtype=torch.float32), torch.tensor(scale, dtype=torch.float32)


BATCHES: dict[str, Callable[[Task], Callable[[np.random.Generator], Iterator[Batch]]]] = {
    "table": _table_batches,
    "sequence": _sequence_batches,
    "image": _image_batches,
}


def train(
    task: Task,
    dtype: torch.dtype = torch.float32,
    loss: Loss | None = None,
    *,
    seed: int = 0,
    lr: float = LR,
) -> nn.Module:
    """Train the task's net: batches by the estimator's rule, fused Adam, nothing else.

    Parameters
    ----------
    task : Task
        What to train.
    dtype : torch.dtype
        Of the forward pass; losses are float32.
    loss : callable or None
        Of (output, representation, y); None: the task's.
    seed : int
        Of weights and order.
    lr : float
        Learning rate.

    Returns
    -------
    nn.Module
        The trained net.
    """
    where, loss = device(), loss or LOSSES[task.penalty]
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = task.make_net().to(where)
    if task.kind == "image":
        net = net.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(net.parameters(), lr=lr, fused=True)
    batches, rng = BATCHES[task.kind](task), np.random.default_rng(seed)
    reduced: dict[str, Any] = {"dtype": dtype, "enabled": dtype != torch.float32}
    net.train()
    for _ in range(task.max_epochs):
        losses = []
        for X, lengths, y in batches(rng):
            X, y = X.to(where), y.to(where)
            with torch.autocast(where.type, **reduced):
                if lengths is None:
                    output, h = net(X)
                else:
                    output, h = net(X, lengths.to(where))
            value = loss(output.float(), h.float(), y)
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            losses.append(value.detach())
        if not torch.stack(losses).mean().isfinite():
            raise RuntimeError("the loss is not finite")
    return net
