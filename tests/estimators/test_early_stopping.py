"""Early stopping: the inner split, the wait, and the best weights kept in memory."""

import copy
import os

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier
from tests.losses import oracles

pytestmark = pytest.mark.usefixtures("untouched_global_generators")

N = 200
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, 5)).astype(np.float32)
# Labels that are mostly noise: training overfits soon, and validation shows it.
Y = (X[:, 0] + 2 * RNG.normal(size=N) > 0).astype(int)


class Watch(Callback):
    """Keep the split and the weights after every epoch."""

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        self.weights_ = []

    def on_epoch_begin(self, net, dataset_train=None, dataset_valid=None, **kwargs):
        self.train_, self.valid_ = dataset_train, dataset_valid

    def on_epoch_end(self, net, **kwargs):
        self.weights_.append(copy.deepcopy(net.module_.state_dict()))


def make(cls=ForcedApartClassifier, **params):
    defaults = {
        "n_components": 6,
        "early_stopping": True,
        "validation_fraction": 0.25,
        "n_iter_no_change": 3,
        "max_epochs": 60,
        "batch_size": 32,
        "lr": 0.02,
        "callbacks": [Watch()],
        "random_state": 0,
    }
    return cls(**{**defaults, **params})


def watch(estimator):
    return dict(estimator.net_.callbacks_)["Watch"]


@pytest.fixture(scope="module")
def stopped():
    return make().fit(X, Y)


def test_it_stops_when_the_validation_loss_has_not_fallen(stopped):
    losses = stopped.net_.history[:, "valid_loss"]
    best = int(np.argmin(losses))
    assert stopped.n_iter_ == len(losses) == best + 1 + 3 < 60


@pytest.mark.parametrize("patience", [1, 6])
def test_n_iter_no_change_is_the_wait(patience):
    estimator = make(n_iter_no_change=patience).fit(X, Y)
    losses = np.array(estimator.net_.history[:, "valid_loss"])
    # The first time that an epoch is the last of `patience` without a new minimum.
    best_before = np.minimum.accumulate(losses)
    since = [epoch - int(np.argmin(losses[: epoch + 1])) for epoch in range(len(losses))]
    assert since[-1] == patience and max(since[:-1]) < patience
    assert best_before[-1] == losses[: -patience or None].min()


def test_the_best_weights_are_kept(stopped):
    best = int(np.argmin(stopped.net_.history[:, "valid_loss"]))
    kept = stopped.net_.module_.state_dict()
    saved = watch(stopped).weights_
    assert all(torch.equal(kept[name], saved[best][name]) for name in kept)
    assert not all(torch.equal(kept[name], saved[-1][name]) for name in kept)


def test_the_kept_weights_have_the_recorded_loss(stopped):
    valid = watch(stopped).valid_
    rows = valid.rows
    probability = stopped.predict_proba(X[rows])[np.arange(len(rows)), Y[rows]]
    best = min(stopped.net_.history, key=lambda row: row["valid_loss"])
    task = -np.log(probability.astype(np.float64))
    # Two validation batches of 25: each pairs its own samples only.
    halves = np.split(rows, 2)
    h = stopped.transform(X)
    multi = np.mean([oracles.multi(h[half], Y[half], 1.0) for half in halves])
    assert best["valid_task_loss"] == pytest.approx(task.mean(), rel=1e-4)
    assert best["valid_multi_loss"] == pytest.approx(multi, rel=1e-4)
    assert best["valid_loss"] == pytest.approx(0.9 * task.mean() + 0.1 * multi, rel=1e-4)


def test_when_it_never_stops_the_best_weights_are_kept_all_the_same():
    estimator = make(max_epochs=8, n_iter_no_change=50).fit(X, Y)
    best = int(np.argmin(estimator.net_.history[:, "valid_loss"]))
    kept = estimator.net_.module_.state_dict()
    assert estimator.n_iter_ == 8
    assert all(torch.equal(kept[name], watch(estimator).weights_[best][name]) for name in kept)


def test_the_split_is_a_partition(stopped):
    train, valid = watch(stopped).train_.rows, watch(stopped).valid_.rows
    assert len(valid) == 50 and sorted([*train, *valid]) == list(range(N))


def test_nothing_is_set_aside_without_it():
    estimator = make(early_stopping=False, max_epochs=2).fit(X, Y)
    assert watch(estimator).valid_ is None and len(watch(estimator).train_) == N
    assert not any(name.startswith("valid") for name in estimator.net_.history[0])


@pytest.mark.parametrize("seed", range(3))
def test_the_split_keeps_the_proportions_of_the_labels(seed):
    y = np.array(["rare"] * 8 + ["mid"] * 40 + ["often"] * 152)
    estimator = make(random_state=seed, max_epochs=1).fit(X, y)
    counts = np.bincount(watch(estimator).valid_.y[watch(estimator).valid_.rows])
    names = dict(zip(estimator.classes_, counts, strict=True))
    assert names == {"rare": 2, "mid": 10, "often": 38}


def test_a_label_with_one_sample_is_no_obstacle():
    y = np.array([0] * 100 + [1] * 99 + [2])
    estimator = make(max_epochs=2).fit(X, y)
    assert len(watch(estimator).valid_) == 50 and estimator.classes_.tolist() == [0, 1, 2]


