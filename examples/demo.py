"""Find ten digits while training on two labels: a table and a figure, in a few minutes.

    python -m examples.demo                                   # what `make demo` runs
    python -m examples.demo --figure docs/images/forced_apart.png --results examples/demo.json
    python -m examples.demo --readme README.md    # no fits: the table of the committed results

Pen strokes of digits (bundled, no network) are labelled only "0-4" or "5-9". Three methods learn
from these two labels; KMeans on what they learnt is compared with the ten digits:

- baseline: the net alone;
- L_single, L_multi: the same net with a forced-apart penalty.

The baseline chooses the learning rate for all three; then each penalty chooses its margin and
alpha, from as many candidates. Every choice is made by cross-validation on the training split; the
test split is scored by three fits that differ in their seed.
"""

from __future__ import annotations

import argparse
import math
import os
import shutil
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
import numpy as np
from joblib import Parallel, cpu_count, delayed
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.model_selection import GridSearchCV, ParameterGrid, StratifiedShuffleSplit
from sklearn.pipeline import Pipeline
from sklearn.utils import Bunch
from skorch.callbacks import Callback

from examples.studies import _markdown as markdown
from examples.studies._record import origin, read_json, write_json
from fa_sklearn import ForcedApartClassifier
from fa_sklearn.datasets import load_stroke_digits
from fa_sklearn.inspection import EmbeddingDisplay
from fa_sklearn.metrics import ami_score, ami_scorer, nmi_score

GROUPS = {digit: "0-4" if digit < 5 else "5-9" for digit in range(10)}
NET = {
    "module_params": {"cell": "gru", "hidden_size": 64, "bidirectional": True},
    "n_components": 15,
    "batch_size": 128,
    "max_epochs": 12,
    # float32 everywhere, so that processors with bfloat16 give the scores of those without.
    "precision": "float32",
}
SEEDS = (0, 1, 2)
CV = StratifiedShuffleSplit(1, test_size=0.2, random_state=0)
N_JOBS = min(8, cpu_count())
PAGE = Path(__file__).parents[1] / "README.md"
RESULTS = Path(__file__).with_name("demo.json")
SCORES = ("ami", "nmi", "accuracy", "seconds")
REFRESH_SECONDS = 0.5
LOG_SECONDS = 15.0
# Epochs a worker has to finish before the time left is told.
ETA_EPOCHS = 3


class Method(NamedTuple):
    """A row of the table and what it may choose from."""

    name: str
    penalty: str | None
    grid: dict[str, list[float]]


# The margins are the ends of the ranges that the paper finds good.
METHODS = (
    Method("baseline", None, {"net__lr": [0.003, 0.004, 0.005, 0.006]}),
    Method("L_single", "single", {"net__margin": [5.0, 10.0], "net__alpha": [0.2, 0.5]}),
    Method("L_multi", "multi", {"net__margin": [0.1, 1.0], "net__alpha": [0.1, 0.3]}),
)


class Fit(NamedTuple):
    """What one fit brought on the test split."""

    ami: float
    nmi: float
    accuracy: float
    seconds: float
    embedding: NDArray[np.float32]


class Result(NamedTuple):
    """A method, the parameters it chose, their score in the search, and its final fits."""

    method: Method
    chosen: dict[str, float]
    validation_ami: float
    fits: list[Fit]


class CountEpochs(Callback):
    """Append a byte to a file at the end of each epoch: that much a worker can tell its parent."""

    def __init__(self, path: str) -> None:
        self.path = path

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        with open(self.path, "ab") as file:
            file.write(b".")


class Progress:
    """What is fitted, how far, time left: a live bar in a terminal, a line at times in a log."""

    def __init__(self, path: str, n_epochs: int) -> None:
        self.path = path
        self.n_epochs = n_epochs
        self.live = sys.stderr.isatty()
        self.task = ""
        self.start = time.perf_counter()
        self.first_epoch: tuple[float, int] | None = None
        self.finished = threading.Event()

    def line(self) -> str:
        now, n_done = time.perf_counter(), os.path.getsize(self.path)
        if n_done and self.first_epoch is None:
            self.first_epoch = now, n_done
        done = min(n_done / self.n_epochs, 1.0)
        drawn = f"[{bar(done)}]  " if self.live else ""
        return (
            f"{done:4.0%}  {drawn}{self.task}  {clock(now - self.start)}{self.left(now, n_done)}"
        )

    def left(self, now: float, n_done: int) -> str:
        """Estimate the time left; the start of the workers tells nothing about the epochs."""
        if self.first_epoch is None or n_done - self.first_epoch[1] < N_JOBS * ETA_EPOCHS:
            return ""
        since, n_before = self.first_epoch
        seconds = (now - since) / (n_done - n_before) * (self.n_epochs - n_done)
        return f", {clock(max(seconds, 0))} left"

    def show(self) -> None:
        if self.live:
            width = shutil.get_terminal_size().columns - 1
            sys.stderr.write(f"\r\x1b[K{self.line()[:width]}")
        else:
            sys.stderr.write(f"{self.line()}\n")
        sys.stderr.flush()

    def begin(self, task: str) -> None:
        """Name what is fitted from now on."""
        self.task = task
        self.show()

    def watch(self) -> None:
        while not self.finished.wait(REFRESH_SECONDS if self.live else LOG_SECONDS):
            self.show()


