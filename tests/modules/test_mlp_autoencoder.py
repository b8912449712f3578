"""The autoencoder for tables."""

import pytest
import torch
from torch import nn

from fa_sklearn.modules import MLPAutoencoder


@pytest.mark.parametrize("hidden_sizes", [(), (7,), (9, 4)])
def test_decoder_mirrors_the_encoder(hidden_sizes):
    net = MLPAutoencoder((5,), 3, hidden_sizes=hidden_sizes)
    shapes = [tuple(m.weight.shape) for m in net.modules() if isinstance(m, nn.Linear)]
    sizes = [5, *hidden_sizes, 3, *reversed(hidden_sizes), 5]
    assert shapes == [(n_out, n_in) for n_in, n_out in zip(sizes, sizes[1:], strict=False)]


def test_representation_lies_in_the_middle():
    net, X = MLPAutoencoder((5,), 3, hidden_sizes=(6,)), torch.randn(4, 5)
    reconstruction, representation = net(X)
    assert reconstruction.shape == X.shape and representation.shape == (4, 3)
    assert torch.equal(net.decode(representation), reconstruction)
    linear = [m for m in net.decoder if isinstance(m, nn.Linear)]
    H = torch.relu(linear[0](representation))
    torch.testing.assert_close(linear[1](H), reconstruction)
