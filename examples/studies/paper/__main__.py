"""Run the paper's experiments: the cells of its table that have no result yet.

    python -m examples.studies.paper                     # everything that is missing
    python -m examples.studies.paper --dataset strokes   # one data set
    python -m examples.studies.paper --dataset strokes --method single --seed 0
    python -m examples.studies.paper --alternatives      # needs the extra "bench" (UMAP)
    python -m examples.studies.paper --sweep             # AMI against the margin
    python -m examples.studies.paper --page              # the tables of docs/reproduction.md
    python -m examples.studies.paper --figures           # its figures; fits the nets of some

A cell whose parameters were not chosen yet begins with the search on validation data. Finished
trials and cells are never computed again: after an interruption, give the same command. Data sets
come from the data home (``FA_SKLEARN_DATA``).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

from ._alternatives import ALTERNATIVES, INPUTS, run_alternative
from ._cell import run_cell
from ._experiment import DATASETS, METHODS, SEEDS, Experiment, read_cells
from ._search import search
from ._sweep import SWEPT, run_sweep


class Job(NamedTuple):
    """Something to compute: the cell that it gives."""

    dataset: str
    method: str
    seed: int
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

    return Job(dataset, method, seed, run)


def alternative_job(inputs: str, name: str, seed: int) -> Job:
    """Score a method that trains none of our nets."""
    return Job(inputs, name, seed, lambda: run_alternative(inputs, name, seed))


def run_missing(jobs: list[Job]) -> None:
    """Run the jobs without a result; say how far it is and what time is left."""
    done = {
        (dataset, cell["method"], cell["seed"])
        for dataset in {job.dataset for job in jobs}
        for cell in read_cells(dataset)
    }
    missing = [job for job in jobs if job[:3] not in done]
    print(f"{len(jobs) - len(missing)} of {len(jobs)} are done", flush=True)
    start = time.perf_counter()
    for i, job in enumerate(missing):
        taken = time.perf_counter() - start
        left = f", {taken / i * (len(missing) - i) / 60:.0f} min left" if i else ""
        name = f"{job.dataset} {job.method} seed {job.seed}"
        print(f"[{i + 1}/{len(missing)}] {name} ({taken / 60:.0f} min{left})", flush=True)
        job.run()


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.studies.paper",
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
    parser.add_argument("--page", action="store_true", help="write the tables of the page")
    parser.add_argument(
        "--figures", action="store_true", help="draw its figures; fit the nets that some draw"
    )
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
    elif args.page or args.figures:
        # Only these need matplotlib.
        from ._page import draw_figures, write_page

        if args.page:
            write_page()
        if args.figures:
            draw_figures()
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
