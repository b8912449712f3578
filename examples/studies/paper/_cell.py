"""A cell of the table: one data set, one method, one seed."""

from __future__ import annotations

import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from examples.studies._record import write_whole
from fa_sklearn.datasets import get_data_home

from ._data import load
from ._evaluation import scores, scores_by_count
from ._experiment import Experiment, add

DRAWN_SEED = 0


def fit_cell(
    experiment: Experiment, method: str, seed: int, device: str = "auto", verbose: int = 0
) -> Any:
    """Fit with the chosen parameters."""
    train = load(experiment.dataset)["train"]
    estimator = experiment.make_estimator(
        method,
        experiment.parameters(method),
        n_train=len(train.y),
        seed=seed,
        device=device,
        verbose=verbose,
    )
    return estimator.fit(train.X, None if experiment.autoencoder else train.y)


def run_cell(experiment: Experiment, method: str, seed: int, device: str, verbose: int) -> None:
    """Fit with the chosen parameters, score validation and test, and add the result."""
    dataset = experiment.dataset
    splits = load(dataset)
    start = time.perf_counter()
    estimator = fit_cell(experiment, method, seed, device, verbose)
    seconds = time.perf_counter() - start
    embeddings = {name: estimator.transform(splits[name].X) for name in ("validation", "test")}
    result = {
        "method": method,
        "seed": seed,
        "scores": {
            name: scores(estimator, splits[name], embedding, experiment.n_classes, seed)
            for name, embedding in embeddings.items()
        },
        "test_ami_by_n_clusters": scores_by_count(embeddings["test"], splits["test"].y, seed),
        "curve": [_epoch(row) for row in estimator.net_.history],
        "hyperparameters": {
            **experiment.parameters(method),
            "one_cycle": experiment.one_cycle,
        },
        "n_samples": {name: len(split.y) for name, split in splits.items()},
        "seconds": round(seconds, 1),
        "precision": str(estimator.net_.dtype).removeprefix("torch."),
        "device": str(estimator.net_.device),
    }
    add("cell", dataset, result)


def drawn_embedding(dataset: str, method: str) -> tuple[Any, Any]:
    """Return a test representation that figures draw, and the fine classes.

    It is kept in the data home under a name made of the net's parameters, and fitted where it is
    not there.
    """
    experiment = Experiment.read(dataset)
    digest = sha256(repr(experiment.parameters(method)).encode()).hexdigest()[:12]
    file = Path(get_data_home()) / "paper" / f"{dataset}-{method}-{digest}.npz"
    if not file.exists():
        test = load(dataset)["test"]
        print(f"fitting {dataset} {method} seed {DRAWN_SEED} to draw it", flush=True)
        embedding = fit_cell(experiment, method, DRAWN_SEED).transform(test.X)
        drawn = {"embedding": embedding.astype(np.float16), "y": test.y}
        write_whole(file, lambda target: np.savez_compressed(target, **drawn))
    with np.load(file) as stored:
        return stored["embedding"].astype(np.float32), stored["y"]


def _epoch(row: dict[str, Any]) -> dict[str, float]:
    """Keep the losses of an epoch, to six digits."""
    losses = {key: float(f"{row[key]:.6g}") for key in row if key.endswith("loss")}
    return {"epoch": row["epoch"], **losses, "seconds": round(row["dur"], 2)}
