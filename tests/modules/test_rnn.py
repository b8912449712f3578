"""The recurrent net for sequences."""

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from fa_sklearn.modules import RNN

X, LENGTHS = torch.randn(4, 6, 3, generator=torch.Generator().manual_seed(0)), [2, 6, 1, 5]


def test_default_is_one_lstm_layer_of_128():
    net = RNN((None, 3), 5, 1)
    (layer,) = (module for module in net.modules() if isinstance(module, nn.RNNBase))
    assert isinstance(layer, nn.LSTM) and not layer.bidirectional
    assert (layer.hidden_size, layer.num_layers, layer.input_size) == (128, 1, 3)
    assert net.representation_weight.shape == (5, 128)


def test_equals_figure_1_on_packed_sequences():
    net = RNN((None, 3), 5, 2)
    (lstm,) = net.encoder.forward_layers
    packed = pack_padded_sequence(X, LENGTHS, batch_first=True, enforce_sorted=False)
    _, (h_n, _) = lstm(packed)
    expected = torch.relu(net.fc1(h_n[0]))
    output, representation = net(X, torch.tensor(LENGTHS))
    torch.testing.assert_close(representation, expected, rtol=0, atol=1e-6)
    torch.testing.assert_close(output, net.fc2(expected), rtol=0, atol=1e-6)


@pytest.mark.parametrize("pooling", ["last", "mean", "max"])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_shapes_of_every_option(cell, bidirectional, pooling):
    net = RNN(
        (None, 3),
        5,
        2,
        hidden_size=8,
        cell=cell,
        num_layers=2,
        bidirectional=bidirectional,
        pooling=pooling,
        dropout=0.3,
    )
    output, representation = net(X, torch.tensor(LENGTHS))
    assert output.shape == (4, 2) and representation.shape == (4, 5)
    assert net.representation_weight.shape == (5, 16 if bidirectional else 8)
    assert not net.deterministic_forward
