"""Fine labels and weights in model selection: both routes of the fine labels, routed weights."""

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, KFold, cross_validate
from sklearn.pipeline import Pipeline

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier
from fa_sklearn.metrics import ami_score, ami_scorer, fine_label_scorer

GRID = {"apart__alpha": [0.1, 0.9], "apart__margin": [0.05, 1.0]}
CV = KFold(3, shuffle=True, random_state=0)


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


@pytest.fixture
def requesting_ami_scorer(routing):
    yield ami_scorer.set_score_request(fine_labels=True)
    ami_scorer.set_score_request(fine_labels=None)


@pytest.fixture
def weight(X):
    return np.random.default_rng(5).integers(0, 3, size=len(X)).astype(float)


def pipeline(apart):
    return Pipeline([("apart", apart), ("cluster", KMeans(4, n_init=2, random_state=0))])


def search(apart, scoring, cv=CV, **options):
    return GridSearchCV(pipeline(apart), GRID, scoring=scoring, cv=cv, **options)


def split_scores(fitted):
    return [fitted.cv_results_[f"split{fold}_test_score"] for fold in range(3)]


@pytest.mark.parametrize("as_callable", [False, True])
def test_both_routes_of_the_fine_labels_score_alike(
    classifier, X, fine, coarse, groups, as_callable, requesting_ami_scorer
):
    """label_groups with fine y, and coarse y with routed fine labels; a shuffled splitter."""
    label_groups = groups.__getitem__ if as_callable else groups
    grouped = clone(classifier).set_params(label_groups=label_groups)
    by_groups = search(grouped, ami_scorer).fit(X, fine)
    expected = split_scores(by_groups)
    assert len(np.unique(expected)) > 3

    for scoring in (fine_label_scorer("ami"), requesting_ami_scorer):
        routed = search(classifier, scoring, error_score="raise")
        routed.fit(X, coarse, fine_labels=fine)
        np.testing.assert_array_equal(split_scores(routed), expected)
        assert routed.best_params_ == by_groups.best_params_
        np.testing.assert_array_equal(routed.predict(X), by_groups.predict(X))


def test_scores_are_those_of_a_loop_by_hand(classifier, X, fine, coarse, groups):
    grouped = search(clone(classifier).set_params(label_groups=groups), ami_scorer).fit(X, fine)
    for fold, (train, test) in enumerate(CV.split(X)):
        pipe = pipeline(classifier).set_params(**grouped.best_params_)
        predicted = pipe.fit(X[train], coarse[train]).predict(X[test])
        expected = ami_score(fine[test], predicted)
        assert split_scores(grouped)[fold][grouped.best_index_] == pytest.approx(expected)


def test_neither_route_is_the_coarse_score_or_the_leak(classifier, X, fine, coarse, groups):
    right = split_scores(
        search(clone(classifier).set_params(label_groups=groups), ami_scorer).fit(X, fine)
    )
    coarse_score = split_scores(search(classifier, ami_scorer).fit(X, coarse))
    trained_on_fine = split_scores(search(classifier, ami_scorer).fit(X, fine))
    assert not np.allclose(right, coarse_score)
    assert not np.allclose(right, trained_on_fine)


def test_sorted_data_need_the_shuffled_splitter(classifier, X, fine, coarse, groups, routing):
    """A pipeline that ends in KMeans gets an unshuffled KFold from an integer."""
    order = np.argsort(coarse, kind="stable")
    X, fine, coarse = X[order], fine[order], coarse[order]
    by_groups = search(clone(classifier).set_params(label_groups=groups), ami_scorer)
    routed = search(classifier, fine_label_scorer())
    np.testing.assert_array_equal(
        split_scores(routed.fit(X, coarse, fine_labels=fine)), split_scores(by_groups.fit(X, fine))
    )
    assert not np.isnan(split_scores(routed)).any()


def test_a_search_that_gets_no_fine_labels_stops(classifier, X, coarse, routing):
    with pytest.raises(ValueError, match="fine_labels"):
        search(classifier, fine_label_scorer(), error_score="raise").fit(X, coarse)


def test_the_autoencoder_is_tuned_by_fine_labels(small, X, fine):
    autoencoder = ForcedApartAutoencoder(**small)
    fitted = search(autoencoder, ami_scorer).fit(X, fine)
    for fold, (train, test) in enumerate(CV.split(X)):
        pipe = pipeline(clone(autoencoder)).set_params(**fitted.best_params_).fit(X[train])
        expected = ami_score(fine[test], pipe.predict(X[test]))
        assert split_scores(fitted)[fold][fitted.best_index_] == pytest.approx(expected)


# -- weights ----------------------------------------------------------------------------------


def test_weights_are_routed_through_pipeline_and_search(estimator, X, coarse, weight, routing):
    estimator.set_fit_request(sample_weight=True)
    pipe = pipeline(estimator)
    pipe["cluster"].set_fit_request(sample_weight=False)
    grid = GridSearchCV(pipe, {"apart__alpha": [0.3]}, scoring=ami_scorer, cv=CV)
    grid.fit(X, coarse, sample_weight=weight)
    got = grid.best_estimator_["apart"].transform(X)
    alone = clone(estimator).set_params(alpha=0.3)
    np.testing.assert_array_equal(got, clone(alone).fit(X, coarse, weight).transform(X))
    assert not np.allclose(got, clone(alone).fit(X, coarse).transform(X))


def test_weights_are_cut_with_the_folds(small, X, coarse, weight, routing):
    classifier = ForcedApartClassifier(**small)
    classifier.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
    scores = cross_validate(
        classifier, X, coarse, cv=CV, params={"sample_weight": weight}, error_score="raise"
    )["test_score"]
    for score, (train, test) in zip(scores, CV.split(X), strict=True):
        alone = ForcedApartClassifier(**small).fit(X[train], coarse[train], weight[train])
        expected = accuracy_score(coarse[test], alone.predict(X[test]), sample_weight=weight[test])
        assert score == pytest.approx(expected)


def test_weights_without_request_are_an_error(estimator, X, coarse, weight, routing):
    with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
        pipeline(estimator).fit(X, coarse, sample_weight=weight)


def test_weights_reach_a_step_by_its_name_without_routing(estimator, X, coarse, weight):
    pipe = pipeline(estimator).fit(X, coarse, apart__sample_weight=weight)
    expected = clone(estimator).fit(X, coarse, sample_weight=weight).transform(X)
    np.testing.assert_array_equal(pipe["apart"].transform(X), expected)


def test_what_can_be_requested(estimator_class, routing):
    requests = estimator_class().get_metadata_routing()
    assert "sample_weight" in requests.fit.requests
    assert "sample_weight" in requests.partial_fit.requests
    assert "sample_weight" in requests.score.requests
    if estimator_class is ForcedApartClassifier:
        assert "classes" in requests.partial_fit.requests
    else:
        assert "lengths" in requests.inverse_transform.requests
