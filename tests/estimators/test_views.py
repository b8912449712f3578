"""The views parameter: which term compares them, and what training does with them."""

import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import FunctionTransformer
from sklearn.random_projection import GaussianRandomProjection
from skorch.callbacks import Callback

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier, load
from fa_sklearn.losses import (
    ConsistencyLoss,
    ContrastLoss,
    LossTerm,
    MultilayerLoss,
    SingleLayerLoss,
)
from fa_sklearn.modules import MLP
from fa_sklearn.views import AugmentedViews, NeighborViews

from ..losses.test_consistency import double_loop

pytestmark = pytest.mark.usefixtures("untouched_global_generators")

X = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
Y = np.arange(50) % 2
both = pytest.mark.parametrize("cls", [ForcedApartClassifier, ForcedApartAutoencoder])


def make(cls=ForcedApartClassifier, **params):
    defaults = {"n_components": 5, "max_epochs": 2, "batch_size": 20, "random_state": 0}
    return cls(**{**defaults, **params})


def jitter(batch, lengths):
    return batch + 0.5 * torch.randn_like(batch)


@both
@pytest.mark.parametrize(
    ("views", "margin", "weight"),
    [("neighbors", 0.6, 2.0), (AugmentedViews(jitter), 0.25, 1.0)],
    ids=["name", "augmented"],
)
def test_a_penalty_gets_a_term_that_compares_views(cls, views, margin, weight):
    net = make(cls, views=views, divergence="js").fit(X, Y).net_
    assert list(net.terms) == ["multi", "consistency"]
    assert net.terms["consistency"].get_params() == {"divergence": "js", "weight": weight}
    assert "train_consistency_loss" in net.history[-1]
    explicit = [
        ("multi", MultilayerLoss(margin, "js")),
        ("consistency", ConsistencyLoss("js", weight)),
    ]
    same = make(cls, views=views, penalty=explicit).fit(X, Y)
    assert np.array_equal(
        same.transform(X), make(cls, views=views, divergence="js").fit_transform(X, Y)
    )


@both
@pytest.mark.parametrize("views", ["neighbors", AugmentedViews(jitter)], ids=["name", "augmented"])
def test_the_contrast_pulls_by_itself(cls, views):
    net = make(cls, views=views, penalty="contrast").fit(X, Y).net_
    assert list(net.terms) == ["contrast"]
    assert net.terms["contrast"].get_params() == ContrastLoss().get_params()
    with pytest.raises(ValueError, match=r"'contrast' compares two views.*views='neighbors'"):
        make(cls, penalty="contrast").fit(X, Y)


@both
def test_the_added_term_measures_as_the_one_that_pushes_apart(cls):
    js, hellinger = MultilayerLoss(0.25, "js"), MultilayerLoss(0.5, "hellinger")
    two = [("a", js), ("b", hellinger)]
    for penalty, expected in ((js, "js"), ([("x", hellinger)], "hellinger"), (two, "kl")):
        net = make(cls, views="neighbors", penalty=penalty).fit(X, Y).net_
        assert net.terms["consistency"].divergence == expected


@both
def test_an_own_term_that_reads_the_view_takes_its_place(cls):
    class Distance(LossTerm):
        inputs = ("h", "h_view")

        def __init__(self, weight=1.0):
            self.weight = weight

        def __call__(self, h, h_view):
            return (h - h_view).square().mean()

    net = make(cls, views="neighbors", penalty=[("pull", Distance())]).fit(X, Y).net_
    assert list(net.terms) == ["pull"]


@both
def test_without_a_penalty_neighbours_change_nothing(cls):
    plain = make(cls, penalty=None).fit(X, Y)
    viewed = make(cls, penalty=None, views="neighbors").fit(X, Y)
    assert np.array_equal(plain.transform(X), viewed.transform(X))
    assert list(viewed.net_.terms) == []


class CountedNeighbors(NeighborViews):
    searches = 0

    def pair(self, *arguments):
        type(self).searches += 1
        return super().pair(*arguments)


