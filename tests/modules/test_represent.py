"""The representation alone is the one that comes with the reconstruction."""

import pytest
import torch

from fa_sklearn.modules import ConvAutoencoder, MLPAutoencoder, RNNAutoencoder

CASES = {
    "table": (MLPAutoencoder, (4,), torch.Size([3, 4]), None),
    "sequence": (RNNAutoencoder, (None, 2), torch.Size([3, 6, 2]), torch.tensor([6, 1, 4])),
    "image": (ConvAutoencoder, (3, 8, 8), torch.Size([3, 3, 8, 8]), None),
}


@pytest.mark.parametrize("kind", CASES)
def test_equals_that_of_forward_and_decodes_nothing(kind, monkeypatch):
    make, input_shape, shape, lengths = CASES[kind]
    net, X = make(input_shape, 5).eval(), torch.randn(shape)
    _, expected = net(X, lengths)
    monkeypatch.setattr(type(net), "decode", None)
    net.decoder = None
    found = net.represent(X, lengths)
    assert (found > 0).any()
    torch.testing.assert_close(found, expected, rtol=0, atol=0)
