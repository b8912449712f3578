"""The losses of one epoch: kept per batch, averaged, and checked, into the history."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from skorch.history import History
from torch import Tensor

from ._distributed import Ranks


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

    def add(self, name: str, value: Tensor) -> None:
        """Keep a batch's value.

        Parameters
        ----------
        name : str
            Which loss.
        value : Tensor
            A scalar.
        """
        if self.paused:
            return
        # On an accelerator .item() would wait for the device; on the CPU thousands of small
        # tensors kept among large ones would fragment the heap.
        kept = value.item() if value.device.type == "cpu" else value.detach()
        self._kept.setdefault(name, []).append(kept)

    def write(self, history: History, prefix: str, sizes: list[float]) -> None:
        """Average each loss over the epoch and record it.

        Parameters
        ----------
        history : History
            Where to.
        prefix : {"train", "valid"}
            Of the names.
        sizes : list of float
            Weight of each batch.

        Raises
        ------
        NotFiniteError
            If a value is not finite.
        """
        share = np.array(sizes) / (sum(sizes) or 1.0)
        values = {
            name: torch.tensor(kept, dtype=torch.float64).numpy()
            for name, kept in self._kept.items()
        }
        if self._ranks is not None:
            values = {
                name: self._ranks.from_first(of_batches) for name, of_batches in values.items()
            }
        _check_finite(values, prefix, len(history))
        for name, of_batches in values.items():
            history.record(f"{prefix}_{name}", float(share @ of_batches))
        losses = history[:, f"{prefix}_loss"]
        history.record(f"{prefix}_loss_best", losses[-1] == min(losses))


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
            f"({prefix}): lower lr or scale X."
        )
