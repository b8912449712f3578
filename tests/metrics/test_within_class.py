"""Scores inside each coarse class, against loops and scikit-learn's own functions."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.metrics import adjusted_mutual_info_score, silhouette_score

from fa_sklearn.metrics import within_class_ami_score, within_class_silhouette_score

SEEDS = range(5)


def random_case(seed, n=60, n_clusters=4):
    rng = np.random.RandomState(seed)
    coarse = np.array(["low", "high", "top"])[rng.randint(3, size=n)]
    return rng.normal(size=(n, 3)), rng.randint(n_clusters, size=n), coarse


def silhouette_by_hand(X, labels, coarse):
    """Compute the mean silhouette by loops over samples and their own class."""
    values = []
    for i in range(len(X)):
        mates = [j for j in range(len(X)) if coarse[j] == coarse[i]]
        clusters = {labels[j] for j in mates}
        if len(clusters) == 1:
            values.append(-1.0)
            continue
        distances = {
            label: [np.linalg.norm(X[i] - X[j]) for j in mates if labels[j] == label and j != i]
            for label in clusters
        }
        own = distances.pop(labels[i])
        if not own:
            values.append(0.0)
            continue
        a, b = np.mean(own), min(np.mean(others) for others in distances.values())
        values.append((b - a) / max(a, b))
    return np.mean(values)


@pytest.mark.parametrize("seed", SEEDS)
def test_ami_is_the_weighted_mean_of_sklearns(seed):
    _, labels, coarse = random_case(seed)
    other = np.where(np.random.RandomState(seed + 9).uniform(size=60) < 0.7, labels, 0)
    expected = sum(
        (coarse == c).mean()
        * adjusted_mutual_info_score(labels[coarse == c], other[coarse == c], average_method="max")
        for c in set(coarse)
    )
    assert within_class_ami_score(labels, other, coarse) == pytest.approx(expected, abs=1e-12)
    assert expected > 0.1


def test_ami_without_coarse_labels_is_that_of_all_samples():
    _, labels, coarse = random_case(0)
    expected = adjusted_mutual_info_score(labels, coarse, average_method="max")
    assert within_class_ami_score(labels, coarse) == pytest.approx(expected, abs=1e-12)


def test_ami_of_a_class_in_one_piece_is_nothing():
    coarse = np.repeat([0, 1], 4)
    assert within_class_ami_score(coarse, coarse, coarse) == 0
    half = [0, 0, 0, 0, 1, 1, 2, 2]
    assert within_class_ami_score(half, half, coarse) == pytest.approx(0.5)


@pytest.mark.parametrize("seed", SEEDS)
def test_silhouette_is_that_of_loops(seed):
    X, labels, coarse = random_case(seed)
    # One class in one piece, and a sample that is alone in its cluster.
    labels = np.where(coarse == "top", 0, labels)
    labels[np.flatnonzero(coarse == "low")[0]] = 99
    expected = silhouette_by_hand(X, labels, coarse)
    assert within_class_silhouette_score(X, labels, coarse) == pytest.approx(expected, abs=1e-12)


def test_silhouette_without_coarse_labels_is_sklearns():
    X, labels, _ = random_case(0)
    expected = silhouette_score(X, labels)
    assert within_class_silhouette_score(X, labels) == pytest.approx(expected, abs=1e-12)


def test_silhouette_of_a_sparse_matrix_is_that_of_the_dense_one():
    X, labels, coarse = random_case(0)
    expected = within_class_silhouette_score(X, labels, coarse)
    found = within_class_silhouette_score(csr_matrix(X), labels, coarse)
    assert found == pytest.approx(expected, abs=1e-12)


def test_silhouette_where_every_sample_is_a_cluster_is_zero():
    assert within_class_silhouette_score([[0.0], [1.0], [5.0]], [0, 1, 2]) == 0
    assert within_class_silhouette_score([[0.0]], [0]) == -1


def test_the_coarse_split_alone_loses():
    rng = np.random.RandomState(0)
    centers = np.array([[0, 0], [0, 3], [20, 0], [20, 3]])
    X = np.concatenate([rng.normal(center, 0.3, size=(20, 2)) for center in centers])
    fine, coarse = np.repeat([0, 1, 2, 3], 20), np.repeat([0, 1], 40)
    assert silhouette_score(X, coarse) > 0.8
    assert within_class_silhouette_score(X, coarse, coarse) == -1
    assert within_class_silhouette_score(X, fine, coarse) > 0.7


@pytest.mark.parametrize("score", [within_class_ami_score, within_class_silhouette_score])
def test_lengths_must_agree(score):
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        score([[0], [1], [2]], [0, 1])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        score([[0], [1], [2]], [0, 1, 1], [0, 1])


def test_no_samples_have_no_agreement():
    with pytest.raises(ValueError, match="one sample at least"):
        within_class_ami_score([], [])
