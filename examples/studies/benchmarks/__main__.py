"""Run the benchmarks and write docs/performance.md.

python -m examples.studies.benchmarks                 # all, minutes to an hour
python -m examples.studies.benchmarks --quick         # all, less than 3 minutes
python -m examples.studies.benchmarks kernel fit      # two of them
python -m examples.studies.benchmarks --report-only   # the page alone, from the results
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

NAMES = ("kernel", "fit", "penalty", "search", "scaling", "neighbors", "peers")
RESULTS = Path(__file__).with_name("results.jsonl")
REPORT = Path(__file__).parents[3] / "docs" / "performance.md"
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.studies.benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], help="which; default: all")
    size = parser.add_mutually_exclusive_group()
    for name, text in (("quick", "less than 3 minutes"), ("smoke", "seconds, no numbers of use")):
        size.add_argument(
            f"--{name}", dest="size", action="store_const", const=name, default="full", help=text
        )
    parser.add_argument("--threads", type=int, default=1, help="default: 1")
    parser.add_argument("--output", type=Path, default=RESULTS, help="table of results")
    parser.add_argument("--report", type=Path, default=REPORT, help="the Markdown page")
    parser.add_argument("--report-only", action="store_true", help="measure nothing")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    options = parse(arguments)
    # Thread pools read these when their library is imported, so before the imports below.
    for variable in THREAD_VARIABLES:
        os.environ[variable] = str(options.threads)
    import torch

    from ._measure import keep_freed_memory, record
    from ._report import write_report

    torch.set_num_threads(options.threads)
    keep_freed_memory()
    modules = {name: importlib.import_module(f".{name}", __package__) for name in NAMES}
    for name in () if options.report_only else options.names or NAMES:
        print(f"{name} ({options.size})", flush=True)
        record(name, options.size, modules[name].run, options.output)
    write_report(
        options.output,
        {name: (module.render, module.goals) for name, module in modules.items()},
        options.report,
    )
    print(f"wrote {options.report}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
