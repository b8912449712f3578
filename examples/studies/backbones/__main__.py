"""Train every backbone on real data and record scores: a row of results.jsonl per run and seed.

    python -m examples.studies.backbones strokes-single --seed 0
    python -m examples.studies.backbones --missing          # every run that has no result yet
    python -m examples.studies.backbones --page docs/backbones.md   # the results, as a page

Data sets come from the data home (``FA_SKLEARN_DATA``). DBPedia may be a subset there: the number
of training samples is part of the result.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.utils import Bunch

from examples.studies._estimators import GRU, LowerHalf, make_estimator
from examples.studies._markdown import spread, table
from examples.studies._record import TABLE, append_row, describe_cpu, latest, origin, read_rows
from examples.studies.paper._evaluation import clustering_scores
from fa_sklearn.datasets import (
    fetch_cifar10,
    fetch_dbpedia14,
    fetch_mnist_strokes,
    load_stroke_digits,
)

RESULTS = Path(__file__).with_name(TABLE)
SEEDS = (0, 1, 2)
SCORES = {"ami": "AMI", "nmi": "NMI", "accuracy": "coarse accuracy"}


def digits_table() -> Bunch:
    """Load scikit-learn's digits, scaled to [0, 1], as a table with a test split."""
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(
        X / 16, y, test_size=0.3, stratify=y, random_state=0
    )
    return Bunch(X_train=X_train, X_test=X_test, y_train=y_train, y_test=y_test)


def digits_images() -> Bunch:
    """Load the same digits as 8 x 8 images."""
    data = digits_table()
    data.X_train = data.X_train.reshape(-1, 8, 8, 1)
    data.X_test = data.X_test.reshape(-1, 8, 8, 1)
    return data


class Run(NamedTuple):
    """A data set and the parameters of an estimator on it."""

    load: Callable[[], Bunch]
    parameters: dict[str, Any]
    autoencoder: bool = False


STROKES = {"n_components": 15, "batch_size": 512, "lr": 2e-3, "max_epochs": 14}
SINGLE = {"penalty": "single", "margin": 5.0, "alpha": 0.5}
# The learning rate is the one that the baseline chose on validation data.
BUNDLED = {
    "module_params": GRU,
    "n_components": 15,
    "batch_size": 128,
    "lr": 5e-3,
    "max_epochs": 12,
    "precision": "float32",
}
IMAGES = {"n_components": 15, "lr": 2e-3, "max_epochs": 8}
QUARTER = {**IMAGES, "module_params": {"width": 0.25}, "max_epochs": 4}
TEXT = {
    "module_params": {"pooling": "max", "dropout": 0.5},
    "n_components": 15,
    "batch_size": 128,
    "lr": 2e-3,
    "max_epochs": 5,
}
RUNS = {
    "strokes-single": Run(fetch_mnist_strokes, {**STROKES, **SINGLE}),
    "strokes-single-float32": Run(
        fetch_mnist_strokes, {**STROKES, **SINGLE, "precision": "float32"}
    ),
    "strokes-baseline": Run(fetch_mnist_strokes, {**STROKES, "penalty": None}),
    "bundled-single": Run(load_stroke_digits, {**BUNDLED, **SINGLE}),
    "bundled-baseline": Run(load_stroke_digits, {**BUNDLED, "penalty": None}),
    "cifar10-multi": Run(fetch_cifar10, {**IMAGES, "module_params": {"width": 0.5}}),
    "cifar10-quarter": Run(fetch_cifar10, QUARTER),
    "cifar10-quarter-float32": Run(fetch_cifar10, {**QUARTER, "precision": "float32"}),
    "dbpedia14-multi": Run(fetch_dbpedia14, TEXT),
    "dbpedia14-multi-bf16": Run(fetch_dbpedia14, {**TEXT, "precision": "bf16"}),
    "digits-multi": Run(digits_table, {"lr": 2e-3, "max_epochs": 60}),
    "strokes-autoencoder": Run(
        fetch_mnist_strokes, {**STROKES, "batch_size": 128, "max_epochs": 8}, autoencoder=True
    ),
    "digits-autoencoder-mlp": Run(
        digits_table, {"lr": 2e-3, "max_epochs": 60, "batch_size": 128}, autoencoder=True
    ),
    "digits-autoencoder-cnn": Run(
        digits_images, {"lr": 2e-3, "max_epochs": 60, "batch_size": 128}, autoencoder=True
    ),
}


