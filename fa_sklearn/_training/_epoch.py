"""What an epoch comes to: its losses, the coarse accuracy, signs that nothing is learnt."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from skorch.history import History
from torch import Tensor

from .._inputs import Indices
from ..losses import LossTerm
from ..losses._term import MarginTerm
from ._batches import LabelledSamples
from ._distributed import Ranks, broadcast

# Of a loss that is not finite; the sum alone is not where a term weighs too much.
_REMEDIES = {
    "task_loss": "lower lr or scale X",
    "loss": "lower the weights of the penalty's terms",
}


class NotFiniteError(ValueError):
    """A loss or a weight is no finite number: going on would not help."""


class EpochLosses:
    """Collects the losses of an epoch's batches; all ranks record what rank 0 has."""

    def __init__(self, ranks: Ranks | None = None) -> None:
        self._ranks = ranks
        self._batch: object = None
        self._again = False
        self._kept: dict[str, list[Any]] = {}
        self._weights: dict[str, list[Any]] = {}

    def begin(self, batch: object) -> None:
        """Keep nothing more where an optimizer such as LBFGS evaluates a batch once again."""
        self._again = batch is self._batch
        self._batch = batch

    def add(self, name: str, value: Tensor, weight: Tensor | None = None) -> None:
        """Keep a batch's value and its weight in the epoch; None: that of the batch."""
        if self._again:
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
        """Average each loss over batches of these weights, and record it if all are finite."""
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


class CoarseAccuracy:
    """The share of an epoch's labelled samples, by weight, whose label a net predicts."""

    def __init__(
        self, data: LabelledSamples, predict: Callable[[Tensor], Tensor], ranks: Ranks | None
    ) -> None:
        self._data = data
        self._predict = predict
        self._ranks = ranks
        self._kept: Tensor | None = None
        self._rows: list[Indices] = []
        self._n = 0

    def add(self, rows: Indices, output: Tensor) -> None:
        """Keep what is predicted for a batch, or a rank's rows of it; a lone logit as it is."""
        kept = output.detach() if output.shape[1] == 1 else self._predict(output.detach())
        if self._kept is None:
            # One tensor for all batches: small ones among large ones would fragment the heap.
            self._kept = kept.new_empty((len(self._data), *kept.shape[1:]))
        end = self._n + len(rows)
        self._kept[self._n : end] = kept
        self._rows.append(rows)
        self._n = end

    def compute(self) -> float:
        """Divide the weight of the hits by that of the labelled samples; NaN where it is 0."""
        assert self._kept is not None
        codes = self._kept[: self._n]
        codes = self._predict(codes) if codes.ndim == 2 else codes
        rows = np.concatenate(self._rows)
        y, weight = self._data.y, self._data.sample_weight
        assert y is not None
        counted = (y[rows] >= 0) * (1.0 if weight is None else weight[rows].astype(np.float64))
        hit = codes.cpu().numpy() == y[rows]
        sums = np.array([counted[hit].sum(), counted.sum()])
        if self._ranks is not None:
            sums = self._ranks.sum(torch.from_numpy(sums).to(codes.device)).cpu().numpy()
        return float(sums[0] / sums[1]) if sums[1] else np.nan


class TrainingMonitor:
    """Notices training that cannot work: each question is asked until it is answered once."""

    def __init__(self, terms: Mapping[str, LossTerm]) -> None:
        self.hinges = {name: term for name, term in terms.items() if isinstance(term, MarginTerm)}
        self.unanswered = set(self.hinges)
        self.alive = False

    def observe(
        self,
        representation: Tensor,
        values: Mapping[str, Tensor],
        available: Mapping[str, Tensor | None],
    ) -> None:
        """Look at one batch."""
        if not self.alive:
            self.alive = bool((representation > 0).any())
        for name in tuple(self.unanswered):
            term = self.hinges[name]
            lower_bound = term._lower_bound(**{key: available[key] for key in term.inputs})
            if bool(values[name] > lower_bound):
                self.unanswered.discard(name)

    def warn(self, epoch: int) -> bool:
        """Warn about what a whole epoch did not show."""
        if not self.alive:
            warnings.warn(
                f"The representation was 0 for every sample of epoch {epoch}: its ReLU units are "
                "dead and receive no gradient. Lower lr, change random_state or scale X.",
                ConvergenceWarning,
                stacklevel=2,
            )
        for name in sorted(self.unanswered):
            margin = self.hinges[name].margin
            warnings.warn(
                f"The penalty {name!r} had no gradient in epoch {epoch}: no pair was closer than "
                f"margin={margin}. Raise margin, or batch_size where batches hold no pair of one "
                "label.",
                ConvergenceWarning,
                stacklevel=2,
            )
        return not self.alive or bool(self.unanswered)


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
        remedy = _REMEDIES.get(name, "lower its margin or lr, or scale X")
        raise NotFiniteError(
            f"The {name.replace('_', ' ')} became {values[name][bad[name]]} in epoch {epoch} "
            f"({prefix}): {remedy}."
        )