def clock(seconds: float) -> str:
    """Format seconds as minutes:seconds."""
    minutes, rest = divmod(math.ceil(seconds), 60)
    return f"{minutes}:{rest:02d}"


def bar(done: float, width: int = 20) -> str:
    """Draw the share that is done."""
    full = round(done * width)
    return "#" * full + "." * (width - full)


@contextmanager
def progress_display() -> Iterator[Progress]:
    """Show progress until the block ends."""
    n_fits = sum(CV.get_n_splits() * len(ParameterGrid(m.grid)) + len(SEEDS) for m in METHODS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "epochs")
        path.touch()
        progress = Progress(str(path), n_fits * NET["max_epochs"])
        watcher = threading.Thread(target=progress.watch, daemon=True)
        watcher.start()
        try:
            yield progress
        finally:
            progress.finished.set()
            watcher.join()
            if progress.live:
                sys.stderr.write("\r\x1b[K")


def make_pipeline(method: Method, lr: float, progress: Progress) -> Pipeline:
    """Make the net that sees two labels, and the KMeans that looks for ten digits."""
    net = ForcedApartClassifier(
        label_groups=GROUPS,
        penalty=method.penalty,
        lr=lr,
        callbacks=[CountEpochs(progress.path)],
        random_state=0,
        **NET,
    )
    return Pipeline([("net", net), ("kmeans", KMeans(10, n_init=10, random_state=0))])


def fit_and_score(pipeline: Pipeline, data: Bunch) -> Fit:
    """Fit on the training split, score on the test split."""
    # Time of the processor, so that other work on the machine does not count.
    start = time.process_time()
    pipeline.fit(data.X_train, data.y_train)
    seconds = time.process_time() - start
    clusters = pipeline.predict(data.X_test)
    return Fit(
        ami=ami_score(data.y_test, clusters),
        nmi=nmi_score(data.y_test, clusters),
        accuracy=pipeline["net"].score(data.X_test, data.y_test),
        seconds=seconds,
        embedding=pipeline["net"].transform(data.X_test),
    )


def search(pipeline: Pipeline, method: Method, data: Bunch) -> GridSearchCV:
    """Choose a method's parameters on the training split."""
    return GridSearchCV(
        pipeline,
        method.grid,
        scoring=ami_scorer,
        cv=CV,
        n_jobs=N_JOBS,
        # Unlike its one fit, ours below with several seeds show how much of a score is luck.
        refit=False,
        error_score="raise",
    ).fit(data.X_train, data.y_train)


def run(data: Bunch) -> list[Result]:
    """Search with each method, the baseline first, then fit with what they chose."""
    lr = METHODS[0].grid["net__lr"][0]
    searches, pipelines = [], []
    with progress_display() as progress:
        for method in METHODS:
            progress.begin(f"{method.name}: grid search")
            pipeline = make_pipeline(method, lr, progress)
            searches.append(search(pipeline, method, data))
            pipelines.append(pipeline.set_params(**searches[-1].best_params_))
            # The baseline's learning rate is everybody's.
            lr = pipelines[0]["net"].lr
        progress.begin("all: final fits")
        fits = Parallel(n_jobs=N_JOBS)(
            delayed(fit_and_score)(clone(pipeline).set_params(net__random_state=seed), data)
            for pipeline in pipelines
            for seed in SEEDS
        )
    n = len(SEEDS)
    return [
        Result(method, found.best_params_, found.best_score_, fits[i * n : (i + 1) * n])
        for i, (method, found) in enumerate(zip(METHODS, searches, strict=True))
    ]


def pen_positions(X: Sequence[NDArray[np.float32]], n_points: int = 16) -> NDArray[np.float64]:
    """Turn sequences into a table: where the pen is at equally spaced steps."""
    rows = []
    for steps in X:
        path = steps[:, :2].cumsum(axis=0)
        at = np.linspace(0, len(path) - 1, n_points)
        rows.append([np.interp(at, np.arange(len(path)), axis) for axis in path.T])
    return np.array(rows).reshape(len(X), -1)


def reference(data: Bunch) -> dict[str, float]:
    """Score KMeans without any net or label, for comparison."""
    start = time.process_time()
    kmeans = KMeans(10, n_init=10, random_state=0).fit(pen_positions(data.X_train))
    seconds = time.process_time() - start
    clusters = kmeans.predict(pen_positions(data.X_test))
    ami, nmi = (score(data.y_test, clusters) for score in (ami_score, nmi_score))
    return {"ami": ami, "nmi": nmi, "seconds": seconds}


