"""Every callback of skorch: it works, or is refused by its name in one sentence."""

import json
from types import SimpleNamespace
from unittest.mock import MagicMock

import numpy as np
import pytest
import skorch.callbacks
import torch
from sklearn.metrics import accuracy_score
from skorch.callbacks import (
    BatchScoring,
    Callback,
    Checkpoint,
    EarlyStopping,
    EpochScoring,
    EpochTimer,
    Freezer,
    GradientNormClipping,
    Initializer,
    InputShapeSetter,
    LoadInitState,
    LRScheduler,
    MlflowLogger,
    NeptuneLogger,
    ParamMapper,
    PassthroughScoring,
    PrintLog,
    ProgressBar,
    SacredLogger,
    TensorBoard,
    TrainEndCheckpoint,
    Unfreezer,
    WandbLogger,
    WarmRestartLR,
)
from torch.optim.lr_scheduler import CosineAnnealingLR, ExponentialLR, OneCycleLR, StepLR

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier

RNG = np.random.default_rng(0)
N = 60
X = RNG.normal(size=(N, 4)).astype(np.float32)
Y = (X[:, 0] + RNG.normal(size=N) > 0).astype(int)


def make(*callbacks, cls=ForcedApartClassifier, **params):
    settings = {"max_epochs": 3, "batch_size": 20, "lr": 0.02, "random_state": 0, **params}
    return cls(callbacks=list(callbacks), **settings)


def fit(*callbacks, **params):
    params = {"early_stopping": True, "validation_fraction": 0.25, **params}
    return make(*callbacks, **params).fit(X, Y)


def ran(model, name):
    return dict(model.net_.callbacks_)[name]


# -- one test for each ----------------------------------------------------------------------------


def check_epoch_scoring(tmp_path):
    model = fit(
        EpochScoring("accuracy", lower_is_better=False),
        EpochScoring("roc_auc", lower_is_better=False),
        EpochScoring(accuracy_score, name="train", on_train=True),
    )
    history = model.net_.history
    assert history[:, "accuracy"] == pytest.approx(history[:, "valid_coarse_accuracy"])
    assert history[:, "train"] == pytest.approx(history[:, "train_coarse_accuracy"])
    assert all(0 <= score <= 1 for score in history[:, "roc_auc"])


def check_batch_scoring(tmp_path):
    model = fit(BatchScoring("accuracy", name="a"), BatchScoring("accuracy", "b", on_train=True))
    history = model.net_.history
    assert history[:, "a"] == pytest.approx(history[:, "valid_coarse_accuracy"])


def check_passthrough_scoring(tmp_path):
    class Note(Callback):
        def on_batch_end(self, net, training, **kwargs):
            if training:
                net.history.record_batch("noted", 2.0)

    assert fit(Note(), PassthroughScoring("noted", on_train=True)).net_.history[-1, "noted"] == 2


def check_checkpoint(tmp_path):
    model = fit(Checkpoint(dirname=str(tmp_path), load_best=True))
    best = int(np.argmin(model.net_.history[:, "valid_loss"]))
    weights = torch.load(tmp_path / "params.pt")
    expected = make(max_epochs=best + 1, early_stopping=True, validation_fraction=0.25).fit(X, Y)
    for name, value in expected.net_.module_.state_dict().items():
        torch.testing.assert_close(weights[name], value)
        torch.testing.assert_close(model.net_.module_.state_dict()[name], value)
    assert (tmp_path / "optimizer.pt").exists()
    assert len(json.loads((tmp_path / "history.json").read_text())) == best + 1
    named = "p{last_epoch[epoch]}-{last_batch[train_batch_size]}.pt"
    make(Checkpoint(monitor=None, dirname=str(tmp_path), f_params=named)).fit(X, Y)
    assert {"p1-20.pt", "p2-20.pt", "p3-20.pt"} <= {path.name for path in tmp_path.iterdir()}


def check_train_end_checkpoint(tmp_path):
    model = fit(TrainEndCheckpoint(dirname=str(tmp_path)))
    weights = torch.load(tmp_path / "train_end_params.pt")
    torch.testing.assert_close(dict(weights), dict(model.net_.module_.state_dict()))


