"""Run the leaderboard: a row of results.jsonl each; what is there is kept.

    python -m examples.studies.leaderboard                     # compute what is missing
    python -m examples.studies.leaderboard --only digits bbc   # of these data sets
    python -m examples.studies.leaderboard --page              # write docs/leaderboard.md, README

UMAP comes with the extra `bench`. The data home holds what PROTOCOL.md lists: encode.py makes the
features of texts and images.
"""

from __future__ import annotations

import argparse
import time
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_rand_score
from sklearn.metrics.cluster import contingency_matrix

from examples.studies._record import append_row, origin, read_rows
from fa_sklearn.metrics import ami_score, within_class_ami_score

from ._data import SEEN, UNSEEN, Hierarchy
from ._methods import METHODS
from ._page import RESULTS, write_page
from ._readme import renew_readme

SEEDS = range(5)
N_LABELLED = (10, 20, 50, 200, 1000)


def accuracy(fine: NDArray[Any], labels: NDArray[Any]) -> float:
    """Share of samples in their class after Hungarian matching."""
    table = contingency_matrix(fine, labels)
    return float(table[linear_sum_assignment(-table)].sum() / len(fine))


def scores(data: Hierarchy, labels: NDArray[Any]) -> dict[str, float]:
    """Score classes of the test part."""
    fine, coarse = data.fine_test, data.coarse_test
    return {
        "ami": ami_score(fine, labels),
        "ari": float(adjusted_rand_score(fine, labels)),
        "acc": accuracy(fine, labels),
        "ami_inside": within_class_ami_score(fine, labels, coarse),
        "n_found": len(np.unique(labels)),
    }


def run(data: Hierarchy, method: str, seed: int) -> dict[str, Any]:
    """Run one method; what fails is a result too."""
    start = time.perf_counter()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = METHODS[method](data, seed)
    except Exception as error:  # a row says which
        return {"error": f"{type(error).__name__}: {error}"}
    row: dict[str, Any] = {"seconds": round(time.perf_counter() - start, 2), **found.notes}
    if found.coarse is not None:
        row["coarse_accuracy"] = float((found.coarse == data.coarse_test).mean())
    row["scores"] = {space: scores(data, labels) for space, labels in found.labels.items()}
    return row


def label_budget(data: Hierarchy, n: int, seed: int) -> dict[str, Any]:
    """Score a logistic regression that is given n fine labels."""
    rows = np.random.default_rng(seed).permutation(len(data.fine))[:n]
    if len(rows) < n or len(np.unique(data.fine[rows])) < 2:
        return {}
    model = LogisticRegression(max_iter=1000).fit(data.table[rows], data.fine[rows])
    return {"scores": {"labels": scores(data, model.predict(data.table_test))}}


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing, or write the page."""
    parser = argparse.ArgumentParser(prog="python -m examples.studies.leaderboard")
    parser.add_argument(
        "--page", action="store_true", help="write docs/leaderboard.md and README's table"
    )
    parser.add_argument("--only", nargs="*", help="data sets whose names start so")
    parser.add_argument("--methods", nargs="*", help="methods; all by default")
    parser.add_argument("--seeds", nargs="*", type=int, default=[*SEEDS])
    options = parser.parse_args(arguments)
    if options.page:
        write_page()
        renew_readme()
        return
    chosen = {
        name: load
        for name, load in {**UNSEEN, **SEEN}.items()
        if not options.only or any(name.startswith(start) for start in options.only)
    }
    for seed in options.seeds:
        for dataset, load in chosen.items():
            done = {(row["method"], row["seed"]) for row in read_rows(RESULTS, dataset=dataset)}
            missing = [
                method for method in options.methods or METHODS if (method, seed) not in done
            ]
            budgets = [n for n in N_LABELLED if (f"{n} labels", seed) not in done]
            if not missing and not budgets:
                continue
            data = load()
            for method in missing:
                found = run(data, method, seed)
                key = {"dataset": dataset, "method": method, "seed": seed}
                append_row(RESULTS, {**key, **found, **origin()})
                print(dataset, method, seed, found.get("seconds"), flush=True)
            for n in budgets:
                if found := label_budget(data, n, seed):
                    key = {"dataset": dataset, "method": f"{n} labels", "seed": seed}
                    append_row(RESULTS, {**key, **found, **origin()})


if __name__ == "__main__":
    main()
