"""The multilayer perceptron."""

import pytest
import torch
from torch import nn

from fa_sklearn.modules import MLP


@pytest.mark.parametrize("hidden_sizes", [(), (7,), [9, 4, 6]])
def test_layers(hidden_sizes):
    net = MLP((5,), 3, 2, hidden_sizes=hidden_sizes)
    shapes = [tuple(m.weight.shape) for m in net.modules() if isinstance(m, nn.Linear)]
    sizes = [5, *hidden_sizes, 3, 2]
    assert shapes == [(n_out, n_in) for n_in, n_out in zip(sizes, sizes[1:], strict=False)]


def test_equals_the_formula():
    net, X = MLP((5,), 3, 2, hidden_sizes=(7, 6)), torch.randn(4, 5)
    weights = [parameter.detach() for parameter in net.parameters()]
    H = X
    for weight, bias in zip(weights[:6:2], weights[1:6:2], strict=True):
        H = (H @ weight.T + bias).clamp(min=0)
    output, representation = net(X)
    torch.testing.assert_close(representation, H)
    torch.testing.assert_close(output, H @ weights[6].T + weights[7])


def test_dropout_acts_while_training_only():
    net, X = MLP((5,), 3, 2, hidden_sizes=(400,), dropout=0.5), torch.randn(4, 5)
    assert not net.deterministic_forward
    assert not torch.equal(net(X)[1], net(X)[1])
    net.eval()
    assert torch.equal(net(X)[1], net(X)[1])


@pytest.mark.parametrize(
    ("options", "error", "named"),
    [
        ({"hidden_sizes": 128}, TypeError, r"hidden_sizes must be a tuple .* such as \(128,\)"),
        ({"hidden_sizes": "128"}, TypeError, "hidden_sizes"),
        ({"hidden_sizes": (8, 0)}, ValueError, "hidden_sizes"),
        ({"hidden_sizes": (8.5,)}, TypeError, "hidden_sizes"),
        ({"dropout": -0.1}, ValueError, "dropout"),
        ({"dropout": float("nan")}, ValueError, "dropout"),
    ],
)
def test_options_are_checked(options, error, named):
    with pytest.raises(error, match=named):
        MLP((4,), 3, 1, **options)