@pytest.mark.parametrize(
    ("penalty", "expected"),
    [
        (None, 0),
        ([("multi", MultilayerLoss()), ("consistency", ConsistencyLoss(weight=0))], 0),
        ("multi", 1),
    ],
    ids=["no penalty", "weight 0", "multi"],
)
def test_neighbours_are_sought_only_where_something_compares_them(penalty, expected):
    before = CountedNeighbors.searches
    make(penalty=penalty, views=CountedNeighbors(3)).fit(X, Y)
    assert CountedNeighbors.searches - before == expected


@both
def test_a_comparison_of_weight_0_leaves_one_augmented_copy(cls):
    seen = []

    def count(batch, lengths):
        seen.append(len(batch))
        return jitter(batch, lengths)

    multi = ("multi", MultilayerLoss())
    alone = [multi, ("consistency", ConsistencyLoss(weight=0))]
    one = make(cls, penalty=alone, views=AugmentedViews(count)).fit(X, Y)
    assert list(one.net_.terms) == ["multi"]
    assert sum(seen) == 2 * len(X)
    assert not np.array_equal(one.transform(X), make(cls, penalty=[multi]).fit_transform(X, Y))
    seen.clear()
    make(cls, views=AugmentedViews(count)).fit(X, Y)
    assert sum(seen) == 2 * 2 * len(X)


@both
def test_without_a_penalty_augmentation_augments(cls):
    plain = make(cls, penalty=None).fit(X, Y)
    augmented = make(cls, penalty=None, views=AugmentedViews(jitter)).fit(X, Y)
    assert not np.array_equal(plain.transform(X), augmented.transform(X))
    again = make(cls, penalty=None, views=AugmentedViews(jitter)).fit(X, Y)
    assert np.array_equal(again.transform(X), augmented.transform(X))


class Watched(MLP):
    """Remember the batches of training."""

    seen: list[torch.Tensor] = []

    def forward(self, X, lengths=None):
        output = super().forward(X, lengths)
        if self.training:
            Watched.seen.append((X.clone(), output[1].detach().clone()))
        return output


def test_the_recorded_loss_is_that_of_the_pairs():
    Watched.seen.clear()
    views = NeighborViews(3)
    fitted = make(module=Watched, views=views, batch_size=50, max_epochs=1).fit(X, Y)
    (first, h), (second, h_view) = Watched.seen
    recorded = fitted.net_.history[-1, "train_consistency_loss"]
    assert recorded == pytest.approx(double_loop(h.double(), h_view.double(), "kl"), rel=1e-4)
    row_of = {tuple(row): i for i, row in enumerate(X.tolist())}
    for sample, partner in zip(first.tolist(), second.tolist(), strict=True):
        i, j = row_of[tuple(sample)], row_of[tuple(partner)]
        distance = np.linalg.norm(X - X[i], axis=1)
        distance[(Y != Y[i]) | (np.arange(50) == i)] = np.inf
        assert j in np.argsort(distance)[:3]


def test_partners_differ_between_epochs():
    Watched.seen.clear()
    make(module=Watched, views=NeighborViews(20), batch_size=50, max_epochs=2).fit(X, Y)
    drawn = []
    for (first, _), (second, _) in (Watched.seen[:2], Watched.seen[2:]):
        order = np.lexsort(first.numpy().T)
        drawn.append(second.numpy()[order])
    assert (drawn[0] != drawn[1]).any(axis=1).mean() > 0.5


def test_views_pull_neighbours_together():
    rng = np.random.default_rng(0)
    centres = rng.normal(scale=4, size=(4, 6))
    fine = np.arange(200) % 4
    table = (centres[fine] + rng.normal(size=(200, 6))).astype(np.float32)
    params = {"lr": 5e-3, "max_epochs": 40, "batch_size": 50, "margin": 3.0}

    def spread(views):
        h = make(views=views, **params).fit(table, fine >= 2).transform(table)
        h = torch.log_softmax(torch.from_numpy(h), dim=1)
        p = h.exp()
        within = [
            (p[i] * (h[i] - h[j])).sum().item()
            for i in range(200)
            for j in range(i + 4, 200, 28)
            if fine[i] == fine[j]
        ]
        return np.mean(within)

    assert spread("neighbors") < 0.5 * spread(None)


