"""Compare criteria that need no fine labels: the fits and numbers that are missing.

    OMP_NUM_THREADS=1 python -m examples.studies.selection   # everything that is missing
    python -m examples.studies.selection --dataset digits
    python -m examples.studies.selection --criteria          # anew, from the kept fits
    python -m examples.studies.selection --page              # docs/selection.md, its figure

Fits are kept in ``.data/selection`` and never computed again: after an interruption, give the same
command. The paper's data sets come from the data home (``FA_SKLEARN_DATA``).
"""

from __future__ import annotations

import argparse
import sys

from ._criteria import add_results, read_results
from ._datasets import STUDIES
from ._fits import CANDIDATES, fit_file, run_fit


def run_missing(dataset: str) -> None:
    """Fit the candidates of a data set that were not fitted yet."""
    missing = [name for name in CANDIDATES if not fit_file(dataset, name).exists()]
    for i, candidate in enumerate(missing):
        print(f"{dataset} [{i + 1}/{len(missing)}] {candidate}", flush=True)
        run_fit(dataset, candidate)


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.studies.selection",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--dataset", choices=STUDIES, action="append", help="default: all")
    parser.add_argument("--criteria", action="store_true", help="compute the criteria anew")
    parser.add_argument("--page", action="store_true", help="write the page and its figure")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> None:
    """Run from the command line."""
    args = parse(arguments)
    if args.page:
        # Only the page needs matplotlib.
        from ._page import write_page

        write_page()
        return
    done = read_results()
    for dataset in args.dataset or STUDIES:
        if args.criteria or dataset not in done:
            run_missing(dataset)
            add_results(dataset)


if __name__ == "__main__":
    main(sys.argv[1:])
