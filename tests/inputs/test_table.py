"""Tables: validation and batches."""

import numpy as np
import pandas as pd
import pytest

from fa_sklearn import ForcedApartAutoencoder
from fa_sklearn._inputs import TableReader


@pytest.fixture
def X():
    return np.random.default_rng(0).normal(size=(7, 3))


def test_batches_hold_the_rows_as_float32(X):
    reader = TableReader()
    samples = reader.read(X, "Net", reset=True)
    batch = samples.take(np.array([4, 0, 4]))
    assert batch.lengths is None and samples.lengths is None
    assert batch.X.numpy().dtype == np.float32
    assert np.array_equal(batch.X, X[[4, 0, 4]].astype(np.float32))
    assert reader.input_shape == (3,) and len(samples) == 7


def test_a_batch_is_a_copy(X):
    values = X.astype(np.float32)
    before = values.copy()
    TableReader().read(values, "Net", reset=True).take(np.arange(7)).X.add_(1)
    assert np.array_equal(values, before)


def test_names_of_columns_are_remembered_and_compared(X):
    estimator = ForcedApartAutoencoder(max_epochs=1, random_state=0)
    estimator.fit(pd.DataFrame(X, columns=["a", "b", "c"]))
    assert estimator.n_features_in_ == 3
    assert list(estimator.feature_names_in_) == ["a", "b", "c"]
    with pytest.raises(ValueError, match="feature names"):
        estimator.transform(pd.DataFrame(X, columns=["a", "c", "b"]))


def test_a_memory_map_stays_on_disk(X, tmp_path):
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    samples = TableReader().read(mapped, "Net", reset=True)
    assert isinstance(samples.values, np.memmap) or isinstance(samples.values.base, np.memmap)
    rows = np.array([6, 1])
    assert np.array_equal(samples.take(rows).X, X[rows].astype(np.float32))


def test_width_is_compared_with_fit(X):
    estimator = ForcedApartAutoencoder(max_epochs=1, random_state=0).fit(X)
    message = "X has 2 features, but ForcedApartAutoencoder is expecting 3"
    with pytest.raises(ValueError, match=message):
        estimator.transform(X[:, :2])
