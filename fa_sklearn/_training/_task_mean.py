"""The mean of the task's losses over the samples of a batch that have a label."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class TaskMean(NamedTuple):
    """The task loss of a batch, and what it weighs among those of an epoch.

    Parameters
    ----------
    value : Tensor
        A scalar.
    weight : Tensor or None
        Sum of the labelled samples' weights; None: that of all samples.
    """

    value: Tensor
    weight: Tensor | None


def task_mean(
    losses: Tensor,
    y: Tensor | None,
    sample_weight: Tensor | None,
    *,
    partly_labelled: bool,
) -> TaskMean:
    """Average the losses of the labelled samples of a batch.

    Parameters
    ----------
    losses : Tensor of shape (n,)
        Of each sample.
    y : Tensor of shape (n,) or None
        Codes of the labels, negative where there is none.
    sample_weight : Tensor of shape (n,) or None
        Of each sample.
    partly_labelled : bool
        Whether y may hold negative codes: looking would wait for the device.

    Returns
    -------
    TaskMean
        The value is 0 where no sample counts.
    """
    weight, total = sample_weight, None
    if partly_labelled and y is not None:
        labelled = (y >= 0).to(losses.dtype)
        weight = labelled if weight is None else labelled * weight
        total = weight.sum()
    if weight is None:
        return TaskMean(losses.mean(), None)
    divisor = weight.sum()
    mean = (losses * weight).sum() / torch.where(divisor > 0, divisor, 1.0)
    return TaskMean(mean, total)
