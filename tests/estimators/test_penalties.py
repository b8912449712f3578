"""The penalty parameter: names, terms, lists, margins and divergences."""

import numpy as np
import pytest
import torch
from sklearn.base import clone

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier
from fa_sklearn.losses import (
    DeCovLoss,
    LossTerm,
    MultilayerLoss,
    SingleLayerLoss,
    XCovLoss,
    pairwise_divergence,
)

pytestmark = pytest.mark.usefixtures("untouched_global_generators")

X = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
Y = np.arange(50) % 2
BOTH = [ForcedApartClassifier, ForcedApartAutoencoder]
both = pytest.mark.parametrize("cls", BOTH)


def fit(cls, penalty, **params):
    defaults = {"n_components": 5, "max_epochs": 2, "batch_size": 20, "random_state": 0}
    return cls(penalty=penalty, **{**defaults, **params}).fit(X, Y)


def embed(cls, penalty, **params):
    return fit(cls, penalty, **params).transform(X)


@both
@pytest.mark.parametrize(
    ("name", "term", "margin"),
    [
        ("single", SingleLayerLoss(margin=5.0), None),
        ("multi", MultilayerLoss(margin=1.0), None),
        ("decov", DeCovLoss(), None),
        ("xcov", XCovLoss(), None),
        ("single", SingleLayerLoss(margin=2.5), 2.5),
        ("multi", MultilayerLoss(margin=0.25), 0.25),
    ],
)
def test_names_terms_and_lists_are_the_same(cls, name, term, margin):
    named = fit(cls, name, margin=margin)
    for same in (term, [(name, term)], ((name, term),), [[name, term]]):
        other = fit(cls, same)
        assert np.array_equal(other.transform(X), named.transform(X))
        assert set(other.net_.history[-1]) == set(named.net_.history[-1])
    renamed = fit(cls, [("mine", term)])
    assert np.array_equal(renamed.transform(X), named.transform(X))
    assert "train_mine_loss" in renamed.net_.history[-1]


@both
def test_penalties_differ(cls):
    results = [embed(cls, name) for name in (None, "single", "multi", "decov", "xcov")]
    for i, one in enumerate(results):
        assert all(not np.array_equal(one, other) for other in results[:i])


@both
def test_an_empty_list_is_no_penalty(cls):
    assert np.array_equal(embed(cls, []), embed(cls, None))


@both
def test_alpha_does_nothing_without_a_penalty(cls):
    assert np.array_equal(embed(cls, None, alpha=0.0), embed(cls, None, alpha=0.7))


@both
def test_alpha_0_is_no_penalty(cls):
    np.testing.assert_allclose(embed(cls, "multi", alpha=0.0), embed(cls, None), atol=1e-6)


@both
def test_weight_0_is_no_term(cls):
    terms = [("multi", MultilayerLoss()), ("off", DeCovLoss(weight=0.0))]
    np.testing.assert_allclose(embed(cls, terms), embed(cls, "multi"), atol=1e-6)


@both
def test_weights_and_alpha_trade_places(cls):
    half = embed(cls, MultilayerLoss(weight=0.5), alpha=0.5, optimizer="sgd", lr=1e-4)
    third = embed(cls, "multi", alpha=1 / 3, optimizer="sgd", lr=1e-4 * 0.75)
    np.testing.assert_allclose(half, third, rtol=1e-4, atol=1e-6)


def test_two_terms_act_at_once():
    terms = [("rows", SingleLayerLoss()), ("pairs", MultilayerLoss(weight=3.0))]
    together = embed(ForcedApartClassifier, terms)
    for alone in terms:
        assert not np.allclose(embed(ForcedApartClassifier, [alone]), together)


# -- margin and divergence --------------------------------------------------------------------


@both
@pytest.mark.parametrize("penalty", [None, "decov", "xcov"])
def test_margin_and_divergence_are_ignored_where_nothing_has_them(cls, penalty):
    expected = embed(cls, penalty)
    assert np.array_equal(embed(cls, penalty, margin=3.0), expected)
    assert np.array_equal(embed(cls, penalty, divergence="js"), expected)


@both
@pytest.mark.parametrize("penalty", [MultilayerLoss(), DeCovLoss(), [("a", SingleLayerLoss())]])
def test_margin_or_divergence_beside_a_term_is_an_error(cls, penalty):
    with pytest.raises(ValueError, match=r"margin .*term"):
        fit(cls, penalty, margin=1.0)
    with pytest.raises(ValueError, match=r"divergence .*term"):
        fit(cls, penalty, divergence="js")


@pytest.mark.parametrize(("penalty", "margin"), [("single", 0.0026), ("multi", 0.01)])
def test_margin_changes_the_hinge(penalty, margin):
    assert not np.array_equal(
        embed(ForcedApartClassifier, penalty, margin=margin),
        embed(ForcedApartClassifier, penalty, margin=4.0),
    )


