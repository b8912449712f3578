"""Copies of estimators: pickle, deepcopy, joblib; what they can do and what they weigh."""

import copy
import os
import pickle
import subprocess
import sys

import joblib
import numpy as np
import pytest
from sklearn.base import clone

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
DROPOUT = {"hidden_sizes": (12,), "dropout": 0.5}
VARIANTS = {
    "default": {},
    "terms": {"penalty": [("single", SingleLayerLoss()), ("multi", MultilayerLoss())]},
    "early_stopping": {"early_stopping": True},
    "dropout": {"module_params": DROPOUT},
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
@pytest.mark.parametrize("module_params", [{"hidden_sizes": (12,)}, DROPOUT])
def test_copies_go_on_training_like_the_original(
    estimator, X, coarse, module_params, copier, tmp_path
):
    """Optimizer state and random generators travel along; the copy is independent."""
    estimator.set_params(module_params=module_params).fit(X, coarse)
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


def test_hash_is_the_same_in_other_processes(estimator, X, coarse, tmp_path):
    estimator.set_params(penalty=[("multi", MultilayerLoss())], module_params=DROPOUT)
    expected = [joblib.hash(estimator), joblib.hash(estimator.fit(X, coarse))]
    joblib.dump([clone(estimator), estimator], tmp_path / "estimators")
    code = "import sys, joblib\nprint(*(joblib.hash(each) for each in joblib.load(sys.argv[1])))"
    for hash_seed in ("1", "2"):
        process = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "estimators")],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert process.stdout.split() == expected
