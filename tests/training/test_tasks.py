"""The task losses against plain arithmetic."""

import math

import numpy as np
import pytest
import torch

from fa_sklearn._inputs import Inputs
from fa_sklearn._training import CoarseLabelTask, ReconstructionTask

INPUTS = (torch.zeros(6, 2), None)


@pytest.fixture
def logits():
    return torch.tensor(np.random.default_rng(0).normal(scale=3, size=(6, 4)), dtype=torch.float32)


def test_two_labels_cost_the_binary_cross_entropy(logits):
    y = torch.tensor([0, 1, 1, 0, 1, 0])
    losses = CoarseLabelTask(2)(logits[:, :1], INPUTS, y)
    for loss, logit, label in zip(losses, logits[:, 0].tolist(), y.tolist(), strict=True):
        probability = 1 / (1 + math.exp(-logit))
        expected = -math.log(probability if label else 1 - probability)
        assert loss.item() == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_more_labels_cost_the_cross_entropy(logits):
    y = torch.tensor([0, 3, 1, 2, 3, 0])
    losses = CoarseLabelTask(4)(logits, INPUTS, y)
    for loss, row, label in zip(losses, logits.tolist(), y.tolist(), strict=True):
        expected = math.log(sum(math.exp(v) for v in row)) - row[label]
        assert loss.item() == pytest.approx(expected, rel=1e-5)


def test_a_single_label_costs_nothing(logits):
    output = logits[:, :1].requires_grad_()
    losses = CoarseLabelTask(1)(output, INPUTS, torch.zeros(6, dtype=torch.int64))
    assert losses.shape == (6,) and (losses == 0).all()
    losses.sum().backward()
    assert (output.grad == 0).all()


def test_extreme_logits_stay_finite():
    output = torch.tensor([[1e4], [-1e4]])
    losses = CoarseLabelTask(2)(output, INPUTS, torch.tensor([0, 0]))
    assert losses.tolist() == [1e4, 0.0]


def test_prediction_is_what_xcov_reads(logits):
    sigmoid = CoarseLabelTask(2).prediction(logits[:, :1], INPUTS)
    assert np.allclose(sigmoid, 1 / (1 + np.exp(-logits[:, :1].double().numpy())), rtol=1e-6)
    softmax = CoarseLabelTask(4).prediction(logits, INPUTS)
    exponentials = np.exp(logits.double().numpy())
    assert np.allclose(softmax, exponentials / exponentials.sum(1, keepdims=True), rtol=1e-6)


@pytest.mark.parametrize("shape", [(5,), (2, 4, 4)])
def test_reconstruction_costs_the_squared_frobenius_norm(shape):
    X, output = torch.randn(2, 3, *shape, generator=torch.Generator().manual_seed(0))
    losses = ReconstructionTask()(output, Inputs(X, None), None)
    error = (X - output).double().numpy().reshape(3, -1)
    assert np.allclose(losses, np.linalg.norm(error, axis=1) ** 2, rtol=1e-5)
    prediction = ReconstructionTask().prediction(output, Inputs(X, None))
    assert torch.equal(prediction, output.reshape(3, -1))


def test_reconstruction_of_sequences_ends_with_them():
    X, output = torch.randn(2, 3, 6, 2, generator=torch.Generator().manual_seed(0))
    lengths = torch.tensor([6, 1, 4])
    losses = ReconstructionTask()(output, Inputs(X, lengths), None)
    prediction = ReconstructionTask().prediction(output, Inputs(X, lengths))
    for i, length in enumerate(lengths.tolist()):
        error = (X[i, :length] - output[i, :length]).double().numpy()
        assert losses[i].item() == pytest.approx((error**2).sum(), rel=1e-5)
        mean = output[i, :length].double().numpy().mean(axis=0)
        assert np.allclose(prediction[i], mean, rtol=1e-5)