BOUNDS = {"js": np.log(2), "hellinger": 1.0, "kl": np.inf, "jeffreys": np.inf}
TERM_OF = {"single": SingleLayerLoss, "multi": MultilayerLoss}


@pytest.mark.parametrize("divergence", BOUNDS)
@pytest.mark.parametrize("penalty", TERM_OF)
def test_each_divergence_has_a_default_margin_that_saturates(penalty, divergence):
    estimator = fit(ForcedApartClassifier, penalty, divergence=divergence)
    (term,) = estimator.net_.terms.values()
    assert 0 < term.margin < BOUNDS[divergence]
    assert term.divergence == divergence
    by_hand = TERM_OF[penalty](term.margin, divergence)
    assert np.array_equal(embed(ForcedApartClassifier, by_hand), estimator.transform(X))


def test_the_default_margins_of_kl():
    margins = {"single": 5.0, "multi": 1.0}
    for penalty, margin in margins.items():
        (term,) = fit(ForcedApartClassifier, penalty).net_.terms.values()
        assert term.margin == margin


def my_kl(log_p, log_q):
    return (log_p.exp() * (log_p - log_q)).sum(dim=1)


def total_variation(log_p, log_q):
    return (log_p.exp() - log_q.exp()).abs().sum(dim=1) / 2


@both
@pytest.mark.parametrize("penalty", ["single", "multi"])
def test_a_callable_divergence_is_the_named_one(cls, penalty):
    found = embed(cls, penalty, divergence=my_kl)
    np.testing.assert_allclose(found, embed(cls, penalty), rtol=1e-4, atol=1e-5)


def test_a_divergence_of_the_user():
    estimator = fit(ForcedApartClassifier, "multi", divergence=total_variation, margin=0.5)
    p = torch.tensor(estimator.transform(X[:4])).softmax(dim=1).double().numpy()
    by_hand = 0.5 * np.abs(p[:, None] - p[None]).sum(axis=2)
    found = pairwise_divergence(torch.tensor(estimator.transform(X[:4])), total_variation)
    np.testing.assert_allclose(found, by_hand, atol=1e-6)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (lambda log_p, log_q: log_p, r"divergence must map .* got \(\d+, 5\)"),
        (lambda log_p, log_q: 0.0, "divergence must map .* got float"),
    ],
)
def test_a_divergence_that_returns_something_else(value, message):
    with pytest.raises(ValueError, match=message):
        fit(ForcedApartClassifier, "multi", divergence=value)


# -- terms of the user ------------------------------------------------------------------------


class Activity(LossTerm):
    inputs = ("h",)

    def __init__(self, weight=1.0):
        self.weight = weight

    def __call__(self, h):
        return h.abs().mean()


@pytest.mark.filterwarnings("ignore:The representation was 0")
@both
def test_a_term_of_the_user(cls):
    estimator = fit(cls, Activity(weight=8.0), alpha=0.5, max_epochs=20, lr=0.01)
    (name,) = estimator.net_.terms
    losses = estimator.net_.history[:, f"train_{name}_loss"]
    assert losses[-1] < losses[0] / 2
    assert estimator.transform(X).mean() < embed(cls, None, max_epochs=20, lr=0.01).mean() / 2


# -- parameters inside a list -----------------------------------------------------------------


@both
def test_nested_parameters(cls):
    estimator = cls(penalty=[("one", SingleLayerLoss()), ("many", MultilayerLoss(margin=0.5))])
    params = estimator.get_params()
    assert params["penalty__many__margin"] == 0.5 and params["penalty__one__weight"] == 1.0
    assert isinstance(params["penalty__one"], SingleLayerLoss)
    assert not any("__" in name for name in estimator.get_params(deep=False))
    estimator.set_params(penalty__many__margin=2.0, penalty__one__weight=0.25, alpha=0.4)
    assert estimator.penalty[1][1].margin == 2.0 and estimator.penalty[0][1].weight == 0.25
    assert estimator.alpha == 0.4
    estimator.set_params(penalty__one=DeCovLoss(), penalty__one__weight=7.0)
    assert estimator.penalty[0][1].get_params() == {"weight": 7.0}


@both
def test_parameters_of_a_single_term(cls):
    estimator = cls(penalty=MultilayerLoss()).set_params(penalty__margin=0.5)
    assert estimator.get_params()["penalty__margin"] == 0.5


@both
def test_clones_do_not_share_terms(cls):
    estimator = cls(penalty=[("many", MultilayerLoss(margin=0.5))])
    other = clone(estimator).set_params(penalty__many__margin=3.0)
    assert estimator.penalty[0][1].margin == 0.5 and other.penalty[0][1].margin == 3.0


@both
def test_fit_leaves_the_terms_alone(cls):
    term = MultilayerLoss(margin=0.5)
    estimator = fit(cls, [("many", term)])
    assert estimator.penalty == [("many", term)] and estimator.penalty[0][1] is term
    assert estimator.net_.terms["many"] is not term
