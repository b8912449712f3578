"""The estimators inside scikit-learn: searches, cross-validation, pipelines, caches, pandas."""

import functools

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
)
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from fa_sklearn import ForcedApartClassifier

AMI = "adjusted_mutual_info_score"


@pytest.fixture
def frame(X):
    columns = [f"feature {i}" for i in range(X.shape[1])]
    return pd.DataFrame(X, columns=columns, index=np.arange(len(X))[::-1])


def scores(search):
    return {
        name: values
        for name, values in search.cv_results_.items()
        if "test_score" in name or name == "params"
    }


# -- searches ---------------------------------------------------------------------------------


def test_a_parallel_search_equals_the_serial_one(estimator, X, fine):
    pipe = make_pipeline(StandardScaler(), estimator, KMeans(4, n_init=2, random_state=0))
    name = type(estimator).__name__.lower()
    grid = {f"{name}__alpha": [0.1, 0.9], f"{name}__penalty": ["single", "multi"]}
    cv = KFold(2, shuffle=True, random_state=0)
    serial, parallel = (
        GridSearchCV(clone(pipe), grid, scoring=AMI, cv=cv, n_jobs=n_jobs).fit(X, fine)
        for n_jobs in (1, 2)
    )
    assert len(np.unique(serial.cv_results_["split0_test_score"])) > 1
    np.testing.assert_equal(scores(parallel), scores(serial))
    np.testing.assert_array_equal(
        parallel.best_estimator_[:-1].transform(X), serial.best_estimator_[:-1].transform(X)
    )


@pytest.fixture
def fits(estimator_class, monkeypatch):
    """Grows by one entry with each fit of the estimator."""
    entries = []
    original = estimator_class.fit

    @functools.wraps(original)
    def counted(self, *args, **kwargs):
        entries.append(self.random_state)
        return original(self, *args, **kwargs)

    monkeypatch.setattr(estimator_class, "fit", counted)
    return entries


def test_a_cached_pipeline_fits_once_per_fold(
    estimator, estimator_class, X, fine, groups, fits, tmp_path
):
    """Clusterings share the net of their fold; a later search, and a clone, find it again."""
    if estimator_class is ForcedApartClassifier:
        estimator.set_params(label_groups=groups)
    grid = {"cluster__n_clusters": [2, 3, 4], "cluster__init": ["k-means++", "random"]}
    steps = [("apart", estimator), ("cluster", KMeans(n_init=2, random_state=0))]
    plain = GridSearchCV(Pipeline(steps), grid, scoring=AMI, cv=2).fit(X, fine)
    assert len(fits) == 2 * 6 + 1
    fits.clear()
    cached = GridSearchCV(Pipeline(steps, memory=str(tmp_path)), grid, scoring=AMI, cv=2)
    cached.fit(X, fine)
    assert len(fits) == 2 + 1
    np.testing.assert_equal(scores(cached), scores(plain))
    fits.clear()
    np.testing.assert_equal(scores(clone(cached).fit(X, fine)), scores(plain))
    assert not fits
    cached.estimator.set_params(apart__alpha=0.5)
    cached.fit(X, fine)
    assert len(fits) == 2 + 1


def test_a_cached_pipeline_transforms_alike(estimator, X, coarse, tmp_path):
    expected = clone(estimator).fit(X, coarse).transform(X)
    for _ in range(2):
        pipe = make_pipeline(clone(estimator), KMeans(2, random_state=0), memory=str(tmp_path))
        np.testing.assert_array_equal(pipe.fit(X, coarse)[0].transform(X), expected)


# -- cross-validation -------------------------------------------------------------------------


@pytest.fixture
def folds(X, fine):
    return list(StratifiedKFold(4, shuffle=True, random_state=0).split(X, fine))


def by_hand(classifier, X, coarse, folds, method):
    result = None
    for train, test in folds:
        alone = clone(classifier).set_params(label_groups=None).fit(X[train], coarse[train])
        values = getattr(alone, method)(X[test])
        if result is None:
            result = np.empty((len(X), *values.shape[1:]), values.dtype)
        result[test] = values
    return result


@pytest.mark.parametrize("method", ["predict", "predict_proba"])
def test_cross_val_predict_of_coarse_labels(classifier, X, coarse, folds, method):
    names = np.array(["no", "yes"])[coarse]
    got = cross_val_predict(classifier, X, names, cv=folds, method=method)
    np.testing.assert_array_equal(got, by_hand(classifier, X, names, folds, method))


@pytest.mark.parametrize("mapping", ["dict", "callable"])
def test_cross_val_predict_of_fine_labels_predicts_groups(
    classifier, X, fine, coarse, groups, folds, mapping
):
    classifier.set_params(label_groups=groups if mapping == "dict" else groups.__getitem__)
    got = cross_val_predict(classifier, X, fine, cv=folds)
    np.testing.assert_array_equal(got, by_hand(classifier, X, coarse, folds, "predict"))


@pytest.mark.parametrize("mapping", ["dict", "callable"])
def test_cross_val_predict_proba_of_fine_labels_is_refused(
    classifier, X, fine, groups, folds, mapping
):
    """scikit-learn encodes the fine labels before fit; the next tests have the remedy."""
    classifier.set_params(label_groups=groups if mapping == "dict" else groups.__getitem__)
    with pytest.raises(ValueError, match="label_groups .*label 0 of y.*cross_val_predict"):
        cross_val_predict(classifier, X, fine, cv=folds, method="predict_proba")


