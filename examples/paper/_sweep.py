"""AMI against the margin, for both losses (section 3.4)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from examples._record import machine, read_json, write_json

from ._experiment import RESULTS, Experiment
from ._search import Trial, run_trial

SWEPT = ("strokes", "dbpedia-tfidf")
MARGINS = (0.03, 0.1, 0.3, 1.0, 3.0, 5.0, 10.0, 30.0)
SEEDS = (100, 101, 102)


def sweep_file(dataset: str) -> Path:
    """Return where the sweep of a data set is kept."""
    return RESULTS / "sweep" / f"{dataset}.json"


def read_sweep(dataset: str) -> dict[str, Any]:
    """Read the finished fits of a sweep."""
    file = sweep_file(dataset)
    if file.exists():
        return read_json(file)
    return {"dataset": dataset, "trials": [], "machine": machine()}


def run_sweep(dataset: str, device: str) -> None:
    """Fit at every margin, as in the search otherwise, on training and validation data."""
    experiment = Experiment.read(dataset)
    fits = [("baseline", None)] + [(m, x) for m in ("single", "multi") for x in MARGINS]
    for seed in SEEDS:
        for method, margin in fits:
            _run_fit(experiment, method, margin, seed, device)


def _run_fit(
    experiment: Experiment, method: str, margin: float | None, seed: int, device: str
) -> None:
    done = read_sweep(experiment.dataset)
    key = {"method": method, "margin": margin, "seed": seed}
    if any(key.items() <= trial.items() for trial in done["trials"]):
        return
    own = dict(experiment.chosen[method])
    if margin is not None:
        own["margin"] = margin
    trial: Trial = run_trial(experiment, method, own, device, seed=seed)
    done["trials"].append({**key, **trial})
    write_json(sweep_file(experiment.dataset), done)
    print(f"{experiment.dataset} {key}: AMI {trial['scores']['ami']:.3f}", flush=True)
