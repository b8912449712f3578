"""docs/leaderboard.md, from the results."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from examples.studies._markdown import DOCS, spread, table
from examples.studies._record import TABLE, latest, read_rows

from ._data import SEEN, UNSEEN
from ._methods import METHODS

RESULTS = Path(__file__).with_name(TABLE)
PAGE = DOCS / "leaderboard.md"
# The space by which a net is ranked; the others have a table of their own.
MAIN = "unit rows, inside"
REFERENCE = "KMeans inside"
FINDER = "finder"
BY_DATASET = (
    "KMeans",
    REFERENCE,
    "UMAP inside",
    "neighbours, L_multi",
    "finder, true numbers",
    FINDER,
)
BUDGETS = ("10 labels", "20 labels", "50 labels", "200 labels", "1000 labels")
N_DRAWS = 2000

Cells = dict[tuple[str, str], list[dict[str, Any]]]


def cells() -> Cells:
    """Rows that succeeded, by data set and method."""
    found: Cells = {}
    for row in latest(read_rows(RESULTS), "dataset", "method", "seed"):
        if "scores" in row:
            found.setdefault((row["dataset"], row["method"]), []).append(row)
    return found


def main_scores(row: dict[str, Any]) -> dict[str, float]:
    """Scores of the space that counts."""
    spaces: dict[str, dict[str, float]] = row["scores"]
    return spaces.get(MAIN) or next(iter(spaces.values()))


def _of(found: Cells, dataset: str, method: str, score: str = "ami") -> list[float]:
    return [main_scores(row)[score] for row in found.get((dataset, method), [])]


def _complete(found: Cells, datasets: Iterable[str], methods: Iterable[str]) -> list[str]:
    return [d for d in datasets if all((d, method) in found for method in methods)]


def difference(found: Cells, datasets: list[str], method: str) -> tuple[float, float, float]:
    """Mean difference from the reference, with a 95 % interval over data sets and seeds."""
    pairs: list[NDArray[np.float64]] = []
    for dataset in datasets:
        a = {row["seed"]: main_scores(row)["ami"] for row in found[dataset, method]}
        b = {row["seed"]: main_scores(row)["ami"] for row in found[dataset, REFERENCE]}
        pairs.append(np.array([a[seed] - b[seed] for seed in a if seed in b]))
    rng = np.random.default_rng(0)
    draws = []
    for _ in range(N_DRAWS):
        chosen = rng.integers(len(pairs), size=len(pairs))
        draws.append(np.mean([rng.choice(pairs[i], len(pairs[i])).mean() for i in chosen]))
    low, high = np.quantile(draws, (0.025, 0.975))
    return float(np.mean([pair.mean() for pair in pairs])), float(low), float(high)


def method_table(names: Iterable[str]) -> str:
    """Means over data sets, ranks, and differences from the reference."""
    found = cells()
    methods = [m for m in METHODS if any((d, m) in found for d in names)]
    datasets = _complete(found, names, methods)
    if not methods or not datasets:
        return "No data set has been run by all methods yet."
    means = np.array([[np.mean(_of(found, d, m)) for m in methods] for d in datasets])
    ranks = rankdata(-means, axis=1).mean(axis=0)
    rows = []
    for i in np.argsort(ranks):
        method = methods[i]

        def mean(score: str, method: str = method) -> str:
            return f"{np.mean([np.mean(_of(found, d, method, score)) for d in datasets]):.3f}"

        seconds = np.mean([np.mean([r["seconds"] for r in found[d, method]]) for d in datasets])
        gain, low, high = difference(found, datasets, method)
        rows.append(
            [
                method,
                f"{ranks[i]:.1f}",
                mean("ami"),
                mean("ami_inside"),
                mean("acc"),
                f"{gain:+.3f} ({low:+.3f} to {high:+.3f})",
                f"{seconds:.1f}",
            ]
        )
    header = ["method", "mean rank", "AMI", "AMI inside", "ACC", "AMI gain", "seconds"]
    return f"{len(datasets)} data sets: {', '.join(datasets)}.\n\n{table(header, rows)}"


def dataset_table(names: Iterable[str]) -> str:
    """AMI by data set of the methods that a reader compares first."""
    found = cells()
    rows = [
        [d, *(spread(_of(found, d, m), 2) if (d, m) in found else "-" for m in BY_DATASET)]
        for d in names
        if any((d, m) in found for m in BY_DATASET)
    ]
    return table(["AMI", *BY_DATASET], rows) if rows else ""


def space_table(names: Iterable[str]) -> str:
    """AMI of the nets in each space, mean over data sets."""
    found = cells()
    rows = []
    for method in METHODS:
        scored = [found[d, method] for d in names if (d, method) in found]
        if scored and MAIN in scored[0][0]["scores"]:
            by_space = [
                f"{np.mean([np.mean([r['scores'][s]['ami'] for r in rs]) for rs in scored]):.3f}"
                for s in scored[0][0]["scores"]
            ]
            rows.append([method, *by_space])
    return table(["net", "unit rows, inside", "raw, inside", "raw, over everything"], rows)


def label_table(names: Iterable[str]) -> str:
    """AMI by the number of fine labels, next to the finder's."""
    found = cells()
    rows = []
    for d in names:
        if (d, FINDER) in found:
            scores = [
                spread(_of(found, d, m), 2) if (d, m) in found else "-" for m in (FINDER, *BUDGETS)
            ]
            rows.append([d, *scores])
    return table(["AMI", FINDER, *BUDGETS], rows)


