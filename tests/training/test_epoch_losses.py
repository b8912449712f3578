"""How an epoch's losses are averaged over its batches."""

import math

import pytest
import torch
from skorch.history import History

from fa_sklearn._training._epoch import EpochLosses, NotFiniteError

TASK, MULTI, LABELLED, SIZES = [2.0, 0.0, 1.0], [0.5, 0.25, 4.0], [3.0, 0.0, 1.0], [4, 4, 8]
ALPHA = 0.25


def recorded(weights, alpha=ALPHA, sizes=SIZES, task=TASK):
    losses = EpochLosses()
    for i, (value, multi) in enumerate(zip(task, MULTI, strict=True)):
        weight = None if weights is None else torch.tensor(weights[i])
        losses.add("task_loss", torch.tensor(value), weight)
        losses.add("multi_loss", torch.tensor(multi))
        losses.add("loss", torch.tensor((1 - alpha) * value + alpha * multi))
    history = History()
    history.new_epoch()
    losses.write(history, "train", sizes, 1 - alpha)
    return history[-1]


def mean(values, weights):
    return math.fsum(v * w for v, w in zip(values, weights, strict=True)) / math.fsum(weights)


@pytest.mark.parametrize("weights", [None, LABELLED])
def test_each_loss_has_its_own_weights(weights):
    row = recorded(weights)
    task, multi = mean(TASK, weights or SIZES), mean(MULTI, SIZES)
    assert row["train_task_loss"] == pytest.approx(task, rel=1e-6)
    assert row["train_multi_loss"] == pytest.approx(multi, rel=1e-6)
    assert row["train_loss"] == pytest.approx((1 - ALPHA) * task + ALPHA * multi, rel=1e-6)
    assert row["train_loss_best"]


def test_weights_in_the_proportions_of_the_batches_change_nothing():
    assert recorded([float(size) / 2 for size in SIZES]) == recorded(None)


def test_an_epoch_without_labels_or_without_weight():
    row = recorded([0.0, 0.0, 0.0], task=[0.0, 0.0, 0.0])
    assert row["train_task_loss"] == 0
    assert row["train_loss"] == pytest.approx(ALPHA * mean(MULTI, SIZES), rel=1e-6)
    assert recorded(None, sizes=[0, 0, 0])["train_loss"] == 0


def test_what_is_not_finite_is_named():
    with pytest.raises(NotFiniteError, match="task loss became nan in epoch 1"):
        recorded(LABELLED, task=[1.0, math.nan, 1.0])


def test_a_batch_is_kept_once_however_often_it_is_evaluated():
    losses = EpochLosses()
    batch = object()
    for value in (1.0, 2.0):
        losses.begin(batch)
        losses.add("task_loss", torch.tensor(value), torch.tensor(2.0))
        losses.add("loss", torch.tensor(value))
    history = History()
    history.new_epoch()
    losses.write(history, "train", [4], 1.0)
    assert history[-1]["train_loss"] == history[-1]["train_task_loss"] == 1
