"""Write the table of docs/results.md that compares ways to find fine classes.

    python -m examples.studies.comparison

The bundled strokes are those of the study `benchmarks` (peers), the rest those of `paper` and, for
the recipe, of `recipes`.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from examples.studies._markdown import DOCS, number, renew_blocks, table
from examples.studies._record import TABLE
from examples.studies.benchmarks import _report as benchmarks
from examples.studies.paper import _results as results
from examples.studies.paper._alternatives import ALTERNATIVES
from examples.studies.recipes import _members as members
from examples.studies.recipes import _study as recipes

PAGE = DOCS / "results.md"
BENCHMARKS = Path(__file__).parent / "benchmarks" / TABLE


class Way(NamedTuple):
    """A row: whether it sees the coarse label, and what the two sets of results call it."""

    name: str
    coarse_label: bool
    peer: str | None
    method: str | None


RECIPE, UNION = "recipe", "union"
WAYS = (
    Way("KMeans", False, "KMeans alone", "kmeans"),
    Way("UMAP", False, "UMAP", "umap"),
    Way("DEC", False, "DEC", None),
    Way("IDEC", False, "IDEC", None),
    Way("supervised UMAP", True, "supervised UMAP", "umap-coarse"),
    Way("MLP, **L_multi and neighbours**", True, "ours, neighbours, MLP", "neighbors"),
    Way("net, contrastive loss", True, "contrastive loss, the same net", None),
    Way("net, SupCon loss", True, "SupCon loss, the same net", None),
    Way("net, no penalty", True, "the same net without a penalty", "baseline"),
    Way("net, DeCov", True, None, "decov"),
    Way("net, XCov", True, None, "xcov"),
    Way("net, **L_single**", True, "ours, L_single", "single"),
    Way("net, **L_multi**", True, "ours, L_multi", "multi"),
    Way("net, **[the recipe](views.md#all-pairs-the-recipe)**", True, "ours, neighbours", RECIPE),
    Way("two nets of the recipe side by side", True, None, UNION),
)


class Column(NamedTuple):
    """What its nets read, and the table of it that ways without a net are given, if any."""

    nets: str
    tables: str | None


COLUMNS = {
    "MNIST strokes": Column("strokes", "strokes-gradients"),
    "CIFAR-10": Column("cifar10", "cifar10-gradients"),
    # The table of the texts stands in the next column.
    "DBPedia, texts": Column("dbpedia", None),
    "DBPedia, TF-IDF": Column("dbpedia-tfidf", "dbpedia"),
}


def peer_scores() -> dict[str, float]:
    """Mean AMI of each peer on the bundled strokes."""
    found = benchmarks.load(BENCHMARKS, "peers")
    if found is None:
        raise FileNotFoundError("Run python -m examples.studies.benchmarks peers first.")
    return {case["method"]: case["ami"] for case in found["cases"]}


def recipe_ami(method: str, dataset: str) -> NDArray[np.float64] | None:
    """AMI on the test split of one net of the recipe or of several, if they were run."""
    if method == RECIPE and recipes.read("cell", dataset):
        return recipes.test_ami(dataset, *recipes.choose(dataset, "ami"))
    unions = members.read_unions(dataset)
    if not unions:
        return None
    space, ami = members.ami_of(unions, "the recipe", 1 if method == RECIPE else 2)
    return ami[space]["test"]


def paper_score(method: str | None, column: Column) -> str:
    """Mean AMI on the test split, or a dash."""
    if method in (RECIPE, UNION):
        found = recipe_ami(method, column.nets)
        return number(None if found is None else float(found.mean()), ".2f")
    dataset = column.tables if method in ALTERNATIVES else column.nets
    known = method is not None and dataset is not None
    return number(results.mean_ami(dataset, method, "test") if known else None, ".2f")


def make_table() -> str:
    """Render the table."""
    peers = peer_scores()
    rows = [
        [
            way.name,
            "yes" if way.coarse_label else "no",
            number(peers[way.peer] if way.peer else None, ".2f"),
            *(paper_score(way.method, column) for column in COLUMNS.values()),
        ]
        for way in WAYS
    ]
    return table(["AMI", "coarse label", "bundled strokes", *COLUMNS], rows)


BLOCKS = {"comparison": make_table}


def main() -> None:
    """Run from the command line."""
    renew_blocks(PAGE, BLOCKS)


if __name__ == "__main__":
    main()