def test_fewer_validation_samples_than_labels():
    estimator = make(validation_fraction=0.01, max_epochs=2).fit(X, np.arange(N) % 20)
    assert len(watch(estimator).valid_) == 2


def test_the_split_depends_on_the_seed_alone():
    def rows(seed, **params):
        return watch(make(random_state=seed, max_epochs=1, **params).fit(X, Y)).valid_.rows

    assert np.array_equal(rows(0), rows(0, n_components=3, penalty=None))
    assert not np.array_equal(rows(0), rows(1))


def test_the_same_seed_gives_the_same_bits(stopped):
    assert np.array_equal(make().fit(X, Y).transform(X), stopped.transform(X))


def test_validation_samples_do_not_train():
    held_out = watch(make(max_epochs=2).fit(X, Y)).valid_.rows
    changed = X.copy()
    changed[held_out] *= 0.5
    estimators = [make(max_epochs=2).fit(data, Y) for data in (X, changed)]
    first, second = (watch(estimator).weights_[-1] for estimator in estimators)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_validation_does_not_change_batch_statistics():
    images = RNG.normal(size=(40, 8, 8, 1)).astype(np.float32)
    settings = {"module_params": {"width": 0.05}, "precision": "float32", "max_epochs": 2}
    held_out = watch(make(**settings).fit(images, Y[:40])).valid_.rows
    changed = images.copy()
    changed[held_out] += 100
    states = [watch(make(**settings).fit(data, Y[:40])).weights_[-1] for data in (images, changed)]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_a_single_sample_cannot_be_split():
    with pytest.raises(ValueError, match="early_stopping .*1 sample.* validation_fraction=0.25"):
        make().fit(X[:1], Y[:1])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("n", [2, 3])
def test_tiny_data(n):
    estimator = make(max_epochs=2).fit(X[:n], np.arange(n) % 2)
    assert len(watch(estimator).valid_) == 1 and len(watch(estimator).train_) == n - 1


def test_a_fraction_that_leaves_nothing_to_train_on():
    with pytest.raises(ValueError, match="early_stopping .* validation_fraction=0.99"):
        make(validation_fraction=0.99).fit(X[:20], Y[:20])


@pytest.mark.parametrize("cls", [ForcedApartClassifier, ForcedApartAutoencoder])
def test_no_files_are_written(cls, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    make(cls, max_epochs=5).fit(X, Y)
    assert os.listdir(tmp_path) == []


def test_weights_take_part_in_the_validation_loss():
    weight = np.where(np.arange(N) < 100, 3.0, 0.5)
    estimator = make(max_epochs=1, penalty=None, batch_size=64).fit(X, Y, sample_weight=weight)
    rows = watch(estimator).valid_.rows
    probability = estimator.predict_proba(X[rows])[np.arange(len(rows)), Y[rows]]
    expected = np.average(-np.log(probability.astype(np.float64)), weights=weight[rows])
    assert estimator.net_.history[0, "valid_loss"] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("cls", [ForcedApartClassifier, ForcedApartAutoencoder])
def test_both_parts_hold_weight(cls):
    weight = np.zeros(N)
    weight[:4] = 1
    estimator = make(cls, max_epochs=2).fit(X, Y, sample_weight=weight)
    assert len(watch(estimator).valid_) == 1 and weight[watch(estimator).valid_.rows] == 1
    assert estimator.net_.history[0, "valid_loss"] > 0


def test_autoencoders_stop_on_their_own_loss():
    noise = RNG.normal(size=(60, 30)).astype(np.float32)
    estimator = make(ForcedApartAutoencoder, max_epochs=200, n_components=30).fit(noise)
    losses = estimator.net_.history[:, "valid_loss"]
    best = int(np.argmin(losses))
    assert estimator.n_iter_ == best + 1 + 3 < 200
    held_out = noise[watch(estimator).valid_.rows]
    task = estimator.net_.history[best]["valid_task_loss"]
    assert -estimator.score(held_out) == pytest.approx(task, rel=1e-5)


@pytest.mark.parametrize("kind", ["sequence", "image", "text"])
def test_other_kinds_of_input(kind):
    data = {
        "sequence": [x.reshape(-1, 1)[: 1 + i % 5] for i, x in enumerate(X[:40])],
        "image": RNG.integers(0, 256, size=(40, 8, 8, 1), dtype=np.uint8),
        "text": ["red oak tree", "blue sand"] * 20,
    }[kind]
    small = {"width": 0.05} if kind == "image" else {"hidden_size": 8}
    estimator = make(max_epochs=3, module_params=small).fit(data, Y[:40])
    assert len(watch(estimator).valid_) == 10
    assert estimator.transform(data).shape == (40, 6)


def test_warm_start_keeps_its_history_and_may_stop_again(stopped):
    estimator = make(warm_start=True).fit(X, Y)
    first = estimator.n_iter_
    estimator.fit(X, Y)
    assert first < estimator.n_iter_ == len(estimator.net_.history) <= first + 60
    best = min(estimator.net_.history[first:, "valid_loss"])
    assert np.isfinite(best)
