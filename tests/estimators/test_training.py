"""The recorded losses against the formulas, and the training against a plain torch loop."""

import copy
from typing import NamedTuple

import numpy as np
import pytest
import torch
from skorch.callbacks import (
    Callback,
    EarlyStopping,
    EpochScoring,
    GradientNormClipping,
    LRScheduler,
)
from torch import nn
from torch.nn import functional as F

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier
from fa_sklearn.losses import DeCovLoss, MultilayerLoss, SingleLayerLoss, XCovLoss
from tests.losses import dense, oracles

pytestmark = pytest.mark.usefixtures("untouched_global_generators")

N, ALPHA = 24, 0.3
RNG = np.random.default_rng(0)
BINARY, THREE = np.arange(N) % 2, np.array(["c", "a", "b"])[np.arange(N) % 3]
TABLE = RNG.normal(size=(N, 4)).astype(np.float32)
SEQUENCES = [RNG.normal(size=(n, 3)).astype(np.float32) for n in RNG.integers(1, 7, size=N)]
IMAGES = RNG.integers(0, 256, size=(N, 8, 8, 2), dtype=np.uint8)
SMALL = {
    "table": {"hidden_sizes": (7,)},
    "sequence": {"hidden_size": 6},
    "image": {"width": 0.05, "batch_norm": False},
}
INPUTS = {"table": TABLE, "sequence": SEQUENCES, "image": IMAGES}
WEIGHTS = {"plain": None, "weighted": RNG.uniform(0, 3, size=N).astype(np.float32)}


class Snapshot(Callback):
    """Keep the weights that training starts from, and every batch that it sees."""

    def on_train_begin(self, net, **kwargs):
        self.module_ = copy.deepcopy(net.module_)
        self.batches_ = []

    def on_batch_begin(self, net, batch, training, **kwargs):
        if training:
            self.batches_.append(batch)


def snapshot(estimator):
    return dict(estimator.net_.callbacks_)["Snapshot"]


def make(cls, kind, **params):
    defaults = {
        "n_components": 5,
        "module_params": SMALL[kind],
        "alpha": ALPHA,
        "batch_size": N,
        "max_epochs": 1,
        "precision": "float32",
        "callbacks": [Snapshot()],
        "random_state": 0,
    }
    return cls(**{**defaults, **params})


# -- the formulas, of one step on all samples -------------------------------------------------


class Seen(NamedTuple):
    """What the formulas read, in float64."""

    weight: np.ndarray
    h: np.ndarray
    y: np.ndarray | None
    y_prob: np.ndarray
    w: np.ndarray | None


PENALTIES = {
    "single": ("single", lambda s: {"single": oracles.single(s.weight, 5.0)}),
    "multi": ("multi", lambda s: {"multi": oracles.multi(s.h, s.y, 1.0, sample_weight=s.w)}),
    "decov": ("decov", lambda s: {"decov": oracles.decov(s.h, s.w)}),
    "xcov": ("xcov", lambda s: {"xcov": oracles.xcov(s.h, s.y_prob, s.w)}),
    "every divergence": (
        [(name, MultilayerLoss(0.02, name)) for name in oracles.DIVERGENCES]
        + [(f"of {name}", SingleLayerLoss(0.05, name)) for name in oracles.DIVERGENCES],
        lambda s: {
            **{
                name: oracles.multi(s.h, s.y, 0.02, name, sample_weight=s.w)
                for name in oracles.DIVERGENCES
            },
            **{f"of {name}": oracles.single(s.weight, 0.05, name) for name in oracles.DIVERGENCES},
        },
    ),
    "weights of terms": (
        [
            ("rows", SingleLayerLoss(margin=0.2, weight=0.5)),
            ("pairs", MultilayerLoss(0.1, normalization="pairs", weight=2.0)),
            ("columns", DeCovLoss(weight=7.0)),
            ("labels", XCovLoss(weight=0.0)),
        ],
        lambda s: {
            "rows": oracles.single(s.weight, 0.2),
            "pairs": oracles.multi(s.h, s.y, 0.1, normalization="pairs", sample_weight=s.w),
            "columns": oracles.decov(s.h, s.w),
            "labels": oracles.xcov(s.h, s.y_prob, s.w),
        },
    ),
}
COVARIANCES = {"decov", "xcov", "columns", "labels"}
FACTORS = {"rows": 0.5, "pairs": 2.0, "columns": 7.0, "labels": 0.0}


