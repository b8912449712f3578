"""Parameters that are None: what they stand for, alone and beside neighbours."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits, load_wine
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler, normalize
from skorch.callbacks import Callback

from fa_sklearn import ForcedApartClassifier, load
from fa_sklearn.estimators._defaults import defaults_of
from fa_sklearn.losses import ConsistencyLoss, MultilayerLoss, SingleLayerLoss
from fa_sklearn.metrics import ami_score
from fa_sklearn.modules import MLP
from fa_sklearn.views import AugmentedViews, NeighborViews

PAPER = {"n_components": 16, "alpha": 0.1, "batch_size": 256}
NEIGHBORS = {"n_components": 128, "alpha": 0.5, "batch_size": 512}


def leave(X, lengths):
    return X


def fitted(estimator):
    names = ("n_components", "alpha", "batch_size", "max_epochs")
    return {name: getattr(estimator, f"{name}_") for name in names}


@pytest.mark.parametrize(
    ("views", "expected"),
    [
        (None, PAPER),
        (AugmentedViews(leave), PAPER),
        ("neighbors", NEIGHBORS),
        (NeighborViews(3), NEIGHBORS),
    ],
)
@pytest.mark.parametrize("penalty", [None, "multi", "single", MultilayerLoss()])
def test_none_follows_the_views(estimator_class, X, coarse, views, penalty, expected):
    estimator = estimator_class(views=views, penalty=penalty, max_epochs=1, random_state=0)
    estimator.fit(X, coarse)
    assert fitted(estimator) == {**expected, "max_epochs": 1}
    assert estimator.get_params()["alpha"] is None
    assert estimator.transform(X).shape[1] == expected["n_components"]
    assert estimator.net_.alpha == expected["alpha"]
    by_hand = clone(estimator).set_params(**expected).fit(X, coarse)
    np.testing.assert_array_equal(by_hand.transform(X), estimator.transform(X))


def test_a_value_that_is_set_wins(estimator_class, X, coarse):
    values = {**PAPER, "max_epochs": 20}
    estimator = estimator_class(views="neighbors", margin=1.0, random_state=0, **values)
    estimator.fit(X, coarse)
    assert fitted(estimator) == values and estimator.n_iter_ == 20
    assert estimator.net_.terms["multi"].margin == 1.0
    plain = estimator_class(random_state=0, **{**NEIGHBORS, "max_epochs": 1}).fit(X, coarse)
    assert fitted(plain) == {**NEIGHBORS, "max_epochs": 1}


@pytest.mark.parametrize(
    ("params", "margin", "weight"),
    [
        ({}, 10.0, 2.0),
        ({"divergence": "jeffreys"}, 20.0, 2.0),
        ({"divergence": "js"}, 0.6, 2.0),
        ({"divergence": "hellinger"}, 0.9, 2.0),
        ({"divergence": lambda p, q: (p - q).square().sum(dim=1)}, 1.0, 2.0),
        ({"margin": 3.0}, 3.0, 2.0),
        ({"penalty": "single"}, 5.0, 1.0),
        ({"penalty": MultilayerLoss()}, 1.0, 1.0),
        ({"views": AugmentedViews(leave)}, 1.0, 1.0),
    ],
)
def test_margin_and_weight_beside_neighbours(X, coarse, params, margin, weight):
    params = {"views": "neighbors", "max_epochs": 1, "random_state": 0, **params}
    first, consistency = ForcedApartClassifier(**params).fit(X, coarse).net_.terms.values()
    assert isinstance(first, (MultilayerLoss, SingleLayerLoss))
    assert isinstance(consistency, ConsistencyLoss)
    assert (first.margin, consistency.weight) == (margin, weight)
    assert getattr(first, "pairs", "same_label") == "same_label"


class Plain(MLP):
    """A net of the user's own, which has no option `representation`."""

    def __init__(self, input_shape, n_components, n_outputs):
        super().__init__(input_shape, n_components, n_outputs)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, "unit"),
        ({"views": AugmentedViews(leave)}, "unit"),
        ({"module_params": {"hidden_sizes": (8,)}}, "unit"),
        ({"module_params": {"representation": "relu"}}, "relu"),
        ({"penalty": "multi"}, "relu"),
        ({"module": Plain}, "relu"),
    ],
)
def test_contrast_compares_rows_of_unit_length(X, coarse, params, expected):
    params = {"penalty": "contrast", "views": "neighbors", "max_epochs": 1, **params}
    net = ForcedApartClassifier(random_state=0, **params).fit(X, coarse)
    assert net.net_.module_.representation == expected
    if params["penalty"] == "contrast":
        assert net.net_.terms["contrast"].temperature == 0.2
    length = np.linalg.norm(net.transform(X), axis=1)
    assert np.allclose(length, 1) == (expected == "unit")


class Stop(Exception):
    """Ends a fit."""


