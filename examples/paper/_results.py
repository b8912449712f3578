"""The committed results, and the paper's own, as numbers for tables and figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._experiment import RESULTS, SEEDS

# AMI and NMI of the paper's Table 1.
PUBLISHED: dict[str, dict[str, dict[str, dict[str, float]]]] = json.loads(
    Path(__file__).with_name("table1.json").read_text(encoding="utf-8")
)
Result = dict[str, Any]


def read_results(dataset: str, method: str) -> list[Result]:
    """Read the finished seeds of a method."""
    files = [RESULTS / dataset / f"{method}-{seed}.json" for seed in SEEDS]
    return [json.loads(file.read_text(encoding="utf-8")) for file in files if file.exists()]


def values(results: list[Result], split: str, score: str) -> NDArray[np.float64]:
    """Return a score of each seed; empty where the method has none."""
    found = [result["scores"][split].get(score) for result in results]
    return np.array([value for value in found if value is not None])


def published(dataset: str, method: str, split: str, score: str) -> float | None:
    """Return a number of the paper's table."""
    return PUBLISHED.get(dataset, {}).get(split, {}).get(method, {}).get(score)


def mean_gain(dataset: str, method: str, split: str) -> float | None:
    """AMI of a method minus that of the baseline, both means over the seeds."""
    own = values(read_results(dataset, method), split, "ami")
    baseline = values(read_results(dataset, "baseline"), split, "ami")
    return float(own.mean() - baseline.mean()) if len(own) and len(baseline) else None


def published_gain(dataset: str, method: str, split: str) -> float | None:
    """The same difference in the paper."""
    own = published(dataset, method, split, "ami")
    baseline = published(dataset, "baseline", split, "ami")
    return None if own is None or baseline is None else own - baseline
