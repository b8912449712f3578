"""Scorers in model selection: fine y, and coarse y with routed fine labels."""

import copy
import pickle
import warnings

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from fa_sklearn.metrics import ami_score, ami_scorer, fine_label_scorer, nmi_score, nmi_scorer

X, Y_FINE = load_iris(return_X_y=True)
Y_COARSE = np.where(Y_FINE == 0, "small", "large")
GRID = {"scale__with_std": [True, False], "cluster__n_clusters": [2, 3]}
SCORES = {"ami": (ami_score, ami_scorer), "nmi": (nmi_score, nmi_scorer)}


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


@pytest.fixture
def requesting_ami_scorer(routing):
    yield ami_scorer.set_score_request(fine_labels=True)
    ami_scorer.set_score_request(fine_labels=None)


def pipeline():
    return Pipeline(
        [("scale", StandardScaler()), ("cluster", KMeans(3, n_init=3, random_state=0))]
    )


def grid_search(scoring, cv=None, **options):
    cv = KFold(3, shuffle=True, random_state=0) if cv is None else cv
    return GridSearchCV(pipeline(), GRID, scoring=scoring, cv=cv, **options)


@pytest.mark.parametrize("metric", SCORES)
def test_scorer_scores_predictions_against_y(metric):
    score, scorer = SCORES[metric]
    model = pipeline().fit(X)
    assert scorer(model, X, Y_FINE) == score(Y_FINE, model.predict(X))


@pytest.mark.parametrize("metric", SCORES)
def test_fine_labels_replace_y_in_a_direct_call(metric, routing):
    score, scorer = SCORES[metric]
    model = pipeline().fit(X)
    expected = score(Y_FINE, model.predict(X))
    assert scorer(model, X, Y_COARSE, fine_labels=Y_FINE) == expected
    assert fine_label_scorer(metric)(model, X, Y_COARSE, fine_labels=Y_FINE) == expected


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("metric", SCORES)
def test_routed_fine_labels_score_like_fine_y(metric, n_jobs, routing):
    by_y = grid_search(SCORES[metric][1], n_jobs=n_jobs).fit(X, Y_FINE)
    routed = grid_search(fine_label_scorer(metric), n_jobs=n_jobs, error_score="raise")
    routed.fit(X, Y_COARSE, fine_labels=Y_FINE)
    expected = by_y.cv_results_["mean_test_score"]
    assert len(set(expected)) > 1
    np.testing.assert_array_equal(routed.cv_results_["mean_test_score"], expected)
    coarse = grid_search(SCORES[metric][1]).fit(X, Y_COARSE).cv_results_["mean_test_score"]
    assert not np.array_equal(coarse, expected)


def test_requesting_ami_scorer_scores_like_fine_label_scorer(requesting_ami_scorer):
    expected = grid_search(fine_label_scorer()).fit(X, Y_COARSE, fine_labels=Y_FINE)
    search = grid_search(requesting_ami_scorer, n_jobs=2)
    search.fit(X, Y_COARSE, fine_labels=Y_FINE)
    np.testing.assert_array_equal(
        search.cv_results_["mean_test_score"], expected.cv_results_["mean_test_score"]
    )


def test_stratified_folds_cut_the_fine_labels_with_x(routing):
    splits = list(StratifiedKFold(3, shuffle=True, random_state=1).split(X, Y_COARSE))
    search = grid_search(fine_label_scorer(), splits).fit(X, Y_COARSE, fine_labels=Y_FINE)
    best = pipeline().set_params(**search.best_params_)
    for fold, (train, test) in enumerate(splits):
        expected = ami_score(Y_FINE[test], best.fit(X[train]).predict(X[test]))
        got = search.cv_results_[f"split{fold}_test_score"][search.best_index_]
        assert got == pytest.approx(expected)


