"""The number of clusters that is suggested."""

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.cluster import DBSCAN, KMeans
from sklearn.decomposition import PCA
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier
from fa_sklearn.metrics import within_class_modularity_score
from fa_sklearn.model_selection import suggest_n_clusters

KMEANS = KMeans(n_init=3, random_state=0)
pytestmark = pytest.mark.usefixtures("untouched_global_generators")


def make_blobs(n_blobs, n_each=60):
    rng = np.random.RandomState(0)
    y = np.repeat(np.arange(n_blobs), n_each)
    return rng.normal(size=(n_blobs, 15))[y] + rng.normal(scale=0.2, size=(len(y), 15)), y


def make_identity(clusterer=KMEANS):
    return make_pipeline(FunctionTransformer(), clusterer)


@pytest.mark.parametrize("n_blobs", [3, 5, 8])
def test_separate_groups_are_counted(n_blobs):
    X, _ = make_blobs(n_blobs)
    found = suggest_n_clusters(make_identity().fit(X), X, n_clusters=range(2, 12))
    assert found.n_clusters == n_blobs
    assert found.counts.tolist() == list(range(2, 12))
    assert found.scores.shape == (5, 10)
    assert found.scores.mean(axis=0).argmax() == n_blobs - 2


def test_groups_of_all_coarse_classes_are_counted_together():
    X, y = make_blobs(6)
    net = ForcedApartClassifier(
        label_groups=lambda label: label % 2, max_epochs=20, lr=0.01, batch_size=32, random_state=0
    )
    pipeline = make_pipeline(net, KMeans(6, n_init=3, random_state=0)).fit(X, y)
    assert suggest_n_clusters(pipeline, X, y, n_clusters=range(2, 12)).n_clusters == 6


def test_samples_without_a_coarse_label_are_left_aside():
    X, y = make_blobs(4)
    net = ForcedApartClassifier(max_epochs=5, lr=0.01, batch_size=32, random_state=0, unlabeled=-1)
    labels = np.where(np.arange(len(y)) % 3 == 0, -1, y % 2)
    pipeline = make_pipeline(net, KMEANS).fit(X, labels)
    known = labels >= 0
    options = {"n_clusters": range(2, 7), "n_repeats": 2}
    np.testing.assert_array_equal(
        suggest_n_clusters(pipeline, X, labels, **options).scores,
        suggest_n_clusters(pipeline, X[known], labels[known], **options).scores,
    )


def test_scores_are_those_of_clusterers_fitted_on_halves():
    X, _ = make_blobs(4, n_each=20)
    found = suggest_n_clusters(
        make_identity().fit(X), X, n_clusters=[3], n_repeats=1, n_neighbors=4, random_state=5
    )
    rng = np.random.RandomState(5)
    half = rng.permutation(80)[:40]
    seed = np.random.RandomState(rng.randint(2**31 - 1)).randint(2**31 - 1)
    clusters = KMeans(3, n_init=3, random_state=seed).fit(X[half]).predict(X)
    expected = within_class_modularity_score(X, clusters, n_neighbors=4)
    assert found.scores[0, 0] == pytest.approx(expected, abs=1e-12)


def test_a_part_of_many_samples_is_enough_and_the_seed_decides():
    X, _ = make_blobs(4)
    pipeline = make_identity().fit(X)
    options = {"n_clusters": range(2, 7), "max_samples": 120}
    found = suggest_n_clusters(pipeline, X, **options)
    assert found.n_clusters == 4
    np.testing.assert_array_equal(found.scores, suggest_n_clusters(pipeline, X, **options).scores)
    other = suggest_n_clusters(pipeline, X, **options, random_state=1)
    assert not np.array_equal(found.scores, other.scores)


def test_data_frames_between_steps_change_nothing():
    X, _ = make_blobs(3)
    pipeline = make_pipeline(PCA(4, random_state=0), KMEANS).fit(X)
    options = {"n_clusters": [2, 3, 5], "reference": PCA(5), "n_repeats": 2}
    expected = suggest_n_clusters(pipeline, X, **options)
    pipeline.set_output(transform="pandas")
    with config_context(transform_output="pandas"):
        found = suggest_n_clusters(pipeline, pd.DataFrame(X), **options)
    np.testing.assert_array_equal(found.scores, expected.scores)


def test_sequences_need_a_reference():
    rng = np.random.RandomState(0)
    X = [rng.normal(size=(rng.randint(3, 8), 2)).astype(np.float32) for _ in range(40)]
    net = ForcedApartAutoencoder(
        "rnn", module_params={"hidden_size": 4}, n_components=3, max_epochs=1, random_state=0
    )
    pipeline = make_pipeline(net, KMeans(3, n_init=1, random_state=0)).fit(X)
    with pytest.raises(ValueError, match="pass reference="):
        suggest_n_clusters(pipeline, X, n_clusters=[2, 3])
    found = suggest_n_clusters(pipeline, X, reference=net, n_clusters=[3, 2, 3])
    assert found.counts.tolist() == [2, 3]
    assert found.scores.shape == (5, 2)


@pytest.mark.parametrize(
    "estimator",
    [KMeans(3), make_pipeline(PCA(2)), make_identity(DBSCAN()), Pipeline([("k", KMeans(3))])],
)
def test_other_estimators_are_refused(estimator):
    with pytest.raises(TypeError, match="a pipeline that ends in a clusterer with n_clusters"):
        suggest_n_clusters(estimator, np.zeros((10, 2)))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n_clusters": 5}, ValueError, "n_clusters must hold whole numbers"),
        ({"n_clusters": []}, ValueError, r"from 1 to 10, .* got \[\]"),
        ({"n_clusters": [2, 11]}, ValueError, r"from 1 to 10, .* got \[2, 11\]"),
        ({"n_clusters": [2.5]}, ValueError, r"got \[2.5\]"),
        ({"n_repeats": 0}, ValueError, "n_repeats.* must be an int in the range"),
        ({"n_neighbors": 0}, ValueError, "n_neighbors.* must be an int in the range"),
        ({"max_samples": "all"}, TypeError, "max_samples.* must be an int"),
        ({"random_state": None}, TypeError, "random_state.* must be an int"),
        ({"reference": "pca"}, TypeError, "reference must be a transformer"),
    ],
)
def test_wrong_parameters_are_refused(options, error, message):
    X, _ = make_blobs(2, n_each=10)
    with pytest.raises(error, match=message):
        suggest_n_clusters(make_identity().fit(X), X, **options)
