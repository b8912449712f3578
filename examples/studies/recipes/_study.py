"""Trials on validation data, two ways to choose, and the final fits."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from examples.studies._record import TABLE, append_row, current_round, origin, read_rows
from examples.studies._spaces import ami_by_space, clusters_in, in_spaces
from examples.studies.paper._data import load
from examples.studies.paper._experiment import SEARCH_SEED, SEEDS, Experiment
from examples.studies.paper._search import TOLERATED_LOSS, read_trials
from fa_sklearn.metrics import within_class_modularity_score

from ._fits import accuracy, fit, represent, shared_space
from ._recipes import RECIPES, SPACES, Recipe

RESULTS = Path(__file__).with_name(TABLE)
# Where the trials of the paper's experiment are too short to tell recipes apart.
BUDGETS: dict[str, dict[str, Any]] = {
    "cifar10": {"n_train": None, "estimator": {"max_epochs": 8}},
    "strokes": {"n_train": None, "estimator": {}},
    "strokes-autoencoder": {"n_train": None, "estimator": {}},
}
CRITERIA = ("ami", "modularity")
Trial = dict[str, Any]


def read(kind: str, dataset: str, of_round: int | None = None) -> list[dict[str, Any]]:
    """Read a data set's trials, cells (final fits) or unions, of the current round by default."""
    if of_round is None:
        of_round = current_round(RESULTS, dataset)
    return read_rows(RESULTS, kind=kind, dataset=dataset, round=of_round)


def add(kind: str, dataset: str, entry: dict[str, Any]) -> None:
    """Add a result of the current round."""
    now = current_round(RESULTS, dataset)
    append_row(RESULTS, {"kind": kind, "dataset": dataset, "round": now, **entry, **origin()})


def run_trial(experiment: Experiment, recipe: Recipe) -> Trial:
    """Fit on some of the training data, and score each space on validation data."""
    splits = load(experiment.dataset)
    budget = BUDGETS.get(experiment.dataset, experiment.search)
    train, validation = splits["train"].take(budget["n_train"]), splits["validation"]
    start = time.perf_counter()
    estimator = fit(experiment, recipe, train, SEARCH_SEED, **budget["estimator"])
    seconds = time.perf_counter() - start
    h = estimator.transform(validation.X)
    found = clusters_in(in_spaces(SPACES, h), experiment.n_classes, SEARCH_SEED)
    points = shared_space(experiment.dataset, validation.X)
    coarse = None if experiment.autoencoder else validation.y < experiment.n_classes // 2
    return {
        "recipe": recipe._asdict(),
        "accuracy": accuracy(experiment, estimator, validation),
        "ami": ami_by_space(validation.y, found),
        "modularity": {
            name: within_class_modularity_score(points, labels, coarse)
            for name, labels in found.items()
        },
        "seconds": round(seconds, 1),
    }


def _judged_alike(trials: list[Trial]) -> list[Trial]:
    """Leave out nets that learnt neighbours of the shared space, where others learnt others.

    Modularity is measured there: it would reward them for what they were trained to do.
    """
    recipes = [Recipe(**trial["recipe"]) for trial in trials]
    if not any(recipe.drawn for recipe in recipes):
        return trials
    return [t for t, r in zip(trials, recipes, strict=True) if r.drawn or not r.consistency]


def choose(dataset: str, criterion: str, trials: list[Trial] | None = None) -> tuple[Recipe, str]:
    """Return the recipe and the space with the best criterion, the coarse accuracy kept."""
    if trials is None:
        trials = read("trial", dataset)
    if criterion == "modularity":
        trials = _judged_alike(trials)
    if trials[0]["accuracy"] is not None:
        reference = max(
            [trial["scores"]["accuracy"] for trial in read_trials(dataset)["baseline"]]
            + [trial["accuracy"] for trial in trials if not Recipe(**trial["recipe"]).penalty()]
        )
        accurate = [t for t in trials if t["accuracy"] >= reference - TOLERATED_LOSS]
        trials = accurate or [max(trials, key=lambda trial: trial["accuracy"])]
    best, space = max(
        ((trial, space) for trial in trials for space in SPACES if space in trial[criterion]),
        key=lambda pair: pair[0][criterion][pair[1]],
    )
    return Recipe(**best["recipe"]), space


def run_cell(experiment: Experiment, recipe: Recipe, seed: int) -> dict[str, Any]:
    """Fit on all training data and score the test split, in every space."""
    net = represent(experiment.dataset, recipe, seed)
    found = clusters_in(in_spaces(SPACES, net["test"]), experiment.n_classes, seed)
    return {
        "recipe": recipe._asdict(),
        "seed": seed,
        "accuracy": None if experiment.autoencoder else float(net["accuracy"]),
        "ami": ami_by_space(load(experiment.dataset)["test"].y, found),
    }


def run(dataset: str) -> None:
    """Run the trials and final fits that are missing."""
    experiment = Experiment.read(dataset)
    for recipe in RECIPES[dataset]:
        done = [Recipe(**trial["recipe"]) for trial in read("trial", dataset)]
        if recipe not in done:
            trial = run_trial(experiment, recipe)
            add("trial", dataset, trial)
            print(f"{dataset} {recipe}: {trial}", flush=True)
    by_ami, by_modularity = (choose(dataset, criterion)[0] for criterion in CRITERIA)
    for recipe in (by_ami, by_ami.without_penalty(), by_modularity):
        for seed in SEEDS:
            if not any(cell["seed"] == seed for cell in cells_of(dataset, recipe)):
                cell = run_cell(experiment, recipe, seed)
                add("cell", dataset, cell)
                print(f"{dataset} seed {seed} {recipe}: {cell}", flush=True)


def cells_of(
    dataset: str, recipe: Recipe, cells: list[dict[str, Any]] | None = None
) -> list[dict[str, Any]]:
    """Return the final fits of a recipe."""
    if cells is None:
        cells = read("cell", dataset)
    return [cell for cell in cells if Recipe(**cell["recipe"]) == recipe]


def test_ami(
    dataset: str, recipe: Recipe, space: str, cells: list[dict[str, Any]] | None = None
) -> NDArray[np.float64]:
    """Return the AMI of a recipe on the test split, one a seed."""
    return np.array([cell["ami"][space] for cell in cells_of(dataset, recipe, cells)])
