"""Padding, cutting and their way back."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fa_sklearn.datasets._mnist_strokes import drop_padding, has_clean_padding, pad, split_rows


@given(st.lists(st.integers(1, 7), min_size=1, max_size=6), st.integers(0, 2**16))
def test_round_trip(lengths, seed):
    rng = np.random.default_rng(seed)
    sequences = [rng.integers(-128, 128, size=(n, 3)).astype(np.int8) for n in lengths]
    padded, found = pad(sequences)
    assert found.tolist() == lengths
    assert padded.shape == (len(lengths), max(lengths), 3)
    assert has_clean_padding(padded, found)
    ragged = split_rows(drop_padding(padded, found), found)
    assert ragged.shape == (len(lengths),)
    for got, wanted in zip(ragged, sequences, strict=True):
        assert got.dtype == np.float32
        np.testing.assert_array_equal(got, wanted)


def test_padding_that_is_not_zero():
    padded, lengths = pad([np.ones((2, 3), np.int8), np.ones((4, 3), np.int8)])
    padded[0, 3, 1] = 1
    assert not has_clean_padding(padded, lengths)
