"""Fits that one process and two ranks both do, to compare their gradients and nets."""

import numpy as np
import torch
from skorch.callbacks import Callback

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier
from fa_sklearn.losses import DeCovLoss, MultilayerLoss, SingleLayerLoss, XCovLoss
from fa_sklearn.modules import MLP
from fa_sklearn.views import NeighborViews


class KeepGradients(Callback):
    """Keep the gradients of each step."""

    def on_train_begin(self, net, **kwargs):
        self.steps_ = []

    def on_grad_computed(self, net, named_parameters, **kwargs):
        self.steps_.append(
            {name: weight.grad.numpy().copy() for name, weight in net.module_.named_parameters()}
        )


class Noisy(MLP):
    """Remember what it drew."""

    deterministic_forward = False
    drawn: list[float] = []

    def forward(self, X, lengths=None):
        Noisy.drawn.append(torch.rand(()).item())
        return super().forward(X, lengths)


def table(n=37, n_classes=2):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, 6)).astype(np.float32), rng.integers(n_classes, size=n)


def partly(data, share=0.7):
    """Hide most of the labels."""
    X, y = data
    return X, np.where(np.random.default_rng(2).random(len(y)) < share, -1, y)


def images(n=21, size=16):
    # Of fewer or smaller ones float32 itself misses the gradients of float64 by more than 1e-5.
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, size, size, 3)).astype(np.float32), np.arange(n) % 2


def sequences(n=23):
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 12, size=n)
    return [rng.normal(size=(t, 3)).astype(np.float32) for t in lengths], np.arange(n) % 2


def tokens(n=23):
    rng = np.random.default_rng(0)
    return [rng.integers(1, 15, size=t) for t in rng.integers(1, 12, size=n)], np.arange(n) % 2


def weights(n=37):
    weight = np.random.default_rng(1).integers(0, 4, size=n).astype(np.float32)
    return {"sample_weight": weight}


# Steps so small that the weights stay: every batch's gradient is compared at the same point.
STILL = {
    "n_components": 5,
    "optimizer": torch.optim.SGD,
    "lr": 1e-12,
    "max_epochs": 1,
    "batch_size": 10,
    "alpha": 0.4,
    "precision": "float32",
    "random_state": 0,
    "callbacks": [KeepGradients()],
}
SMALL_TABLE = {"module_params": {"hidden_sizes": (7,)}}
SMALL_RNN = {"module_params": {"hidden_size": 6}}
SEVERAL = [
    ("single", SingleLayerLoss(margin=3.0, weight=0.3)),
    ("multi", MultilayerLoss(normalization="pairs", weight=2.0)),
    ("decov", DeCovLoss()),
    ("xcov", XCovLoss(weight=0.5)),
]
VGG = {"module_params": {"width": 1 / 32}, "batch_size": 7}


def classifier(data, fit_params=None, **params):
    return ForcedApartClassifier(**{**STILL, "unlabeled": -1, **params}), *data, fit_params or {}


def autoencoder(data, fit_params=None, **params):
    return ForcedApartAutoencoder(**{**STILL, **params}), *data, fit_params or {}


GRADIENTS = {
    **{
        f"table-{penalty}": lambda penalty=penalty: classifier(
            table(), penalty=penalty, **SMALL_TABLE
        )
        for penalty in (None, "single", "multi", "decov", "xcov")
    },
    "table-several": lambda: classifier(table(), penalty=SEVERAL, **SMALL_TABLE),
    "table-several-weighted": lambda: classifier(
        table(), weights(), penalty=SEVERAL, class_weight="balanced", **SMALL_TABLE
    ),
    "table-xcov-three-classes": lambda: classifier(
        table(n_classes=3), weights(), penalty="xcov", **SMALL_TABLE
    ),
    "table-neighbours": lambda: classifier(
        table(), weights(), views="neighbors", penalty=SEVERAL, **SMALL_TABLE
    ),
    "table-one-row-a-rank": lambda: classifier(
        table(5), penalty=SEVERAL, **{**SMALL_TABLE, "batch_size": 3}
    ),
    "table-contrast": lambda: classifier(
        table(), weights(), views="neighbors", penalty="contrast", **SMALL_TABLE
    ),
    "table-unlabelled": lambda: classifier(partly(table()), penalty=SEVERAL, **SMALL_TABLE),
    "table-unlabelled-weighted-three-classes": lambda: classifier(
        partly(table(n_classes=3)),
        weights(),
        penalty=SEVERAL,
        class_weight="balanced",
        **SMALL_TABLE,
    ),
    "table-batches-without-labels": lambda: classifier(
        partly(table(), 0.8), penalty=SEVERAL, **{**SMALL_TABLE, "batch_size": 3}
    ),
    "sequences": lambda: classifier(sequences(), module="rnn", penalty=SEVERAL, **SMALL_RNN),
    "tokens": lambda: classifier(tokens(), module="text", **SMALL_RNN),
    "autoencoder-table": lambda: autoencoder(table(), weights(), penalty="xcov", **SMALL_TABLE),
    "autoencoder-sequences": lambda: autoencoder(
        sequences(), module="rnn", penalty=SEVERAL, **SMALL_RNN
    ),
}

RUN = {"optimizer": "adam", "lr": 3e-3, "max_epochs": 4, "callbacks": None}
RUNS = {
    "unlabelled": lambda: classifier(
        partly(table(60)),
        weights(60),
        early_stopping=True,
        validation_fraction=0.25,
        **{**RUN, "max_epochs": 6},
        **SMALL_TABLE,
    ),
    "table": lambda: classifier(table(), weights(), **SMALL_TABLE, **RUN),
    "sequences": lambda: classifier(sequences(), module="rnn", **SMALL_RNN, **RUN),
    "autoencoder": lambda: autoencoder(
        sequences(), module="rnn", **{**RUN, "max_epochs": 3}, **SMALL_RNN
    ),
    "refreshed-neighbours": lambda: classifier(
        table(), views=NeighborViews(5, refresh=1), penalty=SEVERAL, **RUN, **SMALL_TABLE
    ),
    "early-stopping": lambda: classifier(
        table(60),
        early_stopping=True,
        validation_fraction=0.25,
        n_iter_no_change=2,
        **{**RUN, "max_epochs": 60, "lr": 0.05},
        **SMALL_TABLE,
    ),
}


def fit(case):
    """Do a case's fit."""
    estimator, X, y, fit_params = case()
    return estimator.fit(X, y, **fit_params)


def fit_in_steps():
    """Fit by partial_fit, then go on by a warm start."""
    estimator, X, y, _ = classifier(table(), **SMALL_TABLE, **RUN)
    estimator.partial_fit(X, y).partial_fit(X, y)
    return estimator.set_params(warm_start=True, max_epochs=2, penalty="decov").fit(X, y)


def describe(estimator, X):
    """Collect what must be the same on all ranks, and like one process."""
    net = estimator.net_
    kept = [callback for _, callback in net.callbacks_ if isinstance(callback, KeepGradients)]
    names = [name for name in net.history[-1] if name.endswith("loss")]
    return {
        "gradients": kept[0].steps_ if kept else None,
        "history": {name: net.history[:, name] for name in names},
        "n_iter": estimator.n_iter_,
        "representation": estimator.transform(X),
        "state": {name: value.numpy() for name, value in net.module_.state_dict().items()},
        "own_attributes": [sorted(vars(module)) for module in net.module_.modules()],
    }
