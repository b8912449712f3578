"""One net on several processes: each computes the loss of the whole batch from all their rows."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch import distributed as dist
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.parallel import DistributedDataParallel

from ._randomness import OwnRandomness

Step = Callable[[Any], dict[str, Any]]
_one_fit = threading.Lock()


def group_is_up() -> bool:
    """Whether this process has joined others in torch.distributed's default group."""
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1


def is_first_rank() -> bool:
    """Whether this process speaks for all: rank 0, or the only one."""
    return not group_is_up() or dist.get_rank() == 0


def _backends() -> dict[str, str]:
    """Which backend carries the tensors of which type of device."""
    pairs = (pair.split(":") for pair in dist.get_backend_config().split(","))
    return {device: backend for device, backend in pairs}


def device_of_rank() -> torch.device | None:
    """Own GPU of this rank where NCCL connects the ranks, else the CPU; None without a group."""
    if not group_is_up():
        return None
    if _backends().get("cuda") != "nccl" or not torch.cuda.is_available():
        return torch.device("cpu")
    default = dist.get_rank() % torch.cuda.device_count()
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", default)))


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    """Say what a failed exchange means."""
    try:
        yield
    except RuntimeError as error:
        raise RuntimeError(
            "Another process of this fit has ended or no longer answers, so that the fit cannot "
            "go on: read that process's error and start all of them again."
        ) from error


def broadcast(value: Any, device: torch.device) -> Any:
    """Rank 0's value on every rank; the value itself without a group."""
    if not group_is_up():
        return value
    holder = [value]
    with _explained():
        dist.broadcast_object_list(holder, device=device)
    return holder[0]


def shared_seed(seed: int | None, device: torch.device) -> int | None:
    """Rank 0's seed, drawn from the operating system if it has none; `seed` without a group."""
    if seed is None and group_is_up():
        seed = int(np.random.SeedSequence().generate_state(1, np.uint64)[0]) >> 1
    shared: int | None = broadcast(seed, device)
    return shared


class _StepModule(nn.Module):
    """What DistributedDataParallel wraps: a net whose forward is the loss of a batch."""

    def __init__(self, module: nn.Module, step: Step) -> None:
        super().__init__()
        self.module = module
        self.step = step

    def forward(self, batch: Any) -> dict[str, Any]:
        return self.step(batch)


def normalizes_over_batch(module: nn.Module) -> bool:
    """Whether what a row becomes depends on the other rows: batch normalisation in training."""
    return any(
        isinstance(layer, _BatchNorm) and (layer.training or layer.running_mean is None)
        for layer in module.modules()
    )


class Ranks:
    """The processes of a group, seen from one of them."""

    def __init__(self, device: torch.device) -> None:
        backend = _backends().get(device.type)
        if backend is None or (device.type != "cpu" and backend == "gloo"):
            remedy = "'nccl'" if device.type == "cuda" else "'gloo' and device='cpu'"
            raise ValueError(
                f"device={str(device)!r} cannot exchange gradients through the process group's "
                f"backend {dist.get_backend()!r}: use backend {remedy}."
            )
        self.device = device
        self.rank = dist.get_rank()
        self.size = dist.get_world_size()

    def wrap(self, module: nn.Module, step: Step) -> Step:
        """Let backward average the gradients of all ranks; weights and buffers are rank 0's."""
        if normalizes_over_batch(module):
            if self.device.type != "cuda":
                raise ValueError(
                    f"{type(module).__name__} has batch normalisation, whose statistics torch "
                    "shares between GPUs only: train it in one process, or use a module "
                    "without it."
                )
            nn.SyncBatchNorm.convert_sync_batchnorm(module)  # type: ignore[no-untyped-call]
        with _explained():
            wrapped = DistributedDataParallel(
                _StepModule(module, step), find_unused_parameters=True
            )

        def step_of_all(batch: Any) -> dict[str, Any]:
            with _explained():
                found: dict[str, Any] = wrapped(batch)
            return found

        return step_of_all

    def copy_buffers(self, module: nn.Module) -> None:
        """Make what a module's own code wrote into its buffers rank 0's."""
        for buffer in module.buffers():
            with _explained():
                dist.broadcast(buffer, 0)

    def check_alike(self, own: dict[str, object]) -> None:
        """Raise on every rank if one of them differs from rank 0."""
        everyone: list[Any] = [None] * self.size
        with _explained():
            dist.all_gather_object(everyone, own)
        for rank, values in enumerate(everyone):
            for name, value in values.items():
                if value != everyone[0][name]:
                    raise ValueError(
                        f"{name} of rank {rank} differs from rank 0's: let every rank call fit "
                        "with the same X, y, sample_weight and parameters, equally often."
                    )

    def _bounds(self, n_rows: int) -> list[int]:
        """Where each rank's rows of a batch begin, and where the last one's end."""
        return [n_rows * part // self.size for part in range(self.size + 1)]

    def own_rows(self, n_rows: int) -> slice:
        """Which rows of a batch are this rank's; shares differ by one row at most."""
        if n_rows < self.size:
            raise ValueError(
                f"A batch of {n_rows} samples cannot be split over {self.size} ranks: raise "
                "batch_size, or use fewer ranks."
            )
        return slice(*self._bounds(n_rows)[self.rank : self.rank + 2])

    def gather(self, own: Tensor, n_rows: int) -> Tensor:
        """Rows of all ranks, (n_rows, ...); a gradient flows into the own ones.

        Each rank holds the same loss of all rows, whose gradients are averaged: that of the own
        rows counts `size` times, so that the average is the sum of all parts.
        """
        sizes = np.diff(self._bounds(n_rows)).tolist()
        padded = own.new_zeros(max(sizes), *own.shape[1:])
        padded[: len(own)] = own.detach()
        parts = [torch.empty_like(padded) for _ in sizes]
        with _explained():
            dist.all_gather(parts, padded)
        rows = [part[:n] for part, n in zip(parts, sizes, strict=True)]
        rows[self.rank] = own.detach() + self.size * (own - own.detach())
        return torch.cat(rows)

    def sum(self, values: Tensor) -> Tensor:
        """Add up a tensor of one shape over the ranks, without gradient."""
        total = values.detach().clone()
        with _explained():
            dist.all_reduce(total)
        return total

    def any(self, answer: bool) -> bool:
        """Whether some rank says yes."""
        return bool(self.sum(torch.tensor(float(answer), device=self.device)) > 0)

    def randomness(self, seed: int, epoch: int, training: bool) -> OwnRandomness:
        """Make generators of its own for a rank: not all may drop the same neurons."""
        sequence = np.random.SeedSequence([seed, self.rank, epoch, int(training)])
        return OwnRandomness(int(sequence.generate_state(1)[0]))


@contextlib.contextmanager
def joined_ranks(device: torch.device) -> Iterator[Ranks | None]:
    """Ranks for the time of a fit; None where no process group is up."""
    if not group_is_up():
        yield None
        return
    if not _one_fit.acquire(blocking=False):
        raise RuntimeError(
            "Two fits in threads cannot share one process group: run one after the other, or "
            "search with n_jobs=1."
        )
    try:
        yield Ranks(device)
    finally:
        _one_fit.release()
