"""Searches: two workers against one, and a cache against none."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from typing import Any, NamedTuple

from joblib.externals.loky import get_reusable_executor
from sklearn.cluster import KMeans
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from examples.studies import _markdown as markdown
from fa_sklearn.metrics import ami_scorer

from ._measure import compare
from ._report import Goal, times_rows
from ._tasks import Task, table

ONE, TWO = "one worker", "two workers"
CACHED, UNCACHED = "Pipeline(memory=...)", "Pipeline"


class Settings(NamedTuple):
    """How much is searched."""

    n: int
    epochs: int
    candidates: int
    repeats: int
    n_jobs: int = 2


SETTINGS = {
    "full": Settings(50_000, 10, 8, 5),
    "quick": Settings(40_000, 3, 6, 2),
    "smoke": Settings(256, 1, 2, 1, n_jobs=1),
}


def workers(task: Task, settings: Settings) -> dict[str, Callable[[], object]]:
    """Searches over alpha, each candidate fitted twice, with one and with more workers."""
    grid = {"alpha": [0.05 * (i + 1) for i in range(settings.candidates)]}

    def search(n_jobs: int) -> GridSearchCV:
        found = GridSearchCV(task.estimator(), grid, cv=2, n_jobs=n_jobs, refit=False)
        return found.fit(task.X, task.y)

    return {ONE: lambda: search(1), TWO: lambda: search(settings.n_jobs)}


def caching(task: Task, settings: Settings) -> dict[str, Callable[[], object]]:
    """Searches over KMeans alone, with and without a cache for the net in front of it."""
    grid = {"cluster__n_clusters": list(range(2, 2 + settings.candidates))}

    def search(memory: str | None) -> GridSearchCV:
        steps = [("net", task.estimator()), ("cluster", KMeans(n_init=1, random_state=0))]
        pipeline = Pipeline(steps, memory=memory)
        found = GridSearchCV(pipeline, grid, cv=2, scoring=ami_scorer, refit=False)
        return found.fit(task.X, task.y)

    def cached() -> GridSearchCV:
        with tempfile.TemporaryDirectory() as folder:
            return search(folder)

    return {CACHED: cached, UNCACHED: lambda: search(None)}


def run(size: str) -> dict[str, Any]:
    """Measure both."""
    settings = SETTINGS[size]
    task = table(settings.n, epochs=settings.epochs)
    cases = [
        {
            "search": name,
            "task": task.describe(),
            "candidates": settings.candidates,
            **compare(make(task, settings), reference, settings.repeats),
        }
        for name, make, reference in (("workers", workers, ONE), ("caching", caching, CACHED))
    ]
    for case in cases:
        print(f"  {case['search']}: {case['seconds']}", flush=True)
    get_reusable_executor().shutdown(wait=True)
    return {"cases": cases}


def goals(result: dict[str, Any]) -> list[Goal]:
    """Collect the speed-up that two workers are to reach."""
    case = result["cases"][0]
    what = f"GridSearchCV, {case['candidates'] * 2} fits: one worker / two workers"
    return [Goal(what, 1 / case["ratios"][TWO]["median"], 1.7, True)]


def render(result: dict[str, Any]) -> list[str]:
    """Lines of the page."""
    lines = ["## Searches", ""]
    text = {
        "workers": "A grid over `alpha`, two folds, one thread per worker, workers started first:",
        "caching": "A grid over the number of clusters of KMeans behind the estimator:",
    }
    for case in result["cases"]:
        task = case["task"]
        lines += [
            f"{text[case['search']]} {case['candidates']} candidates, {task['n_samples']:,} "
            f"samples, {task['epochs']} epoch(s).",
            "",
            markdown.table(
                ("search", f"time / {case['reference']}", "lowest – highest", "time"),
                times_rows(case),
            ),
            "",
        ]
    return lines
