"""The mean of the task's losses over the samples of a batch that have a label."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ._part import PartOfBatch


class TaskMean(NamedTuple):
    """The task loss of a batch, and what it weighs among those of an epoch.

    Parameters
    ----------
    value : Tensor
        A scalar, the same on all ranks.
    weight : Tensor or None
        Sum of the labelled samples' weights; None: that of all samples.
    """

    value: Tensor
    weight: Tensor | None


def task_mean(
    losses: Tensor,
    y: Tensor | None,
    sample_weight: Tensor | None,
    part: PartOfBatch | None,
    *,
    partly_labelled: bool,
) -> TaskMean:
    """Average the losses of the labelled samples of a batch.

    Parameters
    ----------
    losses : Tensor of shape (n,)
        Of each sample; of a rank's own, after which one that counts nowhere may follow.
    y : Tensor of shape (n,) or None
        Codes of the labels, negative where there is none.
    sample_weight : Tensor of shape (n,) or None
        Of each sample.
    part : PartOfBatch or None
        The whole batch, where this is a rank's part of it; the value's gradient is this part's.
    partly_labelled : bool
        Whether y may hold negative codes: looking would wait for the device.

    Returns
    -------
    TaskMean
        The value is 0 where no sample counts.
    """
    if part is not None:
        y, sample_weight = part.y, part.sample_weight
    weight, total = sample_weight, None
    if partly_labelled and y is not None:
        labelled = (y >= 0).to(losses.dtype)
        weight = labelled if weight is None else labelled * weight
        total = weight.sum()
    return TaskMean(_mean(losses, weight, part), total)


def _mean(losses: Tensor, weight: Tensor | None, part: PartOfBatch | None) -> Tensor:
    """Weighted mean over the batch; `weight` is that of the whole batch."""
    if part is None:
        if weight is None:
            return losses.mean()
        return (losses * weight).sum() / _divisor(weight)
    losses = losses[: part.n_own]
    if weight is None:
        return part.ranks.sum_of_parts(losses.sum() / part.n_rows)
    return part.ranks.sum_of_parts((losses * part.own(weight)).sum() / _divisor(weight))


def _divisor(weight: Tensor) -> Tensor:
    total = weight.sum()
    return torch.where(total > 0, total, 1.0)
