"""AMI against the margin, for both losses (section 3.4)."""

from __future__ import annotations

from ._experiment import Experiment, add, read
from ._search import Trial, run_trial

SWEPT = ("strokes", "dbpedia-tfidf")
MARGINS = (0.03, 0.1, 0.3, 1.0, 3.0, 5.0, 10.0, 30.0)
SEEDS = (100, 101, 102)


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
    key = {"method": method, "margin": margin, "seed": seed}
    if any(key.items() <= row.items() for row in read("sweep", experiment.dataset)):
        return
    own = dict(experiment.chosen[method])
    if margin is not None:
        own["margin"] = margin
    trial: Trial = run_trial(experiment, method, own, device, seed=seed)
    add("sweep", experiment.dataset, {**key, **trial})
    print(f"{experiment.dataset} {key}: AMI {trial['scores']['ami']:.3f}", flush=True)
