"""The committed results, and the paper's own, as numbers for tables and figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from examples.studies._record import read_json

from ._experiment import SEEDS, read_cells

# AMI and NMI of the paper's Table 1.
PUBLISHED: dict[str, dict[str, dict[str, dict[str, float]]]] = read_json(
    Path(__file__).with_name("table1.json")
)
Result = dict[str, Any]


def read_results(dataset: str, method: str) -> list[Result]:
    """Read the finished seeds of a method."""
    cells = {cell["seed"]: cell for cell in read_cells(dataset) if cell["method"] == method}
    return [cells[seed] for seed in SEEDS if seed in cells]


def values(results: list[Result], split: str, score: str) -> NDArray[np.float64]:
    """Return a score of each seed; empty where the method has none."""
    found = [result["scores"][split].get(score) for result in results]
    return np.array([value for value in found if value is not None])


def published(dataset: str, method: str, split: str, score: str) -> float | None:
    """Return a number of the paper's table."""
    return PUBLISHED.get(dataset, {}).get(split, {}).get(method, {}).get(score)


def mean_ami(dataset: str, method: str, split: str) -> float | None:
    """AMI of a method, the mean over the seeds."""
    found = values(read_results(dataset, method), split, "ami")
    return float(found.mean()) if len(found) else None


def difference(value: float | None, reference: float | None) -> float | None:
    """Subtract, where there is something to subtract."""
    return None if value is None or reference is None else value - reference
