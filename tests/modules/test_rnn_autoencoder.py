"""The autoencoder for sequences."""

import pytest
import torch

from fa_sklearn.modules import RNNAutoencoder

LENGTHS = torch.tensor([2, 6, 1, 5])


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_shapes_and_padding(cell, num_layers, bidirectional):
    net = RNNAutoencoder(
        (None, 3), 5, hidden_size=8, cell=cell, num_layers=num_layers, bidirectional=bidirectional
    )
    X = torch.randn(4, 8, 3)
    reconstruction, representation = net(X, LENGTHS)
    assert reconstruction.shape == X.shape and representation.shape == (4, 5)
    for row, length in enumerate(LENGTHS):
        assert (reconstruction[row, :length] != 0).all()
        assert (reconstruction[row, length:] == 0).all()


def test_decoder_reads_the_representation_at_every_step():
    net = RNNAutoencoder((None, 3), 5, hidden_size=8)
    representation = torch.rand(4, 5)
    hidden, memory = net.first_state(representation).split(8, dim=1)
    state, steps = (hidden.tanh()[None], memory[None].contiguous()), []
    for _ in range(int(LENGTHS.max())):
        H, state = net.decoder(representation[None], state)
        steps.append(net.step_output(H[0]))
    found = net.decode(representation, LENGTHS)
    assert found.shape == (4, int(LENGTHS.max()), 3)
    for row, length in enumerate(LENGTHS):
        expected = torch.stack([step[row] for step in steps[:length]])
        torch.testing.assert_close(found[row, :length], expected, rtol=0, atol=1e-6)


def test_no_lengths_means_full_rows():
    net, X = RNNAutoencoder((None, 3), 5, hidden_size=8), torch.randn(4, 6, 3)
    for found, expected in zip(net(X), net(X, torch.full((4,), 6)), strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)


def test_decode_needs_lengths():
    net = RNNAutoencoder((None, 3), 5, hidden_size=8)
    with pytest.raises(ValueError, match="lengths is needed to decode sequences"):
        net.decode(torch.rand(4, 5))
