"""Weights: a sample of weight 2 is two samples, one of weight 0 is none, for every penalty."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils.class_weight import compute_sample_weight

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier
from fa_sklearn.losses import DeCovLoss, MultilayerLoss, SingleLayerLoss, XCovLoss

PENALTIES = {
    "none": None,
    "single": "single",
    "multi": "multi",
    # At margin 0.1 a pair comes within 2e-8 of it, and rounding decides whether it counts.
    "pairs": MultilayerLoss(margin=1.0, normalization="pairs"),
    "decov": "decov",
    "xcov": "xcov",
    "all": [
        ("single", SingleLayerLoss()),
        ("multi", MultilayerLoss(margin=0.1)),
        ("decov", DeCovLoss()),
        ("xcov", XCovLoss()),
    ],
}
every_penalty = pytest.mark.parametrize("penalty", PENALTIES.values(), ids=PENALTIES)


@pytest.fixture
def estimator(estimator, penalty):
    """An estimator whose every epoch is one batch, so that the order of samples is no matter."""
    return estimator.set_params(penalty=penalty, alpha=0.5, batch_size=1000, max_epochs=6)


@pytest.fixture
def weight(X):
    return np.random.default_rng(3).integers(0, 4, size=len(X))


def trained(estimator, X, y, sample_weight=None):
    return clone(estimator).fit(X, y, sample_weight=sample_weight)


def assert_equivalent(first, second, X):
    np.testing.assert_allclose(first.transform(X), second.transform(X), rtol=1e-5, atol=1e-5)
    for name in first.net_.history[0]:
        if name.endswith("_loss"):
            np.testing.assert_allclose(
                first.net_.history[:, name],
                second.net_.history[:, name],
                rtol=1e-5,
                atol=1e-7,
                err_msg=name,
            )
    if hasattr(first, "predict_proba"):
        np.testing.assert_allclose(first.predict_proba(X), second.predict_proba(X), atol=1e-5)


@every_penalty
def test_integer_weights_equal_repetition(estimator, X, coarse, weight):
    weighted = trained(estimator, X, coarse, weight)
    repeated = trained(estimator, X.repeat(weight, axis=0), coarse.repeat(weight))
    assert_equivalent(weighted, repeated, X)
    plain = trained(estimator, X, coarse).transform(X)
    assert not np.allclose(weighted.transform(X), plain, rtol=1e-3, atol=1e-3)


@every_penalty
def test_weight_zero_equals_removal(estimator, X, coarse, weight):
    keep = weight > 1
    weighted = trained(estimator, X, coarse, keep.astype(float))
    assert_equivalent(weighted, trained(estimator, X[keep], coarse[keep]), X)


@every_penalty
def test_the_unit_of_weights_does_not_matter(estimator, X, coarse, weight):
    once = trained(estimator, X, coarse, weight)
    assert_equivalent(once, trained(estimator, X, coarse, weight * 128), X)
    assert_equivalent(
        trained(estimator, X, coarse, np.full(len(X), 0.25)), trained(estimator, X, coarse), X
    )


@every_penalty
def test_a_batch_without_weight_does_no_harm(estimator, X, coarse):
    """Batches of five meet samples of which one in eight counts."""
    weight = np.arange(len(X)) % 8 == 0
    estimator.set_params(batch_size=5).fit(X, coarse, sample_weight=weight)
    assert np.isfinite(estimator.transform(X)).all()
    assert np.isfinite(estimator.net_.history[:, "train_loss"]).all()


@pytest.mark.parametrize("penalty", ["multi"])
def test_weights_of_the_validation_samples_count(estimator, X, coarse, weight):
    estimator.set_params(early_stopping=True, validation_fraction=0.4)
    plain = trained(estimator, X, coarse).net_.history[0, "valid_loss"]
    weighted = trained(estimator, X, coarse, weight).net_.history[0, "valid_loss"]
    assert weighted != pytest.approx(plain, rel=1e-4)


@pytest.mark.parametrize("penalty", ["multi"])
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (lambda n: np.full(n, -1.0), "[Nn]egative"),
        (lambda n: np.zeros(n), "non-zero|0 for every sample"),
        (lambda n: np.ones(n - 1), "sample_weight.shape"),
        (lambda n: np.full(n, np.nan), "NaN"),
        (lambda n: np.ones((n, 2)), "1D"),
    ],
)
def test_impossible_weights_are_refused(estimator, X, coarse, bad, message):
    with pytest.raises(ValueError, match=message):
        estimator.fit(X, coarse, sample_weight=bad(len(X)))


@pytest.mark.parametrize("penalty", ["multi"])
def test_score_is_weighted(estimator, X, coarse, weight):
    estimator.set_params(max_epochs=1).fit(X, coarse)
    expected = estimator.score(X.repeat(weight, axis=0), coarse.repeat(weight))
    assert estimator.score(X, coarse, sample_weight=weight) == pytest.approx(expected, rel=1e-6)
    assert estimator.score(X, coarse) != pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("penalty", ["multi"])
def test_score_of_the_autoencoder_is_minus_the_squared_error(estimator, X, coarse):
    if isinstance(estimator, ForcedApartClassifier):
        expected = np.mean(estimator.fit(X, coarse).predict(X) == coarse)
    else:
        restored = estimator.inverse_transform(estimator.fit(X).transform(X))
        expected = -np.square(X - restored).sum(axis=1).mean()
    assert estimator.score(X, coarse) == pytest.approx(expected, rel=1e-5)


@every_penalty
@pytest.mark.parametrize("given", [False, True])
def test_class_weight_is_a_sample_weight(small, X, fine, weight, penalty, given):
    """A dict and "balanced", alone and as a factor beside sample weights."""
    coarse = np.where(fine == "a", "rare", "common")
    factor = weight + 0.5 if given else np.ones(len(X))
    classifier = ForcedApartClassifier(**small).set_params(penalty=penalty)
    plain = trained(classifier, X, coarse, factor).transform(X)
    for class_weight in ({"rare": 5.0, "common": 0.5}, "balanced"):
        weighted = clone(classifier).set_params(class_weight=class_weight)
        weighted.fit(X, coarse, sample_weight=factor if given else None)
        by_hand = factor * compute_sample_weight(class_weight, coarse)
        expected = trained(classifier, X, coarse, by_hand)
        assert_equivalent(weighted, expected, X)
        assert not np.allclose(weighted.transform(X), plain, rtol=1e-4, atol=1e-4)


def test_balanced_weights_of_a_later_fit_that_lacks_a_class(small, X, coarse):
    labels = np.array(["a", "b", "c"])[np.arange(len(X)) % 3]
    later = np.where(np.arange(len(X)) % 4 == 0, "a", "c")
    nets = [ForcedApartClassifier(**small).set_params(warm_start=True) for _ in range(2)]
    first = compute_sample_weight("balanced", labels)
    nets[0].set_params(class_weight="balanced").fit(X, labels).fit(X, later)
    nets[1].fit(X, labels, first).fit(X, later, compute_sample_weight("balanced", later))
    assert_equivalent(*nets, X)
    nets[0].fit(X, np.full(len(X), "b"))


def test_class_weight_speaks_of_groups(small, X, fine, coarse, groups):
    by_group = {0: 4.0, 1: 1.0}
    mapped = ForcedApartClassifier(**small, class_weight=by_group, label_groups=groups)
    plain = ForcedApartClassifier(**small, class_weight=by_group)
    np.testing.assert_array_equal(
        mapped.fit(X, fine).transform(X), plain.fit(X, coarse).transform(X)
    )
    balanced = ForcedApartClassifier(**small, class_weight="balanced", label_groups=groups)
    half = (np.arange(len(X)) % 2 == 0) | (coarse == 1)
    np.testing.assert_array_equal(
        balanced.fit(X[half], fine[half]).transform(X),
        clone(balanced).set_params(label_groups=None).fit(X[half], coarse[half]).transform(X),
    )


def test_a_heavy_rare_class_is_predicted(small, X, fine):
    rare = fine == "a"
    classifier = ForcedApartClassifier(**small).set_params(lr=1e-3)
    predicted = classifier.fit(X, rare).predict(X).sum()
    heavy = clone(classifier).set_params(class_weight={True: 1000.0, False: 1.0}, lr=0.01)
    assert heavy.fit(X, rare).predict(X).sum() > max(predicted, rare.sum())


def test_weights_reach_an_autoencoder_of_sequences(small):
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(length, 2)) for length in rng.integers(2, 6, size=30)]
    weight = rng.integers(0, 3, size=30)
    small = {**small, "module_params": {"hidden_size": 8}, "batch_size": 1000}
    repeated = [x for x, times in zip(X, weight, strict=True) for _ in range(times)]
    assert_equivalent(
        ForcedApartAutoencoder(**small).fit(X, sample_weight=weight),
        ForcedApartAutoencoder(**small).fit(repeated),
        X,
    )