def record(results: list[Result], data: Bunch) -> dict[str, Any]:
    """Gather what is kept: choices, the scores of every fit, the machine."""
    return {
        "methods": [
            {
                "method": result.method.name,
                "chosen": result.chosen,
                "validation_ami": result.validation_ami,
                "fits": [{name: getattr(fit, name) for name in SCORES} for fit in result.fits],
            }
            for result in results
        ],
        "reference": reference(data),
        **origin(),
    }


def make_table(recorded: dict[str, Any]) -> list[list[str]]:
    """Make the table's cells, the header first: means over the seeds, and their spread."""
    header = ["method", "margin", "alpha", "AMI", "NMI", "coarse accuracy", "seconds"]
    kmeans = recorded["reference"]
    scores = [f"{kmeans[name]:.3f}" for name in ("ami", "nmi")]
    rows = [["KMeans on pen positions", "-", "-", *scores, "-", f"{kmeans['seconds']:.1f}"]]
    for found in recorded["methods"]:
        values = {name: [fit[name] for fit in found["fits"]] for name in SCORES}
        margin, alpha = (found["chosen"].get(key) for key in ("net__margin", "net__alpha"))
        rows.append(
            [
                found["method"],
                *("-" if value is None else f"{value:g}" for value in (margin, alpha)),
                *(markdown.spread(values[name]) for name in ("ami", "nmi", "accuracy")),
                f"{np.mean(values['seconds']):.1f}",
            ]
        )
    return [header, *rows]


def plain(table: list[list[str]]) -> str:
    """Align the cells for a terminal."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = [
        "  ".join(
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in table
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def caption(recorded: dict[str, Any]) -> str:
    """Say how the table's numbers came about."""
    baseline, machine = recorded["methods"][0], recorded["machine"]
    return (
        f"Test split of 2,000 digits; mean ± sample standard deviation of {len(baseline['fits'])} "
        "seeds; seconds of processor time per fit, on one thread. Learning rate "
        f"{baseline['chosen']['net__lr']:g}, the baseline's choice, for all. Run on "
        f"{machine['cpu']} ({machine['cpu_capability']}); other processors round differently, "
        "which changes the scores."
    )


def readme_block() -> str:
    """Render the committed results."""
    recorded = read_json(RESULTS)
    header, *rows = make_table(recorded)
    return f"{markdown.table(header, rows)}\n\n{caption(recorded)}"


BLOCKS = {"demo table": readme_block}


def median_fit(result: Result) -> Fit:
    """Return the fit whose AMI is the median."""
    return sorted(result.fits, key=lambda fit: fit.ami)[len(result.fits) // 2]


def draw(results: list[Result], data: Bunch, target: Path) -> None:
    """Draw what training saw, and the digits in the baseline's and the best penalty's space."""
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    best = max(results[1:], key=lambda result: result.validation_ami)
    shown = {result.method.name: median_fit(result) for result in (results[0], best)}
    coarse = np.array([GROUPS[digit] for digit in data.y_test.tolist()])
    figure, axes = plt.subplots(1, 3, figsize=(14, 4.6), layout="constrained")
    panels = [("What training sees: two labels", shown["baseline"], coarse)] + [
        (f"{name}: ten digits, AMI {fit.ami:.2f}", fit, data.y_test) for name, fit in shown.items()
    ]
    for ax, (title, fit, labels) in zip(axes, panels, strict=True):
        # The third panel's legend is the second's too.
        EmbeddingDisplay.from_predictions(fit.embedding, labels, ax=ax, legend=ax is not axes[1])
        ax.set_title(title, fontsize=13)
        ax.tick_params(labelbottom=False, labelleft=False, length=0)
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=110)
    plt.close(figure)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--figure", type=Path, default=Path("demo.png"), help="PNG to write")
    parser.add_argument("--results", type=Path, help="JSON file to write")
    parser.add_argument("--readme", type=Path, help="fit nothing: renew the table in this file")
    args = parser.parse_args()
    if args.readme:
        markdown.renew_blocks(args.readme, BLOCKS)
        return

    start = time.perf_counter()
    data = load_stroke_digits()
    print("Ten digits from two coarse labels (0-4, 5-9): 5,000 pen-stroke sequences", flush=True)
    results = run(data)
    recorded = record(results, data)
    print(f"\n{plain(make_table(recorded))}\n\n{textwrap.fill(caption(recorded), 94)}")
    draw(results, data, args.figure)
    print(f"Figure: {args.figure.resolve()}")
    if args.results:
        write_json(args.results, recorded)
    print(f"Took {clock(time.perf_counter() - start)}")


if __name__ == "__main__":
    main()
