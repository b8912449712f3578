"""The processes that train one net together, and what they tell each other."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch import distributed as dist

from ._monitor import TrainingMonitor
from ._randomness import OwnRandomness


def group_is_up() -> bool:
    """Whether this process has joined others in torch.distributed's default group.

    Returns
    -------
    bool
        False in a group of one: there is nobody to talk to.
    """
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1


def is_first_rank() -> bool:
    """Whether this process is the one that speaks for all.

    Returns
    -------
    bool
        True for rank 0, and without a group.
    """
    return not group_is_up() or dist.get_rank() == 0


def _backends() -> dict[str, str]:
    """Which backend carries the tensors of which type of device."""
    pairs = (pair.split(":") for pair in dist.get_backend_config().split(","))
    return {device: backend for device, backend in pairs}


def device_of_rank() -> torch.device | None:
    """Choose where this rank trains unless it is told.

    Returns
    -------
    torch.device or None
        Its own GPU where NCCL connects the ranks, else the CPU; None without a group.
    """
    if not group_is_up():
        return None
    if _backends().get("cuda") != "nccl" or not torch.cuda.is_available():
        return torch.device("cpu")
    default = dist.get_rank() % torch.cuda.device_count()
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", default)))


def _check_device(device: torch.device) -> None:
    backend = _backends().get(device.type)
    if backend is None or (device.type != "cpu" and backend == "gloo"):
        remedy = "'nccl'" if device.type == "cuda" else "'gloo' and device='cpu'"
        raise ValueError(
            f"device={str(device)!r} cannot exchange gradients through the process group's "
            f"backend {dist.get_backend()!r}: use backend {remedy}."
        )


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


class _SumOfParts(torch.autograd.Function):
    """The sum over ranks of a loss of which each rank holds a part; its gradient is its own."""

    @staticmethod
    def forward(ctx: Any, part: Tensor, ranks: Ranks) -> Tensor:
        return ranks.sum(part)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return gradients[0], None


class _SharedSum(torch.autograd.Function):
    """The sum over ranks of a tensor that every rank uses; gradients of all uses are added."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor, ranks: Ranks) -> Tensor:
        ctx.ranks = ranks
        return ranks.sum(tensor)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return ctx.ranks.sum(gradients[0]), None