def check_load_init_state(tmp_path):
    end = TrainEndCheckpoint(dirname=str(tmp_path))
    first = make(end, max_epochs=3).fit(X, Y)
    second = make(TrainEndCheckpoint(dirname=str(tmp_path)), LoadInitState(end)).fit(X, Y)
    assert second.n_iter_ == 6
    assert second.net_.history[:3, "train_loss"] == first.net_.history[:, "train_loss"]
    assert second.net_.history[3, "train_loss"] < first.net_.history[0, "train_loss"]


def check_early_stopping(tmp_path):
    stopping = EarlyStopping("valid_loss", patience=2, threshold=10.0, threshold_mode="abs")
    assert make(stopping, early_stopping=True, max_epochs=9).fit(X, Y).n_iter_ == 3


def check_epoch_timer(tmp_path):
    assert all(row["dur"] >= 0 for row in fit(("again", EpochTimer())).net_.history)


def check_freezer(tmp_path):
    frozen = make(Freezer("fc1*"), max_epochs=3).fit(X, Y).net_.module_.fc1.weight
    start = make(Freezer("fc1*"), max_epochs=1, lr=1e-9).fit(X, Y).net_.module_.fc1.weight
    assert not frozen.requires_grad and torch.equal(frozen, start)


def check_unfreezer(tmp_path):
    model = make(Freezer("fc1*"), Unfreezer("fc1*", at=3), max_epochs=3).fit(X, Y)
    start = make(max_epochs=1, lr=1e-9).fit(X, Y)
    assert not torch.equal(model.net_.module_.fc1.weight, start.net_.module_.fc1.weight)


def check_param_mapper(tmp_path):
    model = make(ParamMapper("fc1.bias", torch.nn.init.ones_, at=2), lr=1e-9).fit(X, Y)
    assert torch.allclose(model.net_.module_.fc1.bias, torch.ones(16))


def check_initializer(tmp_path):
    model = make(Initializer("fc1.bias", fn=torch.nn.init.ones_), lr=1e-9).fit(X, Y)
    assert torch.allclose(model.net_.module_.fc1.bias, torch.ones(16))


def check_gradient_norm_clipping(tmp_path):
    clipped = make(GradientNormClipping(1e-9), optimizer=torch.optim.SGD, lr=1.0).fit(X, Y)
    start = make(optimizer=torch.optim.SGD, lr=1e-12).fit(X, Y)
    np.testing.assert_allclose(clipped.transform(X), start.transform(X), atol=1e-5)


def check_lr_scheduler(tmp_path):
    plateau = LRScheduler("ReduceLROnPlateau", monitor="valid_loss", patience=0, factor=0.5)
    assert fit(plateau).net_.optimizer_.param_groups[0]["lr"] <= 0.02
    cycle = LRScheduler("OneCycleLR", max_lr=0.1, total_steps=9, step_every="batch")
    rates = make(cycle).fit(X, Y).net_.history[:, "batches", :, "event_lr"]
    expected = torch.optim.lr_scheduler.OneCycleLR(
        torch.optim.Adam([torch.zeros(1)], lr=0.02), max_lr=0.1, total_steps=9
    )
    found = [rate for epoch in rates for rate in epoch]
    assert found[0] == pytest.approx(expected.get_last_lr()[0]) and max(found) > 0.09


def check_warm_restart_lr(tmp_path):
    assert issubclass(WarmRestartLR, torch.optim.lr_scheduler.LRScheduler)
    assert make(LRScheduler()).fit(X, Y).net_.history[0, "event_lr"] == pytest.approx(0.05)


def check_print_log(tmp_path):
    lines = []
    fit(PrintLog(sink=lines.append))
    assert "train_loss" in lines[0] and "valid_coarse_accuracy" in lines[0] and len(lines) == 5


def check_progress_bar(tmp_path):
    bar = ran(fit(ProgressBar()), "ProgressBar").pbar_
    assert bar.total == bar.n == 4  # 45 samples train in batches of 20, 15 validate


