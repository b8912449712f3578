"""The stability scorer: who is fitted on what, and what is compared."""

import pickle

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClusterMixin, clone
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_mutual_info_score
from sklearn.model_selection import GridSearchCV, ShuffleSplit, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from fa_sklearn.metrics import within_class_ami_score
from fa_sklearn.model_selection import StabilityScorer

pytestmark = pytest.mark.usefixtures("untouched_global_generators")


class Watched(ClusterMixin, BaseEstimator):
    """A clusterer that halves or shuffles, and notes what it is given."""

    log = []

    def __init__(self, noise=False, random_state=0):
        self.noise = noise
        self.random_state = random_state

    def fit(self, X, y=None):
        self.log.append(("fit", X[:, 0].tolist(), y, self.random_state))
        self.fitted_ = True
        return self

    def predict(self, X):
        self.log.append(("predict", X[:, 0].tolist()))
        if self.noise:
            return np.random.RandomState(self.random_state).randint(2, size=len(X))
        return (X[:, 0] % 2).astype(int)


@pytest.fixture
def log(monkeypatch):
    entries = []
    monkeypatch.setattr(Watched, "log", entries)
    return entries


X = np.arange(200.0)[:, None]


def test_the_twin_learns_from_one_part_and_both_label_the_other(log):
    StabilityScorer(test_size=0.25, random_state=3)(Watched().fit(X[:0]), X)
    (_, _, _, first_seed), (_, twin_rows, y, twin_seed), (_, held_out), (_, again) = log
    assert first_seed != twin_seed and y is None
    assert held_out == again and len(held_out) == 50
    assert sorted(twin_rows + held_out) == X[:, 0].tolist()


def test_equal_clusters_score_one_and_random_ones_nothing(log):
    assert StabilityScorer()(Watched().fit(X), X) == pytest.approx(1)
    assert abs(StabilityScorer(n_repeats=5)(Watched(noise=True).fit(X), X)) < 0.05


def test_a_score_is_the_mean_over_the_repeats(log):
    scores = []
    for seed in np.random.RandomState(0).randint(2**31 - 1, size=3):
        kept, held_out = train_test_split(X, test_size=0.3, random_state=seed, stratify=X * 0)
        twin = KMeans(4, n_init=1, random_state=np.random.RandomState(seed).randint(2**31 - 1))
        estimator = KMeans(4, n_init=1, random_state=0).fit(X[::2])
        scores.append(
            adjusted_mutual_info_score(
                estimator.predict(held_out), twin.fit(kept).predict(held_out), average_method="max"
            )
        )
    assert StabilityScorer(n_repeats=3)(estimator, X) == pytest.approx(np.mean(scores))
    assert np.ptp(scores) > 0


def test_labels_reach_the_twin_and_classes_are_kept_apart(coarse_pipeline, digits):
    X, _, y_coarse = digits
    coarse_pipeline.fit(X[:180], y_coarse[:180])
    score = StabilityScorer()(coarse_pipeline, X[180:], y_coarse[180:])
    assert 0.1 < score < 1
    # Two clusters, the coarse split itself: nothing inside a class.
    split = clone(coarse_pipeline).set_params(
        kmeans__n_clusters=2, net__max_epochs=10, net__penalty=None
    )
    assert StabilityScorer()(split.fit(X[:180], y_coarse[:180]), X[180:], y_coarse[180:]) < score