def check_history(estimator, task, terms):
    row = estimator.net_.history[0]
    recorded = {key for key in row if key.startswith("train_") and key.endswith("loss")}
    assert recorded == {"train_loss", "train_task_loss", *(f"train_{name}_loss" for name in terms)}
    assert row["train_task_loss"] == pytest.approx(task, rel=1e-5)
    for name, value in terms.items():
        # A divergence's error in float32 is ~1e-6 absolute, and L_single sums 20 of them.
        close = {"rel": 1e-4, "abs": 1e-9} if name in COVARIANCES else {"rel": 1e-5, "abs": 1e-5}
        assert row[f"train_{name}_loss"] == pytest.approx(value, **close), name
    penalty = sum(FACTORS.get(name, 1.0) * value for name, value in terms.items())
    expected = (1 - ALPHA) * task + ALPHA * penalty if terms else task
    assert row["train_loss"] == pytest.approx(expected, rel=1e-5, abs=1e-5)


def batch_of(estimator):
    """The one training batch: inputs, labels and weights, as NumPy arrays in float64."""
    (batch,) = snapshot(estimator).batches_
    X, lengths, _ = batch.inputs
    w = batch.weight
    y = None if batch.y is None else batch.y.numpy()
    return (X, lengths), y, None if w is None else w.numpy().astype(np.float64)


def run(estimator, X, lengths):
    with torch.no_grad():
        output, h = snapshot(estimator).module_(X, lengths)
    return output.double().numpy(), h.double().numpy()


def log_loss(output, y, binary):
    """Cross-entropy of each sample and the probabilities that XCov reads."""
    if binary:
        probability = 1 / (1 + np.exp(-output))
        return -np.log(np.where(y[:, None] == 1, probability, 1 - probability))[:, 0], probability
    exponentials = np.exp(output)
    probability = exponentials / exponentials.sum(axis=1, keepdims=True)
    return -np.log(probability[np.arange(len(y)), y]), probability


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("y", [BINARY, THREE], ids=["binary", "three"])
@pytest.mark.parametrize("penalty", [None, *PENALTIES])
def test_classifier_trains_on_the_formula(penalty, y, weights):
    parameter, formulas = PENALTIES.get(penalty, (None, lambda s: {}))
    estimator = make(ForcedApartClassifier, "table", penalty=parameter)
    estimator.fit(TABLE, y, sample_weight=WEIGHTS[weights])
    (X, lengths), codes, w = batch_of(estimator)
    output, h = run(estimator, X, lengths)
    losses, y_prob = log_loss(output, codes, y is BINARY)
    layer = snapshot(estimator).module_.fc1.weight.detach().double().numpy()
    terms = formulas(Seen(layer, h, codes, y_prob, w))
    check_history(estimator, np.average(losses, weights=w), terms)


@pytest.mark.parametrize("kind", ["sequence", "image"])
@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_classifier_of_other_kinds_trains_on_the_formula(kind, penalty):
    parameter, formulas = PENALTIES[penalty]
    estimator = make(ForcedApartClassifier, kind, penalty=parameter).fit(INPUTS[kind], THREE)
    (X, lengths), codes, w = batch_of(estimator)
    output, h = run(estimator, X, lengths)
    losses, y_prob = log_loss(output, codes, False)
    layer = snapshot(estimator).module_.fc1.weight.detach().double().numpy()
    check_history(estimator, losses.mean(), formulas(Seen(layer, h, codes, y_prob, w)))


def alone(estimator, X, lengths):
    """Squared error, what XCov reads, and h of each sample, run unpadded and by itself."""
    errors, predictions, h = [], [], []
    for i in range(len(X)):
        x = X[i : i + 1] if lengths is None else X[i : i + 1, : lengths[i]]
        output, representation = run(estimator, x, None)
        errors.append(np.sum((output[0] - x[0].double().numpy()) ** 2))
        predictions.append(output[0].ravel() if lengths is None else output[0].mean(axis=0))
        h.append(representation[0])
    return np.array(errors), np.array(predictions), np.array(h)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("kind", INPUTS)
