"""Warnings about fits that learnt nothing, and silence where they learnt."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier
from fa_sklearn.datasets import load_stroke_digits
from fa_sklearn.losses import ConsistencyLoss, MultilayerLoss

DIGITS = load_digits()
X, HALVES = DIGITS.data / 16, DIGITS.target >= 5
WINE = load_wine(as_frame=True)
SECOND = WINE.target == 1
SCALED = StandardScaler().fit_transform(WINE.data)
LONG = {"lr": 0.002, "batch_size": 32, "max_epochs": 60}
# 3 % of the digits: every third of the threes.
RARE = (DIGITS.target == 3) & (np.arange(len(X)) % 3 == 0)


def fit(estimator, X, y=None, sample_weight=None):
    """Fit, and return the estimator with the messages of its warnings; 20 epochs unless set."""
    if estimator.max_epochs is None:
        estimator.set_params(max_epochs=20)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimator.fit(X, y, sample_weight)
    assert all(w.category is ConvergenceWarning for w in caught)
    return estimator, [str(w.message) for w in caught]


def kelvins(n_samples=200, n_steps=20, seed=0):
    """Two sensors around 293 K; each of four classes has a slope and a frequency of its own."""
    random = np.random.default_rng(seed)
    classes = np.arange(n_samples) % 4
    t = np.arange(n_steps)
    waves = np.sin(t * (1 + classes[:, None]) / 5)
    slopes = t / n_steps * (classes[:, None] % 2)
    values = np.stack([waves, slopes], axis=2) + random.normal(0, 0.2, (n_samples, n_steps, 2))
    return (293 + values).astype(np.float32), classes


STROKES = load_stroke_digits()
FEW_STROKES = (list(STROKES.X_train[:1000]), STROKES.y_train[:1000] >= 5)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    ("params", "X", "y"),
    [
        ({}, X, HALVES),
        ({"penalty": "single", "alpha": 0.5}, X, HALVES),
        ({"penalty": None}, X, DIGITS.target % 5),
        ({"divergence": "js"}, X, HALVES),
        ({"divergence": "hellinger", "penalty": "single"}, X, HALVES),
        ({"early_stopping": True}, X, HALVES),
        ({}, X * 16, HALVES),
        ({"class_weight": "balanced"}, X, RARE),
        (LONG, SCALED, SECOND),
        ({"batch_size": 64, "max_epochs": 10}, *FEW_STROKES),
        ({"penalty": MultilayerLoss(pairs="all")}, X, HALVES),
        ({"views": "neighbors", **LONG}, SCALED, SECOND),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_healthy_fits_are_silent(params, X, y, seed):
    _, messages = fit(ForcedApartClassifier(**params, random_state=seed), X, y)
    assert messages == []


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("X", [X, SCALED], ids=["digits", "wine"])
def test_healthy_autoencoders_are_silent(X, seed):
    _, messages = fit(ForcedApartAutoencoder(random_state=seed), X)
    assert messages == []


@pytest.mark.parametrize("seed", range(2))
def test_accuracy_at_the_share_of_the_most_frequent_label(seed):
    estimator, (message,) = fit(ForcedApartClassifier(random_state=seed), X, RARE)
    assert not estimator.predict(X).any()
    assert "97% have the most frequent label" in message
    assert 'class_weight="balanced"' in message and "lr" in message


@pytest.mark.parametrize("n_classes", [2, 5])
def test_labels_that_nothing_tells(n_classes):
    y = np.random.default_rng(1).integers(n_classes, size=len(X))
    estimator, (message,) = fit(ForcedApartClassifier(lr=1e-4, random_state=0), X, y)
    assert estimator.score(X, y) < np.bincount(y).max() / len(y) + 0.1
    assert "coarse labels were not learnt" in message and "class_weight" not in message


def test_accuracy_is_weighted_and_ignores_unlabelled_samples():
    y = np.where(RARE, 1, 0)
    weight = np.where(RARE, 28.0, 1.0)
    _, messages = fit(ForcedApartClassifier(random_state=0), X, y, weight)
    assert messages == []
    y = np.where(np.arange(len(X)) % 5 > 0, -1, np.where(DIGITS.target == 3, 2, HALVES))
    _, messages = fit(ForcedApartClassifier(unlabeled=-1, batch_size=64, random_state=0), X, y)
    assert messages == []


@pytest.mark.parametrize("cls", [ForcedApartClassifier, ForcedApartAutoencoder])
def test_a_constant_representation(cls):
    K, classes = kelvins()
    params = {"batch_size": 32, "max_epochs": 10, "random_state": 0}
    estimator, (message,) = fit(cls(**params), list(K), classes >= 2)
    H = estimator.transform(list(K))
    assert np.linalg.norm(H.std(axis=0)) < 0.05 * np.linalg.norm(H.mean(axis=0))
    assert "nearly the same for all samples" in message and "lr" in message
    scaled = (K - K.mean(axis=(0, 1))) / K.std(axis=(0, 1))
    assert fit(cls(**params), list(scaled), classes >= 2)[1] == []


def test_a_representation_that_collapses():
    penalty = [("together", ConsistencyLoss(weight=3.0))]
    net = ForcedApartClassifier(
        penalty=penalty, views="neighbors", n_components=16, batch_size=256, random_state=0
    )
    estimator, messages = fit(net, X, HALVES)
    assert np.ptp(estimator.transform(X), axis=0).max() < 0.01
    assert len(messages) == 1 and "lr" in messages[0]


@pytest.mark.parametrize("params", [{}, LONG], ids=["default", "long"])
@pytest.mark.parametrize("cls", [ForcedApartClassifier, ForcedApartAutoencoder])
def test_columns_of_unequal_scale(cls, params):
    estimator, (message,) = fit(cls(**params, random_state=0), WINE.data, SECOND)
    assert "'proline'" in message and "StandardScaler" in message
    # What the message says, by least squares.
    H = estimator.transform(WINE.data)
    design = np.column_stack([np.ones(len(H)), WINE.data["proline"]])
    residual = H - design @ np.linalg.lstsq(design, H, rcond=None)[0]
    explained = 1 - residual.var(axis=0).sum() / H.var(axis=0).sum()
    assert explained > 0.75
    if params is LONG:  # all samples were looked at
        assert f"explains {explained:.0%}" in message
    _, (unnamed,) = fit(cls(**params, random_state=0), WINE.data.to_numpy(), SECOND)
    assert "column 12," in unnamed


def test_one_column_that_tells_all_is_no_fault_among_equals():
    table = np.random.default_rng(0).normal(size=(400, 5)).astype(np.float32)
    table[:, 1:] *= 0.1
    estimator, messages = fit(ForcedApartClassifier(**LONG), table, table[:, 0] > 0)
    assert messages == []


@pytest.mark.parametrize("penalty", ["multi", "single"])
@pytest.mark.parametrize(
    ("divergence", "most", "margin"), [("js", np.log(2), 0.7), ("hellinger", 1.0, 1.01)]
)
def test_a_margin_that_no_pair_reaches(penalty, divergence, most, margin):
    params = {"penalty": penalty, "divergence": divergence, "random_state": 0}
    _, (message,) = fit(ForcedApartClassifier(margin=margin, **params), X, HALVES)
    assert f"margin={margin}" in message and f"{most:.2g} at most" in message
    assert penalty in message
    _, messages = fit(ForcedApartClassifier(margin=most - 0.01, **params), X, HALVES)
    assert messages == []
    _, messages = fit(ForcedApartClassifier(margin=margin, alpha=0.0, **params), X, HALVES)
    assert messages == []


def test_a_large_margin_of_an_unbounded_divergence_is_silent():
    for divergence in ("kl", "jeffreys", lambda log_p, log_q: (log_p - log_q).abs().sum(dim=1)):
        net = ForcedApartClassifier(margin=50.0, divergence=divergence, random_state=0)
        assert fit(net, X, HALVES)[1] == []


@pytest.mark.parametrize("cls", [ForcedApartClassifier, ForcedApartAutoencoder])
def test_fits_of_a_few_steps_and_partial_fits_are_not_judged(cls):
    params = {"divergence": "js", "margin": 2.0, "random_state": 0}
    assert fit(cls(max_epochs=2, **params), X, HALVES)[1] == []
    assert len(fit(cls(max_epochs=3, **params), X, HALVES)[1]) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        estimator = cls(batch_size=32, **params)
        estimator.partial_fit(X, HALVES).partial_fit(X, HALVES)


def test_a_look_draws_no_random_number_and_changes_no_result(untouched_global_generators):
    params = {"batch_size": 128, "warm_start": True, "random_state": 0}
    once = ForcedApartClassifier(max_epochs=6, **params).fit(X, HALVES)
    twice = ForcedApartClassifier(max_epochs=3, **params).fit(X, HALVES).fit(X, HALVES)
    np.testing.assert_array_equal(once.transform(X), twice.transform(X))