def test_samples_without_a_coarse_label_teach_the_twin_but_are_not_compared(
    coarse_pipeline, digits
):
    X, y, _ = digits
    y = np.where(np.arange(400) % 2 == 0, -1, y % 3)
    coarse_pipeline.set_params(net__unlabeled=-1).fit(X[:180], y[:180])
    seed = np.random.RandomState(0).randint(2**31 - 1)
    X_twin, X_held_out, y_twin, y_held_out = train_test_split(
        X[180:], y[180:], test_size=0.3, stratify=y[180:], random_state=seed
    )
    rng = np.random.RandomState(seed)
    twin = clone(coarse_pipeline).set_params(kmeans__random_state=rng.randint(2**31 - 1))
    twin.set_params(net__random_state=rng.randint(2**31 - 1)).fit(X_twin, y_twin)
    known = y_held_out >= 0
    expected = within_class_ami_score(
        coarse_pipeline.predict(X_held_out[known]),
        twin.predict(X_held_out[known]),
        y_held_out[known],
    )
    score = StabilityScorer()(coarse_pipeline, X[180:], y[180:])
    assert score == pytest.approx(expected, abs=1e-12)


def test_an_autoencoder_needs_no_labels(unlabelled_pipeline, digits):
    X, y, _ = digits
    unlabelled_pipeline.set_params(net__max_epochs=20).fit(X[:200])
    score = StabilityScorer()(unlabelled_pipeline, X[200:])
    assert 0.1 < score < 1
    assert StabilityScorer()(unlabelled_pipeline, X[200:], y[200:]) == score


@pytest.mark.parametrize("rare", [["odd"], [f"odd {i}" for i in range(70)] * 2])
def test_coarse_classes_too_small_to_be_in_both_parts(rare, coarse_pipeline, digits):
    X, _, y_coarse = digits
    y = y_coarse.astype("U6")
    y[180 : 180 + len(rare)] = rare
    coarse_pipeline.fit(X, y_coarse)
    assert -1 < StabilityScorer()(coarse_pipeline, X[180:], y[180:]) < 1


def test_lost_coarse_labels_score_worst_before_a_twin_is_fitted(coarse_pipeline, digits):
    X, _, y_coarse = digits
    coarse_pipeline.fit(X, y_coarse)
    flipped = np.where(y_coarse == "low", "high", "low")
    assert StabilityScorer(min_accuracy=1.0)(coarse_pipeline, X, flipped) == -1


def test_a_search_takes_it(digits):
    pipeline = make_pipeline(FunctionTransformer(), KMeans(n_init=1, random_state=0))
    search = GridSearchCV(
        pipeline,
        {"kmeans__n_clusters": [3, 7]},
        scoring=StabilityScorer(n_repeats=2),
        cv=ShuffleSplit(1, test_size=0.58, random_state=0),
        error_score="raise",
    )
    rng = np.random.RandomState(0)
    blobs = np.concatenate([rng.normal(center, 0.1, size=(60, 2)) for center in (0, 3, 6)])
    assert search.fit(blobs).best_params_ == {"kmeans__n_clusters": 3}
    assert search.best_score_ == pytest.approx(1)


def test_a_scorer_is_pickled_and_says_what_it_is():
    scorer = StabilityScorer(n_repeats=2)
    assert pickle.loads(pickle.dumps(scorer)) == scorer
    assert repr(scorer) == (
        "StabilityScorer(min_accuracy=None, random_state=0, n_repeats=2, test_size=0.3)"
    )


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"n_repeats": 0}, ValueError, "n_repeats.* must be an int in the range"),
        ({"n_repeats": 1.0}, TypeError, "n_repeats.* must be an int"),
        ({"test_size": 1.0}, ValueError, "test_size.* must be a float in the range"),
        ({"test_size": 1.5}, ValueError, "test_size.* must be a float in the range"),
        ({"test_size": None}, TypeError, "test_size.* must be a float .* Got None"),
        ({"min_accuracy": -1}, ValueError, "min_accuracy.* must be a float in the range"),
        ({"random_state": "0"}, TypeError, "random_state.* must be an int"),
    ],
)
def test_parameters_are_checked_before_a_search_begins(parameters, error, message):
    with pytest.raises(error, match=message):
        StabilityScorer(**parameters)


def test_an_estimator_without_clusters_is_refused():
    with pytest.raises(TypeError, match="StabilityScorer scores clusters"):
        StabilityScorer()(FunctionTransformer(), X)
