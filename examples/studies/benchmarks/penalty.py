"""What L_multi adds to the time of a fit."""

from __future__ import annotations

from typing import Any, NamedTuple

from examples.studies import _markdown as markdown

from ._measure import compare, device
from ._report import Goal, times_rows
from ._tasks import strokes, table

WITH, WITHOUT = "with L_multi", "without"
BATCH_SIZE = 512


class Settings(NamedTuple):
    """Samples and rounds of each task."""

    strokes: tuple[int, int]
    table: tuple[int, int]


SETTINGS = {
    "full": Settings(strokes=(10_000, 7), table=(100_000, 11)),
    "quick": Settings(strokes=(2_500, 3), table=(50_000, 5)),
    "smoke": Settings(strokes=(64, 1), table=(512, 1)),
}


def run(size: str) -> dict[str, Any]:
    """Measure both tasks, in the precision that the estimator chooses and in float32."""
    cases = []
    for make, (n, repeats) in zip((strokes, table), SETTINGS[size], strict=True):
        task = make(n, batch_size=BATCH_SIZE)
        head = task.head(2 * BATCH_SIZE)
        for precision in ("float32", "auto") if task.kind == "sequence" else ("float32",):

            def fits(own: Any, precision: str = precision) -> dict[str, Any]:
                return {
                    name: lambda penalty=penalty: own.estimator(
                        penalty=penalty, precision=precision
                    ).fit(own.X, own.y)
                    for name, penalty in ((WITH, "multi"), (WITHOUT, None))
                }

            times = compare(fits(task), WITHOUT, repeats, warm_up=fits(head))
            cases.append(
                {
                    "task": task.describe(),
                    "precision": precision,
                    "device": device().type,
                    **times,
                }
            )
            print(f"  {task.kind}, {precision}: {times['seconds']}", flush=True)
    return {"cases": cases}


def goals(result: dict[str, Any]) -> list[Goal]:
    """Collect the ratio that strokes are to stay below."""
    return [
        Goal(
            f"fit, strokes, batch {BATCH_SIZE}, {case['precision']}: with L_multi / without",
            case["ratios"][WITH]["median"],
            1.05,
            False,
        )
        for case in result["cases"]
        if case["task"]["kind"] == "sequence"
    ]


def render(result: dict[str, Any]) -> list[str]:
    """Lines of the page."""
    lines = ["## The cost of the penalty", ""]
    for case in result["cases"]:
        task = case["task"]
        lines += [
            f"{task['name'].capitalize()}, {task['n_samples']:,} samples, batch "
            f"{task['batch_size']}, precision {case['precision']}:",
            "",
            markdown.table(
                ("fit", "time / without", "lowest – highest", "time"), times_rows(case)
            ),
            "",
        ]
    return lines