class _CountOnce(torch.autograd.Function):
    """A tensor whose gradient each rank computes in full, though it enters the sum only once."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor, n_ranks: int) -> Tensor:
        ctx.n_ranks = n_ranks
        return tensor.view_as(tensor)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return gradients[0] / ctx.n_ranks, None


class Ranks:
    """The processes of a group, seen from one of them.

    Each has a part of the loss and of its gradient; parts are added up, never averaged.

    Parameters
    ----------
    device : torch.device
        Where this rank's tensors are.

    Attributes
    ----------
    rank : int
        Which one this is.
    size : int
        How many there are.

    Raises
    ------
    ValueError
        If the group cannot exchange tensors of this device.
    """

    def __init__(self, device: torch.device) -> None:
        _check_device(device)
        self.device = device
        self.rank = dist.get_rank()
        self.size = dist.get_world_size()

    # -- without gradient ---------------------------------------------------------------------

    def sum(self, tensor: Tensor) -> Tensor:
        """Add up a tensor of one shape over the ranks; the same bits everywhere."""
        total = tensor.detach().clone(memory_format=torch.contiguous_format)
        with _explained():
            dist.all_reduce(total)
        return total

    def collect(self, tensor: Tensor) -> list[Tensor]:
        """Get the tensor of each rank, all of one shape."""
        mine = tensor.detach().contiguous()
        all_of_them = [torch.empty_like(mine) for _ in range(self.size)]
        with _explained():
            dist.all_gather(all_of_them, mine)
        return all_of_them

    def from_first(self, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Get rank 0's array, of the same shape and dtype as the own."""
        tensor = torch.from_numpy(values.copy()).to(self.device)
        with _explained():
            dist.broadcast(tensor, 0)
        return tensor.cpu().numpy()

    def any(self, answer: bool) -> bool:
        """Whether some rank says yes."""
        return bool(self.sum(torch.tensor(float(answer), device=self.device)) > 0)

    def copy_from_first(self, tensors: Iterable[Tensor]) -> None:
        """Overwrite tensors by those of rank 0, whatever their dtype."""
        for tensor in tensors:
            flat = tensor.detach().clone(memory_format=torch.contiguous_format).reshape(-1)
            with _explained():
                dist.broadcast(flat.view(torch.uint8), 0)
            with torch.no_grad():
                tensor.copy_(flat.view(tensor.shape))

    def sum_gradients(self, module: nn.Module) -> None:
        """Replace each gradient by the sum of all ranks' parts of it.

        Parameters
        ----------
        module : nn.Module
            After its backward pass. A weight that no rank has a gradient for keeps none.
        """
        weights = [weight for weight in module.parameters() if weight.requires_grad]
        parts = [torch.zeros_like(w) if w.grad is None else w.grad for w in weights]
        known = torch.tensor([w.grad is not None for w in weights], device=self.device)
        total = self.sum(torch.cat([*(part.reshape(-1) for part in parts), known]))
        sizes = [*(w.numel() for w in weights), len(weights)]
        *sums, counts = torch.split(total, sizes)
        for weight, gradient, count in zip(weights, sums, counts.tolist(), strict=True):
            if count:
                if weight.grad is None:
                    weight.grad = torch.empty_like(weight)
                weight.grad.copy_(gradient.view(weight.shape))

    def end_epoch(self, module: nn.Module, monitor: TrainingMonitor) -> None:
        """Agree on what each rank saw of its own rows only.

        Parameters
        ----------
        module : nn.Module
            The net; buffers that its own code may have updated become rank 0's.
        monitor : TrainingMonitor
            Of the epoch.
        """
        self.copy_from_first(module.buffers())
        monitor.alive = self.any(monitor.alive)

    # -- with gradient ------------------------------------------------------------------------

    def sum_of_parts(self, part: Tensor) -> Tensor:
        """Make a loss of the ranks' parts; each rank's gradient is that of its own part."""
        total: Tensor = _SumOfParts.apply(part, self)  # type: ignore[no-untyped-call]
        return total

    def shared_sum(self, tensor: Tensor) -> Tensor:
        """Add up a tensor that goes into the losses of all ranks."""
        total: Tensor = _SharedSum.apply(tensor, self)  # type: ignore[no-untyped-call]
        return total

    def count_once(self, tensor: Tensor) -> Tensor:
        """Let a tensor that is the same on all ranks get its gradient once."""
        same: Tensor = _CountOnce.apply(tensor, self.size)  # type: ignore[no-untyped-call]
        return same

    def gather(self, own: Tensor, sizes: Sequence[int]) -> Tensor:
        """Get the rows of all ranks; gradient flows into the own ones only.

        Parameters
        ----------
        own : Tensor of shape (sizes[rank], ...)
            This rank's rows.
        sizes : sequence of int
            How many rows each rank has.

        Returns
        -------
        Tensor of shape (sum(sizes), ...)
            In the order of the ranks.
        """
        padded = own.new_zeros(max(sizes), *own.shape[1:])
        padded[: len(own)] = own.detach()
        rows = [part[:n] for part, n in zip(self.collect(padded), sizes, strict=True)]
        rows[self.rank] = own
        return torch.cat(rows)

    # -- random numbers -----------------------------------------------------------------------

    def randomness(self, seed: int, epoch: int, training: bool) -> OwnRandomness:
        """Make the generators of this rank for one pass over the data.

        Parameters
        ----------
        seed : int
            Of the net, the same for all ranks.
        epoch : int
            Which epoch: what was drawn in earlier ones need not be known.
        training : bool
            Whether the pass is over the training samples.

        Returns
        -------
        OwnRandomness
            Dropout must not drop the same neurons in all parts of a batch.
        """
        sequence = np.random.SeedSequence([seed, self.rank, epoch, int(training)])
        return OwnRandomness(int(sequence.generate_state(1)[0]))


def shared_seed(seed: int | None, device: torch.device) -> int | None:
    """Let all ranks start from rank 0's seed.

    Parameters
    ----------
    seed : int or None
        This rank's; None: to be drawn from the operating system.
    device : torch.device
        Where this rank trains.

    Returns
    -------
    int or None
        Rank 0's, drawn if it has none; `seed` itself without a group.
    """
    if not group_is_up():
        return seed
    if seed is None:
        seed = int(np.random.SeedSequence().generate_state(1, np.uint64)[0]) >> 1
    return int(Ranks(device).from_first(np.array(seed, dtype=np.int64)))