@pytest.mark.parametrize("penalty", [None, *PENALTIES])
def test_autoencoder_trains_on_equation_11(penalty, kind, weights):
    parameter, formulas = PENALTIES.get(penalty, (None, lambda s: {}))
    estimator = make(ForcedApartAutoencoder, kind, penalty=parameter)
    estimator.fit(INPUTS[kind], sample_weight=WEIGHTS[weights])
    (X, lengths), codes, w = batch_of(estimator)
    errors, y_prob, h = alone(estimator, X, lengths)
    layer = snapshot(estimator).module_.fc1.weight.detach().double().numpy()
    terms = formulas(Seen(layer, h, codes, y_prob, w))
    check_history(estimator, np.average(errors, weights=w), terms)


def test_sample_and_class_weights_multiply():
    weight = WEIGHTS["weighted"]
    of_class = {0: 0.5, 1: 3.0}
    together = make(ForcedApartClassifier, "table", class_weight=of_class)
    together.fit(TABLE, BINARY, sample_weight=weight)
    product = weight * np.where(BINARY == 1, 3.0, 0.5)
    by_hand = make(ForcedApartClassifier, "table").fit(TABLE, BINARY, sample_weight=product)
    np.testing.assert_allclose(together.transform(TABLE), by_hand.transform(TABLE), rtol=1e-5)


def test_balanced_weights_are_those_of_scikit_learn():
    y = (np.arange(N) % 6 == 0).astype(int)
    balanced = make(ForcedApartClassifier, "table", class_weight="balanced").fit(TABLE, y)
    counts = np.bincount(y)
    by_hand = make(ForcedApartClassifier, "table", class_weight=dict(enumerate(N / (2 * counts))))
    expected = by_hand.fit(TABLE, y).transform(TABLE)
    np.testing.assert_allclose(balanced.transform(TABLE), expected, rtol=1e-5)


def test_an_epoch_averages_its_batches_by_size():
    estimator = make(ForcedApartClassifier, "table", batch_size=9, optimizer="sgd", lr=1e-12)
    estimator.fit(TABLE[:23], BINARY[:23])
    sizes, task, multi = [], 0.0, 0.0
    for (X, lengths, *_), y in snapshot(estimator).batches_:
        output, h = run(estimator, X, lengths)
        losses, _ = log_loss(output, y.numpy(), True)
        sizes.append(len(y))
        task += losses.sum() / 23
        multi += oracles.multi(h, y, 1.0) * len(y) / 23
    assert sorted(sizes) == [7, 8, 8]
    check_history(estimator, task, {"multi": multi})


# -- a plain loop -----------------------------------------------------------------------------


def plain_net(module):
    """The MLP as a user would write it, with the same initial weights."""
    first = next(layer for layer in module.hidden if isinstance(layer, nn.Linear))
    hidden, fc1, fc2 = (copy.deepcopy(layer) for layer in (first, module.fc1, module.fc2))
    return nn.ModuleList([hidden, fc1, fc2])


def plain_forward(net, X):
    h = F.relu(net[1](F.relu(net[0](X))))
    return net[2](h), h


