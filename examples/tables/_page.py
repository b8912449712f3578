"""The plain tables' scores and the ablation in docs/views.md, from the result files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from examples._markdown import DOCS, renew_blocks, spread, table
from examples._record import read_json

from ._ablation import RESULTS as ABLATION
from ._ablation import SPACES

RESULTS = Path(__file__).parent / "results"
PAGE = DOCS / "views.md"
MAIN = "distributions"


def read_results(folder: Path) -> list[dict[str, Any]]:
    """Read every result file of a folder."""
    return [read_json(file) for file in sorted(folder.glob("*.json"))]


def _scores(cells: list[dict[str, Any]], method: str) -> list[float]:
    # Neighbours are meant to be used with the distributions.
    space = MAIN if "neighbours" in method else "representation"
    return [cell["ami"][space] for cell in cells if cell["method"] == method]


def score_table() -> str:
    """AMI of each method, a row a data set and grouping."""
    results = read_results(RESULTS)
    methods = list(dict.fromkeys(cell["method"] for cell in results[0]["cells"]))
    rows = [
        [
            f"{result['dataset']}, {result['grouping']}",
            *(spread(_scores(result["cells"], method), 2) for method in methods),
        ]
        for result in results
    ]
    return table(["table, coarse labels", *methods], rows)


def ablation_table() -> str:
    """AMI on validation data of the recipe and its variants, in each space; mean over tables."""
    results = read_results(ABLATION)
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


BLOCKS: dict[str, Callable[[], str]] = {
    "scores on tables": score_table,
    "ablation": ablation_table,
}


def write_page() -> None:
    """Renew the tables between their markers."""
    renew_blocks(PAGE, BLOCKS)
