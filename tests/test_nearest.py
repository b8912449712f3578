"""Neighbours that a transformer looks for, against those found by sorting all distances."""

import warnings

import numpy as np
import pytest
from pynndescent import PyNNDescentTransformer
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsTransformer
from sklearn.pipeline import make_pipeline

from fa_sklearn import _nearest
from fa_sklearn._inputs import TableSamples
from fa_sklearn._nearest import nearest, nearest_by_label
from fa_sklearn.metrics import within_class_modularity_score
from fa_sklearn.model_selection import ModularityScorer, suggest_n_clusters
from fa_sklearn.views import NeighborViews

pytestmark = pytest.mark.usefixtures("untouched_global_generators")
EVERYONE = np.arange(60)


def table(n=60, d=4, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


def by_sorting(X, row, among, k):
    distances = {j: float(np.square(X[row].astype(float) - X[j]).sum()) for j in among if j != row}
    return sorted(distances, key=distances.get)[:k]


class Stored(TransformerMixin, BaseEstimator):
    """Makes a graph that stores for each row these numbers of the samples by their distance."""

    def __init__(self, ranks=(0, 1), n_neighbors=5, random_state=None):
        self.ranks = ranks
        self.n_neighbors = n_neighbors
        self.random_state = random_state

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        distances = np.linalg.norm(X[:, None] - X, axis=2)
        order = np.argsort(distances, axis=1, kind="stable")
        graph = csr_array(distances.shape)
        columns = [np.full(len(X), -1) if rank is None else order[:, rank] for rank in self.ranks]
        graph.indices = np.stack(columns, axis=1).ravel()
        rows = np.repeat(np.arange(len(X)), len(self.ranks))
        graph.data = np.where(graph.indices < 0, np.inf, distances[rows, graph.indices])
        graph.indptr = np.arange(len(X) + 1) * len(self.ranks)
        return graph


def check_order(neighbors):
    """Look for the neighbours of few samples, which any search finds."""
    X, among = table(), EVERYONE[::3]
    for k in (1, 5, 18, 19, 80):
        for rows in (among, among[1::4]):
            found = nearest(X, rows, among, k, neighbors=neighbors)
            assert found.tolist() == [by_sorting(X, row, among, k) for row in rows]
    for n in (1, 2, 3):
        found = nearest(X, EVERYONE[:n], EVERYONE[:n], 5, neighbors=neighbors)
        assert found.tolist() == [by_sorting(X, row, range(n), 5) for row in range(n)]


def check_duplicates(neighbors):
    """Look for the neighbours of samples that are there twenty times."""
    rows = np.arange(120)
    found = nearest(np.repeat(table(6), 20, axis=0), rows, rows, 5, neighbors=neighbors)
    assert (found // 20 == rows[:, None] // 20).all()
    assert (found != rows[:, None]).all()


@pytest.mark.parametrize("n_neighbors", [5, 9])
def test_they_are_the_nearest_in_their_order(n_neighbors):
    check_order(KNeighborsTransformer(n_neighbors=n_neighbors))
    check_duplicates(KNeighborsTransformer(n_neighbors=n_neighbors))


# One test: compiling takes most of its time, in each process again.
@pytest.mark.filterwarnings("ignore:Failed to correctly find n_neighbors")  # it has found all
def test_pynndescent_finds_nearly_all_and_the_same_for_one_seed():
    check_order(PyNNDescentTransformer())
    check_duplicates(PyNNDescentTransformer())
    latent = np.random.default_rng(0).normal(size=(3000, 8))
    X = (latent @ np.random.default_rng(1).normal(size=(8, 50))).astype(np.float32)
    y = np.arange(3000) % 2
    exact = nearest_by_label(X, y, 15)
    found, again = (
        nearest_by_label(X, y, 15, neighbors=PyNNDescentTransformer(), seed=3) for _ in range(2)
    )
    hits = []
    for (rows, own), (_, expected), (_, same) in zip(found, exact, again, strict=True):
        assert (y[own] == y[rows][:, None]).all()
        assert np.array_equal(own, same)
        hits += [len(set(a) & set(b)) / 15 for a, b in zip(own, expected, strict=True)]
    assert len(hits) == 3000 and np.mean(hits) > 0.95


@pytest.mark.parametrize(
    ("ranks", "expected"),
    [
        ((0, 1, 2, 3), [0, 1, 2]),
        ((3, 1, 0, 2, 4), [0, 1, 2]),  # in any order
        ((1, 2, 3), [0, 1, 2]),  # without the sample itself
        ((0, 2, 5), [1, 4, 1]),  # with too few
        ((0, None, 3, None), [2, 2, 2]),  # with places that stayed empty
    ],
)
def test_a_graph_may_hold_the_sample_itself_or_not_and_too_few(ranks, expected):
    X = table()
    found = nearest(X, EVERYONE, EVERYONE, 3, neighbors=Stored(ranks))
    sorted_ = np.array([by_sorting(X, row, EVERYONE, 60) for row in EVERYONE])
    assert np.array_equal(found, sorted_[:, expected])


def test_views_seek_by_the_transformer_with_the_seed_of_the_fit():
    X, y, seeds = table(), np.arange(60) % 3 - 1, []

    class Seeded(Stored):
        def transform(self, X):
            seeds.append(self.random_state)
            return super().transform(X)

    own = Seeded(range(6))
    views = NeighborViews(5, neighbors=own)
    for seed in (3, 3, 4):
        pairing = views.pair(X, TableSamples(X), [EVERYONE], y, seed)
        for row in EVERYONE:
            among = [j for j in EVERYONE if y[row] < 0 or y[j] == y[row]]
            assert pairing.partners[row].tolist() == by_sorting(X, row, among, 5)
    assert seeds[:3] == seeds[3:6] != seeds[6:]
    assert own.random_state is None
    NeighborViews(5, neighbors=Seeded(range(6), random_state=7)).pair(
        X, TableSamples(X), [EVERYONE], y, 0
    )
    assert seeds[-1] == 7


def test_scores_take_neighbours_of_the_transformer():
    X, coarse = table(200), np.arange(200) % 2
    clusters = (X[:, 0] > 0).astype(int)
    expected = within_class_modularity_score(X, clusters, coarse)
    found = within_class_modularity_score(X, clusters, coarse, neighbors=KNeighborsTransformer())
    assert found == pytest.approx(expected, abs=1e-12)
    pipeline = make_pipeline(PCA(2), KMeans(4, n_init=1, random_state=0)).fit(X)
    twos = ModularityScorer(), ModularityScorer(neighbors=KNeighborsTransformer())
    assert twos[0](pipeline, X) == pytest.approx(twos[1](pipeline, X), abs=1e-12)
    worse = ModularityScorer(neighbors=Stored((0, *range(180, 190))))
    assert worse(pipeline, X) < twos[0](pipeline, X) - 0.1
    options = {"n_clusters": range(2, 5), "n_repeats": 2}
    expected = suggest_n_clusters(pipeline, X, **options).scores
    found = suggest_n_clusters(pipeline, X, neighbors=KNeighborsTransformer(), **options).scores
    assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("neighbors", "error", "match"),
    [
        (PyNNDescentTransformer, TypeError, "neighbors must be a transformer with the parameter"),
        ("pynndescent", TypeError, r"PyNNDescentTransformer\(\), or None .* got 'pynndescent'"),
        (PCA(), TypeError, "got PCA"),
        (KMeans(), TypeError, "got KMeans"),
        (KNeighborsTransformer(mode="connectivity"), ValueError, "set mode='distance'"),
    ],
)
def test_what_does_not_look_for_neighbours_is_refused(neighbors, error, match):
    X = table()
    pipeline = make_pipeline(PCA(2), KMeans(3, random_state=0)).fit(X)
    calls = (
        lambda: NeighborViews(neighbors=neighbors).pair(X, TableSamples(X), [EVERYONE], None, 0),
        lambda: within_class_modularity_score(X, EVERYONE % 2, neighbors=neighbors),
        lambda: ModularityScorer(neighbors=neighbors),
        lambda: suggest_n_clusters(pipeline, X, neighbors=neighbors),
    )
    for call in calls:
        with pytest.raises(error, match=match):
            call()


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda graph: graph.toarray(), r"a sparse graph of shape \(60, 60\), got ndarray"),
        (lambda graph: graph[:, :7], r"csr_array of shape \(60, 7\)"),
        (lambda graph: graph * (EVERYONE != 3)[:, None], "found none for 1 of 60 samples"),
    ],
)
def test_a_graph_of_no_use_is_refused(change, match):
    class Changed(Stored):
        def transform(self, X):
            changed = change(super().transform(X))
            if hasattr(changed, "eliminate_zeros"):
                changed.eliminate_zeros()
            return changed

    with pytest.raises(ValueError, match=match):
        nearest(table(), EVERYONE, EVERYONE, 3, neighbors=Changed())


