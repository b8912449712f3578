"""The losses of one epoch: kept per batch, averaged, and checked, into the history."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from skorch.history import History
from torch import Tensor

from ._distributed import Ranks, broadcast


class NotFiniteError(ValueError):
    """A loss or a weight is no finite number: going on would not help."""


class EpochLosses:
    """Collects the losses of an epoch's batches.

    Parameters
    ----------
    ranks : Ranks or None, default=None
        Who trains together; all record what rank 0 has, so that all decide alike.

    Attributes
    ----------
    paused : bool
        While True nothing is kept: an optimizer may evaluate a batch several times.
    """

    def __init__(self, ranks: Ranks | None = None) -> None:
        self._ranks = ranks
        self.paused = False
        self._kept: dict[str, list[Any]] = {}
        self._weights: dict[str, list[Any]] = {}

    def add(self, name: str, value: Tensor, weight: Tensor | None = None) -> None:
        """Keep a batch's value.

        Parameters
        ----------
        name : str
            Which loss.
        value : Tensor
            A scalar.
        weight : Tensor or None, default=None
            What this loss of the batch weighs in the epoch; None: as much as the batch.
        """
        if self.paused:
            return
        self._kept.setdefault(name, []).append(self._keep(value))
        if weight is not None:
            self._weights.setdefault(name, []).append(self._keep(weight))

    @staticmethod
    def _keep(value: Tensor) -> float | Tensor:
        # On an accelerator .item() would wait for the device; on the CPU thousands of small
        # tensors kept among large ones would fragment the heap.
        return value.item() if value.device.type == "cpu" else value.detach()

    def write(self, history: History, prefix: str, sizes: list[float], task_factor: float) -> None:
        """Average each loss over the epoch and record it.

        Parameters
        ----------
        history : History
            Where to.
        prefix : {"train", "valid"}
            Of the names.
        sizes : list of float
            Weight of each batch.
        task_factor : float
            Factor of the task loss in the loss.

        Raises
        ------
        NotFiniteError
            If a value is not finite.
        """
        values, weights = self._collect(self._kept), self._collect(self._weights)
        _check_finite(values, prefix, len(history))
        share = _shares(np.array(sizes))
        means = {
            name: float(_shares(weights.get(name, share)) @ of_batches)
            for name, of_batches in values.items()
        }
        if "task_loss" in weights:
            task = means["task_loss"] - float(share @ values["task_loss"])
            means["loss"] += task_factor * task
            if "coarse_accuracy" in means and not weights["task_loss"].any():
                means["coarse_accuracy"] = np.nan  # of no sample
        for name, mean in means.items():
            history.record(f"{prefix}_{name}", mean)
        losses = history[:, f"{prefix}_loss"]
        history.record(f"{prefix}_loss_best", losses[-1] == min(losses))

    def _collect(self, kept: dict[str, list[Any]]) -> dict[str, NDArray[np.float64]]:
        """Make arrays of what was kept, the same on all ranks."""
        arrays = {
            name: torch.tensor(of_batches, dtype=torch.float64).numpy()
            for name, of_batches in kept.items()
        }
        return arrays if self._ranks is None else broadcast(arrays, self._ranks.device)


def _shares(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divide weights by their sum; all stay 0 where it is 0."""
    shares: NDArray[np.float64] = weights / (weights.sum() or 1.0)
    return shares


def _check_finite(values: dict[str, NDArray[np.float64]], prefix: str, epoch: int) -> None:
    """Name the loss that was the first not to be finite: later batches inherit its damage."""
    bad = {
        name: int(np.argmin(np.isfinite(of_batches)))
        for name, of_batches in values.items()
        if not np.isfinite(of_batches).all()
    }
    if bad:
        name = min(bad, key=lambda name: (bad[name], name == "loss"))
        raise NotFiniteError(
            f"The {name.replace('_', ' ')} became {values[name][bad[name]]} in epoch {epoch} "
            f"({prefix}): {_remedy(name)}."
        )


def _remedy(name: str) -> str:
    """Say what makes a loss infinite: for a term, its margin; for the sum alone, a weight."""
    if name == "task_loss":
        return "lower lr or scale X"
    if name == "loss":
        return "lower the weights of the penalty's terms"
    return "lower its margin or lr, or scale X"
