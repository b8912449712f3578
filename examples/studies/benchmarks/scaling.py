"""How the time of a fit grows with samples, batch, components, steps and coarse labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from examples.studies import _markdown as markdown

from ._measure import compare, device, log_log_slope
from ._report import Goal, seconds
from ._tasks import random_sequences, table


class Settings(NamedTuple):
    """Values of each sweep, samples of a table, samples of sequences, rounds."""

    sweeps: dict[str, Sequence[int]]
    n_table: int
    n_sequences: int
    repeats: int


SETTINGS = {
    "full": Settings(
        {
            "samples": (12_500, 25_000, 50_000, 100_000, 200_000),
            "batch": (64, 256, 1_024, 4_096, 16_384),
            "components": (8, 32, 128, 512),
            "steps": (15, 30, 60, 120),
            "coarse labels": (2, 10, 100, 1_000),
        },
        100_000,
        1_024,
        5,
    ),
    "quick": Settings(
        {
            "samples": (12_500, 25_000, 50_000),
            "batch": (64, 256, 1_024),
            "components": (8, 32, 128),
            "steps": (15, 30, 60),
            "coarse labels": (2, 10, 100),
        },
        20_000,
        512,
        3,
    ),
    "smoke": Settings(
        {
            name: (2, 4) if name == "coarse labels" else (16, 32)
            for name in ("samples", "batch", "components", "steps", "coarse labels")
        },
        64,
        32,
        1,
    ),
}


def one_fit(name: str, value: int, settings: Settings) -> Callable[[], object]:
    """One epoch with one thing set to a value and all else as it is."""
    task = table(value if name == "samples" else settings.n_table)
    parameters: dict[str, Any] = {}
    y = task.y
    if name == "batch":
        parameters = {"batch_size": value}
    elif name == "components":
        parameters = {"n_components": value}
    elif name == "coarse labels":
        y = np.arange(len(y)) % value
    elif name == "steps":
        task = random_sequences(settings.n_sequences, value)
        y = task.y
    return lambda: task.estimator(precision="float32", **parameters).fit(task.X, y)


def run(size: str) -> dict[str, Any]:
    """Measure every sweep, its values in turn."""
    settings = SETTINGS[size]
    cases = []
    for name, values in settings.sweeps.items():
        calls = {str(value): one_fit(name, value, settings) for value in values}
        times = compare(calls, str(values[0]), settings.repeats)
        slope = log_log_slope(list(values), list(times["seconds"].values()))
        sequences = name == "steps"
        cases.append(
            {
                "sweep": name,
                "data": "sequences" if sequences else "table",
                "n_samples": settings.n_sequences if sequences else settings.n_table,
                "values": list(values),
                "slope": slope,
                "device": device().type,
                **times,
            }
        )
        print(f"  {name}: {times['seconds']}", flush=True)
    return {"cases": cases}


def goals(result: dict[str, Any]) -> list[Goal]:
    """Return no goal: none is set."""
    return []


def render(result: dict[str, Any]) -> list[str]:
    """Lines of the page."""
    lines = [
        "## Scaling",
        "",
        "One epoch of `fit` with L_multi in float32, one thing varied at a time (tables of 64 "
        "features, batch 256, 15 components, 2 coarse labels otherwise), and the exponent p of "
        "time ~ x^p:",
        "",
    ]
    rows = [
        (
            f"{case['sweep']} ({case['data']})",
            f"**{case['slope']:.2f}**",
            ", ".join(
                f"{int(value):,}: {seconds(median)}" for value, median in case["seconds"].items()
            ),
        )
        for case in result["cases"]
    ]
    return [*lines, markdown.table(("x", "p", "x: time"), rows), ""]