@both
def test_the_same_seed_gives_the_same_bits(cls):
    for views in ("neighbors", AugmentedViews(jitter)):
        first, second = (make(cls, views=views).fit(X, Y).transform(X) for _ in range(2))
        assert np.array_equal(first, second)


def test_early_stopping_compares_samples_set_aside_among_themselves():
    net = make(views="neighbors", early_stopping=True, max_epochs=3).fit(X, Y).net_
    assert "valid_consistency_loss" in net.history[-1]


def test_few_samples_set_aside_do_not_keep_a_transformer_from_its_fit():
    views = NeighborViews(3, transformer=PCA(3))  # 2 samples have no 3 components
    net = make(views=views, early_stopping=True, validation_fraction=0.04).fit(X, Y).net_
    assert "valid_consistency_loss" in net.history[-1]


@both
def test_a_transformer_without_a_seed_follows_random_state(cls):
    def fitted(random_state):
        views = NeighborViews(3, transformer=GaussianRandomProjection(2))
        return make(cls, views=views, random_state=random_state).fit(X, Y)

    first = fitted(0)
    assert np.array_equal(first.transform(X), fitted(0).transform(X))
    again = pickle.loads(pickle.dumps(first))
    assert np.array_equal(
        first.partial_fit(X, Y).transform(X), again.partial_fit(X, Y).transform(X)
    )


class Killed(Exception):
    """Ends a fit."""


class Kill(Callback):
    """Ends a fit in the epoch that all of its kind are told."""

    at = None

    def on_epoch_end(self, net, **kwargs):
        if len(net.history) == Kill.at:
            raise Killed


@both
@pytest.mark.parametrize(
    "views", [AugmentedViews(jitter), NeighborViews(3, transformer=GaussianRandomProjection(2))]
)
@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_killed_fit_goes_on_with_the_same_views(cls, views, early_stopping, tmp_path):
    def fit(folder):
        return make(
            cls,
            views=views,
            early_stopping=early_stopping,
            max_epochs=4,
            callbacks=[Kill()],
            checkpoint_dir=tmp_path / folder,
        ).fit(X, Y)

    whole = fit("whole").transform(X)
    Kill.at = 3
    with pytest.raises(Killed):
        fit("killed")
    Kill.at = None
    assert np.array_equal(fit("killed").transform(X), whole)


@both
def test_samples_of_weight_0_are_nobodys_neighbours(cls):
    weight = np.ones(50)
    weight[::3] = 0
    elsewhere = X.copy()
    elsewhere[::3] = np.random.default_rng(1).normal(size=(17, 4))
    first, second = (
        make(cls, views="neighbors").fit(data, Y, sample_weight=weight).transform(X)
        for data in (X, elsewhere)
    )
    assert np.array_equal(first, second)


@both
@pytest.mark.parametrize("views", ["neighbors", AugmentedViews(jitter)])
def test_a_fitted_estimator_keeps_no_samples(cls, views):
    table = np.random.default_rng(0).normal(size=(5000, 4))
    net = make(cls, views=views, max_epochs=1, batch_size=500).fit(table, np.arange(5000) % 2)
    assert len(pickle.dumps(net)) < table.nbytes


@both
@pytest.mark.parametrize("views", ["neighbors", NeighborViews(3, metric="cosine")])
def test_a_loaded_estimator_goes_on_with_its_views(cls, views, tmp_path):
    fitted = make(cls, views=views).fit(X, Y)
    fitted.save(tmp_path / "net.skops")
    loaded = load(tmp_path / "net.skops")
    assert np.array_equal(
        fitted.partial_fit(X, Y).transform(X), loaded.partial_fit(X, Y).transform(X)
    )


