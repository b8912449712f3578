"""The tables of docs/views.md, from the result files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from examples._markdown import replace_between, table
from examples.paper._alternatives import ALTERNATIVES
from examples.paper._experiment import METHODS, Experiment
from examples.paper._page import NAMES, NONE
from examples.paper._results import read_results as read_cells
from examples.paper._results import values
from examples.recipes import _study as recipes
from examples.recipes._recipes import RECIPES

from ._ablation import RESULTS as ABLATION

RESULTS = Path(__file__).parent / "results"
PAGE = Path(__file__).parents[2] / "docs" / "views.md"
END = "<!-- end -->"
MAIN = "distributions"
SPACES = (MAIN, "unit rows", "representation", "whitened")
CRITERIA = {"ami": "validation AMI", "modularity": "modularity, no fine labels"}


def read_results() -> list[dict[str, Any]]:
    """Read every result file."""
    files = sorted(RESULTS.glob("*.json"))
    return [json.loads(file.read_text(encoding="utf-8")) for file in files]


def _spread(cells: list[dict[str, Any]], key: str) -> str:
    values = np.array([cell[key] for cell in cells if cell[key] is not None])
    return f"{values.mean():.2f} ± {values.std():.2f}" if len(values) else NONE


def _best_key(method: str) -> str:
    """Distributions where the method is meant to be used with them."""
    return "ami_of_distributions" if method.startswith("neighbours") else "ami"


def score_table(results: list[dict[str, Any]]) -> str:
    """AMI of each method, a row a data set and grouping."""
    methods = list(dict.fromkeys(cell["method"] for cell in results[0]["cells"]))
    rows = []
    for result in results:
        cells = result["cells"]
        rows.append(
            [
                f"{result['dataset']}, {result['grouping']}",
                *(
                    _spread([c for c in cells if c["method"] == method], _best_key(method))
                    for method in methods
                ),
            ]
        )
    return table(["table, coarse labels", *methods], rows)


def ablation_table() -> str:
    """AMI on validation data of the recipe and its variants, in each space; mean over tables."""
    results = [json.loads(f.read_text(encoding="utf-8")) for f in sorted(ABLATION.glob("*.json"))]
    variants = list(dict.fromkeys(c["variant"] for result in results for c in result["cells"]))
    rows = []
    for variant in variants:
        cells = [[c for c in r["cells"] if c["variant"] == variant] for r in results]
        by_table = [f"{np.mean([c['ami'][MAIN] for c in found]):.2f}" for found in cells]
        means = [
            f"{np.mean([c['ami'][space] for found in cells for c in found]):.2f}"
            for space in SPACES
        ]
        accuracy = np.mean([c["accuracy"] for found in cells for c in found])
        rows.append([variant, *by_table, *means, f"{100 * accuracy:.1f}"])
    header = [
        *("variant", *(result["dataset"] for result in results)),
        *(f"mean, {space}" for space in SPACES),
        "coarse accuracy, %",
    ]
    return table(header, rows)


def recipe_table() -> str:
    """Test AMI of what each criterion chose on the paper's data sets, beside the alternatives."""
    rows = []
    for dataset in RECIPES:
        if not recipes.read_results(dataset)["cells"]:
            continue
        experiment = Experiment.read(dataset)
        best = max(METHODS, key=lambda method: _paper_ami(dataset, method))
        inputs = "dbpedia" if dataset == "dbpedia-tfidf" else "strokes"
        for criterion, title in CRITERIA.items():
            recipe, space = recipes.choose(dataset, criterion)
            found = recipes.cells_of(dataset, recipe)
            bare = recipes.test_ami(dataset, recipe.without_penalty(), space)
            rows.append(
                [
                    experiment.title,
                    title,
                    space,
                    _mean_and_spread(recipes.test_ami(dataset, recipe, space)),
                    _mean_and_spread(bare),
                    f"{_paper_ami(dataset, 'baseline'):.3f}",
                    f"{_paper_ami(dataset, best):.3f} ({NAMES[best]})",
                    *(f"{_paper_ami(inputs, name):.3f}" for name in ALTERNATIVES),
                    _accuracy(found),
                    str(len(found)),
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
        for trial in recipes.read_results(dataset)["trials"]:
            space = max(trial["ami"], key=trial["ami"].get)
            rows.append(
                [
                    Experiment.read(dataset).title,
                    _describe(trial["recipe"]),
                    space,
                    f"{trial['ami'][space]:.3f}",
                    f"{trial['modularity'][space]:.3f}",
                    NONE if trial["accuracy"] is None else f"{100 * trial['accuracy']:.1f}",
                ]
            )
    header = ["data set", "trial", "KMeans on", "AMI", "modularity", "coarse accuracy, %"]
    return table(header, rows)


def _describe(recipe: dict[str, Any]) -> str:
    """Name the terms with their weights, and what differs from the other trials."""
    names = {"single": "L_single", "multi": "L_multi, all pairs", "consistency": "consistency"}
    terms = [f"{names[key]} x {recipe[key]:g}" for key in names if recipe[key] is not None]
    if recipe["multi"] is not None:
        terms.append(f"margin {recipe['margin']:g}")
    if recipe["consistency"] is not None:
        terms.append(f"{recipe['n_neighbors']} neighbours")
    if recipe["hidden_size"] is not None:
        terms.append(f"{recipe['hidden_size']} hidden units")
    return ", ".join(
        [*terms, f"alpha {recipe['alpha']:g}", f"{recipe['n_components']} components"]
    )


def _paper_ami(dataset: str, method: str) -> float:
    return float(values(read_cells(dataset, method), "test", "ami").mean())


def _mean_and_spread(ami: NDArray[np.float64]) -> str:
    return f"{ami.mean():.3f} ± {ami.std():.3f}" if len(ami) else NONE


def _accuracy(cells: list[dict[str, Any]]) -> str:
    if not cells or cells[0]["accuracy"] is None:
        return NONE
    return f"{100 * np.mean([cell['accuracy'] for cell in cells]):.1f}"


def write_page() -> Path:
    """Renew the tables between their markers."""
    text = PAGE.read_text(encoding="utf-8")
    for name, content in (
        ("recipes", recipe_table()),
        ("trials", trial_table()),
        ("scores on tables", score_table(read_results())),
        ("ablation", ablation_table()),
    ):
        text = replace_between(text, f"<!-- {name} -->", END, content)
    PAGE.write_text(text, encoding="utf-8")
    return PAGE
