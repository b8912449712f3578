"""The choice among accurate candidates, by hand and inside a search."""

import pickle

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.model_selection import GridSearchCV, ShuffleSplit

from fa_sklearn.model_selection import (
    BestWithinAccuracy,
    ModularityScorer,
    coarse_accuracy_scorer,
)

NAN = float("nan")


def results(criterion, accuracy):
    return {
        "mean_test_criterion": np.array(criterion),
        "mean_test_accuracy": np.ma.array(accuracy),
    }


@pytest.mark.parametrize(
    ("criterion", "accuracy", "parameters", "chosen"),
    [
        ([0.1, 0.3, 0.2], [0.98, 0.98, 0.98], {}, 1),
        ([0.1, 0.3, 0.2], [0.98, 0.90, 0.98], {}, 2),
        ([0.1, 0.3, 0.2], [0.98, 0.975, 0.974], {}, 1),
        ([0.1, 0.3, 0.2], [0.98, 0.90, 0.98], {"max_loss": 0.1}, 1),
        ([0.1, 0.3, 0.2], [0.98, 0.90, 0.98], {"baseline": 0.905}, 1),
        ([0.1, 0.3, 0.2], [0.98, 0.98, 0.97], {"max_loss": 0}, 1),
        ([NAN, 0.3, 0.4], [0.99, 0.98, NAN], {"max_loss": 0.01}, 1),
        ([0.3, 0.3, 0.1], [0.98, 0.98, 0.98], {}, 0),
    ],
)
def test_the_best_of_those_that_are_accurate(criterion, accuracy, parameters, chosen):
    assert BestWithinAccuracy(**parameters)(results(criterion, accuracy)) == chosen


def test_a_search_refits_the_chosen_candidate(coarse_pipeline, digits):
    X, _, y_coarse = digits
    search = GridSearchCV(
        coarse_pipeline,
        {"net__alpha": [0.0, 0.1, 0.99]},
        scoring={"neighbors": ModularityScorer(PCA(10)), "coarse": coarse_accuracy_scorer},
        refit=BestWithinAccuracy("neighbors", "coarse", max_loss=0.15),
        cv=ShuffleSplit(2, test_size=0.5, random_state=0),
    ).fit(X, y_coarse)
    criterion = search.cv_results_["mean_test_neighbors"]
    accuracy = search.cv_results_["mean_test_coarse"]
    allowed = [i for i in range(3) if accuracy[i] >= max(accuracy) - 0.15]
    assert len(allowed) == 2
    assert search.best_index_ == max(allowed, key=lambda i: criterion[i])
    assert search.predict(X).shape == (400,)
    assert search.best_estimator_[0].alpha == search.best_params_["net__alpha"]


def test_what_is_refused():
    with pytest.raises(ValueError, match="The search has no score 'criterion': name it"):
        BestWithinAccuracy()({"mean_test_accuracy": [1.0]})
    with pytest.raises(ValueError, match="No candidate has a criterion and an accuracy of at l"):
        BestWithinAccuracy(baseline=0.99)(results([0.1], [0.9]))
    with pytest.raises(ValueError, match="No candidate"):
        BestWithinAccuracy()(results([NAN], [NAN]))
    with pytest.raises(ValueError, match="max_loss.* must be a float in the range"):
        BestWithinAccuracy(max_loss=5)
    with pytest.raises(TypeError, match="max_loss.* must be a float .* Got None"):
        BestWithinAccuracy(max_loss=None)
    with pytest.raises(TypeError, match="baseline.* must be a float .* or None"):
        BestWithinAccuracy(baseline="best")


def test_it_is_pickled_and_says_what_it_is():
    choice = BestWithinAccuracy("silhouette")
    assert pickle.loads(pickle.dumps(choice)) == choice
    assert repr(choice) == (
        "BestWithinAccuracy(criterion='silhouette', accuracy='accuracy', max_loss=0.005, "
        "baseline=None)"
    )
