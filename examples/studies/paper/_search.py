"""The choice of each method's parameters on validation data."""

from __future__ import annotations

import time
from typing import Any

from ._data import load
from ._evaluation import scores
from ._experiment import SEARCH_SEED, Experiment, Parameters, add, read

# A choice may cost this much coarse accuracy (section 5.1).
TOLERATED_LOSS = 0.005
Trial = dict[str, Any]


def read_trials(dataset: str, of_round: int | None = None) -> dict[str, list[Trial]]:
    """Read the trials of a data set that are finished, by method."""
    found: dict[str, list[Trial]] = {}
    for trial in read("trial", dataset, of_round):
        found.setdefault(trial["method"], []).append(trial)
    return found


def run_trial(
    experiment: Experiment, method: str, own: Parameters, device: str, seed: int = SEARCH_SEED
) -> Trial:
    """Fit on training data and score on validation data."""
    splits = load(experiment.dataset)
    train = splits["train"].take(experiment.search["n_train"])
    parameters = {**experiment.parameters(method, own), **experiment.search["estimator"]}
    estimator = experiment.make_estimator(
        method, parameters, n_train=len(train.y), seed=seed, device=device
    )
    start = time.perf_counter()
    estimator.fit(train.X, None if experiment.autoencoder else train.y)
    seconds = time.perf_counter() - start
    validation = splits["validation"]
    embedding = estimator.transform(validation.X)
    return {
        "parameters": own,
        "scores": scores(estimator, validation, embedding, experiment.n_classes, seed),
        "seconds": round(seconds, 1),
    }


def search(experiment: Experiment, method: str, device: str) -> Experiment:
    """Run a method's missing trials and write its choice into the configuration."""
    for parameters in experiment.trials(method):
        done = read_trials(experiment.dataset)
        if any(trial["parameters"] == parameters for trial in done.get(method, [])):
            continue
        trial = run_trial(experiment, method, parameters, device)
        add("trial", experiment.dataset, {"method": method, **trial})
        print(f"  trial {method} {parameters}: {_rounded(trial['scores'])}", flush=True)
    done = read_trials(experiment.dataset)
    chosen = best_trial(done[method], _accuracy_floor(experiment, done))
    return experiment.choose(method, chosen["parameters"])


def best_trial(trials: list[Trial], accuracy_floor: float) -> Trial:
    """Return the trial with the highest AMI of those that keep the coarse accuracy.

    Where none does, the most accurate one. Autoencoders have no accuracy to keep.
    """
    accuracies = [trial["scores"]["accuracy"] for trial in trials]
    if accuracies[0] is None:
        return max(trials, key=lambda trial: trial["scores"]["ami"])
    accurate = [t for t in trials if t["scores"]["accuracy"] >= accuracy_floor]
    if not accurate:
        return max(trials, key=lambda trial: trial["scores"]["accuracy"])
    return max(accurate, key=lambda trial: trial["scores"]["ami"])


def _accuracy_floor(experiment: Experiment, done: dict[str, list[Trial]]) -> float:
    """Return the accuracy of the baseline's choice, of its best trial before, less the loss."""
    trials = done["baseline"]
    chosen = experiment.chosen.get("baseline")
    found = [t for t in trials if t["parameters"] == chosen] or trials
    return max(t["scores"]["accuracy"] or 0.0 for t in found) - TOLERATED_LOSS


def _rounded(values: dict[str, float | None]) -> dict[str, float]:
    return {key: round(value, 3) for key, value in values.items() if value is not None}