@pytest.mark.filterwarnings("ignore:Number of classes in training fold:RuntimeWarning")
def test_cross_val_predict_proba_asks_a_callable_about_positions(
    classifier, X, fine, coarse, folds
):
    """It makes a column for each fine label and fills those that groups 0 and 1 index."""
    asked = set()

    def group(label):
        asked.add(label)
        return 1 - label % 2

    classifier.set_params(label_groups=group)
    got = cross_val_predict(classifier, X, fine, cv=folds, method="predict_proba")
    assert asked == set(range(4))
    expected = by_hand(classifier, X, coarse, folds, "predict_proba")
    np.testing.assert_array_equal(got[:, :2], expected)
    np.testing.assert_array_equal(got[:, 2:], 0)


def test_probabilities_of_any_groups_come_from_coarse_labels(classifier, X, fine, folds):
    """The remedy, whatever the groups are."""
    names = {"a": "vowel", "b": "stop", "c": "stop", "d": "stop"}
    y = np.array([names[label] for label in fine])
    got = cross_val_predict(classifier, X, y, cv=folds, method="predict_proba")
    grouped = clone(classifier).set_params(label_groups=names)
    for train, test in folds:
        alone = clone(grouped).fit(X[train], fine[train])
        np.testing.assert_array_equal(got[test], alone.predict_proba(X[test]))


def test_cross_val_score_with_fine_labels_is_the_group_accuracy(
    classifier, X, fine, coarse, groups, folds
):
    got = cross_val_score(classifier.set_params(label_groups=groups), X, fine, cv=folds)
    predicted = by_hand(classifier, X, coarse, folds, "predict")
    expected = [np.mean(predicted[test] == coarse[test]) for _, test in folds]
    np.testing.assert_allclose(got, expected)


# -- names and pandas -------------------------------------------------------------------------


def test_names_of_features(estimator, frame, coarse):
    estimator.fit(frame, coarse)
    assert estimator.n_features_in_ == frame.shape[1]
    np.testing.assert_array_equal(estimator.feature_names_in_, frame.columns)
    prefix = type(estimator).__name__.lower()
    names = [f"{prefix}{i}" for i in range(5)]
    assert estimator.get_feature_names_out().tolist() == names
    assert make_pipeline(StandardScaler(), estimator)[1:].get_feature_names_out().tolist() == names
    with pytest.raises(ValueError, match="feature names"):
        estimator.transform(frame.rename(columns={"feature 0": "another"}))
    with pytest.raises(ValueError, match="feature names"):
        estimator.transform(frame[frame.columns[::-1]])


def test_names_are_forgotten_by_a_fit_without(estimator, frame, X, coarse):
    assert not hasattr(estimator.fit(frame, coarse).fit(X, coarse), "feature_names_in_")


def test_set_output_pandas(estimator, frame, coarse):
    values = clone(estimator).fit(frame, coarse).transform(frame)
    assert isinstance(values, np.ndarray)
    estimator.set_output(transform="pandas")
    for table in (
        estimator.fit(frame, coarse).transform(frame),
        estimator.fit_transform(frame, coarse),
    ):
        assert isinstance(table, pd.DataFrame)
        assert table.columns.tolist() == estimator.get_feature_names_out().tolist()
        pd.testing.assert_index_equal(table.index, frame.index)
        assert (table.dtypes == np.float32).all()
        np.testing.assert_array_equal(table.to_numpy(), values)


def test_set_output_reaches_through_a_pipeline_into_kmeans(estimator, frame, coarse):
    pipe = make_pipeline(StandardScaler(), estimator, KMeans(2, n_init=1, random_state=0))
    plain = clone(pipe).fit(frame, coarse).predict(frame)
    pipe.set_output(transform="pandas").fit(frame, coarse)
    np.testing.assert_array_equal(pipe.predict(frame), plain)
    np.testing.assert_array_equal(pipe[-1].feature_names_in_, pipe[1].get_feature_names_out())


def test_inside_column_transformer_and_union(estimator, frame, X, coarse):
    first, rest = frame.columns[:2].tolist(), frame.columns[2:].tolist()
    columns = ColumnTransformer([("keep", "passthrough", first), ("apart", estimator, rest)])
    got = columns.fit_transform(frame, coarse)
    expected = clone(estimator).fit(X[:, 2:], coarse).transform(X[:, 2:])
    np.testing.assert_allclose(got, np.hstack([X[:, :2], expected]))
    union = FeatureUnion([("apart", clone(estimator)), ("same", clone(estimator))])
    halves = np.hsplit(union.fit_transform(X, coarse), 2)
    np.testing.assert_array_equal(*halves)
    assert len(union.get_feature_names_out()) == 10


def test_fit_transform_equals_fit_then_transform(estimator, X, coarse):
    expected = clone(estimator).fit(X, coarse).transform(X)
    assert expected.dtype == np.float32
    assert expected.shape == (len(X), 5)
    assert (expected >= 0).all()
    np.testing.assert_array_equal(estimator.fit_transform(X, coarse), expected)