def train(name: str, seed: int, verbose: int = 1) -> dict[str, Any]:
    """Fit one run and score it on its test split."""
    run = RUNS[name]
    data = run.load()
    n_classes = len(np.unique(data.y_train))
    common = {**run.parameters, "random_state": seed, "verbose": verbose}
    estimator = make_estimator(common, None if run.autoencoder else LowerHalf(n_classes))
    start = time.perf_counter()
    estimator.fit(data.X_train, data.y_train)
    seconds = time.perf_counter() - start
    embedding = estimator.transform(data.X_test)
    key = "reconstruction_error" if run.autoencoder else "accuracy"
    score = estimator.score(data.X_test, data.y_test)
    return {
        "run": name,
        "seed": seed,
        "scores": {
            **clustering_scores(embedding, data.y_test, n_classes, seed),
            key: -score if run.autoencoder else score,
        },
        "parameters": run.parameters,
        "n_train": len(data.X_train),
        "n_test": len(data.X_test),
        "seconds": round(seconds, 1),
        "precision": str(estimator.net_.dtype).removeprefix("torch."),
        "history": [
            {key: value for key, value in row.items() if key.endswith("loss")}
            for row in estimator.net_.history
        ],
        **origin(),
    }


def current() -> list[dict[str, Any]]:
    """Read the latest result of each run and seed."""
    return latest(read_rows(RESULTS), "run", "seed")


def save(name: str, seed: int) -> None:
    """Train a run and add its result."""
    print(f"{name}, seed {seed}", flush=True)
    result = train(name, seed)
    append_row(RESULTS, result)
    print(f"{name}, seed {seed}: {result['scores']}", flush=True)


def score_table() -> str:
    """Render mean and sample standard deviation over the seeds of every run, as Markdown."""
    header = ["run", "train / test", *SCORES.values(), "seconds", "seeds"]
    results, rows = current(), []
    for name in RUNS:
        found = [row for row in results if row["run"] == name and row["seed"] in SEEDS]
        if not found:
            continue
        seconds = np.mean([row["seconds"] for row in found])
        sizes = f"{found[0]['n_train']:,} / {found[0]['n_test']:,}"
        rows.append([name, sizes, *_scores(found), f"{seconds:.0f}", str(len(found))])
    return table(header, rows)


def _scores(found: list[dict[str, Any]]) -> list[str]:
    return [spread([r["scores"][key] for r in found if key in r["scores"]]) for key in SCORES]


def earlier_table() -> str:
    """Render the runs that later ones replaced."""
    kinds: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in read_rows(RESULTS):
        if "replaced_because" in row:
            kinds.setdefault((row["run"], row["replaced_because"]), []).append(row)
    rows = [
        [name, *_scores(found), str(len(found)), found[0]["recorded"], reason]
        for (name, reason), found in kinds.items()
    ]
    return table(["run", *SCORES.values(), "seeds", "commit", "replaced because"], rows)


def provenance() -> list[str]:
    """CPUs and versions of the results."""
    found = set()
    for row in current():
        where = row["machine"]
        # The first results have the versions among the machine's features.
        packages = row.get("versions") or where.get("versions", where)
        found.add(f"- {describe_cpu(where)}, torch {packages['torch']}")
    return sorted(found)


def page() -> str:
    """Render the page that the results are read on."""
    return "\n".join(
        [
            "# Every backbone on real data",
            "",
            "Generated by `python -m examples.studies.backbones --page docs/backbones.md` from "
            "`examples/studies/backbones/results.jsonl`, whose rows hold the parameters, the "
            "losses of each epoch, versions and machine; do not edit.",
            "",
            "Each run sees coarse labels only (the first half of the classes against the second),"
            " the autoencoders none. KMeans on the representation of the test split is compared "
            "with the fine classes; mean ± sample standard deviation over seeds. No search was "
            "made here; on the bundled strokes the learning rate is the one that the baseline "
            "chose on validation data. CIFAR-10 is a JPEG copy, and the DBPedia at hand is a "
            "subset of 14,000 training texts. Runs in pairs differ in one thing: the penalty, or "
            "the precision of the forward pass (`auto` is bfloat16 on this machine for the cnn "
            "and the rnn, float32 for the others; scores in bfloat16 depend on the processor). "
            "Seconds: one thread, while other work ran.",
            "",
            score_table(),
            "",
            "Tried before, on the same test splits, and replaced:",
            "",
            earlier_table(),
            "",
            "The digits of bfloat16 depend on the CPU's instruction set. Computed on:",
            "",
            *provenance(),
            "",
        ]
    )


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", nargs="?", choices=RUNS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--missing", action="store_true", help="every run without a result")
    parser.add_argument("--page", type=Path, help="write the results to this Markdown file")
    args = parser.parse_args()
    if args.run:
        save(args.run, args.seed)
    if args.missing:
        done = {(row["run"], row["seed"]) for row in current()}
        for seed in SEEDS:
            for name in RUNS:
                if (name, seed) not in done:
                    save(name, seed)
    if args.page:
        args.page.write_text(page())
    if not (args.run or args.missing or args.page):
        parser.print_help()


if __name__ == "__main__":
    main()