def check_tensor_board(tmp_path):
    writer = MagicMock()
    fit(TensorBoard(writer))
    tags = {call.kwargs["tag"] for call in writer.add_scalar.call_args_list}
    assert {"Loss/train_loss", "Loss/train_coarse_accuracy", "Loss/valid_multi_loss"} <= tags
    writer.close.assert_called_once_with()


def check_mlflow_logger(tmp_path):
    run, client = SimpleNamespace(info=SimpleNamespace(run_id="r")), MagicMock()
    fit(MlflowLogger(run, client))
    names = {call.args[1] for call in client.log_metric.call_args_list}
    assert {"train_loss", "train_coarse_accuracy"} <= names
    assert client.log_artifact.call_count == 4


def check_neptune_logger(tmp_path, monkeypatch):
    handler = SimpleNamespace(Handler=type("Handler", (), {}))
    types = SimpleNamespace(File=MagicMock())
    for name, module in (("handler", handler), ("types", types)):
        monkeypatch.setitem(__import__("sys").modules, f"neptune.{name}", module)
    monkeypatch.setitem(
        __import__("sys").modules, "neptune", SimpleNamespace(handler=handler, types=types)
    )
    run = MagicMock()
    fit(NeptuneLogger(run))
    run.stop.assert_called_once_with()


def check_sacred_logger(tmp_path):
    experiment = MagicMock()
    fit(SacredLogger(experiment))
    logged = [call.args[0] for call in experiment.log_scalar.call_args_list]
    assert logged.count("train_loss") == logged.count("valid_coarse_accuracy") == 3


def check_wandb_logger(tmp_path):
    run = MagicMock()
    run.dir = str(tmp_path)
    fit(WandbLogger(run))
    assert run.log.call_count == 3 and "train_loss" in run.log.call_args.args[0]
    assert (tmp_path / "best_model.pth").exists()


def check_input_shape_setter(tmp_path):
    with pytest.raises(ValueError, match="InputShapeSetter is not needed: the module is told"):
        fit(InputShapeSetter())


CHECKS = {
    "".join(part.title() for part in name.split("_")[1:]).lower(): check
    for name, check in globals().items()
    if name.startswith("check_")
}


@pytest.mark.parametrize("name", sorted(set(skorch.callbacks.__all__) - {"Callback"}))
def test_callback(name, tmp_path, monkeypatch):
    check = CHECKS[name.lower()]
    more = [monkeypatch] if check is check_neptune_logger else []
    check(tmp_path, *more)


# -- what cannot work is refused at the start -----------------------------------------------------


@pytest.mark.parametrize(
    ("callback", "message"),
    [
        (EpochScoring("accuracy"), "EpochScoring watches a validation set.*on_train=True"),
        (EpochScoring(None, on_train=True), "EpochScoring needs a scoring"),
        (BatchScoring("accuracy"), "BatchScoring watches a validation set.*early_stopping=True"),
        (PassthroughScoring("loss"), "PassthroughScoring watches a validation set"),
        (Checkpoint(), "Checkpoint watches a validation set.*monitor='train_loss_best'"),
        (("named", Checkpoint), "Checkpoint watches a validation set"),
        (EarlyStopping(), "EarlyStopping watches a validation set.*monitor='train_loss'"),
        (WandbLogger(None), "WandbLogger watches a validation set.*save_model=False"),
    ],
)
def test_a_callback_that_cannot_work_is_refused_by_name(callback, message):
    for method in ("fit", "partial_fit"):
        with pytest.raises(ValueError, match=message):
            getattr(make(callback), method)(X, Y)


@pytest.mark.parametrize(
    ("policy", "message"),
    [("StepLRR", "no policy 'StepLRR': did you mean 'StepLR'"), ("Adam", "no policy 'Adam'")],
)
def test_a_policy_that_torch_lacks_is_refused(policy, message):
    with pytest.raises(ValueError, match=message):
        make(LRScheduler(policy)).fit(X, Y)


# -- schedules of the learning rate ---------------------------------------------------------------


