"""The recurrent net for texts."""

import pytest
import torch

from fa_sklearn.modules import RNN, TextRNN

X = torch.tensor([[3, 5, 1, 8], [9, 0, 0, 0], [2, 4, 0, 0]])
LENGTHS = torch.tensor([4, 1, 2])


@pytest.mark.parametrize("bidirectional", [False, True])
def test_is_the_sequence_net_on_embedded_tokens(bidirectional):
    options = {"hidden_size": 8, "bidirectional": bidirectional, "pooling": "mean"}
    text = TextRNN((None, 10), 5, 2, embedding_size=6, **options)
    net = RNN((None, 6), 5, 2, **options)
    state = {k: v for k, v in text.state_dict().items() if not k.startswith("embedding")}
    net.load_state_dict(state)
    embedded = text.embedding.weight.detach()[X]
    for found, expected in zip(text(X, LENGTHS), net(embedded, LENGTHS), strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)


def test_defaults():
    net = TextRNN((None, 10), 5, 1)
    assert net.embedding.weight.shape == (10, 100)
    assert net.encoder.pooling == "max"
    assert net.representation_weight.shape == (5, 128)


def test_padding_vector_is_zero_and_stays_so():
    net = TextRNN((None, 10), 5, 1)
    output, representation = net(X, LENGTHS)
    (output.sum() + representation.sum()).backward()
    assert not net.embedding.weight[0].any()
    assert not net.embedding.weight.grad[0].any()
    assert net.embedding.weight.grad[3].any()


def test_embedding_size_is_checked():
    with pytest.raises(ValueError, match="'embedding_size' .* must be an int"):
        TextRNN((None, 10), 5, 1, embedding_size=0)
