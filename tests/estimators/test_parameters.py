"""Parameters: names, defaults, nested ones of terms and lists of terms, and their effect."""

import functools
import inspect
import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_mutual_info_score
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import Pipeline
from sklearn.utils._param_validation import InvalidParameterError

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier, load
from fa_sklearn.losses import DeCovLoss, MultilayerLoss, SingleLayerLoss
from fa_sklearn.views import NeighborViews

PUBLIC_DEFAULTS = {
    "module": "auto",
    "module_params": None,
    "n_components": None,
    "penalty": "multi",
    "margin": None,
    "alpha": None,
    "divergence": "kl",
    "label_groups": None,
    "unlabeled": None,
    "class_weight": None,
    "optimizer": "adam",
    "optimizer_params": None,
    "lr": 1e-3,
    "batch_size": None,
    "max_epochs": None,
    "early_stopping": False,
    "validation_fraction": 0.1,
    "n_iter_no_change": 5,
    "callbacks": None,
    "device": "auto",
    "precision": "auto",
    "warm_start": False,
    "checkpoint_dir": None,
    "verbose": 0,
    "random_state": None,
}
NOT_IN_AUTOENCODER = {"label_groups", "unlabeled", "class_weight", "embedding"}


def two_terms():
    return [("single", SingleLayerLoss(margin=6.0)), ("multi", MultilayerLoss(weight=0.5))]


def represent(estimator, X, y):
    return estimator.fit(X, y).transform(X)


def differ(first, second):
    return not np.array_equal(first, second)


def test_public_parameters_have_their_published_defaults(estimator_class):
    expected = dict(PUBLIC_DEFAULTS)
    if estimator_class is ForcedApartAutoencoder:
        expected = {key: value for key, value in expected.items() if key not in NOT_IN_AUTOENCODER}
        assert not NOT_IN_AUTOENCODER & set(estimator_class().get_params())
    signature = inspect.signature(estimator_class).parameters
    assert {name: signature[name].default for name in expected} == expected
    for name, parameter in signature.items():
        keyword_only = parameter.kind is inspect.Parameter.KEYWORD_ONLY
        assert keyword_only == (name != "module")


@pytest.mark.parametrize("penalty", [None, "single", MultilayerLoss(margin=0.25), two_terms()])
def test_clone_keeps_parameters_and_drops_the_fit(estimator, X, coarse, penalty):
    estimator.set_params(penalty=penalty).fit(X, coarse)
    copied = clone(estimator)
    assert not [name for name in vars(copied) if name.endswith("_")]
    assert repr(copied.get_params()) == repr(estimator.get_params())
    np.testing.assert_array_equal(represent(copied, X, coarse), estimator.transform(X))


def test_clone_shares_no_term(estimator_class):
    original = estimator_class(penalty=two_terms())
    copied = clone(original)
    copied.set_params(penalty__multi__margin=0.125, penalty__single__weight=3.0)
    params = original.get_params()
    assert params["penalty__multi__margin"] == 1.0
    assert params["penalty__single__weight"] == 1.0
    for (_, mine), (_, other) in zip(original.penalty, copied.penalty, strict=True):
        assert mine is not other

    alone = estimator_class(penalty=MultilayerLoss())
    clone(alone).set_params(penalty__margin=0.125)
    assert alone.penalty.margin == 1.0


def test_the_term_object_is_reached(estimator_class):
    estimator = estimator_class(penalty=MultilayerLoss(margin=0.5))
    assert estimator.get_params()["penalty__margin"] == 0.5
    assert "penalty__margin" not in estimator.get_params(deep=False)
    assert estimator.set_params(penalty__margin=0.75) is estimator
    assert estimator.penalty.margin == 0.75


def test_terms_of_a_list_are_reached(estimator_class):
    terms = two_terms()
    estimator = estimator_class(penalty=terms)
    params = estimator.get_params()
    assert params["penalty__single"] is terms[0][1]
    assert params["penalty__single__margin"] == 6.0
    assert params["penalty__multi__weight"] == 0.5
    assert params["penalty__multi__normalization"] == "group"
    assert not [name for name in estimator.get_params(deep=False) if "__" in name]
    estimator.set_params(penalty__multi__margin=0.25, penalty__multi__weight=2.0)
    assert estimator.get_params()["penalty__multi__margin"] == 0.25
    assert estimator.get_params()["penalty__multi__weight"] == 2.0
    assert estimator.get_params()["penalty__single__margin"] == 6.0


