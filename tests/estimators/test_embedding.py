"""What transform returns: the representation, or distributions over neurons and labels."""

import math

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fa_sklearn import ForcedApartClassifier, load
from fa_sklearn.inspection import NeuronClassDisplay
from fa_sklearn.metrics import ami_scorer

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4)).astype(np.float32)
FINE = np.arange(60) % 6


def fit(n_classes, **parameters):
    net = ForcedApartClassifier(
        n_components=5, max_epochs=3, batch_size=16, lr=0.05, random_state=0, **parameters
    )
    return net.fit(X, FINE % n_classes)


@pytest.mark.parametrize("n_classes", [1, 2, 3])
def test_distributions_are_the_roots_of_both(n_classes):
    plain, net = fit(n_classes), fit(n_classes, embedding="distributions")
    h, p = plain.transform(X), plain.predict_proba(X)
    expected = np.empty((60, 5 + n_classes))
    for i in range(60):
        total = sum(math.exp(v) for v in h[i])
        expected[i, :5] = [math.sqrt(math.exp(v) / total) for v in h[i]]
        expected[i, 5:] = [math.sqrt(v) for v in p[i]]
    found = net.transform(X)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_array_equal(net.predict_proba(X), p)
    assert net.set_params(embedding="representation").transform(X).tolist() == h.tolist()


def test_names_and_frames_follow():
    net = fit(3, embedding="distributions")
    names = [f"forcedapartclassifier{i}" for i in range(8)]
    assert net.get_feature_names_out().tolist() == names
    frame = clone(net).set_output(transform="pandas").fit(X, FINE % 3).transform(X)
    assert frame.columns.tolist() == names
    np.testing.assert_array_equal(frame.to_numpy(), net.transform(X))


def test_a_saved_estimator_keeps_it(tmp_path):
    net = fit(2, embedding="distributions")
    net.save(tmp_path / "net.skops")
    np.testing.assert_array_equal(load(tmp_path / "net.skops").transform(X), net.transform(X))


def test_checkpoints_do_not_depend_on_it(tmp_path):
    fit(2, checkpoint_dir=tmp_path)
    files = sorted(tmp_path.rglob("*"))
    fit(2, checkpoint_dir=tmp_path, embedding="distributions")
    assert sorted(tmp_path.rglob("*")) == files


def test_a_search_may_choose_it():
    net = ForcedApartClassifier(
        label_groups=lambda c: c % 2, n_components=5, max_epochs=2, random_state=0
    )
    search = GridSearchCV(
        make_pipeline(net, KMeans(6, n_init=1, random_state=0)),
        {"forcedapartclassifier__embedding": ["representation", "distributions"]},
        scoring=ami_scorer,
        cv=KFold(2),
    ).fit(X, FINE)
    kmeans = search.best_estimator_[-1]
    wide = search.best_params_["forcedapartclassifier__embedding"] == "distributions"
    assert kmeans.n_features_in_ == 5 + 2 * wide
    assert len(set(search.cv_results_["mean_test_score"])) == 2


def test_neurons_are_counted_in_the_representation():
    pytest.importorskip("matplotlib")
    plain, net = fit(2), fit(2, embedding="distributions")
    expected = NeuronClassDisplay.from_estimator(plain, X, FINE)
    scaled = make_pipeline(StandardScaler().fit(X), net)
    for estimator, inputs in ((net, X), (scaled, scaled[0].inverse_transform(X))):
        found = NeuronClassDisplay.from_estimator(estimator, inputs, FINE)
        np.testing.assert_array_equal(found.counts, expected.counts)
        np.testing.assert_array_equal(found.inactive, expected.inactive)
    assert net.embedding == "distributions"


def test_another_name_is_refused():
    with pytest.raises(ValueError, match="The 'embedding' parameter of ForcedApartClassifier"):
        fit(2, embedding="softmax")