def counts_table(names: Iterable[str]) -> str:
    """Numbers that the finder finds, and the candidate that it takes."""
    found = cells()
    rows = []
    for d in names:
        part = found.get((d, FINDER), [])
        if part:
            numbers = [" + ".join(map(str, row["found"].values())) for row in part]
            taken = [row["candidate"] for row in part]
            rows.append([d, "; ".join(numbers), "; ".join(dict.fromkeys(taken))])
    return table(["data set", "fine classes found, by seed", "candidates taken"], rows)


def failures() -> str:
    """What failed, a line each."""
    rows = [
        row for row in latest(read_rows(RESULTS), "dataset", "method", "seed") if "error" in row
    ]
    lines = dict.fromkeys(f"- {r['dataset']}, {r['method']}: {r['error'][:150]}" for r in rows)
    return "\n".join(lines) or "Nothing failed."


def page() -> str:
    """Write the whole page."""
    rows = read_rows(RESULTS)
    seeds = sorted({row["seed"] for row in rows})
    return f"""# Leaderboard

Generated from `examples/studies/leaderboard/results.jsonl` by
`python -m examples.studies.leaderboard --page`, under a protocol that was fixed before the first
run (`examples/studies/leaderboard/PROTOCOL.md`). Scores are those of test parts that nothing was
chosen by, of at most {len(seeds)} seeds so far; the protocol has 5. AMI gain: over KMeans inside
the predicted class, with a 95 % interval over data sets and seeds; an interval that holds 0 means
no difference. All but "finder" and HDBSCAN are told the true numbers of classes. Seconds were
taken while other work ran: they compare orders of magnitude. Peak memory was not recorded. Data
sets that are listed in the protocol and missing here have not been run yet.

## Unseen data

{method_table(UNSEEN)}

{dataset_table(UNSEEN)}

## Seen data

The defaults were chosen on training parts of these; no claim rests on them.

{method_table(SEEN)}

{dataset_table(SEEN)}

## In which space

AMI, mean over all data sets.

{space_table([*UNSEEN, *SEEN])}

## How many fine classes

{counts_table([*UNSEEN, *SEEN])}

## How many fine labels is it worth?

AMI of a logistic regression that is given some fine labels, and of the finder, which has none.

{label_table([*UNSEEN, *SEEN])}

## What failed

{failures()}
"""


def write_page() -> None:
    """Write docs/leaderboard.md."""
    PAGE.write_text(page(), encoding="utf-8")