def test_get_params_goes_back_into_set_params(estimator_class):
    estimator = estimator_class(penalty=two_terms(), alpha=0.3)
    copied = estimator_class().set_params(**estimator.get_params())
    assert repr(copied.get_params()) == repr(estimator.get_params())


def test_a_term_of_a_list_is_replaced_in_its_place(estimator_class):
    terms = two_terms()
    estimator = estimator_class(penalty=terms).set_params(penalty__single=DeCovLoss(weight=2.0))
    assert [name for name, _ in estimator.penalty] == ["single", "multi"]
    assert isinstance(estimator.penalty[0][1], DeCovLoss)
    assert isinstance(terms[0][1], SingleLayerLoss), "the user's own list was changed"
    assert estimator.get_params()["penalty__single__weight"] == 2.0


@pytest.mark.parametrize("turn", [list, lambda items: list(reversed(items))])
def test_order_of_set_params_does_not_matter(estimator_class, turn):
    values = {
        "penalty": two_terms(),
        "penalty__multi": MultilayerLoss(weight=4.0),
        "penalty__multi__margin": 0.375,
    }
    estimator = estimator_class(penalty=None).set_params(**dict(turn(list(values.items()))))
    assert estimator.get_params()["penalty__multi__weight"] == 4.0
    assert estimator.get_params()["penalty__multi__margin"] == 0.375
    assert estimator.get_params()["penalty__single__margin"] == 6.0


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("marginn", "marginn"),
        ("penalty__multy__margin", "multy"),
        ("penalty__multy", "multy"),
        ("penalty__multi__marginn", "marginn"),
    ],
)
def test_invalid_names_are_named(estimator_class, name, named):
    with pytest.raises(ValueError, match=f"Invalid parameter .*{named}"):
        estimator_class(penalty=two_terms()).set_params(**{name: 1.0})


@pytest.mark.parametrize("penalty", ["multi", None])
def test_a_nested_name_beside_a_name_points_to_the_remedy(estimator_class, penalty):
    with pytest.raises(ValueError, match="penalty__margin"):
        estimator_class(penalty=penalty).set_params(penalty__margin=0.5)


@pytest.mark.parametrize("views", ["neighbors", None])
def test_a_nested_name_beside_a_name_of_views_points_to_the_remedy(estimator_class, views):
    match = "Invalid parameter 'views__n_neighbors': .*NeighborViews"
    estimator = estimator_class(views=views)
    with pytest.raises(ValueError, match=match):
        estimator.set_params(lr=1.0, views__n_neighbors=5)
    estimator.set_params(views__n_neighbors=5, views=NeighborViews())
    assert estimator.views.n_neighbors == 5
    with pytest.raises(ValueError, match=match):
        estimator.set_params(views__n_neighbors=5, views=views)


OPTIONS = [("module", "module_params"), ("optimizer", "optimizer_params")]


@pytest.mark.parametrize(("prefix", "name"), OPTIONS)
def test_options_in_a_dict_are_nested_parameters(estimator_class, prefix, name):
    given = {"first": 1, "second": (2, 3)}
    estimator = estimator_class(**{name: given})
    assert estimator.get_params()[f"{prefix}__second"] == (2, 3)
    assert f"{prefix}__second" not in estimator.get_params(deep=False)
    copied = clone(estimator).set_params(**{f"{prefix}__second": 4, f"{prefix}__third": 5})
    assert getattr(copied, name) == {"first": 1, "second": 4, "third": 5}
    assert getattr(estimator, name) is given
    assert given == {"first": 1, "second": (2, 3)}
    from_none = estimator_class().set_params(**{f"{prefix}__first": 6})
    assert getattr(from_none, name) == {"first": 6}
    both = estimator_class().set_params(**{f"{prefix}__second": 7, name: given})
    assert getattr(both, name) == {"first": 1, "second": 7}
    again = estimator_class().set_params(**copied.get_params())
    assert again.get_params() == copied.get_params()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("module__hidden_size", (3,), "unknown option 'hidden_size' .*hidden_sizes"),
        ("module__a__b", 1, "unknown option 'a__b'"),
        ("module__input_shape", (3,), "must not hold 'input_shape'"),
        ("optimizer__weight_decai", 0.1, "unknown option 'weight_decai' for Adam: .*weight_decay"),
        ("optimizer__lr", 0.1, "optimizer_params must not hold 'lr'"),
    ],
)
@pytest.mark.parametrize("optimizer", ["adam", torch.optim.Adam])
def test_unknown_options_are_named_at_fit(estimator, X, coarse, name, value, message, optimizer):
    estimator.set_params(**{name: value}, optimizer=optimizer)
    with pytest.raises(TypeError, match=message):
        estimator.fit(X, coarse)