OPTIMIZERS = {
    "adam": torch.optim.Adam,
    "sgd": lambda parameters, lr: torch.optim.SGD(parameters, lr=lr, momentum=0.9),
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("penalty", [None, "single", "multi"])
@pytest.mark.parametrize("y", [BINARY, np.arange(N) % 3], ids=["binary", "three"])
def test_weights_are_those_of_a_plain_loop(y, penalty, optimizer):
    settings = {"penalty": penalty, "optimizer": optimizer, "lr": 5e-3, "max_epochs": 4}
    estimator = make(ForcedApartClassifier, "table", batch_size=10, **settings).fit(TABLE, y)
    seen = snapshot(estimator)
    net = plain_net(seen.module_)
    steps = OPTIMIZERS[optimizer](net.parameters(), lr=5e-3)
    assert len(seen.batches_) == 4 * 3
    for (X, *_), labels in seen.batches_:
        steps.zero_grad()
        output, h = plain_forward(net, X)
        if y is BINARY:
            loss = F.binary_cross_entropy_with_logits(output[:, 0], labels.float())
        else:
            loss = F.cross_entropy(output, labels)
        if penalty == "single":
            loss = (1 - ALPHA) * loss + ALPHA * dense.single(net[1].weight, 5.0, "kl")
        elif penalty == "multi":
            loss = (1 - ALPHA) * loss + ALPHA * dense.multi(h, labels, 1.0, "kl")
        loss.backward()
        steps.step()
    trained = plain_net(estimator.net_.module_)
    for found, expected in zip(trained.parameters(), net.parameters(), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)
    with torch.no_grad():
        _, h = plain_forward(net, torch.tensor(TABLE))
    np.testing.assert_allclose(estimator.transform(TABLE), h, rtol=1e-5, atol=1e-6)


def test_every_epoch_visits_every_sample_once_in_a_new_order():
    estimator = make(ForcedApartClassifier, "table", batch_size=5, max_epochs=3)
    estimator.fit(TABLE, BINARY)
    seen = [X.numpy() for (X, *_), _ in snapshot(estimator).batches_]
    epochs = np.split(np.concatenate(seen), 3)
    for epoch in epochs:
        assert np.array_equal(epoch[np.lexsort(epoch.T)], TABLE[np.lexsort(TABLE.T)])
    assert not np.array_equal(epochs[0], epochs[1])


# -- optimizers -------------------------------------------------------------------------------


def settle(optimizer, **params):
    estimator = make(ForcedApartClassifier, "table", optimizer=optimizer, max_epochs=3, **params)
    return estimator.fit(TABLE, BINARY)


@pytest.mark.parametrize(
    ("name", "factory"),
    [
        ("adam", torch.optim.Adam),
        ("adamw", torch.optim.AdamW),
        ("rmsprop", torch.optim.RMSprop),
        ("sgd", OPTIMIZERS["sgd"]),
    ],
)
def test_names_are_torchs_classes(name, factory):
    found, expected = settle(name).transform(TABLE), settle(factory).transform(TABLE)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_optimizers_differ():
    results = [settle(name, lr=0.01).transform(TABLE) for name in ("adam", "sgd", "rmsprop")]
    assert not np.allclose(results[0], results[1]) and not np.allclose(results[0], results[2])


def test_lr_reaches_the_optimizer():
    assert settle(torch.optim.Adagrad, lr=0.07).net_.optimizer_.param_groups[0]["lr"] == 0.07


# -- callbacks --------------------------------------------------------------------------------


class Counter(Callback):
    """Count the notifications of a fit."""

    def initialize(self):
        self.counts_ = {}
        return self

    def _count(self, name):
        self.counts_[name] = self.counts_.get(name, 0) + 1


def _counting(event):
    def notified(self, net, **kwargs):
        self._count(event)

    return notified


BATCH_EVENTS = ("on_batch_begin", "on_batch_end", "on_grad_computed")
EVENTS = ("on_train_begin", "on_train_end", "on_epoch_begin", "on_epoch_end", *BATCH_EVENTS)
for _event in EVENTS:
    setattr(Counter, _event, _counting(_event))


def with_callbacks(*callbacks, **params):
    settings = {"callbacks": list(callbacks), "max_epochs": 3, "batch_size": 10, **params}
    return make(ForcedApartClassifier, "table", **settings)


def test_callbacks_hear_of_everything():
    estimator = with_callbacks(("mine", Counter())).fit(TABLE, BINARY)
    counts = dict(estimator.net_.callbacks_)["mine"].counts_
    assert counts == {
        **dict.fromkeys(("on_train_begin", "on_train_end"), 1),
        **dict.fromkeys(("on_epoch_begin", "on_epoch_end"), 3),
        **dict.fromkeys(BATCH_EVENTS, 9),
    }


def test_callbacks_are_cloned_and_parameters_left_alone():
    counter = Counter()
    callbacks = [counter]
    estimator = with_callbacks(callbacks=callbacks)
    estimator.fit(TABLE, BINARY).fit(TABLE, BINARY)
    assert estimator.callbacks is callbacks and callbacks == [counter]
    assert not hasattr(counter, "counts_")
    assert dict(estimator.net_.callbacks_)["Counter"].counts_["on_train_begin"] == 1


def test_callbacks_do_not_change_training():
    plain = with_callbacks().fit(TABLE, BINARY).transform(TABLE)
    watched = with_callbacks(Counter()).fit(TABLE, BINARY).transform(TABLE)
    assert np.array_equal(plain, watched)


def test_losses_of_batches_are_recorded_for_callbacks_of_batches():
    history = with_callbacks(Counter()).fit(TABLE, BINARY).net_.history
    losses = np.array(history[-1, "batches", :, "train_loss"])
    sizes = np.array(history[-1, "batches", :, "train_batch_size"])
    assert sizes.sum() == N
    assert history[-1, "train_loss"] == pytest.approx((losses * sizes).sum() / N, rel=1e-6)


def test_a_learning_rate_schedule():
    schedule = LRScheduler("StepLR", step_size=1, gamma=0.1)
    estimator = with_callbacks(schedule, lr=0.01).fit(TABLE, BINARY)
    rates = estimator.net_.history[:, "event_lr"]
    assert rates == pytest.approx([0.01, 0.001, 0.0001])
    assert estimator.net_.optimizer_.param_groups[0]["lr"] == pytest.approx(1e-5)


def test_gradient_clipping():
    clipping = GradientNormClipping(1e-9)
    settings = {"optimizer": torch.optim.SGD, "lr": 1.0}
    estimator = with_callbacks(clipping, Snapshot(), **settings).fit(TABLE, BINARY)
    before, after = snapshot(estimator).module_, estimator.net_.module_
    for old, new in zip(before.parameters(), after.parameters(), strict=True):
        assert (old - new).abs().max() < 1e-7


class Sizes(Callback):
    """Record how many samples each epoch is told to have."""

    def on_epoch_end(self, net, dataset_train=None, dataset_valid=None, **kwargs):
        assert dataset_valid is None
        net.history.record("n_samples", len(dataset_train))


def test_a_callback_may_record_into_the_history():
    estimator = with_callbacks(Sizes()).fit(TABLE, BINARY)
    assert estimator.net_.history[:, "n_samples"] == [N] * 3


@pytest.mark.parametrize("use_caching", [False, True])
def test_epoch_scoring(use_caching):
    scoring = EpochScoring(
        lambda net, X, y: float(len(X)), name="size", use_caching=use_caching, on_train=True
    )
    estimator = with_callbacks(scoring).fit(TABLE, BINARY)
    assert estimator.net_.history[:, "size"] == [N] * 3


def test_skorchs_early_stopping_stops():
    stopping = EarlyStopping(
        "train_loss", patience=2, threshold=1e3, threshold_mode="abs", sink=lambda text: None
    )
    estimator = with_callbacks(stopping, max_epochs=50).fit(TABLE, BINARY)
    assert estimator.n_iter_ == len(estimator.net_.history) == 3


class Interrupt(Callback):
    def on_batch_end(self, net, **kwargs):
        raise KeyboardInterrupt


def test_an_interrupt_is_passed_on():
    with pytest.raises(KeyboardInterrupt):
        with_callbacks(Interrupt()).fit(TABLE, BINARY)


class Broken(Callback):
    def on_epoch_end(self, net, **kwargs):
        raise RuntimeError("my own mistake")


def test_an_error_in_a_callback_is_passed_on():
    with pytest.raises(RuntimeError, match="my own mistake"):
        with_callbacks(Broken()).fit(TABLE, BINARY)


# -- losses that are not finite ---------------------------------------------------------------


def broken_divergence(log_p, log_q):
    return (log_p - log_q).sum(dim=1) * float("nan")


def test_an_infinite_task_loss_names_the_task_and_the_epoch():
    with pytest.raises(ValueError, match=r"task loss became (nan|inf) in epoch 2 .*lower lr"):
        make(ForcedApartClassifier, "table", lr=1e30, max_epochs=3).fit(TABLE, BINARY)


@pytest.mark.parametrize("cls", [ForcedApartClassifier, ForcedApartAutoencoder])
def test_an_infinite_term_names_the_term_and_the_epoch(cls):
    penalty = [("good", DeCovLoss()), ("bad", MultilayerLoss(divergence=broken_divergence))]
    with pytest.raises(ValueError, match="bad loss became nan in epoch 1 "):
        make(cls, "table", penalty=penalty).fit(TABLE, BINARY)


def test_exploding_autoencoders_stop():
    with pytest.raises(ValueError, match="task loss became (nan|inf) in epoch 1 "):
        make(ForcedApartAutoencoder, "table").fit(TABLE * 1e20)


def test_an_infinite_validation_loss_stops_too():
    X = TABLE.copy()
    settings = {"early_stopping": True, "validation_fraction": 0.25, "lr": 1e30}
    with pytest.raises(ValueError, match=r"loss became (nan|inf) in epoch 1 \(valid\)"):
        make(ForcedApartAutoencoder, "table", **settings).fit(X)
