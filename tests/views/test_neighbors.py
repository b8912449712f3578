"""NeighborViews against distances computed one by one."""

import numpy as np
import pytest
from scipy.sparse import csr_array, csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.preprocessing import FunctionTransformer

from fa_sklearn._inputs import SequenceReader, TableSamples
from fa_sklearn.views import NeighborViews


def table(n=40, d=3, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


def pair(X, y=None, parts=None, views=None, seed=0):
    parts = [np.arange(len(X))] if parts is None else parts
    return (views or NeighborViews(4)).pair(X, TableSamples(X), parts, y, seed)


def partners(pairing, rows):
    """Every partner that a row can draw."""
    return [set(pairing.partners[row].tolist()) for row in rows]


def nearest(X, i, among, n_neighbors):
    """The nearest of some samples, by a loop."""
    distance = {j: float(np.square(X[i].astype(float) - X[j]).sum()) for j in among if j != i}
    return set(sorted(distance, key=distance.get)[:n_neighbors])


@pytest.mark.parametrize("labels", [None, 2, "unknown"])
def test_partners_are_the_nearest_of_the_same_label(labels):
    X = table()
    y = None if labels is None else np.arange(len(X)) % 2
    if labels == "unknown":
        y[::5] = -1
    found = partners(pair(X, y), range(len(X)))
    for i in range(len(X)):
        everyone = y is None or y[i] == -1
        among = [j for j in range(len(X)) if everyone or y[j] == y[i]]
        assert found[i] == nearest(X, i, among, 4)


def test_partners_come_from_the_own_part():
    X, y = table(), np.arange(40) % 2
    parts = [np.arange(0, 40, 3), np.arange(1, 40, 3)]
    pairing = pair(X, y, parts)
    for rows in parts:
        for i, own in zip(rows, partners(pairing, rows), strict=True):
            assert own == nearest(X, i, [j for j in rows if y[j] == y[i]], 4)
    for i in range(2, 40, 3):
        assert set(pairing.partners[i]) == {i}, "in no part, a sample is its own partner"


@pytest.mark.parametrize("y", [None, np.zeros(40, dtype=np.int64)])
def test_a_part_may_be_small_or_empty(y):
    X = table()
    pairing = pair(X, y, [np.arange(10), np.array([20, 30]), np.array([15]), np.arange(0)])
    assert pairing.partners.shape == (40, 4)
    assert partners(pairing, [20, 30, 15]) == [{30}, {20}, {15}]
    assert partners(pairing, [3]) == [nearest(X, 3, range(10), 4)]


def test_a_label_with_few_samples_repeats_them():
    X, y = table(9), np.array([0, 0, 0, 1, 0, 0, 2, 0, 1])
    found = partners(pair(X, y), range(9))
    assert found[3] == {8} and found[8] == {3}
    assert found[6] == {6}, "alone, a sample is its own neighbour"
    assert found[0] == nearest(X, 0, [1, 2, 4, 5, 7], 4)


def test_few_neighbours_are_drawn_alike():
    X, y = table(7), np.array([0, 0, 0, 0, 1, 1, 1])
    pairing, samples = pair(X, y, views=NeighborViews(5)), TableSamples(X)
    uniform = (np.arange(12) + 0.5) / 12
    for row, others in ((0, 3), (5, 2)):
        drawn = pairing.second(samples, np.full(12, row), uniform).X.numpy()
        _, counts = np.unique(drawn, axis=0, return_counts=True)
        assert counts.tolist() == [12 // others] * others


def test_a_single_sample():
    assert partners(pair(table(1)), [0]) == [{0}]


def test_duplicates_are_neighbours_of_each_other():
    X = np.repeat(table(5), 8, axis=0)
    for i, own in enumerate(partners(pair(X), range(40))):
        assert i not in own
        assert all(j // 8 == i // 8 for j in own)


def test_uniform_decides_and_none_takes_the_nearest():
    X = table()
    pairing, samples, rows = pair(X), TableSamples(X), np.array([7, 3, 11])
    assert pairing.first(samples, rows).X.numpy().tolist() == X[rows].tolist()
    uniform = np.array([0.0, 0.26, 0.999])
    expected = X[[pairing.partners[7, 0], pairing.partners[3, 1], pairing.partners[11, 3]]]
    assert pairing.second(samples, rows, uniform).X.numpy().tolist() == expected.tolist()
    alone = [nearest(X, i, range(40), 1).pop() for i in rows]
    assert pairing.second(samples, rows, None).X.numpy().tolist() == X[alone].tolist()


def test_the_transformer_decides_what_is_near():
    X = table(d=5) * np.array([1, 1, 100, 100, 100], dtype=np.float32)
    views = NeighborViews(4, transformer=FunctionTransformer(lambda table: table[:, :2]))
    assert partners(pair(X, views=views), range(40)) == partners(
        pair(np.ascontiguousarray(X[:, :2])), range(40)
    )


def test_the_transformer_is_cloned_and_fitted_once_on_all_samples():
    X, transformer = table(), PCA(2)
    parts = [np.arange(5, 25), np.array([1, 2, 30])]
    pairing = pair(X, None, parts, NeighborViews(2, transformer=transformer))
    assert not hasattr(transformer, "components_")
    reduced = PCA(2).fit_transform(X)
    for rows in parts:
        for i, own in zip(rows, partners(pairing, rows), strict=True):
            assert own == nearest(reduced, i, rows, 2)


def test_the_seed_is_that_of_a_transformer_without_one():
    X, calls = table(), []

    class Noise(TransformerMixin, BaseEstimator):
        def __init__(self, random_state=None):
            self.random_state = random_state

        def fit_transform(self, X, y=None):
            calls.append(self.random_state)
            return np.random.RandomState(self.random_state).normal(size=(len(X), 2))

    views = NeighborViews(transformer=Noise())
    first, second, other = (pair(X, views=views, seed=seed).partners for seed in (3, 3, 4))
    assert np.array_equal(first, second) and not np.array_equal(first, other)
    pair(X, views=NeighborViews(transformer=Noise(7)))
    assert calls[-1] == 7
    assert views.transformer.random_state is None


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("to_sparse", [csr_array, csr_matrix])
def test_a_sparse_table_of_the_transformer_is_the_dense_one(metric, to_sparse):
    X = np.maximum(table(d=20), 0)
    y = np.arange(40) % 3 - 1
    sparse = NeighborViews(4, metric=metric, transformer=FunctionTransformer(to_sparse))
    parts = [np.arange(30), np.arange(30, 40)]
    dense = pair(X, y, parts, NeighborViews(4, metric=metric))
    assert partners(pair(X, y, parts, sparse), range(40)) == partners(dense, range(40))


def test_sequences_have_neighbours_by_a_transformer():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(t, 2)).astype(np.float32) for t in rng.integers(1, 9, size=20)]
    lengths = FunctionTransformer(lambda X: np.array([[float(len(x))] for x in X]))
    samples = SequenceReader().read(X, "Net", reset=True)
    pairing = NeighborViews(1, transformer=lengths).pair(X, samples, [np.arange(20)], None, 0)
    for i in range(20):
        gaps = [abs(len(X[i]) - len(X[j])) for j in range(20) if j != i]
        assert abs(len(X[i]) - len(X[pairing.partners[i, 0]])) == min(gaps)
    view = pairing.second(samples, np.array([4]), None)
    assert view.X[0].numpy().tolist() == X[pairing.partners[4, 0]].tolist()


def test_the_metric_is_used():
    X = table()
    views = NeighborViews(1, metric="chebyshev")
    for i, own in enumerate(partners(pair(X, views=views), range(40))):
        distance = np.abs(X - X[i]).max(axis=1)
        distance[i] = np.inf
        assert own == {int(distance.argmin())}


@pytest.mark.parametrize(
    ("views", "error", "match"),
    [
        (NeighborViews(0), ValueError, "n_neighbors.* must be an int in the range"),
        (NeighborViews(2.5), TypeError, "n_neighbors.* must be an int"),
        (NeighborViews(metric="precomputed"), ValueError, "metric.* Got 'precomputed'"),
        (NeighborViews(transformer="tfidf"), TypeError, "transformer.* of NeighborViews must be"),
        (NeighborViews(transformer=PCA), TypeError, "an instance of scikit-learn estimator"),
        (NeighborViews(transformer=LinearDiscriminantAnalysis()), TypeError, "argument: 'y'"),
        (
            NeighborViews(transformer=FunctionTransformer(lambda X: X[:3])),
            ValueError,
            "transformer must return one row per sample, 40, got 3",
        ),
        (
            NeighborViews(transformer=FunctionTransformer(lambda X: X * np.nan)),
            ValueError,
            "transformer's output contains NaN",
        ),
    ],
)
def test_bad_parameters_are_refused(views, error, match):
    with pytest.raises(error, match=match):
        pair(table(), views=views)


def test_sequences_without_a_transformer_are_refused():
    X = [np.zeros((3, 2), dtype=np.float32)] * 4
    samples = SequenceReader().read(X, "Net", reset=True)
    with pytest.raises(TypeError, match="pass transformer="):
        NeighborViews().pair(X, samples, [np.arange(4)], None, 0)
