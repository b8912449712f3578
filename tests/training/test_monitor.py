"""Warnings about training that cannot work."""

import warnings

import pytest
import torch
from sklearn.exceptions import ConvergenceWarning

from fa_sklearn._training._epoch import TrainingMonitor
from fa_sklearn.losses import DeCovLoss, MultilayerLoss, SingleLayerLoss

FAR = torch.tensor([[20.0, 0.0], [0.0, 20.0]])
NEAR = torch.tensor([[1.0, 0.0], [0.9, 0.0]])
ONE_LABEL = torch.zeros(2, dtype=torch.int64)


def observe(monitor, h, y=ONE_LABEL, layer_weight=NEAR):
    available = {"h": h, "y": y, "sample_weight": None, "layer_weight": layer_weight}
    values = {
        name: term(**{key: available[key] for key in term.inputs})
        for name, term in monitor.hinges.items()
    }
    monitor.observe(h, values, available)


def messages(monitor):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert monitor.warn(3) is bool(caught)
    assert all(w.category is ConvergenceWarning for w in caught)
    return [str(w.message) for w in caught]


def test_silence_when_all_is_well():
    monitor = TrainingMonitor({"multi": MultilayerLoss(), "single": SingleLayerLoss()})
    observe(monitor, NEAR)
    assert messages(monitor) == []


def test_a_dead_representation():
    monitor = TrainingMonitor({})
    observe(monitor, torch.zeros(2, 2))
    (message,) = messages(monitor)
    assert "epoch 3" in message and "lr" in message


def test_one_live_batch_is_enough():
    monitor = TrainingMonitor({})
    observe(monitor, torch.zeros(2, 2))
    observe(monitor, NEAR)
    observe(monitor, torch.zeros(2, 2))
    assert messages(monitor) == []


@pytest.mark.parametrize(
    ("term", "h", "layer_weight"),
    [
        (MultilayerLoss(margin=0.5), FAR, NEAR),
        (MultilayerLoss(margin=0.0), NEAR, NEAR),
        (SingleLayerLoss(margin=0.5), NEAR, FAR),
    ],
)
def test_a_satisfied_hinge_names_the_margin(term, h, layer_weight):
    monitor = TrainingMonitor({"mine": term})
    observe(monitor, h, layer_weight=layer_weight)
    (message,) = messages(monitor)
    assert "'mine'" in message and f"margin={term.margin}" in message and "epoch 3" in message


def test_a_batch_without_pairs_has_no_gradient():
    monitor = TrainingMonitor({"multi": MultilayerLoss()})
    observe(monitor, NEAR, y=torch.tensor([0, 1]))
    (message,) = messages(monitor)
    assert "batch_size" in message


def test_one_active_batch_is_enough():
    monitor = TrainingMonitor({"multi": MultilayerLoss(margin=0.5)})
    for h in (FAR, NEAR, FAR):
        observe(monitor, h)
    assert messages(monitor) == []


def test_terms_without_hinge_are_not_asked():
    monitor = TrainingMonitor({"decov": DeCovLoss()})
    observe(monitor, torch.ones(2, 2))
    assert messages(monitor) == []