@pytest.mark.parametrize("policy", [StepLR, ExponentialLR, OneCycleLR, CosineAnnealingLR])
def test_a_warm_start_starts_its_schedule_with_its_own_rate(policy):
    options = {
        StepLR: {"step_size": 2},
        ExponentialLR: {"gamma": 0.5},
        OneCycleLR: {"max_lr": 0.1, "total_steps": 4},
        CosineAnnealingLR: {"T_max": 3},
    }[policy]
    model = make(LRScheduler(policy, **options), warm_start=True)
    for lr in (0.02, 0.02, 0.07):
        model.set_params(lr=lr).fit(X, Y)
        optimizer = torch.optim.Adam([torch.zeros(1)], lr=lr)
        schedule, expected = policy(optimizer, **options), []
        for _ in range(3):
            expected.append(schedule.get_last_lr()[0])
            optimizer.step()
            schedule.step()
        assert model.net_.history[-3:, "event_lr"] == pytest.approx(expected)


@pytest.mark.parametrize("given", [LRScheduler(), LRScheduler, ("named", LRScheduler())])
def test_no_schedule_for_a_single_epoch(given):
    with pytest.raises(ValueError, match="partial_fit does not support LRScheduler"):
        make(given).partial_fit(X, Y)


def test_scores_of_an_autoencoder_are_those_of_its_reconstructions():
    def error(net, data, y=None):
        return float(np.square(net.predict(data) - X[data.rows]).sum(axis=1).mean())

    for use_caching in (False, True):
        model = make(
            EpochScoring(error, use_caching=use_caching),
            cls=ForcedApartAutoencoder,
            early_stopping=True,
            batch_size=N,
        ).fit(X)
        history = model.net_.history
        assert history[:, "error"] == pytest.approx(history[:, "valid_task_loss"], rel=1e-5)


# -- coarse accuracy ------------------------------------------------------------------------------


class Watch(Callback):
    """Predict with the weights that an epoch validates with."""

    def on_epoch_end(self, net, dataset_valid=None, **kwargs):
        self.rows_ = dataset_valid.rows
        self.predicted_ = net.predict(dataset_valid)


@pytest.mark.parametrize("n_labels", [2, 3])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("unlabelled", [False, True])
def test_the_coarse_accuracy_of_the_validation_samples(n_labels, weighted, unlabelled):
    y = np.arange(N) % n_labels
    weight = RNG.uniform(0.1, 3, size=N) if weighted else np.ones(N)
    if unlabelled:
        y = np.where(RNG.random(N) < 0.3, -1, y)
    model = make(
        Watch(),
        unlabeled=-1,
        early_stopping=True,
        validation_fraction=0.4,
        batch_size=7,
        max_epochs=1,
    )
    model.fit(X, y, sample_weight=weight)
    watch = ran(model, "Watch")
    known = y[watch.rows_] >= 0
    rows = watch.rows_[known]
    expected = accuracy_score(y[rows], watch.predicted_[known], sample_weight=weight[rows])
    assert model.net_.history[0, "valid_coarse_accuracy"] == pytest.approx(expected, rel=1e-6)


def test_the_coarse_accuracy_of_training_is_that_of_its_batches():
    model = make(EpochScoring("accuracy", on_train=True), batch_size=7).fit(X, Y)
    history = model.net_.history
    assert history[:, "train_coarse_accuracy"] == pytest.approx(history[:, "accuracy"])
    assert history[-1, "train_coarse_accuracy"] > history[0, "train_coarse_accuracy"]


def test_an_autoencoder_has_no_coarse_accuracy():
    model = make(cls=ForcedApartAutoencoder).fit(X)
    assert not any("accuracy" in name for name in model.net_.history[0])


def test_without_any_label_the_coarse_accuracy_is_that_of_nothing():
    model = make(unlabeled=-1)
    y = np.r_[-1, -1, 0, 1, -1]
    model.fit(np.resize(X, (5, 4)), y).partial_fit(X[:4], np.full(4, -1))
    assert np.isnan(model.net_.history[-1, "train_coarse_accuracy"])
