"""Copies of estimators: pickle, deepcopy, joblib; what they can do and what they weigh."""

import copy
import os
import pickle

import joblib
import numpy as np
import pytest
from sklearn.base import clone

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier
from fa_sklearn.losses import MultilayerLoss, SingleLayerLoss


def through_joblib_file(estimator, folder):
    joblib.dump(estimator, folder / "estimator.joblib")
    return joblib.load(folder / "estimator.joblib")


COPIERS = {
    "pickle": lambda estimator, _: pickle.loads(pickle.dumps(estimator)),
    "deepcopy": lambda estimator, _: copy.deepcopy(estimator),
    "copy": lambda estimator, _: copy.copy(estimator),
    "joblib": through_joblib_file,
}
VARIANTS = {
    "default": {},
    "terms": {"penalty": [("single", SingleLayerLoss()), ("multi", MultilayerLoss())]},
    "early_stopping": {"early_stopping": True},
    "verbose": {"verbose": 1},
}


@pytest.mark.parametrize("copier", COPIERS.values(), ids=COPIERS)
@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_copies_compute_the_same(estimator, X, coarse, variant, copier, tmp_path):
    estimator.set_params(**variant).fit(X, coarse)
    copied = copier(estimator, tmp_path)
    expected = estimator.transform(X)
    np.testing.assert_array_equal(copied.transform(X), expected)
    assert copied.score(X, coarse) == estimator.score(X, coarse)
    if hasattr(estimator, "predict_proba"):
        np.testing.assert_array_equal(copied.predict_proba(X), estimator.predict_proba(X))
        np.testing.assert_array_equal(copied.classes_, estimator.classes_)
    else:
        np.testing.assert_array_equal(
            copied.inverse_transform(expected), estimator.inverse_transform(expected)
        )
    assert copied.net_.history == estimator.net_.history


@pytest.mark.parametrize("copier", ["pickle", "deepcopy", "joblib"])
def test_copies_go_on_training_like_the_original(
    estimator_of_each_forward, X, coarse, copier, tmp_path
):
    """Optimizer state and random generators travel along; the copy is independent."""
    estimator = estimator_of_each_forward.fit(X, coarse)
    copied = COPIERS[copier](estimator, tmp_path)
    before = copied.transform(X)
    estimator.partial_fit(X, coarse)
    np.testing.assert_array_equal(copied.transform(X), before)
    assert len(copied.net_.history) == 3
    copied.partial_fit(X, coarse)
    assert not np.array_equal(copied.transform(X), before)
    np.testing.assert_array_equal(copied.transform(X), estimator.transform(X))


def test_an_unfitted_copy_fits_to_the_same_bits(estimator, X, coarse):
    copied = pickle.loads(pickle.dumps(estimator))
    expected = estimator.fit(X, coarse).transform(X)
    np.testing.assert_array_equal(copied.fit(X, coarse).transform(X), expected)


@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_fitted_estimator_does_not_carry_its_training_data(estimator, X, coarse, early_stopping):
    estimator.set_params(early_stopping=early_stopping, batch_size=1000)
    few = pickle.dumps(clone(estimator).fit(X, coarse))
    many = pickle.dumps(clone(estimator).fit(np.tile(X, (50, 1)), np.tile(coarse, 50)))
    assert len(many) - len(few) < X.size


def test_transform_leaves_no_trace(estimator, X, coarse):
    estimator.fit(X, coarse)
    before = joblib.hash(estimator)
    estimator.transform(X)
    estimator.score(X, coarse)
    assert joblib.hash(estimator) == before


def test_hash_survives_pickling_and_tells_fits_apart(estimator, X, coarse):
    unfitted = joblib.hash(estimator)
    assert joblib.hash(clone(estimator)) == unfitted
    assert joblib.hash(clone(estimator).set_params(alpha=0.2)) != unfitted
    fitted = joblib.hash(estimator.fit(X, coarse))
    assert joblib.hash(pickle.loads(pickle.dumps(estimator))) == fitted
    assert joblib.hash(copy.deepcopy(estimator)) == fitted
    assert joblib.hash(estimator.partial_fit(X, coarse)) != fitted


def test_hash_is_the_same_in_other_processes(small, X, coarse):
    estimators = [
        cls(**small, penalty=[("multi", MultilayerLoss())])
        for cls in (ForcedApartClassifier, ForcedApartAutoencoder)
    ]
    estimators += [clone(estimator).fit(X, coarse) for estimator in estimators]
    with joblib.parallel_config("loky", n_jobs=2):
        hashes = joblib.Parallel()(joblib.delayed(joblib.hash)(each) for each in estimators)
        processes = joblib.Parallel()(joblib.delayed(os.getpid)() for _ in estimators)
    assert os.getpid() not in processes
    assert hashes == [joblib.hash(each) for each in estimators]
