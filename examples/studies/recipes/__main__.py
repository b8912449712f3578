"""Try neighbours on the paper's data sets, choose, and score the test split.

    python -m examples.studies.recipes dbpedia-tfidf        # what is missing of a data set
    python -m examples.studies.recipes                      # of all
    python -m examples.studies.recipes --members cifar10    # several nets of a data set's recipe
    python -m examples.studies.recipes --page               # write its tables of the docs

Data sets come from the data home (``FA_SKLEARN_DATA``), which also keeps what fitted nets say of
them. Six trials per data set on validation data, each in four spaces for KMeans; the choice by
validation AMI and the one by modularity, which needs no fine labels, are fitted on all training
data with three seeds. Rows of earlier rounds, their test scores included, stay in
``results.jsonl``; a row of the kind ``round`` ends one, and what is run next is of another.
"""

from __future__ import annotations

import argparse

from . import _members
from ._recipes import RECIPES
from ._study import run


def main(arguments: list[str] | None = None) -> None:
    """Run the data sets that are asked for, or write the page."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.studies.recipes", description=__doc__
    )
    parser.add_argument("dataset", nargs="*", help=f"of {', '.join(RECIPES)}; all by default")
    parser.add_argument("--members", choices=_members.DATASETS, help="fit several nets of it")
    parser.add_argument("--page", action="store_true", help="write its tables of the docs")
    options = parser.parse_args(arguments)
    if options.page:
        # Only the page needs matplotlib.
        from ._page import write_page

        write_page()
        return
    if options.members:
        _members.run(options.members)
        return
    for dataset in options.dataset or RECIPES:
        run(dataset)


if __name__ == "__main__":
    main()
