"""README's table of the leaderboard, from the results."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from examples.studies._markdown import NONE, renew_blocks, table

from ._data import SEEN, UNSEEN
from ._page import FINDER, REFERENCE, Cells, _complete, _of, cells, difference

PAGE = Path(__file__).parents[3] / "README.md"
# What a reader would use instead, the paper's losses, and the finder.
SHOWN = (
    "KMeans",
    REFERENCE,
    "Gaussian mixture inside",
    "UMAP inside",
    "UMAP with label",
    "net, L_single",
    "net, L_multi",
    "finder, true numbers",
    FINDER,
)


def _mean(found: Cells, datasets: Iterable[str], method: str) -> str:
    means = [np.mean(_of(found, dataset, method)) for dataset in datasets]
    return f"{np.mean(means):.2f}" if means else NONE


def readme_block() -> str:
    """Mean AMI of what a reader compares first, and its difference from KMeans inside."""
    found = cells()
    unseen, seen = (_complete(found, names, SHOWN) for names in (UNSEEN, SEEN))
    if not unseen:
        return "No data set has been run by all methods yet."
    rows = []
    for method in SHOWN:
        gain, low, high = difference(found, unseen, method)
        shown = NONE if method == REFERENCE else f"{gain:+.2f} ({low:+.2f} to {high:+.2f})"
        rows.append([method, _mean(found, unseen, method), shown, _mean(found, seen, method)])
    seeds = {row["seed"] for rows in found.values() for row in rows}
    header = ["method", "AMI, unseen data", f"against {REFERENCE}", "AMI, seen data"]
    return (
        f"{table(header, rows)}\n\n"
        f"Means over test parts of {len(unseen)} data sets that nothing was tuned on, and of "
        f"{len(seen)} on which defaults were chosen; at most {len(seeds)} seeds each. In brackets "
        "a 95 % interval over data sets and seeds: one that holds 0 means no difference. "
        "*Inside*: in the predicted coarse class. All but the last are told the true numbers of "
        "classes."
    )


BLOCKS: dict[str, Callable[[], str]] = {"leaderboard": readme_block}


def renew_readme() -> None:
    """Renew the table between its markers."""
    renew_blocks(PAGE, BLOCKS)
