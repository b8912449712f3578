"""Compare methods on plain tables: one JSON file a data set and grouping; what is there is kept.

    python -m examples.tables                       # compute what is missing
    python -m examples.tables --page                # write the tables of docs/views.md

UMAP comes with the extra `bench`; the tables of the KEEL repository are read from the data home.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.cluster import KMeans
from sklearn.preprocessing import normalize

from examples._record import origin, write_json
from fa_sklearn.metrics import ami_score

from ._data import DATASETS, GROUPINGS, load
from ._methods import METHODS
from ._page import RESULTS, write_page

SEEDS = (0, 1, 2)


def run(dataset: str, grouping: str, method: str, seed: int) -> dict[str, Any]:
    """Score one method with one seed on the test split, which chooses nothing."""
    table = load(dataset)
    n_classes = len(np.unique(table.y_train))
    start = time.perf_counter()
    found = METHODS[method](table, GROUPINGS[grouping](n_classes, seed), seed)
    seconds = time.perf_counter() - start
    kmeans = KMeans(n_classes, n_init=10, random_state=seed)
    return {
        "method": method,
        "seed": seed,
        "ami": ami_score(table.y_test, kmeans.fit_predict(found.representation)),
        "ami_of_unit_rows": ami_score(
            table.y_test, kmeans.fit_predict(normalize(found.representation))
        ),
        "accuracy": found.accuracy,
        "seconds": seconds,
    }


def fill(path: Path, dataset: str, grouping: str) -> None:
    """Run all methods and seeds of a data set and grouping."""
    cells = []
    for method in METHODS:
        for seed in SEEDS:
            cells.append(run(dataset, grouping, method, seed))
            print(f"{dataset}, {grouping}: {method} {seed}: {cells[-1]['ami']:.3f}", flush=True)
    write_json(path, {"dataset": dataset, "grouping": grouping, "cells": cells, **origin()})


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing, or write the page."""
    parser = argparse.ArgumentParser(prog="python -m examples.tables", description=__doc__)
    parser.add_argument("--page", action="store_true", help="write the tables of docs/views.md")
    if parser.parse_args(arguments).page:
        print(write_page())
        return
    for dataset in DATASETS:
        for grouping in GROUPINGS:
            path = RESULTS / f"{dataset}-{grouping.replace(' ', '-')}.json"
            if not path.exists():
                fill(path, dataset, grouping)


if __name__ == "__main__":
    main()
