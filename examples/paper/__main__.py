"""Run the paper's experiments: the cells of its table that have no result yet.

    python -m examples.paper                                     # everything that is missing
    python -m examples.paper --dataset strokes                   # one data set
    python -m examples.paper --dataset strokes --method single --seed 0
    python -m examples.paper --alternatives                      # needs the extra "bench" (UMAP)
    python -m examples.paper --sweep                             # AMI against the margin
    python -m examples.paper --page                              # docs/reproduction.md, figures

A cell whose parameters were not chosen yet begins with the search on validation data. Finished
trials and cells are never computed again: after an interruption, give the same command. Data sets
come from the data home (``FA_SKLEARN_DATA``).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ._alternatives import ALTERNATIVES, INPUTS, run_alternative
from ._cell import run_cell
from ._experiment import DATASETS, METHODS, SEEDS, Experiment, cell_file
from ._search import search
from ._sweep import SWEPT, run_sweep


class Job(NamedTuple):
    """Something to compute, and the file that says that it is done."""

    name: str
    target: Path
    run: Callable[[], object]


def cell_job(dataset: str, method: str, seed: int, device: str, verbose: int) -> Job:
    """Choose a method's parameters where that was not done, then run a cell."""

    def run() -> None:
        experiment = Experiment.read(dataset)
        # The baseline chooses what all share, so it comes first.
        for needed in dict.fromkeys(("baseline", method)):
            if needed not in experiment.chosen:
                experiment = search(experiment, needed, device)
        run_cell(experiment, method, seed, device, verbose)

    return Job(f"{dataset} {method} seed {seed}", cell_file(dataset, method, seed), run)


def alternative_job(inputs: str, name: str, seed: int) -> Job:
    """Score a method that trains none of our nets."""
    return Job(
        f"{inputs} {name} seed {seed}",
        cell_file(inputs, name, seed),
        lambda: run_alternative(inputs, name, seed),
    )


def run_missing(jobs: list[Job]) -> None:
    """Run the jobs without a result; say how far it is and what time is left."""
    missing = [job for job in jobs if not job.target.exists()]
    print(f"{len(jobs) - len(missing)} of {len(jobs)} are done", flush=True)
    start = time.perf_counter()
    for i, job in enumerate(missing):
        taken = time.perf_counter() - start
        left = f", {taken / i * (len(missing) - i) / 60:.0f} min left" if i else ""
        print(f"[{i + 1}/{len(missing)}] {job.name} ({taken / 60:.0f} min{left})", flush=True)
        job.run()


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.paper",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--dataset", choices=DATASETS, action="append", help="default: all")
    parser.add_argument("--method", choices=METHODS, action="append", help="default: all")
    parser.add_argument("--seed", type=int, action="append", help="default: 0, 1 and 2")
    parser.add_argument("--device", default="auto", help='as in the estimators; default: "auto"')
    parser.add_argument("--alternatives", action="store_true", help="KMeans and UMAP on inputs")
    parser.add_argument(
        "--sweep", action="store_true", help="AMI against the margin; default: strokes and texts"
    )
    parser.add_argument("--page", action="store_true", help="write the page and its figures")
    parser.add_argument("--verbose", type=int, default=int(sys.stderr.isatty()))
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> None:
    """Run from the command line."""
    args = parse(arguments)
    datasets, seeds = args.dataset or DATASETS, args.seed or SEEDS
    if args.alternatives:
        run_missing(
            [
                alternative_job(inputs, name, seed)
                for inputs, (dataset, _) in INPUTS.items()
                if dataset in datasets
                for name in ALTERNATIVES
                for seed in seeds
            ]
        )
    elif args.sweep:
        for dataset in args.dataset or SWEPT:
            run_sweep(dataset, args.device)
    elif args.page:
        # Only the page needs matplotlib.
        from ._page import write_page

        write_page()
    else:
        run_missing(
            [
                cell_job(dataset, method, seed, args.device, args.verbose)
                for dataset in datasets
                for seed in seeds
                for method in args.method or METHODS
            ]
        )


if __name__ == "__main__":
    main(sys.argv[1:])