def test_a_metric_is_set_in_one_place():
    views = NeighborViews(metric="cosine", neighbors=PyNNDescentTransformer())
    with pytest.raises(ValueError, match="leave metric='cosine' out and set that of neighbors"):
        views.pair(table(), TableSamples(table()), [EVERYONE], None, 0)
    X, own = table(), KNeighborsTransformer(metric="cosine")
    assert np.array_equal(
        nearest(X, EVERYONE, EVERYONE, 5, neighbors=own),
        nearest(X, EVERYONE, EVERYONE, 5, metric="cosine"),
    )


def warnings_of_search(monkeypatch, shape, y=None, **options):
    """Start a search that is not carried out."""
    monkeypatch.setattr(_nearest, "nearest", lambda *arguments: None)
    X = np.broadcast_to(np.float32(0), shape)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        list(nearest_by_label(X, y, 15, **options))
    return [str(warning.message) for warning in caught]


def test_a_long_exact_search_says_so_once(monkeypatch):
    (text,) = warnings_of_search(monkeypatch, (1_000_000, 50))
    assert "1,000,000 samples takes about 33 min" in text and "pass neighbors=" in text
    halves = np.arange(1_000_000) % 2
    (text,) = warnings_of_search(monkeypatch, (1_000_000, 50), halves)
    assert "about 17 min" in text
    assert warnings_of_search(monkeypatch, (100_000, 50)) == []
    assert warnings_of_search(monkeypatch, (100_000, 50), metric="cosine") != []
    assert warnings_of_search(monkeypatch, (1_000_000, 15)) == [], "there it builds a tree"
    own = {"neighbors": KNeighborsTransformer()}
    assert warnings_of_search(monkeypatch, (1_000_000, 50), **own) == []
