"""A sparse table gives what its array gives, and becomes dense a batch at a time."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_digits
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier
from fa_sklearn._inputs import TableReader

X, Y = load_digits(return_X_y=True)
X = (X[:200] / 16).astype(np.float32)
Y = Y[:200] < 5
FORMATS = [sparse.csr_array, sparse.csr_matrix, sparse.csc_array, sparse.coo_matrix]


def make(cls, **params):
    return cls(max_epochs=2, batch_size=50, random_state=0, **params)


@pytest.mark.parametrize("convert", FORMATS)
@pytest.mark.parametrize("cls", [ForcedApartClassifier, ForcedApartAutoencoder])
def test_equals_the_dense_table(cls, convert):
    dense, table = make(cls).fit(X, Y), make(cls).fit(convert(X), Y)
    assert np.array_equal(table.transform(convert(X)), dense.transform(X))
    assert np.array_equal(table.transform(X), dense.transform(X))
    assert table.score(convert(X), Y) == dense.score(X, Y)
    assert table.partial_fit(convert(X[:60]), Y[:60]).n_features_in_ == 64


@pytest.mark.parametrize("params", [{"early_stopping": True}, {"views": "neighbors"}])
def test_rows_are_chosen_as_those_of_the_dense_table(params):
    rng = np.random.default_rng(0)  # no two distances are alike, as many are among digits
    table = (rng.normal(size=(200, 8)) * (rng.random((200, 8)) < 0.5)).astype(np.float32)
    dense = make(ForcedApartClassifier, **params).fit(table, Y)
    other = make(ForcedApartClassifier, **params).fit(sparse.csr_array(table), Y)
    assert np.array_equal(other.transform(table), dense.transform(table))


def test_another_width_is_refused():
    net = make(ForcedApartClassifier).fit(sparse.csr_array(X), Y)
    with pytest.raises(ValueError, match="X has 63 features, but .* is expecting 64"):
        net.transform(sparse.csr_array(X[:, 1:]))


def test_batches_of_a_wide_table_are_small():
    wide = sparse.csr_array((5, 1 << 20), dtype=np.float32)
    samples = TableReader().read(wide, "X", reset=True)
    assert samples.prediction_rows == 16
    assert samples.take(np.arange(2)).X.shape == (2, 1 << 20)
    assert TableReader().read(X, "X", reset=True).prediction_rows == 8192


def test_texts_go_through_a_pipeline():
    texts = ["red oak", "blue sky", "oak tree red", "sky blue sea"] * 5
    y = [0, 1, 0, 1] * 5
    pipeline = make_pipeline(TfidfVectorizer(), make(ForcedApartClassifier)).fit(texts, y)
    assert pipeline[:-1].transform(texts).shape == (20, 6)
    assert pipeline.predict(texts).shape == (20,)
