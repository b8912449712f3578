"""The callbacks and the net of the ablation do what their variants are named after."""

import copy

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback

from examples.studies.tables._callbacks import AveragedWeights, FadingPenalty, GrowingMargin
from examples.studies.tables._reconstruction import ReconstructingMLP
from fa_sklearn import ForcedApartClassifier

X = np.random.default_rng(0).normal(size=(60, 4))
Y = np.arange(60) % 2


class Watch(Callback):
    """Keep alpha, the margin and the weights of each epoch."""

    def on_train_begin(self, net, **kwargs):
        self.alphas, self.margins, self.weights = [], [], []

    def on_epoch_end(self, net, **kwargs):
        self.alphas.append(net.alpha)
        self.margins.append(net.terms["multi"].margin)
        self.weights.append(copy.deepcopy(net.module_.state_dict()))


def fit(callback):
    net = ForcedApartClassifier(
        alpha=0.5, margin=3.0, max_epochs=4, callbacks=[callback, Watch()], random_state=0
    )
    net.fit(X, Y)
    return net.net_, net.net_.callbacks_[-1][1]


def test_alpha_falls_in_equal_steps():
    assert fit(FadingPenalty())[1].alphas == pytest.approx([0.5, 0.375, 0.25, 0.125])


def test_the_margin_grows_in_equal_steps():
    assert fit(GrowingMargin())[1].margins == pytest.approx([0.75, 1.5, 2.25, 3.0])


def test_the_last_weights_are_the_mean_of_the_second_half():
    net, watch = fit(AveragedWeights())
    for name, found in net.module_.state_dict().items():
        third, fourth = (weights[name] for weights in watch.weights[2:])
        torch.testing.assert_close(found, (third + fourth) / 2)
        assert not torch.equal(third, fourth)


def test_the_error_of_the_reconstruction_is_added_to_the_loss():
    X = torch.from_numpy(np.random.default_rng(0).normal(size=(7, 4))).float()
    net = ReconstructingMLP((4,), 3, 2, weight=0.7)
    torch.nn.init.normal_(net.fc2.weight)
    output, representation = net(X)
    loss = output.square().sum() + representation.sum()
    found = torch.autograd.grad(loss, list(net.parameters()))
    hidden = torch.relu(net.fc1(net.hidden(X)))
    error = (net.decoder(hidden) - X).square().mean()
    whole = net.fc2(hidden).square().sum() + hidden.sum() + 0.7 * error
    torch.testing.assert_close(loss, whole - 0.7 * error)
    expected = torch.autograd.grad(whole, list(net.parameters()))
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other)
    assert any(parameter.abs().sum() > 0 for parameter in found)
