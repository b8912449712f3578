"""The recipes' tables of docs/views.md, from the result files."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from examples._markdown import DOCS, number, renew_blocks, spread, table
from examples.paper._alternatives import ALTERNATIVES
from examples.paper._experiment import METHODS, Experiment
from examples.paper._page import NAMES
from examples.paper._results import mean_ami

from . import _members
from ._recipes import RECIPES, Recipe
from ._study import cells_of, choose, read_results, test_ami

# The table of each data set on which its alternatives do best.
INPUTS = {
    "strokes": "strokes-gradients",
    "strokes-autoencoder": "strokes-gradients",
    "cifar10": "cifar10-gradients",
    "dbpedia-tfidf": "dbpedia",
}
PAGE = DOCS / "views.md"
CRITERIA = {"ami": "validation AMI", "modularity": "modularity, no fine labels"}


def score_table() -> str:
    """Test AMI of what each criterion chose on the paper's data sets, beside the alternatives."""
    rows = []
    for dataset in RECIPES:
        if not read_results(dataset)["cells"]:
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
                    spread(test_ami(dataset, recipe.without_penalty(), space)),
                    number(ami["baseline"]),
                    f"{number(ami[best])} ({NAMES[best]})",
                    *(number(mean_ami(inputs, name, "test")) for name in ALTERNATIVES),
                    _percent(None if None in accuracies else float(np.mean(accuracies))),
                    str(len(accuracies)),
                ]
            )
    header = [
        *("data set", "chosen by", "KMeans on", "AMI, test", "same without penalty"),
        *("baseline", "best penalty"),
        *(NAMES[name] for name in ALTERNATIVES),
        *("coarse accuracy, %", "seeds"),
    ]
    return table(header, rows)


def trial_table() -> str:
    """What was tried on validation data: the best space of each trial."""
    rows = []
    for dataset in RECIPES:
        for trial in read_results(dataset)["trials"]:
            space = max(trial["ami"], key=trial["ami"].get)
            rows.append(
                [
                    Experiment.read(dataset).title,
                    _describe(Recipe(**trial["recipe"])),
                    space,
                    number(trial["ami"][space]),
                    number(trial["modularity"][space]),
                    _percent(trial["accuracy"]),
                ]
            )
    header = ["data set", "trial", "KMeans on", "AMI", "modularity", "coarse accuracy, %"]
    return table(header, rows)


def member_table() -> str:
    """AMI of several nets side by side, in the space that is best on validation data."""
    rows = []
    for dataset in _members.DATASETS:
        for kind, counts in _members.COUNTS.items():
            for count in counts:
                space, ami = _members.ami_of(dataset, kind, count)
                scores = [spread(ami[split]) for split in _members.SPLITS]
                title = Experiment.read(dataset).title
                rows.append([title, kind, str(count), space, *scores, str(len(ami["test"]))])
    header = ["data set", "nets", "side by side", "KMeans on", "AMI, validation", "AMI, test"]
    header.append("unions")
    return table(header, rows)


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
}


def write_page() -> None:
    """Renew the tables between their markers."""
    renew_blocks(PAGE, BLOCKS)