def sgd_of_mine(weights, lr, **options):
    return torch.optim.SGD(weights, lr=lr, **options)


@pytest.mark.parametrize("optimizer", ["sgd", torch.optim.SGD, sgd_of_mine])
def test_options_reach_the_optimizer(estimator, X, coarse, optimizer):
    estimator.set_params(optimizer=optimizer, optimizer__weight_decay=np.float64(0.3))
    estimator.set_params(optimizer__momentum=0.5)
    by_hand = clone(estimator).set_params(
        optimizer=functools.partial(
            torch.optim.SGD, weight_decay=0.3, momentum=0.5, fused=optimizer == "sgd"
        ),
        optimizer_params=None,
    )
    found = represent(estimator, X, coarse)
    np.testing.assert_array_equal(found, represent(by_hand, X, coarse))
    (group,) = estimator.net_.optimizer_.param_groups
    assert (group["weight_decay"], group["momentum"]) == (0.3, 0.5)


@pytest.mark.parametrize("how", ["pickle", "file"])
@pytest.mark.parametrize("optimizer", ["sgd", torch.optim.SGD, sgd_of_mine])
def test_options_of_the_optimizer_are_kept(estimator, X, coarse, tmp_path, how, optimizer):
    estimator.set_params(optimizer=optimizer, optimizer__weight_decay=0.3).fit(X, coarse)
    if how == "pickle":
        again = pickle.loads(pickle.dumps(estimator))
    else:
        estimator.save(tmp_path / "net")
        again = load(tmp_path / "net", trusted=[sgd_of_mine])
    assert again.optimizer_params == {"weight_decay": 0.3}
    np.testing.assert_array_equal(
        again.partial_fit(X, coarse).transform(X), estimator.partial_fit(X, coarse).transform(X)
    )


def test_every_nested_parameter_reaches_the_training(estimator, X, coarse):
    estimator.set_params(penalty=two_terms())
    base = represent(clone(estimator), X, coarse)
    for change in (
        {"penalty__multi__margin": 0.01},
        {"penalty__multi__weight": 0.0},
        {"penalty__single__weight": 0.25},
        {"penalty__multi": DeCovLoss()},
    ):
        assert differ(represent(clone(estimator).set_params(**change), X, coarse), base), change


def test_a_term_without_weight_acts_like_no_term(estimator, X, coarse):
    only_single = clone(estimator).set_params(penalty=two_terms()[:1])
    muted = clone(estimator).set_params(penalty=two_terms(), penalty__multi__weight=0.0)
    np.testing.assert_allclose(
        represent(muted, X, coarse), represent(only_single, X, coarse), rtol=1e-5, atol=1e-6
    )


def test_history_holds_each_term_and_fit_leaves_terms_alone(estimator, X, coarse):
    terms = two_terms()
    before = repr(terms)
    estimator.set_params(penalty=terms, early_stopping=True).fit(X, coarse)
    assert repr(terms) == before
    assert estimator.penalty is terms
    for name, term in terms:
        assert estimator.net_.terms[name] is not term, "a later set_params would reach the net"
    for part in ("train", "valid"):
        for name in ("task_loss", "single_loss", "multi_loss", "loss"):
            values = estimator.net_.history[:, f"{part}_{name}"]
            assert len(values) == estimator.n_iter_
            assert np.isfinite(values).all()
    row = estimator.net_.history[0]
    penalty = row["train_single_loss"] + 0.5 * row["train_multi_loss"]
    assert row["train_loss"] == pytest.approx(0.9 * row["train_task_loss"] + 0.1 * penalty)


@pytest.mark.parametrize("penalty", [None, "decov", "xcov"])
def test_a_margin_beside_a_penalty_without_one_is_ignored(estimator, X, coarse, penalty):
    estimator.set_params(penalty=penalty)
    with_margin = clone(estimator).set_params(margin=0.3)
    np.testing.assert_array_equal(
        represent(with_margin, X, coarse), represent(estimator, X, coarse)
    )


