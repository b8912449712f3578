"""FineClassFinder: what it finds, and what its parts agree on."""

import numpy as np
import pytest
from sklearn.cluster import HDBSCAN, AgglomerativeClustering
from sklearn.datasets import load_digits, make_blobs
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture

from fa_sklearn import FineClassFinder
from fa_sklearn.metrics import ami_score


@pytest.fixture(scope="module")
def blobs():
    X, fine = make_blobs([90, 60, 40, 80, 50], 6, random_state=3)
    return X, fine, np.where(fine < 3, "fraud", "fine")


@pytest.fixture(scope="module")
def found(blobs):
    X, _, y = blobs
    return FineClassFinder("passthrough", random_state=0).fit(X, y)


def test_finds_clusters_and_their_number_inside_each_coarse_class(blobs, found):
    X, fine, y = blobs
    assert found.n_clusters_ == {"fine": 2, "fraud": 3}
    assert found.classes_.tolist() == ["fine/0", "fine/1", "fraud/0", "fraud/1", "fraud/2"]
    assert ami_score(fine, found.labels_) == pytest.approx(1.0)
    assert found.coarse_classes_[found.parents_].tolist() == ["fine"] * 2 + ["fraud"] * 3


def test_labels_are_the_predictions_where_the_coarse_label_is_known(blobs, found):
    X, _, y = blobs
    assert found.predict(X, coarse=y).tolist() == found.labels_.tolist()


def test_probabilities_of_a_coarse_class_add_up_to_its_own(blobs, found):
    X, _, _ = blobs
    proba = found.predict_proba(X)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    fraud = proba[:, found.parents_ == 1].sum(axis=1)
    expected = found._model.space.predict_proba(X, X)[:, 1]
    np.testing.assert_allclose(fraud, expected)


@pytest.mark.parametrize(
    "clusterer",
    [AgglomerativeClustering(), GaussianMixture(), HDBSCAN(min_cluster_size=15, copy=True)],
)
def test_takes_other_clusterers(blobs, clusterer):
    X, fine, y = blobs
    finder = FineClassFinder(PCA(3), clusterer=clusterer, n_repeats=1, random_state=0)
    labels = finder.fit(X, y).labels_
    known = np.array([not label.endswith("?") for label in labels])
    assert ami_score(fine[known], labels[known]) > 0.95
    assert finder.predict(X, coarse=y).tolist() == labels.tolist()


def test_default_is_good_on_digits():
    X, fine = load_digits(return_X_y=True)
    y = fine < 5
    finder = FineClassFinder(n_clusters=5, n_repeats=0, random_state=0).fit(X[::2], y[::2])
    assert ami_score(fine[1::2], finder.predict(X[1::2])) > 0.7
