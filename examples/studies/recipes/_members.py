"""Several nets of one recipe side by side: KMeans on the union of their representations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from examples.studies._record import latest
from examples.studies._spaces import ami_by_space, clusters_in, in_spaces
from examples.studies.paper._data import load
from examples.studies.paper._experiment import Experiment

from ._fits import SPLITS, represent
from ._recipes import SPACES, Recipe
from ._study import add, choose, read

DATASETS = ("strokes", "cifar10", "dbpedia-tfidf")
# How many nets of each kind, and how many of them are put side by side.
N_NETS = {"the recipe": 4, "without penalty": 2}
COUNTS = {"the recipe": (1, 2, 4), "without penalty": (1, 2)}


def read_unions(dataset: str, of_round: int | None = None) -> list[dict[str, Any]]:
    """Read the latest scores of each union."""
    return latest(read("union", dataset, of_round), "nets", "count", "first")


def ami_of(
    unions: list[dict[str, Any]], nets: str, count: int
) -> tuple[str, dict[str, dict[str, NDArray[np.float64]]]]:
    """Return the space that is best on validation data, and the AMI of unions by space and split.

    Unions are those of so many nets of one kind.
    """
    unions = [u for u in unions if (u["nets"], u["count"]) == (nets, count)]
    by_space = {
        space: {split: np.array([u[split][space] for u in unions]) for split in SPLITS}
        for space in SPACES
    }
    best = max(SPACES, key=lambda space: by_space[space]["validation"].mean())
    return best, by_space


def recipe_of(dataset: str, nets: str) -> Recipe:
    """Return what members are: what validation AMI chose."""
    recipe, _ = choose(dataset, "ami")
    return recipe if nets == "the recipe" else recipe.without_penalty()


def _side_by_side(members: Iterable[NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Bring each member into each space, and join those of a space."""
    spaces = [in_spaces(SPACES, h) for h in members]
    return {space: np.hstack([of_member[space] for of_member in spaces]) for space in SPACES}


def score(dataset: str, nets: str) -> list[dict[str, Any]]:
    """Score unions that share no net, in each space, on both splits."""
    n_classes, splits = Experiment.read(dataset).n_classes, load(dataset)
    recipe = recipe_of(dataset, nets)
    members = [represent(dataset, recipe, seed) for seed in range(N_NETS[nets])]
    unions = []
    for count in COUNTS[nets]:
        for first in range(0, len(members), count):
            chosen = members[first : first + count]
            union: dict[str, Any] = {
                "recipe": recipe._asdict(),
                "nets": nets,
                "count": count,
                "first": first,
            }
            union["accuracy"] = float(np.mean([member["accuracy"] for member in chosen]))
            for split in SPLITS:
                joined = _side_by_side(member[split] for member in chosen)
                found = clusters_in(joined, n_classes, first)
                union[split] = ami_by_space(splits[split].y, found)
            unions.append(union)
    return unions


def run(dataset: str) -> None:
    """Fit the members that are missing, and score all."""
    for nets in N_NETS:
        for union in score(dataset, nets):
            add("union", dataset, union)
            print(f"{dataset}: {union}", flush=True)
