"""Search margin, alpha and penalty with Optuna, and stop bad trials after a few epochs.

    python examples/optuna_search.py
    python examples/optuna_search.py --trials 40 --storage journal.log   # in several processes

Each trial trains one epoch at a time with `partial_fit`. After an epoch KMeans clusters the
representation of the validation split, and Optuna sees its AMI with the ten digits: a trial below
the median of the earlier ones at the same epoch is stopped. Processes that name one storage share
the trials; see docs/searches.md for one process per GPU.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.storages.journal import JournalFileBackend, JournalStorage
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from fa_sklearn import ForcedApartClassifier
from fa_sklearn.metrics import ami_score

GROUPS = {digit: digit >= 5 for digit in range(10)}
# Margins that suit a penalty: in nats, far apart for weights and close for activations.
MARGINS = {"single": (2.0, 10.0), "multi": (0.1, 2.0)}

Split = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.integer], NDArray[np.integer]]


def suggest(trial: optuna.Trial) -> ForcedApartClassifier:
    """Let Optuna choose what the net is trained with."""
    penalty = trial.suggest_categorical("penalty", list(MARGINS))
    return ForcedApartClassifier(
        label_groups=GROUPS,
        penalty=penalty,
        margin=trial.suggest_float(f"{penalty}_margin", *MARGINS[penalty], log=True),
        alpha=trial.suggest_float("alpha", 0.05, 0.6),
        lr=trial.suggest_float("lr", 3e-4, 1e-2, log=True),
        random_state=0,
    )


def train(trial: optuna.Trial, split: Split, epochs: int) -> float:
    """Train epoch by epoch, and report each epoch's validation AMI."""
    X_train, X_valid, y_train, y_valid = split
    net = suggest(trial)
    ami = 0.0
    for epoch in range(epochs):
        net.partial_fit(X_train, y_train)
        clusters = KMeans(10, random_state=0).fit_predict(net.transform(X_valid))
        ami = ami_score(y_valid, clusters)
        trial.report(ami, epoch)
        if trial.should_prune():
            raise optuna.TrialPruned
    return ami


def make_study(storage: str | None, seed: int, warm_epochs: int) -> optuna.Study:
    """Make the study, or join the one that another process has made in the same storage."""
    return optuna.create_study(
        study_name="forced apart",
        direction="maximize",
        storage=JournalStorage(JournalFileBackend(storage)) if storage else None,
        load_if_exists=storage is not None,
        sampler=optuna.samplers.TPESampler(seed=seed, n_startup_trials=4),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=3, n_warmup_steps=warm_epochs),
    )


def main(arguments: Sequence[str] | None = None) -> optuna.Study:
    """Search and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--trials", type=int, default=20, help="trials of this process")
    parser.add_argument("--epochs", type=int, default=20, help="epochs of a trial")
    parser.add_argument("--storage", help="file that processes share (default: none)")
    parser.add_argument("--seed", type=int, default=0, help="another one in each process")
    options = parser.parse_args(arguments)
    X, y = load_digits(return_X_y=True)
    split = train_test_split(X / 16, y, test_size=0.3, stratify=y, random_state=0)
    study = make_study(options.storage, options.seed, warm_epochs=max(1, options.epochs // 5))
    study.optimize(lambda trial: train(trial, split, options.epochs), n_trials=options.trials)
    states = [trial.state for trial in study.trials]
    print(f"{len(states)} trials, {states.count(optuna.trial.TrialState.PRUNED)} pruned")
    print(f"best validation AMI {study.best_value:.3f} with {study.best_params}")
    return study


if __name__ == "__main__":
    main()
