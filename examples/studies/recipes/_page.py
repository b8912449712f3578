"""The recipes' tables of docs/views_results.md, from the result files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from examples.studies._markdown import DOCS, number, renew_blocks, spread, table
from examples.studies._record import ended_rounds
from examples.studies.paper._alternatives import ALTERNATIVES
from examples.studies.paper._experiment import METHODS, Experiment
from examples.studies.paper._page import NAMES
from examples.studies.paper._results import mean_ami

from . import _members
from ._recipes import RECIPES, Recipe
from ._study import RESULTS, cells_of, choose, read, test_ami

# The table of each data set on which its alternatives do best.
INPUTS = {
    "strokes": "strokes-gradients",
    "strokes-autoencoder": "strokes-gradients",
    "cifar10": "cifar10-gradients",
    "dbpedia-tfidf": "dbpedia",
}
PAGE = DOCS / "views_results.md"
# The space of the paper: the rows as they are.
RAW = "representation"
WITHOUT = "without penalty and neighbours"
CRITERIA = {"ami": "validation AMI", "modularity": "modularity, no fine labels"}


def score_table() -> str:
    """Test AMI of what each criterion chose on the paper's data sets, beside the alternatives."""
    rows = []
    for dataset in RECIPES:
        if not read("cell", dataset):
            continue
        ami = {method: mean_ami(dataset, method, "test") for method in METHODS}
        best = max(ami, key=lambda method: ami[method] or 0.0)
        inputs = INPUTS[dataset]
        for criterion, title in CRITERIA.items():
            recipe, space = choose(dataset, criterion)
            accuracies = [cell["accuracy"] for cell in cells_of(dataset, recipe)]
            rows.append(
                [
                    Experiment.read(dataset).title,
                    title,
                    space,
                    spread(test_ami(dataset, recipe, space)),
                    spread(test_ami(dataset, recipe, RAW)),
                    spread(test_ami(dataset, recipe.without_penalty(), space)),
                    number(ami["baseline"]),
                    f"{number(ami[best])} ({NAMES[best]})",
                    *(number(mean_ami(inputs, name, "test")) for name in ALTERNATIVES),
                    _percent(None if None in accuracies else float(np.mean(accuracies))),
                    str(len(accuracies)),
                ]
            )
    header = [
        *("data set", "chosen by", "KMeans on", "AMI, test", "test, raw rows", WITHOUT),
        *("baseline", "best penalty"),
        *(NAMES[name] for name in ALTERNATIVES),
        *("coarse accuracy, %", "seeds"),
    ]
    return table(header, rows)


def earlier_score_table() -> str:
    """Test AMI of what each criterion chose in earlier rounds."""
    rows = []
    for dataset, found in _earlier_rounds():
        cells = read("cell", dataset, found["round"])
        for criterion, title in CRITERIA.items() if cells else ():
            recipe, space = choose(dataset, criterion, read("trial", dataset, found["round"]))
            rows.append(
                [
                    Experiment.read(dataset).title,
                    str(found["round"]),
                    title,
                    _describe(recipe),
                    space,
                    spread(test_ami(dataset, recipe, space, cells)),
                    spread(test_ami(dataset, recipe, RAW, cells)),
                    spread(test_ami(dataset, recipe.without_penalty(), space, cells)),
                    found["recorded"],
                ]
            )
    header = [
        *("data set", "round", "chosen by", "recipe", "KMeans on", "AMI, test"),
        *("test, raw rows", WITHOUT, "commit"),
    ]
    return table(header, rows)


def trial_table() -> str:
    """What was tried on validation data: the best space of each trial."""
    rows = []
    for dataset in RECIPES:
        rows += [
            [Experiment.read(dataset).title, *_trial_cells(trial)]
            for trial in read("trial", dataset)
        ]
    return table(["data set", *TRIAL_HEADER], rows)


def earlier_trial_table() -> str:
    """What was tried on validation data in earlier rounds."""
    rows = []
    for dataset, found in _earlier_rounds():
        rows += [
            [Experiment.read(dataset).title, str(found["round"]), *_trial_cells(trial)]
            for trial in read("trial", dataset, found["round"])
        ]
    return table(["data set", "round", *TRIAL_HEADER], rows)


def _earlier_rounds() -> Iterator[tuple[str, dict[str, Any]]]:
    for dataset in RECIPES:
        for found in ended_rounds(RESULTS, dataset):
            yield dataset, found


TRIAL_HEADER = ("trial", "KMeans on", "AMI", "modularity", "coarse accuracy, %")


def _trial_cells(trial: dict[str, Any]) -> list[str]:
    space = max(trial["ami"], key=trial["ami"].get)
    return [
        _describe(Recipe(**trial["recipe"])),
        space,
        number(trial["ami"][space]),
        number(trial["modularity"][space]),
        _percent(trial["accuracy"]),
    ]


def member_table() -> str:
    """AMI of several nets side by side, in the space that is best on validation data."""
    return _member_table({dataset: _members.read_unions(dataset) for dataset in _members.DATASETS})


def earlier_member_table() -> str:
    """The same of earlier rounds."""
    return _member_table(
        {
            dataset: unions
            for dataset, found in _earlier_rounds()
            if (unions := _members.read_unions(dataset, found["round"]))
        }
    )


def _member_table(unions: dict[str, list[dict[str, Any]]]) -> str:
    rows = []
    for dataset, of_dataset in unions.items():
        for nets, count in dict.fromkeys((union["nets"], union["count"]) for union in of_dataset):
            space, ami = _members.ami_of(of_dataset, nets, count)
            scores = [spread(ami[space][split]) for split in _members.SPLITS]
            scores.append(spread(ami[RAW]["test"]))
            title = Experiment.read(dataset).title
            rows.append([title, nets, str(count), space, *scores, str(len(ami[RAW]["test"]))])
    header = ["data set", "nets", "side by side", "KMeans on", "AMI, validation", "AMI, test"]
    return table([*header, "test, raw rows", "unions"], rows)


def _describe(recipe: Recipe) -> str:
    """Name the terms with their weights, and what differs from the other trials."""
    multi = "L_multi, all pairs" if recipe.pairs == "all" else "L_multi"
    weights = {
        "L_single": recipe.single,
        multi: recipe.multi,
        "consistency": recipe.consistency or None,
    }
    terms = [f"{name} x {weight:g}" for name, weight in weights.items() if weight is not None]
    terms = terms or ["no penalty"]
    if recipe.multi is not None:
        terms.append(f"margin {recipe.margin:g}")
    if recipe.augmented:
        terms.append("crops")
    elif recipe.consistency is not None:
        among = " among drawings" if recipe.drawn else ""
        terms.append(f"{recipe.n_neighbors} neighbours{among}")
    if recipe.hidden_size is not None:
        terms.append(f"{recipe.hidden_size} hidden units")
    if recipe.max_epochs is not None:
        terms.append(f"{recipe.max_epochs} epochs")
    return ", ".join([*terms, f"alpha {recipe.alpha:g}", f"{recipe.n_components} components"])


def _percent(share: float | None) -> str:
    return number(None if share is None else 100 * share, ".1f")


BLOCKS: dict[str, Callable[[], str]] = {
    "recipes": score_table,
    "trials": trial_table,
    "members": member_table,
    "earlier recipes": earlier_score_table,
    "earlier trials": earlier_trial_table,
    "earlier members": earlier_member_table,
}


def write_page() -> None:
    """Renew the tables between their markers."""
    renew_blocks(PAGE, BLOCKS)
