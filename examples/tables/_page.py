"""The tables of docs/views.md, from the result files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from examples._markdown import replace_between, table
from examples.paper._alternatives import ALTERNATIVES
from examples.paper._experiment import METHODS, Experiment
from examples.paper._page import NAMES
from examples.paper._results import read_results as read_cells
from examples.paper._results import values
from examples.recipes import _study as recipes
from examples.recipes._recipes import RECIPES

from ._ablation import RESULTS as ABLATION

RESULTS = Path(__file__).parent / "results"
PAGE = Path(__file__).parents[2] / "docs" / "views.md"
END = "<!-- end -->"
MAIN = "distributions"
CRITERIA = {"ami": "validation AMI", "modularity": "modularity, no fine labels"}


def read_results() -> list[dict[str, Any]]:
    """Read every result file."""
    files = sorted(RESULTS.glob("*.json"))
    return [json.loads(file.read_text(encoding="utf-8")) for file in files]


def _spread(cells: list[dict[str, Any]], key: str) -> str:
    values = np.array([cell[key] for cell in cells if cell[key] is not None])
    return f"{values.mean():.2f} ± {values.std():.2f}" if len(values) else "—"


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
            for space in ("distributions", "unit rows", "representation")
        ]
        accuracy = np.mean([c["accuracy"] for found in cells for c in found])
        rows.append([variant, *by_table, *means, f"{100 * accuracy:.1f}"])
    header = [
        *("variant", *(result["dataset"] for result in results)),
        *("mean, distributions", "mean, unit rows", "mean, representation", "coarse accuracy, %"),
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
            recipe, space, ami, accuracy = recipes.chosen_scores(dataset, criterion)
            rows.append(
                [
                    experiment.title,
                    title,
                    space,
                    _mean_and_spread(ami),
                    f"{_paper_ami(dataset, 'baseline'):.3f}",
                    f"{_paper_ami(dataset, best):.3f} ({NAMES[best]})",
                    *(f"{_paper_ami(inputs, name):.3f}" for name in ALTERNATIVES),
                    f"{100 * accuracy.mean():.1f}" if len(accuracy) else "—",
                ]
            )
    header = [
        *("data set", "chosen by", "KMeans on", "AMI, test", "no penalty", "best penalty"),
        *(NAMES[name] for name in ALTERNATIVES),
        "coarse accuracy, %",
    ]
    return table(header, rows)


def _paper_ami(dataset: str, method: str) -> float:
    return float(values(read_cells(dataset, method), "test", "ami").mean())


def _mean_and_spread(ami: Any) -> str:
    return f"{ami.mean():.3f} ± {ami.std():.3f}"


def write_page() -> Path:
    """Renew the tables between their markers."""
    text = PAGE.read_text(encoding="utf-8")
    for name, content in (
        ("recipes", recipe_table()),
        ("scores on tables", score_table(read_results())),
        ("ablation", ablation_table()),
    ):
        text = replace_between(text, f"<!-- {name} -->", END, content)
    PAGE.write_text(text, encoding="utf-8")
    return PAGE
