"""Modularity inside each coarse class, against networkx and neighbours found by sorting."""

import networkx
import numpy as np
import pytest
from scipy.sparse import csr_matrix

from fa_sklearn.metrics import within_class_modularity_score


def random_case(seed, n=80):
    rng = np.random.RandomState(seed)
    coarse = rng.randint(3, size=n)
    X = rng.normal(size=(n, 2))
    return X, (X[:, 0] > 0) + 2 * (rng.uniform(size=n) < 0.3), coarse


def modularity_of_graph(X, labels, k):
    """Build the graph of neighbours edge by edge and ask networkx."""
    graph = networkx.DiGraph()
    for i in range(len(X)):
        order = sorted((np.linalg.norm(X[i] - X[j]), j) for j in range(len(X)) if j != i)
        graph.add_edges_from((i, j) for _, j in order[:k])
    communities = [set(np.flatnonzero(labels == label)) for label in np.unique(labels)]
    return networkx.community.modularity(graph, communities)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("k", [1, 5])
def test_it_is_that_of_networkx(seed, k):
    X, labels, coarse = random_case(seed)
    expected = sum(
        (coarse == c).mean() * modularity_of_graph(X[coarse == c], labels[coarse == c], k)
        for c in range(3)
    )
    found = within_class_modularity_score(X, labels, coarse, n_neighbors=k)
    assert found == pytest.approx(expected, abs=1e-12)
    assert found > 0.05


def test_without_coarse_labels_all_samples_are_one_class():
    X, labels, _ = random_case(0)
    expected = modularity_of_graph(X, labels, 10)
    assert within_class_modularity_score(X, labels) == pytest.approx(expected, abs=1e-12)


def test_names_of_clusters_and_a_sparse_matrix_change_nothing():
    X, labels, coarse = random_case(1)
    expected = within_class_modularity_score(X, labels, coarse)
    renamed = np.array(["d", "b", "c", "a"])[labels]
    assert within_class_modularity_score(X, renamed, coarse) == pytest.approx(expected)
    assert within_class_modularity_score(csr_matrix(X), labels, coarse) == pytest.approx(expected)


def test_degenerate_clusters_lose():
    rng = np.random.RandomState(0)
    centers = np.array([[0, 0], [0, 5], [30, 0], [30, 5]])
    X = np.concatenate([rng.normal(center, 0.3, size=(20, 2)) for center in centers])
    fine, coarse = np.repeat([0, 1, 2, 3], 20), np.repeat([0, 1], 40)
    one_chip = coarse + 2 * (np.arange(80) == 0)
    assert within_class_modularity_score(X, fine, coarse, n_neighbors=5) == pytest.approx(0.5)
    assert within_class_modularity_score(X, coarse, coarse, n_neighbors=5) == pytest.approx(0)
    assert within_class_modularity_score(X, one_chip, coarse, n_neighbors=5) < 0.05
    assert within_class_modularity_score(X, np.arange(80), coarse, n_neighbors=5) < 0


def test_classes_smaller_than_the_number_of_neighbours():
    X = [[0.0], [1.0], [2.0], [9.0]]
    # Two samples are each other's only neighbours, one has none.
    found = within_class_modularity_score(X, [0, 1, 0, 0], [0, 0, 1, 2], n_neighbors=3)
    assert found == pytest.approx(2 / 4 * -0.5)


def test_what_is_refused():
    with pytest.raises(ValueError, match="n_neighbors must be at least 1, got 0"):
        within_class_modularity_score([[0], [1]], [0, 1], n_neighbors=0)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        within_class_modularity_score([[0], [1], [2]], [0, 1])
