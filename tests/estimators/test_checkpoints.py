"""`checkpoint_dir`: what goes on, what starts afresh, what is left, and what happens on damage."""

import json
import os
import pickle
import re
import resource
import threading
import time

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import FunctionTransformer
from skorch.callbacks import Callback, Freezer, LRScheduler
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

from fa_sklearn import ForcedApartClassifier, _atomic
from fa_sklearn._training import ForcedApartNet
from fa_sklearn.estimators import _defaults
from fa_sklearn.views import AugmentedViews, NeighborViews

STEPS = 3  # an epoch: 80 samples in batches of 32


class Steps:
    """Counts the batches that train, and ends a fit like Ctrl-C before the one it is told."""

    def __init__(self):
        self.count = 0
        self.last = None

    def take(self):
        if self.count == self.last:
            raise KeyboardInterrupt
        self.count += 1

    def of(self, fit):
        before = self.count
        fit()
        return self.count - before

    def interrupt(self, fit, epochs):
        """Run a fit until it is within an epoch after `epochs`."""
        self.last = self.count + STEPS * epochs + 1
        with pytest.warns(UserWarning, match="Training was interrupted in epoch .* checkpoint"):
            fit()
        self.last = None


@pytest.fixture
def steps(monkeypatch):
    counter = Steps()
    train = ForcedApartNet.train_step

    def counted(self, batch):
        counter.take()
        return train(self, batch)

    monkeypatch.setattr(ForcedApartNet, "train_step", counted)
    return counter


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "some" / "folder"


@pytest.fixture
def model(estimator, folder):
    return estimator.set_params(max_epochs=5, checkpoint_dir=folder)


def plain(model):
    """The same estimator without checkpoints."""
    return clone(model).set_params(checkpoint_dir=None)


def header(path):
    return json.loads(path.read_bytes()[64:].partition(b"\n")[0])


def kept(folder):
    """How many epochs each fit in a folder has kept."""
    return sorted(header(path)["epochs"] for path in folder.glob("*.checkpoint"))


def only(folder):
    (path,) = folder.glob("*.checkpoint")
    return path


def assert_same_fit(first, second, X):
    assert np.array_equal(first.transform(X), second.transform(X))
    rows = [
        [{key: row[key] for key in row if key != "dur"} for row in model.net_.history.to_list()]
        for model in (first, second)
    ]
    assert rows[0] == rows[1]
    for model in (first, second):
        model.set_params(checkpoint_dir=None, callbacks=None)
        model.partial_fit(X, np.arange(len(X)) % 2)
    assert np.array_equal(first.transform(X), second.transform(X)), "the optimizers differ"


def test_a_fit_whose_epochs_follow_its_samples_goes_on(model, X, coarse, steps, monkeypatch):
    few = _defaults._PAPER._replace(fewest_epochs=4, fewest_steps=15)
    monkeypatch.setattr(_defaults, "_PAPER", few)
    model.set_params(max_epochs=None, warm_start=True)
    reference = plain(model).fit(X, coarse)
    steps.interrupt(lambda: model.fit(X, coarse), epochs=3)
    again = clone(model)
    assert steps.of(lambda: again.fit(X, coarse)) == 2 * STEPS
    assert again.max_epochs_ == again.n_iter_ == 5
    for fitted in (again, reference):
        fitted.set_params(alpha=0.2).fit(X[:32], coarse[:32])  # a step per epoch
    assert (again.max_epochs_, again.n_iter_) == (15, 20)
    assert_same_fit(again, reference, X)


@pytest.mark.parametrize("make", [str, lambda path: path])
def test_an_interrupted_fit_goes_on_after_its_last_epoch(model, X, coarse, folder, steps, make):
    model.set_params(checkpoint_dir=make(folder))
    reference = plain(model).fit(X, coarse)
    steps.interrupt(lambda: model.fit(X, coarse), epochs=3)
    short = plain(model).set_params(max_epochs=3).fit(X, coarse)
    assert np.array_equal(model.transform(X), short.transform(X))
    assert kept(folder) == [3]
    resumed = clone(model)
    assert steps.of(lambda: resumed.fit(X, coarse)) == 2 * STEPS
    assert_same_fit(resumed, reference, X)


