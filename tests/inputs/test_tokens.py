"""Token sequences: validation and padding."""

import numpy as np
import pytest

from fa_sklearn._inputs import TokenReader

TOKENS = [np.array([4, 2, 9]), np.array([7]), np.array([2, 2, 3, 5], dtype=np.uint8)]


def test_batches_are_padded_with_id_0():
    samples = TokenReader().read(TOKENS, "Net", reset=True)
    batch = samples.take(np.array([2, 1]))
    assert batch.X.tolist() == [[2, 2, 3, 5], [7, 0, 0, 0]]
    assert batch.X.numpy().dtype == np.int64
    assert batch.lengths.tolist() == [4, 1]


def test_vocabulary_reaches_to_the_largest_id():
    reader = TokenReader()
    reader.read(TOKENS, "Net", reset=True)
    assert reader.input_shape == (None, 10)
    assert reader.n_features == 1


def test_vocabulary_has_at_least_padding_and_unknown():
    reader = TokenReader()
    reader.read([np.array([1]), np.array([1, 1, 0])], "Net", reset=True)
    assert reader.input_shape == (None, 2)


def test_a_given_vocabulary_is_kept():
    reader = TokenReader(n_tokens=50)
    reader.read(TOKENS, "Net", reset=True)
    assert reader.input_shape == (None, 50)


def test_ids_beyond_the_vocabulary_are_unknown():
    reader = TokenReader()
    reader.read(TOKENS, "Net", reset=True)
    later = reader.read([np.array([9, 10, 400])], "Net", reset=False)
    assert later.take(np.array([0])).X.tolist() == [[9, 1, 1]]


def test_the_users_arrays_are_left_alone():
    mine = [np.array([3, 500]), np.array([4])]
    reader = TokenReader()
    reader.read(TOKENS, "Net", reset=True)
    reader.read(mine, "Net", reset=False)
    assert mine[0].tolist() == [3, 500]


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        (np.array([3, -1]), "negative token ids"),
        (np.array([], dtype=int), r"X\[1\] is empty"),
        (np.array([1.0, 2.0]), r"X\[1\] has dtype float64"),
        (np.array([[1, 2]]), r"X\[1\] has .* shape \(1, 2\)"),
    ],
)
def test_what_is_no_token_sequence(tokens, message):
    with pytest.raises(ValueError, match=message):
        TokenReader().read([np.array([2, 3, 4]), tokens], "Net", reset=True)
