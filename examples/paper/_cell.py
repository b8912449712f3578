"""A cell of the table: one data set, one method, one seed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from examples._record import origin, write_json, write_whole

from ._data import load
from ._evaluation import scores, scores_by_count
from ._experiment import RESULTS, Experiment, cell_file

# The representations that figures 2, 3 and 5 draw.
DRAWN = {("strokes", "baseline"), ("strokes", "single"), ("strokes", "multi")} | {
    ("cifar10", "baseline"),
    ("cifar10", "multi"),
}
DRAWN_SEED = 0


def embedding_file(dataset: str, method: str) -> Path:
    """Return where a test representation that a figure draws is kept."""
    return RESULTS / "embeddings" / f"{dataset}-{method}.npz"


def run_cell(experiment: Experiment, method: str, seed: int, device: str, verbose: int) -> Path:
    """Fit with the chosen parameters, score validation and test, and write the result."""
    dataset = experiment.dataset
    splits = load(dataset)
    parameters = experiment.parameters(method)
    estimator = experiment.make_estimator(
        method,
        parameters,
        n_train=len(splits["train"].y),
        seed=seed,
        device=device,
        verbose=verbose,
    )
    start = time.perf_counter()
    estimator.fit(splits["train"].X, None if experiment.autoencoder else splits["train"].y)
    seconds = time.perf_counter() - start
    embeddings = {name: estimator.transform(splits[name].X) for name in ("validation", "test")}
    if (dataset, method) in DRAWN and seed == DRAWN_SEED:
        drawn = {"embedding": embeddings["test"].astype(np.float16), "y": splits["test"].y}
        write_whole(
            embedding_file(dataset, method), lambda file: np.savez_compressed(file, **drawn)
        )
    result = {
        "dataset": dataset,
        "method": method,
        "seed": seed,
        "scores": {
            name: scores(estimator, splits[name], embedding, experiment.n_classes, seed)
            for name, embedding in embeddings.items()
        },
        "test_ami_by_n_clusters": scores_by_count(embeddings["test"], splits["test"].y, seed),
        "curve": [_epoch(row) for row in estimator.net_.history],
        "hyperparameters": {**parameters, "one_cycle": experiment.one_cycle},
        "n_samples": {name: len(split.y) for name, split in splits.items()},
        "seconds": round(seconds, 1),
        "precision": str(estimator.net_.dtype).removeprefix("torch."),
        "device": str(estimator.net_.device),
        **origin(),
    }
    return write_json(cell_file(dataset, method, seed), result)


def _epoch(row: dict[str, Any]) -> dict[str, float]:
    """Keep the losses of an epoch, to six digits."""
    losses = {key: float(f"{row[key]:.6g}") for key in row if key.endswith("loss")}
    return {"epoch": row["epoch"], **losses, "seconds": round(row["dur"], 2)}
