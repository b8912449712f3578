"""The plain tables' scores and the ablation in docs/views_results.md, from the results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from examples.studies._markdown import DOCS, renew_blocks, spread, table
from examples.studies._record import latest, read_rows

from ._ablation import DATASETS as ABLATED
from ._ablation import SPACES
from ._data import DATASETS, GROUPINGS, RESULTS
from ._methods import METHODS

PAGE = DOCS / "views_results.md"
MAIN = "distributions"


def _scores(cells: list[dict[str, Any]], method: str) -> list[float]:
    # Neighbours are meant to be used with the distributions.
    space = MAIN if "neighbours" in method else "representation"
    return [cell["ami"][space] for cell in cells if cell["method"] == method]


def score_table() -> str:
    """AMI of each method, a row a data set and grouping."""
    cells = latest(read_rows(RESULTS, kind="cell"), "dataset", "grouping", "method", "seed")
    rows = []
    for dataset in DATASETS:
        for grouping in GROUPINGS:
            own = [c for c in cells if (c["dataset"], c["grouping"]) == (dataset, grouping)]
            scores = [spread(_scores(own, method), 2) for method in METHODS]
            rows.append([f"{dataset}, {grouping}", *scores])
    return table(["table, coarse labels", *METHODS], rows)


def ablation_table() -> str:
    """AMI on validation data of the recipe and its variants, in each space; mean over tables."""
    results = latest(read_rows(RESULTS, kind="variant"), "dataset", "variant", "seed")
    rows = []
    for variant in dict.fromkeys(row["variant"] for row in results):
        of_variant = [row for row in results if row["variant"] == variant]
        cells = [[row for row in of_variant if row["dataset"] == name] for name in ABLATED]
        by_table = [f"{np.mean([c['ami'][MAIN] for c in found]):.2f}" for found in cells]
        means = [
            f"{np.mean([c['ami'][space] for found in cells for c in found]):.2f}"
            for space in SPACES
        ]
        accuracy = np.mean([c["accuracy"] for found in cells for c in found])
        rows.append([variant, *by_table, *means, f"{100 * accuracy:.1f}"])
    header = [
        *("variant", *ABLATED),
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
