"""Several nets of one recipe side by side: KMeans on the union of their representations."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from examples._record import origin, read_json, write_json, write_whole
from examples._spaces import ami_by_space, clusters_in, in_spaces
from examples.paper._data import load
from examples.paper._experiment import Experiment
from fa_sklearn.datasets import get_data_home

from ._recipes import CROPS, SPACES, Recipe
from ._study import RESULTS, choose, fit

SEEDS = tuple(range(6))
COUNTS = (1, 2, 3, 6)
DATASETS = ("strokes", "cifar10", "dbpedia-tfidf")
SPLITS = ("validation", "test")


def results_file(dataset: str) -> Path:
    """Return where the scores of a data set are kept."""
    return RESULTS / "members" / f"{dataset}.json"


def read_results(dataset: str) -> dict[str, Any]:
    """Read the scores of a data set."""
    return read_json(results_file(dataset))


def ami_of(dataset: str, count: int) -> tuple[str, dict[str, NDArray[np.float64]]]:
    """Return the space that is best on validation data, and in it the AMI of unions by split."""
    unions = [group for group in read_results(dataset)["groups"] if group["count"] == count]
    by_space = {
        space: {split: np.array([u[split][space] for u in unions]) for split in SPLITS}
        for space in SPACES
    }
    best = max(SPACES, key=lambda space: by_space[space]["validation"].mean())
    return best, by_space[best]


def recipe_of(dataset: str) -> Recipe:
    """Return what all members are: what validation AMI chose, or the only one that was tried."""
    return CROPS if dataset == "cifar10" else choose(dataset, "ami")[0]


def _member_file(dataset: str, seed: int) -> Path:
    return Path(get_data_home()) / "recipes" / f"{dataset}-{seed}.npz"


def fit_member(dataset: str, seed: int) -> Path:
    """Fit on all training data, and keep how validation and test split are represented."""
    experiment, splits = Experiment.read(dataset), load(dataset)
    estimator = fit(experiment, recipe_of(dataset), splits["train"], seed)
    arrays: dict[str, Any] = {split: estimator.transform(splits[split].X) for split in SPLITS}
    arrays["recipe"] = repr(recipe_of(dataset))
    arrays["accuracy"] = estimator.score(splits["test"].X, splits["test"].y)
    return write_whole(_member_file(dataset, seed), lambda file: np.savez(file, **arrays))


def _is_fitted(dataset: str, seed: int) -> bool:
    """Whether the member that is kept is one of today's recipe."""
    file = _member_file(dataset, seed)
    return file.exists() and str(np.load(file)["recipe"]) == repr(recipe_of(dataset))


def _union(members: Iterable[NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Put the members side by side, in each space."""
    spaces = [in_spaces(SPACES, h) for h in members]
    return {space: np.hstack([of_member[space] for of_member in spaces]) for space in SPACES}


def score(dataset: str) -> dict[str, Any]:
    """Score groups of members that share none, in each space, on both splits."""
    experiment, splits = Experiment.read(dataset), load(dataset)
    members = [dict(np.load(_member_file(dataset, seed))) for seed in SEEDS]
    groups = []
    for count in COUNTS:
        for first in range(0, len(SEEDS), count):
            group = members[first : first + count]
            ami = {}
            for split in SPLITS:
                joined = _union([member[split] for member in group])
                found = clusters_in(joined, experiment.n_classes, first)
                ami[split] = ami_by_space(splits[split].y, found)
            groups.append({"count": count, "first": first, **ami})
    return {
        "recipe": recipe_of(dataset)._asdict(),
        "accuracy": [float(member["accuracy"]) for member in members],
        "groups": groups,
    }


def run(dataset: str, seeds: Iterable[int]) -> None:
    """Fit the members that are missing; with the last of all, score and write the result."""
    for seed in seeds:
        if not _is_fitted(dataset, seed):
            print(fit_member(dataset, seed), flush=True)
    if all(_is_fitted(dataset, seed) for seed in SEEDS):
        print(write_json(results_file(dataset), {**score(dataset), **origin()}))