@both
def test_loading_asks_for_views_that_are_code(cls, tmp_path):
    fitted = make(cls, views=AugmentedViews(jitter)).fit(X, Y)
    fitted.save(tmp_path / "net.skops")
    with pytest.raises(ValueError, match=r"jitter, which is code"):
        load(tmp_path / "net.skops")
    loaded = load(tmp_path / "net.skops", trusted=[jitter])
    assert np.array_equal(
        fitted.partial_fit(X, Y).transform(X), loaded.partial_fit(X, Y).transform(X)
    )


def test_partial_fit_and_warm_start_find_neighbours_anew():
    net = make(views=NeighborViews(2), warm_start=True)
    net.partial_fit(X[:30], Y[:30]).partial_fit(X[30:], Y[30:])
    assert net.n_iter_ == 2
    assert net.fit(X, Y).n_iter_ == 4
    net.set_params(views=None).fit(X, Y)
    assert list(net.net_.terms) == ["multi"]


def test_single_layer_loss_and_views_work_together():
    penalty = [("single", SingleLayerLoss(weight=0.5)), ("consistency", ConsistencyLoss())]
    net = make(views="neighbors", penalty=penalty).fit(X, Y).net_
    assert {"train_single_loss", "train_consistency_loss"} <= set(net.history[-1])


def test_sequences_and_texts_have_views():
    rng = np.random.default_rng(0)
    sequences = [rng.normal(size=(t, 2)).astype(np.float32) for t in rng.integers(2, 9, 40)]
    means = FunctionTransformer(lambda X: np.array([x.mean(axis=0) for x in X]))
    words = [" ".join(rng.choice(["red", "blue", "green", "grey"], 3)) for _ in range(40)]
    lengths = FunctionTransformer(lambda X: np.array([[len(x)] for x in X]))
    y = np.arange(40) % 2
    for data, transformer in ((sequences, means), (words, lengths)):
        for cls in (ForcedApartClassifier, ForcedApartAutoencoder):
            if cls is ForcedApartAutoencoder and data is words:
                continue
            net = make(cls, views=NeighborViews(3, transformer=transformer))
            assert net.fit(data, y).transform(data).shape == (40, 5)


def test_augment_sees_lengths_of_sequences():
    rng = np.random.default_rng(0)
    lengths = rng.integers(2, 9, 40)
    sequences = [rng.normal(size=(t, 2)).astype(np.float32) for t in lengths]
    seen = []

    def keep(batch, steps):
        seen.extend(steps.tolist())
        return batch

    make(views=AugmentedViews(keep), max_epochs=1).fit(sequences, np.arange(40) % 2)
    assert sorted(seen) == sorted([*lengths, *lengths])


def test_nested_parameters_can_be_searched():
    search = GridSearchCV(
        make(views=NeighborViews()), {"views__n_neighbors": [2, 5]}, cv=2, scoring="accuracy"
    ).fit(X, Y)
    assert search.best_estimator_.views.n_neighbors in (2, 5)
    copy = clone(search.best_estimator_)
    assert copy.views is not search.best_estimator_.views


@both
@pytest.mark.parametrize(
    ("params", "error", "match"),
    [
        ({"views": "neighbours"}, ValueError, "Unknown views 'neighbours'.*'neighbors'"),
        ({"views": "neighbours", "penalty": None}, ValueError, "Unknown views"),
        ({"views": 5}, ValueError, "views"),
        ({"penalty": "consistency"}, ValueError, "'consistency' compares two views.*set views"),
        ({"penalty": [("pull", ConsistencyLoss())]}, ValueError, "'pull' compares two views"),
        (
            {"views": "neighbors", "penalty": [("consistency", MultilayerLoss())]},
            ValueError,
            "'consistency' compares no views.*give yours another",
        ),
        ({"views": NeighborViews(0)}, ValueError, "n_neighbors.* must be an int in the range"),
    ],
)
def test_bad_views_are_refused(cls, params, error, match):
    with pytest.raises(error, match=match):
        make(cls, **params).fit(X, Y)
