"""Sequences: validation, padding, and what becomes of reconstructions."""

import numpy as np
import pandas as pd
import pytest

from fa_sklearn import ForcedApartAutoencoder
from fa_sklearn._inputs import SequenceReader

LENGTHS = (3, 1, 5, 2)


@pytest.fixture
def sequences():
    rng = np.random.default_rng(0)
    return [rng.normal(size=(length, 2)) for length in LENGTHS]


def padded(sequences):
    """Right-padded float32 array, filled by a loop over every step."""
    longest = max(len(sequence) for sequence in sequences)
    result = np.zeros((len(sequences), longest, 2), dtype=np.float32)
    for row, sequence in enumerate(sequences):
        for step, values in enumerate(sequence):
            result[row, step] = values
    return result


@pytest.mark.parametrize("rows", [[0, 1, 2, 3], [1], [3, 0], [2, 2, 1]])
def test_batches_are_padded_to_their_own_longest(sequences, rows):
    samples = SequenceReader().read(sequences, "Net", reset=True)
    batch = samples.take(np.array(rows))
    expected = padded([sequences[row] for row in rows])
    assert batch.X.numpy().dtype == np.float32
    assert np.array_equal(batch.X, expected)
    assert batch.lengths.tolist() == [LENGTHS[row] for row in rows]


def test_attributes(sequences):
    reader = SequenceReader()
    samples = reader.read(sequences, "Net", reset=True)
    assert reader.n_features == 2
    assert reader.input_shape == (None, 2)
    assert (samples.lengths == LENGTHS).all() and len(samples) == 4


def test_a_3d_array_is_the_list_of_its_rows():
    X = np.random.default_rng(0).normal(size=(5, 4, 2))
    whole = SequenceReader().read(X, "Net", reset=True).take(np.array([3, 1]))
    listed = SequenceReader().read(list(X), "Net", reset=True).take(np.array([3, 1]))
    assert np.array_equal(whole.X, listed.X) and np.array_equal(whole.X, X[[3, 1]].astype("f4"))
    assert whole.lengths.tolist() == listed.lengths.tolist() == [4, 4]


def test_names_of_an_earlier_table_are_forgotten(sequences):
    estimator = ForcedApartAutoencoder(max_epochs=1, random_state=0)
    estimator.fit(pd.DataFrame(np.eye(3), columns=["a", "b", "c"]))
    estimator.fit(sequences)
    assert estimator.n_features_in_ == 2
    assert not hasattr(estimator, "feature_names_in_")


def test_features_are_compared_with_fit(sequences):
    reader = SequenceReader()
    reader.read(sequences, "Net", reset=True)
    message = "X has 1 features per step, but Net is expecting 2 features"
    with pytest.raises(ValueError, match=message):
        reader.read([sequence[:, :1] for sequence in sequences], "Net", reset=False)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite(sequences, bad):
    sequences[2][4, 1] = bad
    with pytest.raises(ValueError, match="X contains NaN or infinity"):
        SequenceReader().read(sequences, "Net", reset=True)


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_infinities_of_both_signs_do_not_cancel(sequences):
    sequences[2][4] = np.inf, -np.inf
    with pytest.raises(ValueError, match="X contains NaN or infinity"):
        SequenceReader().read(sequences, "Net", reset=True)


def test_large_finite_values_are_fine():
    X = np.full((40, 3, 2), np.finfo(np.float32).max)
    batch = SequenceReader().read(X, "Net", reset=True).take(np.arange(40))
    assert np.array_equal(batch.X, X)


def test_restored_sequences_have_their_lengths(sequences):
    reader = SequenceReader()
    reader.read(sequences, "Net", reset=True)
    X = padded(sequences)
    restored = reader.inverse_transform(X, np.array(LENGTHS))
    assert restored.dtype == object
    for row, sequence in zip(restored, sequences, strict=True):
        assert np.array_equal(row, sequence.astype(np.float32))
    assert reader.inverse_transform(X, None) is X
