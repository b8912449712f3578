"""The recurrent encoder against torch's packed sequences."""

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from fa_sklearn.modules._rnn import RecurrentEncoder, reorder, reversed_order

D, HIDDEN = 3, 6
LENGTHS = torch.tensor([5, 9, 1, 4, 9, 2])
NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
# forward and gradient tolerances a dtype
TOLERANCES = {torch.float32: (1e-6, 1e-5), torch.float64: (1e-12, 1e-12)}


def padded_batch(dtype=torch.float32, fill=0.0):
    X = torch.full((int(LENGTHS.max()), len(LENGTHS), D), fill, dtype=dtype)
    generator = torch.Generator().manual_seed(1)
    for row, length in enumerate(LENGTHS):
        X[:length, row] = torch.randn(int(length), D, generator=generator, dtype=dtype)
    return X


def same_weights(encoder, reference):
    """Yield the encoder's parameter beside the one of torch's multi-layer net."""
    sides = [("", encoder.forward_layers), ("_reverse", encoder.backward_layers)]
    for suffix, layers in sides:
        for i, layer in enumerate(layers):
            for name in NAMES:
                yield getattr(layer, f"{name}_l0"), getattr(reference, f"{name}_l{i}{suffix}")


def packed_twin(encoder, cell, num_layers, bidirectional, dtype):
    make = {"lstm": nn.LSTM, "gru": nn.GRU}[cell]
    twin = make(D, HIDDEN, num_layers, bidirectional=bidirectional).to(dtype)
    with torch.no_grad():
        for ours, theirs in same_weights(encoder, twin):
            theirs.copy_(ours)
    assert sum(p.numel() for p in twin.parameters()) == sum(
        p.numel() for p in encoder.parameters()
    )
    return twin


def packed_pool(twin, X, pooling):
    packed = pack_padded_sequence(X, LENGTHS, enforce_sorted=False)
    output, state = twin(packed)
    if pooling == "last":
        h_n = state[0] if isinstance(state, tuple) else state
        last_layer = h_n[-2:] if twin.bidirectional else h_n[-1:]
        return torch.cat(list(last_layer), dim=1)
    output, _ = pad_packed_sequence(output)
    rows = [output[:length, row] for row, length in enumerate(LENGTHS)]
    return torch.stack([H.mean(0) if pooling == "mean" else H.max(0).values for H in rows])


@pytest.mark.parametrize("dtype", TOLERANCES, ids=str)
@pytest.mark.parametrize("pooling", ["last", "mean", "max"])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_equals_packed_sequences(cell, num_layers, bidirectional, pooling, dtype):
    encoder = RecurrentEncoder(
        D,
        HIDDEN,
        cell=cell,
        num_layers=num_layers,
        bidirectional=bidirectional,
        pooling=pooling,
    ).to(dtype)
    twin = packed_twin(encoder, cell, num_layers, bidirectional, dtype)
    ours, theirs = (padded_batch(dtype).requires_grad_() for _ in range(2))
    found = encoder(ours, LENGTHS)
    expected = packed_pool(twin, theirs, pooling)
    forward_tolerance, gradient_tolerance = TOLERANCES[dtype]
    torch.testing.assert_close(found, expected, rtol=0, atol=forward_tolerance)

    direction = torch.randn_like(expected)
    found.backward(direction)
    expected.backward(direction)
    close = {"rtol": gradient_tolerance, "atol": gradient_tolerance}
    torch.testing.assert_close(ours.grad, theirs.grad, **close)
    for parameter, reference in same_weights(encoder, twin):
        torch.testing.assert_close(parameter.grad, reference.grad, **close)


@pytest.mark.parametrize("pooling", ["last", "mean", "max"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_rows_depend_on_their_valid_steps_only(bidirectional, pooling):
    encoder = RecurrentEncoder(
        D, HIDDEN, num_layers=2, bidirectional=bidirectional, pooling=pooling
    )
    together = encoder(padded_batch(), LENGTHS)
    garbage = encoder(padded_batch(fill=1e3), LENGTHS)
    torch.testing.assert_close(garbage, together, rtol=0, atol=1e-6)
    X = padded_batch()
    for row, length in enumerate(LENGTHS):
        alone = encoder(X[:length, row : row + 1])
        torch.testing.assert_close(alone[0], together[row], rtol=0, atol=1e-6)


@pytest.mark.parametrize("pooling", ["last", "mean", "max"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_no_lengths_means_full_rows(bidirectional, pooling):
    encoder = RecurrentEncoder(
        D, HIDDEN, num_layers=2, bidirectional=bidirectional, pooling=pooling
    )
    X = torch.randn(7, 4, D)
    torch.testing.assert_close(encoder(X), encoder(X, torch.full((4,), 7)), rtol=0, atol=1e-6)


def test_reversal_is_within_each_row_and_undoes_itself():
    X = padded_batch()
    order = reversed_order(LENGTHS, X.shape[0])
    turned = reorder(X, order)
    for row, length in enumerate(LENGTHS):
        assert torch.equal(turned[:length, row], X[:length, row].flip(0))
        assert torch.equal(turned[length:, row], X[length:, row])
    assert torch.equal(reorder(turned, order), X)


def test_dropout_acts_between_layers_and_after_the_pooling_while_training():
    torch.manual_seed(3)
    encoder = RecurrentEncoder(D, 200, num_layers=2, dropout=0.5)
    inputs = []
    encoder.forward_layers[1].register_forward_pre_hook(lambda _, args: inputs.append(args[0]))
    dropped = encoder(padded_batch(), LENGTHS)
    for values in (inputs[0], dropped):
        assert 0.4 < (values == 0).float().mean() < 0.6
    kept = encoder.eval()(padded_batch(), LENGTHS)
    assert (kept != 0).all() and (inputs[1] != 0).all()
    assert not encoder.deterministic_forward


@pytest.mark.parametrize(
    ("options", "error", "named"),
    [
        ({"cell": "rnn"}, ValueError, "'cell' parameter of the net must be a str among"),
        ({"pooling": "sum"}, ValueError, "'pooling' .* must be a str among"),
        ({"hidden_size": 0}, ValueError, "'hidden_size' .* must be an int in the range"),
        ({"hidden_size": 8.0}, TypeError, "'hidden_size' .* must be an int in the range"),
        ({"num_layers": None}, TypeError, "'num_layers' .* must be an int in the range"),
        ({"dropout": 1.0}, ValueError, r"'dropout' .* must be a float in the range \[0.0, 1.0\)"),
        ({"dropout": "0.5"}, TypeError, "'dropout' .* must be a float"),
    ],
)
def test_options_are_checked(options, error, named):
    with pytest.raises(error, match=named):
        RecurrentEncoder(D, **options)
