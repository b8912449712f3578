"""The mean over labelled samples against double loops in float64."""

import math

import numpy as np
import pytest
import torch

from fa_sklearn._inputs import Inputs
from fa_sklearn._training import CoarseLabelTask
from fa_sklearn._training._tasks import task_mean

N = 9
CODES = {2: [0, -1, 1, 1, -1, 0, 0, -1, 1], 4: [3, -1, 1, 2, -1, 0, 3, -1, 1]}
WEIGHTS = {"plain": None, "weighted": [0.5, 4.0, 2.0, 0.0, 1.0, 1.5, 3.0, 0.0, 0.25]}


def logits_of(n_classes):
    n_outputs = 1 if n_classes == 2 else n_classes
    values = np.random.default_rng(n_classes).normal(scale=2, size=(N, n_outputs))
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def probabilities_of(row):
    scores = [0.0, *row] if len(row) == 1 else row
    total = math.fsum(math.exp(score) for score in scores)
    return [math.exp(score) / total for score in scores]


def compute(output, codes, weight, partly_labelled=True):
    y = torch.tensor(codes)
    weight = None if weight is None else torch.tensor(weight, dtype=torch.float64)
    n_classes = 2 if output.shape[1] == 1 else output.shape[1]
    losses = CoarseLabelTask(n_classes)(output, Inputs(output, None), y)
    return task_mean(losses, y, weight, partly_labelled=partly_labelled)


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("n_classes", CODES)
def test_value_weight_and_gradient(n_classes, weights):
    output, codes = logits_of(n_classes), CODES[n_classes]
    w = WEIGHTS[weights] or [1.0] * N
    labelled = [i for i in range(N) if codes[i] >= 0]
    total = math.fsum(w[i] for i in labelled)
    expected, gradient = 0.0, np.zeros(output.shape)
    for i in labelled:
        p = probabilities_of(output[i].tolist())
        expected -= w[i] * math.log(p[codes[i]]) / total
        for k in range(output.shape[1]):
            label = k + 1 if n_classes == 2 else k
            gradient[i, k] = w[i] * (p[label] - (codes[i] == label)) / total
    found = compute(output, codes, WEIGHTS[weights])
    found[0].backward()
    assert found[0].item() == pytest.approx(expected, rel=1e-12)
    assert found[1].item() == pytest.approx(total, rel=1e-12)
    np.testing.assert_allclose(output.grad, gradient, rtol=0, atol=1e-12)
    assert (output.grad[[i for i in range(N) if codes[i] < 0]] == 0).all()
    assert output.grad.abs().max() > 0.01


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("n_classes", CODES)
def test_without_any_label_the_task_costs_nothing(n_classes, weights):
    output = logits_of(n_classes)
    found = compute(output, [-1] * N, WEIGHTS[weights])
    found[0].backward()
    assert found[0].item() == found[1].item() == 0
    assert (output.grad == 0).all()


@pytest.mark.parametrize("weights", WEIGHTS)
def test_where_all_have_a_label_the_epoch_weighs_by_samples(weights):
    output, codes = logits_of(4), [0, 1, 2, 3, 0, 1, 2, 3, 0]
    plain = compute(output, codes, WEIGHTS[weights], partly_labelled=False)
    looked_at = compute(output, codes, WEIGHTS[weights])
    assert plain[1] is None
    assert plain[0].item() == pytest.approx(looked_at[0].item(), rel=1e-12)


def test_without_weight_the_value_is_0():
    output = logits_of(2)
    assert compute(output, CODES[2], [0.0] * N)[0].item() == 0
    assert compute(output, CODES[2], [0.0] * N, partly_labelled=False)[0].item() == 0
