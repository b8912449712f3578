"""Neighbours that are sought anew in the representation, against all distances there."""

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsTransformer
from skorch.callbacks import Callback

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier
from fa_sklearn._training import ForcedApartNet
from fa_sklearn.views import NeighborViews, Views

pytestmark = pytest.mark.usefixtures("untouched_global_generators")

X = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
Y = np.arange(50) % 3 - 1  # a third is unlabelled
both = pytest.mark.parametrize("cls", [ForcedApartClassifier, ForcedApartAutoencoder])


class Seen(NeighborViews):
    """Remembers all of its pairings and their parts."""

    pairings: list = []

    def pair(self, X, samples, parts, y, seed):
        pairing = super().pair(X, samples, parts, y, seed)
        self.pairings.append((pairing, parts, pairing.partners))
        return pairing


@pytest.fixture(autouse=True)
def forgotten():
    Seen.pairings.clear()


def make(cls=ForcedApartClassifier, refresh=None, **params):
    own = {"unlabeled": -1} if cls is ForcedApartClassifier else {}
    views = params.pop("views", Seen(4, refresh=refresh))
    defaults = {"n_components": 5, "max_epochs": 4, "batch_size": 20, "lr": 0.01}
    return cls(
        **{**defaults, **own, "penalty": "contrast", "views": views, "random_state": 0, **params}
    )


def check_partners(pairing, parts, H, labels):
    """Compare with all distances in H inside a part, sorted."""
    for part in parts:
        for row in part:
            among = part if labels[row] < 0 else part[labels[part] == labels[row]]
            among = among[among != row]
            own = pairing.partners[row]
            assert set(own) <= set(among) and len(set(own)) == min(4, len(among))
            found, others = (np.linalg.norm(H[rows] - H[row], axis=1) for rows in (own, among))
            n = min(4, len(among))
            np.testing.assert_allclose(found[:n], np.sort(others)[:n], atol=1e-3)


@both
@pytest.mark.parametrize("representation", ["relu", "unit"])
@pytest.mark.parametrize("refresh", [[2], 2, np.array([2, 2])], ids=str)
def test_they_are_the_nearest_of_what_transform_gives(cls, representation, refresh):
    params = {"module_params": {"representation": representation}}
    before = make(cls, max_epochs=2, **params).fit(X, Y)
    make(cls, refresh, max_epochs=3, **params).fit(X, Y)
    (_, _, in_the_table), (pairing, parts, first) = Seen.pairings
    assert np.array_equal(first, in_the_table)
    assert not np.array_equal(pairing.partners, first)
    labels = Y if cls is ForcedApartClassifier else np.full(50, -1)
    check_partners(pairing, parts, before.transform(X), labels)


def test_they_stay_in_their_part_and_samples_of_no_weight_out():
    params = {"early_stopping": True, "validation_fraction": 0.4}
    weight = (np.arange(50) % 7 > 0).astype(float)
    before = make(max_epochs=1, **params).fit(X, Y, sample_weight=weight)
    make(refresh=[1], max_epochs=2, **params).fit(X, Y, sample_weight=weight)
    pairing, parts, _ = Seen.pairings[1]
    assert [len(part) > 10 for part in parts] == [True, True]
    assert not set(np.flatnonzero(weight == 0)) & set(np.concatenate(parts))
    check_partners(pairing, parts, before.transform(X), Y)


@pytest.mark.parametrize(
    ("refresh", "expected"),
    [
        (None, []),
        ([], []),
        (3, [3, 6]),
        (8, []),
        (1, [1, 2, 3, 4, 5, 6, 7]),
        ((5, 2), [2, 5]),
        ([8], []),
    ],
    ids=str,
)
def test_when_they_are_sought(refresh, expected):
    moments = []

    class Watch(Callback):
        def on_epoch_end(self, net, **kwargs):
            moments.append(Seen.pairings[0][0].sought)

    make(refresh=refresh, max_epochs=8, callbacks=[Watch()]).fit(X, Y)
    assert sorted({*moments} - {0}) == expected
    assert moments == [max([0, *(m for m in expected if m <= done)]) for done in range(8)]


@both
def test_one_seed_gives_the_same_bits_and_what_comes_too_late_changes_none(cls):
    never, late, once, again = (
        make(cls, refresh).fit(X, Y).transform(X) for refresh in (None, 4, [2], [2])
    )
    assert np.array_equal(never, late)
    assert np.array_equal(once, again)
    assert not np.array_equal(never, once)


def test_a_transformer_looks_for_them_too():
    exact = make(refresh=2).fit(X, Y).transform(X)
    views = NeighborViews(4, refresh=2, neighbors=KNeighborsTransformer())
    assert np.array_equal(make(views=views).fit(X, Y).transform(X), exact)


@pytest.mark.parametrize("done", [1, 2, 3])
def test_an_interrupted_fit_goes_on_with_the_neighbours_it_had(tmp_path, monkeypatch, done):
    train = ForcedApartNet.train_step

    def cut_off(net, batch):
        if len(net.history) == done + 1:
            raise KeyboardInterrupt
        return train(net, batch)

    expected = make(refresh=[2], max_epochs=5).fit(X, Y)
    model = make(refresh=[2], max_epochs=5, checkpoint_dir=tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(ForcedApartNet, "train_step", cut_off)
        with pytest.warns(UserWarning, match=f"interrupted in epoch {done + 1} of 5"):
            model.fit(X, Y)
    model.fit(X, Y)
    assert np.array_equal(model.transform(X), expected.transform(X))
    assert model.n_iter_ == 5
    assert np.array_equal(Seen.pairings[-1][0].partners, Seen.pairings[0][0].partners)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_a_fit_that_goes_on_seeks_at_once(method):
    model = make(refresh=[2], max_epochs=3, warm_start=True).fit(X, Y)
    before = model.transform(X)
    getattr(model.set_params(max_epochs=1), method)(X, Y)
    pairing, parts, _ = Seen.pairings[-1]
    assert len(Seen.pairings) == 2
    check_partners(pairing, parts, before, Y)


def test_partial_fit_counts_its_epochs():
    model, sought = make(refresh=2), []
    for _ in range(5):
        model.partial_fit(X, Y, classes=[0, 1])
        sought.append(Seen.pairings[-1][0].sought)
    assert sought == [0, 0, 2, 2, 4]


@pytest.mark.parametrize("refresh", [0, -1, 2.5, "often", [0, 2], [1.5], [[1]], ["1"]], ids=str)
def test_what_is_no_number_of_epochs_is_refused(refresh):
    with pytest.raises((ValueError, TypeError), match="refresh"):
        make(refresh=refresh).fit(X, Y)


def test_views_of_the_users_own_hear_of_each_epoch():
    heard = []

    class Own:
        draws = False

        def first(self, samples, rows):
            return samples.take(rows)

        def second(self, samples, rows, uniform):
            return samples.take(rows)

        def refresh(self, epochs, represent):
            heard.append((epochs, represent(np.array([7, 3]))))

    class OwnViews(Views):
        def pair(self, X, samples, parts, y, seed):
            return Own()

    nets = [make(views=OwnViews(), max_epochs=n).fit(X, Y) for n in (1, 2, 3)]
    assert [epochs for epochs, _ in heard] == [0, 0, 1, 0, 1, 2]
    np.testing.assert_allclose(heard[-1][1], nets[1].transform(X)[[7, 3]], atol=1e-6)


def test_a_fit_that_has_diverged_says_so_before_it_seeks():
    with pytest.raises(ValueError, match="lower lr or scale X"):
        make(refresh=1, optimizer="sgd", lr=1e38, batch_size=50).fit(X, Y)
