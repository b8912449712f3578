"""Compare methods on plain tables: a row of results.jsonl each; what is there is kept.

    python -m examples.studies.tables                       # compute what is missing
    python -m examples.studies.tables --ablation            # the recipe with something changed
    python -m examples.studies.tables --page                # write its tables of the docs

UMAP comes with the extra `bench`; the tables of the KEEL repository are read from the data home.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

from examples.studies._record import append_row, origin, read_rows
from examples.studies._spaces import ami_by_space, clusters_in, in_spaces

from ._ablation import run_missing
from ._data import DATASETS, GROUPINGS, RESULTS, load
from ._methods import METHODS
from ._page import write_page

SEEDS = (0, 1, 2)
SPACES = ("representation", "unit rows", "distributions")


def run(dataset: str, grouping: str, method: str, seed: int) -> dict[str, Any]:
    """Score one method with one seed on the test split."""
    table = load(dataset)
    n_classes = len(np.unique(table.y_train))
    coarse = GROUPINGS[grouping](n_classes, seed)
    start = time.perf_counter()
    found = METHODS[method](table, coarse, seed)
    seconds = time.perf_counter() - start
    clusters = clusters_in(in_spaces(SPACES, found.representation), n_classes, seed)
    return {
        "kind": "cell",
        "dataset": dataset,
        "grouping": grouping,
        "method": method,
        "seed": seed,
        "ami": ami_by_space(table.y_test, clusters),
        "accuracy": found.accuracy,
        "seconds": seconds,
        **origin(),
    }


def fill(dataset: str, grouping: str) -> None:
    """Run what a data set and grouping lacks."""
    cells = read_rows(RESULTS, kind="cell", dataset=dataset, grouping=grouping)
    done = {(cell["method"], cell["seed"]) for cell in cells}
    for method in METHODS:
        for seed in SEEDS:
            if (method, seed) not in done:
                append_row(RESULTS, run(dataset, grouping, method, seed))
                print(f"{dataset}, {grouping}: {method}, seed {seed}", flush=True)


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing, or write the page."""
    parser = argparse.ArgumentParser(prog="python -m examples.studies.tables", description=__doc__)
    parser.add_argument("--page", action="store_true", help="write its tables of the docs")
    parser.add_argument("--ablation", action="store_true", help="run the missing variants")
    options = parser.parse_args(arguments)
    if options.page:
        write_page()
        return
    if options.ablation:
        run_missing()
        return
    for dataset in DATASETS:
        for grouping in GROUPINGS:
            fill(dataset, grouping)


if __name__ == "__main__":
    main()