def test_search_score_and_several_metrics_route(routing):
    scoring = {metric: fine_label_scorer(metric) for metric in SCORES}
    search = grid_search(scoring, refit="nmi").fit(X, Y_COARSE, fine_labels=Y_FINE)
    assert search.score(X, Y_COARSE, fine_labels=Y_FINE) == nmi_score(Y_FINE, search.predict(X))
    single = grid_search(fine_label_scorer("ami")).fit(X, Y_COARSE, fine_labels=Y_FINE)
    np.testing.assert_array_equal(
        search.cv_results_["mean_test_ami"], single.cv_results_["mean_test_score"]
    )


def test_cross_val_score_routes_fine_labels(routing):
    cv = KFold(3, shuffle=True, random_state=0)
    routed = cross_val_score(
        pipeline(), X, Y_COARSE, cv=cv, scoring=fine_label_scorer(), params={"fine_labels": Y_FINE}
    )
    # params={}: scikit-learn 1.6.0 does not take the default, None, while routing is on.
    by_y = cross_val_score(pipeline(), X, Y_FINE, cv=cv, scoring=ami_scorer, params={})
    np.testing.assert_array_equal(routed, by_y)


@pytest.mark.parametrize("enabled", [False, True])
def test_fine_label_scorer_refuses_to_score_coarse_y(enabled):
    with sklearn.config_context(enable_metadata_routing=enabled):
        with pytest.raises(ValueError, match="pass fine_labels= to fit of the search"):
            fine_label_scorer()(pipeline().fit(X), X, Y_COARSE)
        with pytest.raises(ValueError, match="enable_metadata_routing=True"):
            grid_search(fine_label_scorer("nmi"), error_score="raise").fit(X, Y_COARSE)


def test_refusal_under_default_error_score_is_nan_and_a_warning(routing):
    search = grid_search(fine_label_scorer())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        search.fit(X, Y_COARSE)
    assert any("got no fine_labels" in str(w.message) for w in caught)
    assert np.isnan(search.cv_results_["mean_test_score"]).all()


def test_fine_labels_without_request_are_an_error(routing):
    with pytest.raises(UnsetMetadataPassedError, match="fine_labels"):
        grid_search(copy.deepcopy(ami_scorer)).fit(X, Y_COARSE, fine_labels=Y_FINE)


def test_a_fresh_scorer_leaves_configuration_and_module_scorers_alone():
    before = sklearn.get_config()
    first, second = fine_label_scorer(), fine_label_scorer()
    assert sklearn.get_config() == before
    assert not before["enable_metadata_routing"]
    assert first is not second
    for scorer in (ami_scorer, nmi_scorer):
        assert scorer.get_metadata_routing().score.requests.get("fine_labels") is None


@pytest.mark.parametrize(
    "copied",
    [
        lambda scorer: pickle.loads(pickle.dumps(scorer)),
        copy.deepcopy,
        lambda scorer: clone(grid_search(scorer)).scoring,
        get_scorer,
    ],
    ids=["pickle", "deepcopy", "clone", "get_scorer"],
)
def test_copies_keep_metric_and_request(copied, routing):
    model = pipeline().fit(X)
    for metric, (score, scorer) in SCORES.items():
        assert copied(scorer)(model, X, Y_FINE) == score(Y_FINE, model.predict(X))
        routed = copied(fine_label_scorer(metric))
        assert routed.get_metadata_routing().score.requests["fine_labels"] is True
        assert routed(model, X, Y_COARSE, fine_labels=Y_FINE) == score(Y_FINE, model.predict(X))


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ("amii", "did you mean 'ami'"),
        ("NMI", "did you mean 'nmi'"),
        ("rand", "choose one of 'ami', 'nmi'"),
    ],
)
def test_unknown_metric_names_the_choices(metric, message):
    with pytest.raises(ValueError, match=message):
        fine_label_scorer(metric)


def test_metric_must_be_a_name():
    with pytest.raises(ValueError, match="Unknown metric <function ami_score"):
        fine_label_scorer(ami_score)
