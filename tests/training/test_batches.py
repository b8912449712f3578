"""Which samples form a batch, and the batch as tensors."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fa_sklearn._inputs import SequenceReader, TableReader
from fa_sklearn._training import LabelledSamples
from fa_sklearn._training._batches import WINDOW_BATCHES, BatchIterator, batch_rows


def lengths_of(n, seed=0):
    return np.random.default_rng(seed).integers(1, 50, size=n)


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 400),
    batch_size=st.integers(1, 64),
    ragged=st.booleans(),
    seed=st.none() | st.integers(0, 5),
)
def test_every_row_is_in_exactly_one_batch(n, batch_size, ragged, seed):
    rows = np.arange(n) * 3 + 1
    rng = None if seed is None else np.random.default_rng(seed)
    batches = batch_rows(rows, lengths_of(3 * n + 1) if ragged else None, batch_size, rng)
    assert sorted(np.concatenate(batches)) == rows.tolist()
    assert all(1 <= len(batch) <= batch_size for batch in batches)


@pytest.mark.parametrize(("n", "batch_size"), [(257, 256), (10, 4), (9, 4), (64, 32), (3, 256)])
@pytest.mark.parametrize("ragged", [False, True])
def test_sizes_are_nearly_equal(n, batch_size, ragged):
    rng = np.random.default_rng(0)
    batches = batch_rows(np.arange(n), lengths_of(n) if ragged else None, batch_size, rng)
    sizes = [len(batch) for batch in batches]
    assert max(sizes) - min(sizes) <= 1
    assert len(sizes) == int(np.ceil(n / batch_size))


def test_sizes_are_nearly_equal_over_several_windows():
    n = 5 * (WINDOW_BATCHES * 2 + 1) - 2
    rng = np.random.default_rng(0)
    sizes = [len(batch) for batch in batch_rows(np.arange(n), lengths_of(n), 5, rng)]
    assert sum(sizes) == n and max(sizes) <= 5 and min(sizes) >= 3


def test_without_generator_the_order_is_kept():
    batches = batch_rows(np.arange(10), None, 4, None)
    assert np.concatenate(batches).tolist() == list(range(10))


def test_without_generator_sequences_are_sorted_by_length():
    lengths = lengths_of(100)
    order = np.concatenate(batch_rows(np.arange(100), lengths, 8, None))
    assert (np.diff(lengths[order]) >= 0).all()


def test_batches_of_a_window_hold_neighbouring_lengths():
    n, batch_size = 8 * WINDOW_BATCHES, 8
    lengths = lengths_of(n)
    batches = batch_rows(np.arange(n), lengths, batch_size, np.random.default_rng(0))
    ranges = sorted((lengths[batch].min(), lengths[batch].max()) for batch in batches)
    assert all(high <= low for (_, high), (low, _) in zip(ranges, ranges[1:], strict=False))
    starts = [lengths[batch].min() for batch in batches]
    assert starts != sorted(starts), "the order of the batches must be shuffled"


def test_sorting_saves_padding():
    n = 4 * 16 * WINDOW_BATCHES
    lengths = lengths_of(n)

    def padding(batches):
        return sum(len(batch) * lengths[batch].max() for batch in batches) - lengths.sum()

    shuffled = np.array_split(np.random.default_rng(0).permutation(n), n // 16)
    batches = batch_rows(np.arange(n), lengths, 16, np.random.default_rng(0))
    assert padding(batches) < padding(shuffled) / 5


@pytest.mark.parametrize("ragged", [False, True])
def test_epochs_differ_and_repeat_with_the_seed(ragged):
    lengths = lengths_of(60) if ragged else None

    def two_epochs(seed):
        rng = np.random.default_rng(seed)
        return [np.concatenate(batch_rows(np.arange(60), lengths, 7, rng)) for _ in range(2)]

    first, second = two_epochs(0)
    again, _ = two_epochs(0)
    assert not np.array_equal(first, second)
    assert np.array_equal(first, again)


@pytest.fixture
def table():
    X = np.random.default_rng(0).normal(size=(23, 3)).astype(np.float32)
    samples = TableReader().read(X, "Net", reset=True)
    y, weight = np.arange(23) % 3, np.arange(23, dtype=np.float32)
    return X, LabelledSamples(samples, y, weight, np.arange(23))


def test_targets_travel_with_their_inputs(table):
    X, data = table
    seen = []
    for batch in BatchIterator(data, 5, torch.device("cpu"), np.random.default_rng(0)):
        (inputs, lengths, _), y = batch
        rows = batch.weight.numpy().astype(int)
        assert lengths is None and batch.n_rows == len(rows)
        assert np.array_equal(inputs, X[rows]) and np.array_equal(y, rows % 3)
        seen.extend(rows)
    assert sorted(seen) == list(range(23))


def test_number_of_batches(table):
    _, data = table
    for batch_size in (1, 4, 22, 23, 24):
        iterator = BatchIterator(data, batch_size, torch.device("cpu"), np.random.default_rng(0))
        assert len(iterator) == len(list(iterator)) == -(-23 // batch_size)


def test_a_subset_visits_its_rows_only(table):
    X, data = table
    subset = data.subset(np.array([2, 20, 5]))
    assert len(subset) == 3 and len(data) == 23
    (batch,) = BatchIterator(subset, 8, torch.device("cpu"), None)
    assert np.array_equal(batch.inputs[0], X[[2, 20, 5]])


def test_without_labels_and_weights():
    sequences = [np.ones((length, 2)) for length in (3, 1, 2)]
    samples = SequenceReader().read(sequences, "Net", reset=True)
    data = LabelledSamples(samples, None, None, np.arange(3))
    (batch,) = BatchIterator(data, 8, torch.device("cpu"), None)
    assert batch.y is None and batch.weight is None
    assert batch.inputs[1].tolist() == [1, 2, 3]