class Look(Callback):
    """Tells what a fit plans, and ends it before its first epoch."""

    def on_train_begin(self, net, **kwargs):
        raise Stop(net.max_epochs)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, 500),
        ({"batch_size": 20}, 125),
        ({"batch_size": 3}, 20),  # 27 steps per epoch
        ({"batch_size": 20, "early_stopping": True}, 125),  # 72 samples train
        ({"batch_size": 8, "early_stopping": True}, 56),  # 9 steps per epoch, not 10
        ({"batch_size": 8}, 50),
        ({"views": "neighbors"}, 1000),
        ({"views": "neighbors", "batch_size": 3}, 60),
    ],
)
def test_epochs_make_enough_steps(estimator_class, X, coarse, params, expected):
    estimator = estimator_class(callbacks=[Look()], random_state=0, **params)
    with pytest.raises(Stop, match=f"^{expected}$"):
        estimator.fit(X, coarse)


@pytest.fixture
def brief(small):
    """A net that makes its 500 steps in 25 epochs of the 80 samples."""
    del small["max_epochs"]
    return ForcedApartClassifier(**{**small, "batch_size": 4})


def test_fits_that_go_on_plan_for_their_own_samples(brief, X, coarse):
    brief.set_params(warm_start=True).fit(X, coarse)
    assert (brief.max_epochs_, brief.n_iter_) == (25, 25)
    brief.fit(X[:40], coarse[:40])
    assert (brief.max_epochs_, brief.n_iter_) == (50, 75)
    brief.set_params(views="neighbors", max_epochs=1).fit(X, coarse)
    assert (brief.n_components_, brief.alpha_, brief.n_iter_) == (5, 0.5, 76)
    assert brief.net_.terms["multi"].margin == 10.0


def test_partial_fit_trains_one_epoch(brief, X, coarse):
    brief.partial_fit(X, coarse).partial_fit(X[:40], coarse[:40])
    assert brief.n_iter_ == 2
    by_hand = clone(brief).set_params(alpha=0.1, max_epochs=7)
    by_hand.partial_fit(X, coarse).partial_fit(X[:40], coarse[:40])
    np.testing.assert_array_equal(by_hand.transform(X), brief.transform(X))


def test_a_search_plans_for_the_samples_of_each_fit(brief, X, coarse):
    fold = (np.arange(40), np.arange(40, 80))
    search = GridSearchCV(
        brief, {"batch_size": [4]}, scoring=lambda net, X, y: net.max_epochs_, cv=[fold]
    ).fit(X, coarse)
    assert search.best_score_ == 50
    assert search.best_estimator_.max_epochs_ == 25
    assert search.best_estimator_.max_epochs is None


def test_wine_gets_500_steps():
    X, y = load_wine(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    net = ForcedApartClassifier(label_groups={0: 0, 1: 1, 2: 0}, random_state=0).fit(X, y)
    assert sum(net.net_.history[:, "train_batch_count"]) == 500
    assert net.score(X, y) == 1


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:300] / 16, y[:300]


@pytest.fixture(scope="module")
def neighbors_alone(digits):
    X, y = digits
    return ForcedApartClassifier(views="neighbors", random_state=0).fit(X, y >= 5)


def ami_inside_labels(net, X, y):
    """Five clusters of unit rows in each half of the digits, compared with the digits."""
    H = normalize(net.transform(X))
    clusters = np.empty(len(X), dtype=int)
    for half in (0, 1):
        rows = (y >= 5) == half
        kmeans = KMeans(5, n_init=10, random_state=0)
        clusters[rows] = 5 * half + kmeans.fit_predict(H[rows])
    return ami_score(y, clusters)


def test_neighbors_alone_find_the_digits(neighbors_alone, digits):
    X, y = digits
    assert ami_inside_labels(neighbors_alone, X, y) > 0.85
    earlier = {**PAPER, "max_epochs": 20, "margin": 1.0}
    before = ForcedApartClassifier(views="neighbors", random_state=0, **earlier).fit(X, y >= 5)
    assert ami_inside_labels(before, X, y) < 0.8


@pytest.mark.parametrize("how", ["pickle", "file"])
def test_what_none_stood_for_is_kept(neighbors_alone, digits, tmp_path, how):
    if how == "pickle":
        again = pickle.loads(pickle.dumps(neighbors_alone))
    else:
        neighbors_alone.save(tmp_path / "net")
        again = load(tmp_path / "net")
    assert fitted(again) == {**NEIGHBORS, "max_epochs": 1000}
    assert again.get_params() == neighbors_alone.get_params()


@pytest.mark.parametrize("name", ["n_components_", "alpha_", "batch_size_", "max_epochs_"])
def test_nothing_is_known_before_a_fit(estimator_class, name):
    assert not hasattr(estimator_class(), name)


@pytest.mark.parametrize(("penalty", "epochs"), [("multi", 60), ("contrast", 25)])
def test_many_samples_are_contrasted_in_as_many_steps_as_few(penalty, epochs):
    assert defaults_of(penalty, "neighbors").max_epochs(20_000, 512) == epochs
