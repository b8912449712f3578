"""A process that forks a child for each fit it is asked for, so that fits can be killed.

It reads a JSON object a line: case, checkpoint_dir, outcome (a file) and entropy or null. It
answers with the child's process id and, once the child has ended, with its status.
"""

import json
import os
import sys
import traceback

import numpy as np
import torch
from skorch.callbacks import Callback, LRScheduler
from torch.optim.lr_scheduler import CosineAnnealingLR, ReduceLROnPlateau

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier
from fa_sklearn.estimators import _base
from fa_sklearn.views import NeighborViews

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 8))
Y = (X[:, 0] + RNG.normal(size=300) > 0).astype(int)
WEIGHT = RNG.uniform(0.5, 1.5, size=300)
SEQUENCES = [RNG.normal(size=(length, 3)) for length in RNG.integers(2, 9, size=120)]
MLP = {"module_params": {"hidden_sizes": (24,), "dropout": 0.3}, "batch_size": 32, "lr": 0.01}


class Jitter(Callback):
    """Changes the weights by random numbers of its own, and remembers in a set and a list."""

    def __init__(self, seed=0):
        self.seed = seed

    def on_train_begin(self, net, **kwargs):
        self.rng_ = np.random.default_rng(self.seed)
        self.drawn_ = {0.0}
        self.weight_ = net.module_.representation_weight
        self.scores_ = []

    def on_epoch_end(self, net, **kwargs):
        drawn = self.rng_.normal()
        self.drawn_.add(drawn)
        self.scores_.append(np.float64(drawn))
        with torch.no_grad():
            self.weight_ += 0.01 * drawn
        net.history.record("jitter", np.float64(drawn))


def dropout(folder):
    model = ForcedApartClassifier(**MLP, max_epochs=60, random_state=0, checkpoint_dir=folder)
    return model.fit(X, Y, sample_weight=WEIGHT)


def early_stopping(folder):
    model = ForcedApartClassifier(
        **{**MLP, "lr": 0.002},
        max_epochs=200,
        early_stopping=True,
        n_iter_no_change=10,
        random_state=0,
        checkpoint_dir=folder,
    )
    return model.fit(X, Y)


def callbacks(folder):
    model = ForcedApartAutoencoder(
        batch_size=32,
        lr=0.01,
        max_epochs=60,
        early_stopping=True,
        n_iter_no_change=60,
        callbacks=[
            ("plateau", LRScheduler(ReduceLROnPlateau, monitor="train_loss", patience=0)),
            ("cosine", LRScheduler(CosineAnnealingLR, T_max=7)),
            ("jitter", Jitter(3)),
        ],
        random_state=np.random.RandomState(5),
        checkpoint_dir=folder,
    )
    return model.fit(SEQUENCES)


def no_seed(folder):
    model = ForcedApartClassifier(
        **MLP, max_epochs=60, early_stopping=True, n_iter_no_change=60, checkpoint_dir=folder
    )
    return model.fit(X, Y)


def warm_start(folder):
    model = ForcedApartClassifier(
        **MLP, max_epochs=20, warm_start=True, random_state=0, checkpoint_dir=folder
    )
    return model.fit(X, Y).set_params(lr=0.001, max_epochs=40, penalty="single").fit(X, Y)


def neighbours(folder):
    model = ForcedApartClassifier(
        **MLP,
        views=NeighborViews(5, refresh=20),
        penalty="contrast",
        max_epochs=60,
        random_state=0,
        checkpoint_dir=folder,
    )
    return model.fit(X, Y)


CASES = {
    case.__name__: case
    for case in (dropout, early_stopping, callbacks, no_seed, warm_start, neighbours)
}


def attributes(callback):
    """What a callback knows, without references to the net."""
    known = {}
    for key, value in vars(callback).items():
        if isinstance(value, torch.optim.lr_scheduler.LRScheduler):
            value = value.state_dict()
        if isinstance(value, np.random.Generator):
            value = value.bit_generator.state
        known[key] = sorted(value) if isinstance(value, set) else value
    return known


def outcome(model):
    """All that a fit leaves, durations excepted."""
    net = model.net_
    ran = dict(net.callbacks_)
    return {
        "module": net.module_.state_dict(),
        "optimizer": net.optimizer_.state_dict(),
        "order": net.rng.bit_generator.state,
        "generators": net.randomness.__getstate__()["states"],
        "history": [
            {key: value for key, value in row.items() if key != "dur"}
            for row in net.history.to_list()
        ],
        "callbacks": {name: attributes(ran[name]) for name in ran if name != "epoch_timer"},
        "representation": model.transform(SEQUENCES if "jitter" in ran else X),
        "jitter reaches the net": "jitter" not in ran
        or ran["jitter"].weight_ is net.module_.representation_weight,
    }


def run(request):
    if request["entropy"] is not None:
        _base.BaseForcedApart._draw_seed = lambda _: request["entropy"]
    result = outcome(CASES[request["case"]](request["checkpoint_dir"]))
    torch.save(result, request["outcome"])


def serve():
    torch.set_num_threads(1)
    # The first optimizer imports hundreds of modules: once here, not in each child.
    torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                run(json.loads(line))
                os._exit(0)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    serve()
