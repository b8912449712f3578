"""Compare methods on plain tables: one JSON file a data set and grouping; what is there is kept.

    python -m examples.tables                       # compute what is missing
    python -m examples.tables --ablation            # the recipe with something changed
    python -m examples.tables --page                # write its tables of docs/views.md

UMAP comes with the extra `bench`; the tables of the KEEL repository are read from the data home.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

from examples._record import origin, read_json, write_json
from examples._spaces import ami_by_space, clusters_in, in_spaces

from ._ablation import run_missing
from ._data import DATASETS, GROUPINGS, load
from ._methods import METHODS
from ._page import RESULTS, write_page

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
        "method": method,
        "seed": seed,
        "ami": ami_by_space(table.y_test, clusters),
        "accuracy": found.accuracy,
        "seconds": seconds,
    }


def fill(path: Path, dataset: str, grouping: str) -> None:
    """Run what a data set and grouping lacks, a method at a time."""
    cells = read_json(path)["cells"] if path.exists() else []
    for method in METHODS.keys() - {cell["method"] for cell in cells}:
        cells += [run(dataset, grouping, method, seed) for seed in SEEDS]
        cells.sort(key=lambda cell: list(METHODS).index(cell["method"]))
        write_json(path, {"dataset": dataset, "grouping": grouping, "cells": cells, **origin()})
        print(f"{dataset}, {grouping}: {method}", flush=True)


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing, or write the page."""
    parser = argparse.ArgumentParser(prog="python -m examples.tables", description=__doc__)
    parser.add_argument("--page", action="store_true", help="write its tables of docs/views.md")
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
            path = RESULTS / f"{dataset}-{grouping.replace(' ', '-')}.json"
            fill(path, dataset, grouping)


if __name__ == "__main__":
    main()