@pytest.mark.parametrize("change", [{"margin": 0.5}, {"divergence": "js"}])
@pytest.mark.parametrize("penalty", [MultilayerLoss(), two_terms()])
def test_margin_or_divergence_beside_a_term_is_refused(estimator, X, coarse, penalty, change):
    estimator.set_params(penalty=penalty, **change)
    with pytest.raises(ValueError, match=f"{next(iter(change))} .*term"):
        estimator.fit(X, coarse)


@pytest.mark.parametrize(
    ("name", "term"), [("multi", MultilayerLoss(margin=0.02)), ("single", SingleLayerLoss(0.025))]
)
def test_a_name_with_a_margin_equals_its_term(estimator, X, coarse, name, term):
    by_name = clone(estimator).set_params(penalty=name, margin=term.margin)
    by_term = clone(estimator).set_params(penalty=term)
    in_list = clone(estimator).set_params(penalty=[("any", term)])
    expected = represent(by_name, X, coarse)
    assert differ(expected, represent(clone(by_name).set_params(margin=None), X, coarse))
    np.testing.assert_array_equal(represent(by_term, X, coarse), expected)
    np.testing.assert_array_equal(represent(in_list, X, coarse), expected)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("module", 3),
        ("n_components", 0),
        ("n_components", 2.5),
        ("penalty", 1.0),
        ("margin", -1.0),
        ("alpha", 1.0),
        ("alpha", -0.1),
        ("lr", 0.0),
        ("batch_size", 0),
        ("max_epochs", 0),
        ("early_stopping", "yes"),
        ("validation_fraction", 1.0),
        ("n_iter_no_change", 0),
        ("precision", "float16"),
        ("checkpoint_dir", 3),
        ("random_state", "zero"),
    ],
)
def test_invalid_values_name_the_parameter(estimator_class, X, coarse, name, value):
    with pytest.raises(InvalidParameterError, match=f"'{name}' parameter of"):
        estimator_class(**{name: value}).fit(X, coarse)


@pytest.mark.parametrize("value", [{"class_weight": "even"}, {"label_groups": 3}])
def test_invalid_values_of_the_classifier_name_the_parameter(X, coarse, value):
    with pytest.raises(InvalidParameterError, match=f"'{next(iter(value))}' parameter of"):
        ForcedApartClassifier(**value).fit(X, coarse)


def test_nested_parameters_in_a_grid(small, X, fine, groups):
    """Each point of the grid scores what a pipeline of its own scores."""
    apart = ForcedApartClassifier(**small, label_groups=groups, penalty=two_terms())
    pipe = Pipeline([("apart", apart), ("cluster", KMeans(4, n_init=2, random_state=0))])
    cv = KFold(2, shuffle=True, random_state=0)
    grid = [
        {"apart__penalty__multi__margin": [0.1, 10.0], "apart__penalty__multi__weight": [0.5, 50]},
        {"apart__penalty__multi": [DeCovLoss()], "apart__penalty__single__margin": [1.0]},
        {"apart__penalty": [MultilayerLoss()], "apart__penalty__margin": [0.5]},
        {"apart__penalty": ["single", None]},
        {"apart__module__hidden_sizes": [(3,), (9, 4)], "apart__optimizer__weight_decay": [0, 9]},
    ]
    search = GridSearchCV(pipe, grid, scoring="adjusted_mutual_info_score", cv=cv)
    search.fit(X, fine)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert repr(pipe.get_params()["apart__penalty"]) == repr(two_terms())
    train, test = next(cv.split(X))
    scores = search.cv_results_["split0_test_score"]
    for params, score in zip(search.cv_results_["params"], scores, strict=True):
        alone = clone(pipe).set_params(**params).fit(X[train], fine[train])
        expected = adjusted_mutual_info_score(fine[test], alone.predict(X[test]))
        assert score == pytest.approx(expected)
    assert len(set(np.round(scores, 12))) > 2


def test_a_margin_grid_beside_penalties_without_one(small, X, fine, groups):
    search = GridSearchCV(
        ForcedApartClassifier(**small, label_groups=groups),
        {"penalty": [None, "single", "multi", "decov", "xcov"], "margin": [None, 0.5]},
        cv=2,
        error_score="raise",
    )
    assert np.isfinite(search.fit(X, fine).cv_results_["mean_test_score"]).all()
