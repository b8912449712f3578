"""docs/reproduction.md: its tables are written between markers, its prose is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from examples._markdown import replace_between, table

from ._alternatives import ALTERNATIVES, INPUTS
from ._experiment import DATASETS, METHODS, SEEDS, Experiment
from ._figures import LABELS, draw
from ._results import mean_gain, published, published_gain, read_results, values
from ._search import read_trials

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "reproduction.md"
NAMES = {
    **LABELS,
    "kmeans": "KMeans on the inputs",
    "umap": "UMAP, KMeans",
    "umap-coarse": "UMAP with the coarse labels, KMeans",
}
NONE = "—"


def spread(found: np.ndarray, digits: int = 3) -> str:
    """Mean and standard deviation over the seeds."""
    if not len(found):
        return NONE
    return f"{found.mean():.{digits}f} ± {found.std():.{digits}f}"


def number(value: float | None, sign: str = "") -> str:
    """Three digits, or a dash."""
    return NONE if value is None else f"{value:{sign}.3f}"


def score_row(dataset: str, method: str) -> list[str]:
    """A method: ours beside the paper's."""
    results = read_results(dataset, method)
    ami = values(results, "test", "ami")
    printed = published(dataset, method, "test", "ami")
    ours = method in METHODS and method != "baseline"
    return [
        NAMES[method],
        spread(ami),
        number(printed),
        number(float(ami.mean()) - printed if len(ami) and printed is not None else None, "+"),
        number(mean_gain(dataset, method, "test") if ours else None, "+"),
        number(published_gain(dataset, method, "test") if ours else None, "+"),
        spread(values(results, "test", "nmi")),
        number(published(dataset, method, "test", "nmi")),
        spread(values(results, "validation", "ami")),
        spread(100 * values(results, "test", "accuracy"), 1),
        f"{np.mean([result['seconds'] for result in results]):.0f}" if results else NONE,
        str(len(results)),
    ]


def score_table(dataset: str) -> str:
    """All methods of a data set."""
    header = [
        "method",
        "AMI, test",
        "paper",
        "difference",
        "gain over baseline",
        "paper's gain",
        "NMI, test",
        "paper",
        "AMI, validation",
        "coarse accuracy, test, %",
        "seconds",
        "seeds",
    ]
    methods = [*METHODS, *(ALTERNATIVES if dataset in INPUTS else ())]
    return table(header, [score_row(dataset, method) for method in methods])


def choice_table(dataset: str) -> str:
    """What each method chose, from how many trials, and what they cost."""
    experiment, trials = Experiment.read(dataset), read_trials(dataset)
    header = ["method", "trials", "chosen", "validation AMI of the trials", "seconds a trial"]
    rows = []
    for method in METHODS:
        done = trials.get(method, [])
        scores = sorted(trial["scores"]["ami"] for trial in done)
        chosen = experiment.chosen.get(method, {})
        rows.append(
            [
                NAMES[method],
                str(len(done)),
                ", ".join(f"{key} {value:g}" for key, value in chosen.items()) or NONE,
                " ".join(f"{score:.2f}" for score in scores) or NONE,
                f"{np.mean([trial['seconds'] for trial in done]):.0f}" if done else NONE,
            ]
        )
    return table(header, rows)


def provenance() -> str:
    """Machines, versions and dates of the cells."""
    results = [
        result
        for dataset in DATASETS
        for method in (*METHODS, *ALTERNATIVES)
        for result in read_results(dataset, method)
    ]
    found = sorted(
        {
            f"- {result['machine']['gpu'] or result['machine']['cpu']}, "
            f"torch {result['versions']['torch']}, "
            f"scikit-learn {result['versions']['scikit-learn']}, "
            f"fa-sklearn {result['versions']['fa-sklearn']}, {result['date']}"
            for result in results
        }
    )
    hours = sum(result["seconds"] for result in results) / 3600
    n_cells = len(DATASETS) * len(METHODS) * len(SEEDS)
    n_done = sum(len(read_results(d, m)) for d in DATASETS for m in METHODS)
    return "\n".join([f"{n_done} of {n_cells} cells; {hours:.1f} hours of fits on:", "", *found])


BLOCKS: dict[str, Callable[[], str]] = {
    **{f"scores of {name}": lambda name=name: score_table(name) for name in DATASETS},
    **{f"choices on {name}": lambda name=name: choice_table(name) for name in DATASETS},
    "provenance": provenance,
}


def write_page() -> None:
    """Draw the figures and renew the tables of the page."""
    draw(DOCS / "images" / "reproduction")
    text = PAGE.read_text(encoding="utf-8")
    for name, make in BLOCKS.items():
        text = replace_between(text, f"<!-- {name} -->", "<!-- end -->", make())
    PAGE.write_text(text, encoding="utf-8")