def test_nothing_is_written_without_a_folder(estimator, X, coarse, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    estimator.fit(X, coarse)
    assert not list(tmp_path.iterdir())


def test_a_finished_fit_takes_no_step_again(model, X, coarse, folder, steps):
    first = clone(model).fit(X, coarse)
    assert kept(folder) == [5]
    again = clone(model)
    assert steps.of(lambda: again.fit(X, coarse)) == 0
    assert_same_fit(again, first, X)


def test_a_finished_fit_that_stopped_early_is_not_trained_on(model, X, coarse, folder, steps):
    model.set_params(early_stopping=True, n_iter_no_change=1, max_epochs=60, lr=0.05)
    reference = plain(model).fit(X, coarse)
    assert 1 < reference.n_iter_ < 60
    first, again = clone(model).fit(X, coarse), clone(model)
    assert steps.of(lambda: again.fit(X, coarse)) == 0
    for fitted in (first, again):
        assert fitted.n_iter_ == reference.n_iter_
        assert np.array_equal(fitted.transform(X), reference.transform(X))


def test_without_a_seed_a_finished_fit_leaves_nothing(model, X, coarse, folder, steps):
    model.set_params(random_state=None)
    first, second = clone(model).fit(X, coarse), clone(model)
    assert list(folder.glob("*.checkpoint*")) == []
    assert steps.of(lambda: second.fit(X, coarse)) == 5 * STEPS
    assert not np.array_equal(first.transform(X), second.transform(X))


def test_without_a_seed_an_interrupted_fit_keeps_the_one_it_drew(model, X, coarse, folder, steps):
    model.set_params(random_state=None, early_stopping=True)
    steps.interrupt(lambda: model.fit(X, coarse), epochs=2)
    seed = header(only(folder))["entropy"]
    assert steps.of(lambda: model.fit(X, coarse)) == 3 * STEPS
    twin = plain(model).set_params(random_state=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(twin, "_draw_seed", lambda: seed)
        twin.fit(X, coarse)
    assert np.array_equal(model.transform(X), twin.transform(X))


def test_a_random_state_draws_another_fit_each_time(model, X, coarse, folder, steps):
    fits = [
        [est.fit(X, coarse).transform(X) for _ in range(2)]
        for est in (
            clone(model).set_params(random_state=np.random.RandomState(3)),
            plain(model).set_params(random_state=np.random.RandomState(3)),
        )
    ]
    assert np.array_equal(fits[0], fits[1])
    assert not np.array_equal(*fits[0])
    assert kept(folder) == [5, 5]


CHANGES = {
    "lr": {"lr": 0.02},
    "max_epochs": {"max_epochs": 6},
    "penalty": {"penalty": "single"},
    "module_params": {"module_params": {"hidden_sizes": (13,)}},
    "random_state": {"random_state": 1},
    "no random_state": {"random_state": None},
    "callbacks": {"callbacks": [LRScheduler("StepLR", step_size=1)]},
    "early_stopping": {"early_stopping": True},
    "precision": {"precision": "bf16"},
}


@pytest.mark.parametrize("change", CHANGES)
def test_other_parameters_start_afresh(model, X, coarse, folder, steps, change):
    steps.interrupt(lambda: model.fit(X, coarse), epochs=3)
    other = clone(model).set_params(**CHANGES[change])
    epochs = other.max_epochs
    assert steps.of(lambda: other.fit(X, coarse)) == epochs * STEPS
    if other.random_state is not None:
        reference = clone(other).set_params(checkpoint_dir=None).fit(X, coarse)
        assert np.array_equal(other.transform(X), reference.transform(X))
    assert 3 in kept(folder), "the interrupted fit lost its checkpoint"
    assert steps.of(lambda: model.fit(X, coarse)) == 2 * STEPS


def test_other_data_start_afresh(model, X, coarse, steps):
    steps.interrupt(lambda: model.fit(X, coarse), epochs=3)
    moved = X.copy()
    moved[-1, -1] += 1e-6 * abs(moved[-1, -1]) + 1e-6
    weight = np.ones(len(X))
    weight[0] = 0.5
    arguments = [(moved, coarse), (X[::-1], coarse[::-1]), (X, coarse, weight)]
    if isinstance(model, ForcedApartClassifier):
        arguments.append((X, np.r_[1 - coarse[:1], coarse[1:]]))
    for others in arguments:
        assert steps.of(lambda others=others: clone(model).fit(*others)) == 5 * STEPS
    assert steps.of(lambda: clone(model).fit(X, coarse)) == 2 * STEPS


class OwnViews(AugmentedViews):
    """Could read anything of X."""


def keep(batch, lengths):
    return batch


def longest_word(X):
    return np.array([[max(map(len, text.split()))] for text in X])


@pytest.mark.parametrize(
    ("views", "reads_X"),
    [
        (None, False),
        (AugmentedViews(keep), False),
        (OwnViews(keep), True),
        (NeighborViews(3, transformer=FunctionTransformer(longest_word)), True),
    ],
)
def test_texts_of_the_same_tokens_start_afresh_where_views_read_them(
    classifier, folder, steps, views, reads_X
):
    texts = np.array(["a red car", "the blue sea"] * 40)
    classifier.set_params(module_params=None, views=views, checkpoint_dir=folder)
    fits = [clone(classifier).set_params(max_epochs=1) for _ in range(3)]
    y = np.arange(80) % 2
    assert steps.of(lambda: fits[0].fit(texts, y)) == STEPS
    assert steps.of(lambda: fits[1].fit(texts.copy(), y)) == 0
    assert steps.of(lambda: fits[2].fit(np.char.title(texts), y)) == STEPS * reads_X


def test_what_does_not_change_the_net_does_not_matter(model, X, coarse, steps, capsys):
    steps.interrupt(lambda: model.fit(X, coarse), epochs=3)
    same = clone(model).set_params(
        verbose=1, warm_start=True, device="cpu", checkpoint_dir=str(model.checkpoint_dir)
    )
    data = (X.astype(np.float32).tolist(), coarse.tolist())
    assert steps.of(lambda: same.fit(*data)) == 2 * STEPS
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == ["4/5", "5/5"]


def falls(epoch):
    return 0.5**epoch


def falls_faster(epoch):
    return 0.4**epoch


def test_a_callback_that_looks_equal_but_counts_otherwise_starts_afresh(model, X, coarse, steps):
    for function in (falls, falls_faster):
        callback = LRScheduler(LambdaLR, lr_lambda=function)
        other = clone(model).set_params(callbacks=[callback])
        assert steps.of(lambda other=other: other.fit(X, coarse)) == 5 * STEPS


# -- damage -------------------------------------------------------------------------------------


class Payload:
    """Makes a file named "executed" where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def truncate(content, path):
    return content[: len(content) // 2]


def empty(content, path):
    return b""


def flip_a_bit(content, path):
    return content[:-100] + bytes([content[-100] ^ 1]) + content[-99:]


def flip_a_bit_of_the_header(content, path):
    return content[:70] + bytes([content[70] ^ 1]) + content[71:]


def of_zeros(content, path):
    return bytes(len(content))


def a_pickle(content, path):
    return pickle.dumps(Payload(path / "executed"))


DAMAGES = [truncate, empty, flip_a_bit, flip_a_bit_of_the_header, of_zeros, a_pickle]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_is_noticed(classifier, X, coarse, folder, steps, damage):
    model = classifier.set_params(max_epochs=5, checkpoint_dir=folder)
    reference = plain(model).fit(X, coarse)
    steps.interrupt(lambda: model.fit(X, coarse), epochs=3)
    path = only(folder)
    path.write_bytes(damage(path.read_bytes(), folder))
    with pytest.warns(UserWarning, match=f"checkpoint {re.escape(str(path))} cannot be used"):
        assert steps.of(lambda: model.fit(X, coarse)) == 5 * STEPS
    assert not (folder / "executed").exists()
    assert kept(folder) == [5]
    assert_same_fit(model, reference, X)


def test_what_a_killed_writer_left_is_not_read(classifier, X, coarse, folder, steps):
    model = classifier.set_params(max_epochs=5, checkpoint_dir=folder)
    steps.interrupt(lambda: model.fit(X, coarse), epochs=3)
    left = only(folder).with_name(f"{only(folder).name}.1234.part")
    left.write_bytes(only(folder).read_bytes()[:100])
    assert steps.of(lambda: model.fit(X, coarse)) == 2 * STEPS
    assert not left.exists()


def test_equal_fits_at_the_same_time_wait_for_each_other(classifier, X, coarse, folder, steps):
    """Without a seed both would draw the seed that the first one keeps."""
    classifier.set_params(max_epochs=2, checkpoint_dir=folder, random_state=None)
    models, started = [clone(classifier) for _ in range(3)], threading.Event()
    train = ForcedApartNet.train_step

    def slowly(self, batch):
        started.set()
        time.sleep(0.02)
        return train(self, batch)

    with pytest.MonkeyPatch.context() as patch, pytest.warns(UserWarning, match="waits for it"):
        patch.setattr(ForcedApartNet, "train_step", slowly)
        fits = [threading.Thread(target=model.fit, args=(X, coarse)) for model in models]
        fits[0].start()
        assert started.wait(60)
        for fit in fits[1:]:
            fit.start()
        for fit in fits:
            fit.join()
    found = [model.transform(X) for model in models]
    assert not any(np.array_equal(found[i], found[j]) for i, j in ((0, 1), (0, 2), (1, 2)))
    assert not list(folder.glob("*.checkpoint*"))


# -- disks --------------------------------------------------------------------------------------


@pytest.fixture
def small_disk():
    """No file of this process may exceed 8 KB: a write fails midway."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, hard))

    yield limit
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_the_earlier_checkpoints_whole(
    model, X, coarse, folder, steps, small_disk, monkeypatch
):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    reference = plain(model).fit(X, coarse)
    steps.interrupt(lambda: model.fit(X, coarse), epochs=3)
    before = {path: path.read_bytes() for path in folder.glob("*.checkpoint")}
    assert len(before) == 1 and all(len(content) > 8192 for content in before.values())
    small_disk()
    with pytest.raises(OSError, match=f"checkpoint_dir='{folder}' cannot be written"):
        model.fit(X, coarse)
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not hasattr(model, "net_")
    assert {path: path.read_bytes() for path in folder.glob("*.checkpoint")} == before
    assert not list(folder.glob("*.part"))
    assert steps.of(lambda: model.fit(X, coarse)) == 2 * STEPS
    assert_same_fit(model, reference, X)


@pytest.mark.parametrize("function", ["fsync", "replace"])
def test_a_disk_that_fails_late_is_noticed_too(
    classifier, X, coarse, folder, steps, monkeypatch, function
):
    model = classifier.set_params(max_epochs=5, checkpoint_dir=folder)
    steps.interrupt(lambda: model.fit(X, coarse), epochs=3)

    def fail(*args):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(_atomic.os, function, fail)
        with pytest.raises(OSError, match="checkpoint_dir=.*No space left on device") as caught:
            model.fit(X, coarse)
    assert caught.value.errno == 28
    assert kept(folder) == [3]
    assert steps.of(lambda: model.fit(X, coarse)) == 2 * STEPS


def test_a_file_in_place_of_the_folder_is_named(classifier, X, coarse, tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OSError, match=f"checkpoint_dir='{path}' cannot be written"):
            classifier.set_params(checkpoint_dir=path).fit(X, coarse)


# -- other ways to train ------------------------------------------------------------------------


def test_partial_fit_refuses_a_folder(model, X, coarse, folder):
    with pytest.raises(ValueError, match="partial_fit does not support checkpoint_dir"):
        model.partial_fit(X, coarse)
    assert not folder.exists()


def test_a_warm_start_has_checkpoints_of_its_own(model, X, coarse, folder, steps):
    model.set_params(warm_start=True)
    reference = plain(model).fit(X, coarse).set_params(lr=0.001).fit(X, coarse)
    first = clone(model).fit(X, coarse)
    stored = pickle.dumps(first.set_params(lr=0.001))
    steps.interrupt(lambda: first.fit(X, coarse), epochs=3)
    assert kept(folder) == [3, 5]
    resumed = pickle.loads(stored)
    assert steps.of(lambda: resumed.fit(X, coarse)) == 2 * STEPS
    assert resumed.n_iter_ == 10
    assert_same_fit(resumed, reference, X)


def test_the_same_warm_start_again_is_another_fit(model, X, coarse, steps):
    model.set_params(warm_start=True).fit(X, coarse)
    for _ in range(2):
        assert steps.of(lambda: model.fit(X, coarse)) == 5 * STEPS
    assert model.n_iter_ == 15


def test_an_interrupted_search_goes_on(small, X, coarse, folder, steps):
    search = GridSearchCV(
        ForcedApartClassifier(**{**small, "batch_size": 14}, checkpoint_dir=folder),
        {"lr": [0.01, 0.02], "penalty": ["multi", None]},
        cv=2,
    )
    expected = plain_search(search).fit(X, coarse)
    total = 3 * 3 * 8 + 3 * 6  # epochs * batches of the fits, and of the last on all data
    with pytest.raises(KeyboardInterrupt):  # passed on by the fit after the interrupted one
        steps.interrupt(lambda: search.fit(X, coarse), epochs=11)
    steps.last = None
    done = 3 * 11 + 1
    assert steps.of(lambda: search.fit(X, coarse)) == total - done + 1
    assert kept(folder) == [3] * 9, "a file of its own for each fit"
    for key, values in expected.cv_results_.items():
        if "time" not in key:
            assert np.array_equal(search.cv_results_[key], values), key
    assert np.array_equal(search.transform(X), expected.transform(X))


def plain_search(search):
    return clone(search).set_params(estimator__checkpoint_dir=None)


def test_a_fit_whose_numbers_became_infinite_leaves_nothing(classifier, X, coarse, folder):
    model = classifier.set_params(optimizer="sgd", lr=1e30, checkpoint_dir=folder)
    with pytest.raises(ValueError, match="lower lr"):
        model.fit(X, coarse)
    assert list(folder.glob("*.checkpoint*")) == []


# -- state --------------------------------------------------------------------------------------


class Counter(Callback):
    """Counts, holds a list twice, and refers to a weight of the net."""

    def on_train_begin(self, net, **kwargs):
        self.count_ = 0
        self.shared_ = self.alias_ = [{1, 2}]
        self.weight_ = net.module_.representation_weight

    def on_epoch_end(self, net, **kwargs):
        self.count_ += 1
        net.alpha = 0.1 * self.count_
        net.history.record("count", self.count_)


class Stateful(nn.Module):
    """Batch normalisation, a buffer outside the state dict, a plain counter and dropout."""

    def __init__(self, input_shape, n_components, n_outputs=None):
        super().__init__()
        self.fc1 = nn.Linear(input_shape[0], n_components)
        self.norm = nn.BatchNorm1d(n_components)
        self.fc2 = nn.Linear(n_components, n_outputs)
        self.register_buffer("shift", torch.zeros(1), persistent=False)
        self.calls = 0

    @property
    def representation_weight(self):
        return self.fc1.weight

    def forward(self, X):
        if self.training:
            self.calls += 1
            self.shift += 0.01 * torch.rand(1)
        h = torch.relu(self.norm(self.fc1(X)) + self.shift + 0.01 * self.calls)
        return self.fc2(nn.functional.dropout(h, 0.3, self.training)), h


STATES = {
    "module": {"module": Stateful, "module_params": None},
    "LBFGS": {"optimizer": torch.optim.LBFGS, "lr": 0.1},
    "frozen": {"callbacks": [Freezer("hidden*", at=2)], "optimizer": "sgd"},
    "a function in a scheduler": {"callbacks": [LRScheduler(LambdaLR, lr_lambda=falls)]},
    "a rate each batch": {
        "callbacks": [
            LRScheduler("CyclicLR", base_lr=0.001, max_lr=0.1, step_size_up=4, step_every="batch")
        ],
        "optimizer": "sgd",
    },
    "bfloat16": {"precision": "bf16"},
}


@pytest.mark.parametrize("case", STATES)
def test_state_of_all_kinds_is_kept(classifier, X, coarse, folder, steps, case):
    model = classifier.set_params(max_epochs=5, checkpoint_dir=folder, **STATES[case])
    reference = plain(model).fit(X, coarse)
    steps.interrupt(lambda: model.fit(X, coarse), epochs=3)
    assert steps.of(lambda: model.fit(X, coarse)) == 2 * STEPS
    weights = zip(
        model.net_.module_.parameters(), reference.net_.module_.parameters(), strict=True
    )
    assert all(one.requires_grad == other.requires_grad for one, other in weights)
    assert_same_fit(model, reference, X)


def test_images_keep_their_layout(folder, steps):
    rng = np.random.default_rng(0)
    images, y = rng.integers(0, 256, size=(80, 16, 16, 3), dtype=np.uint8), np.arange(80) % 2
    model = ForcedApartClassifier(
        max_epochs=3, batch_size=32, random_state=0, checkpoint_dir=folder
    )
    reference = plain(model).fit(images, y)
    steps.interrupt(lambda: model.fit(images, y), epochs=1)
    assert steps.of(lambda: model.fit(images, y)) == 2 * STEPS
    assert_same_fit(model, reference, images)


def test_a_callbacks_state_is_kept(classifier, X, coarse, folder, steps):
    model = classifier.set_params(
        max_epochs=5, checkpoint_dir=folder, callbacks=[("counter", Counter())]
    )
    reference = plain(model).fit(X, coarse)
    steps.interrupt(lambda: model.fit(X, coarse), epochs=3)
    assert steps.of(lambda: model.fit(X, coarse)) == 2 * STEPS
    counter = dict(model.net_.callbacks_)["counter"]
    assert counter.count_ == 5 and counter.shared_ is counter.alias_
    assert counter.weight_ is model.net_.module_.representation_weight
    assert_same_fit(model, reference, X)


def test_a_callback_that_cannot_be_kept_is_named_before_it_trains(
    classifier, X, coarse, folder, steps
):
    class Opens(Counter):
        def on_train_begin(self, net, **kwargs):
            self.file_ = open(__file__)

    globals()["Opens"], Opens.__qualname__ = Opens, "Opens"
    model = classifier.set_params(checkpoint_dir=folder, callbacks=[("opens", Opens())])
    before = steps.count
    with pytest.raises(TypeError, match="checkpoint_dir cannot keep the callback 'opens'"):
        model.fit(X, coarse)
    assert steps.count == before


def test_objects_that_a_callback_holds_twice_stay_one(classifier, X, coarse, folder, steps):
    model = classifier.set_params(max_epochs=5, checkpoint_dir=folder, callbacks=[Sharing()])
    steps.interrupt(lambda: model.fit(X, coarse), epochs=3)
    model.fit(X, coarse)
    sharing = dict(model.net_.callbacks_)["Sharing"]
    assert sharing.all_[0] is sharing.last_ and sharing.net_ is model.net_


class Sharing(Callback):
    """Holds a set in two places, and the net."""

    def on_train_begin(self, net, **kwargs):
        self.last_ = {1}
        self.all_ = [self.last_]
        self.net_ = net


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("divergence", lambda log_p, log_q: (log_p - log_q).square().sum(dim=-1)),
        ("callbacks", [LRScheduler(LambdaLR, lr_lambda=lambda epoch: 0.5**epoch)]),
        ("optimizer", lambda parameters, lr: torch.optim.SGD(parameters, lr)),
    ],
)
def test_a_parameter_that_cannot_be_told_apart_is_named(
    classifier, X, coarse, folder, parameter, value
):
    classifier.set_params(checkpoint_dir=folder, **{parameter: value})
    with pytest.raises(TypeError, match=f"told apart, but {parameter} cannot: .*lambda"):
        classifier.fit(X, coarse)


def test_a_process_group_is_refused(model, X, coarse, folder, monkeypatch):
    monkeypatch.setattr("fa_sklearn.estimators._checkpointing.group_is_up", lambda: True)
    with pytest.raises(ValueError, match="checkpoint_dir does not work in a process group"):
        model.fit(X, coarse)
    assert not folder.exists()
