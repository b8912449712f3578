"""docs/reproduction.md: its tables are written between markers, its prose is kept."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from examples.studies._markdown import DOCS, NONE, number, renew_blocks, spread, table
from examples.studies._record import describe_cpu, ended_rounds

from ._alternatives import ALTERNATIVES, INPUTS
from ._experiment import DATASETS, METHODS, RESULTS, SEEDS, Experiment, read_cells
from ._figures import LABELS, draw
from ._results import difference, mean_ami, published, read_results, values
from ._search import read_trials

PAGE = DOCS / "reproduction.md"
NAMES = {
    **LABELS,
    "kmeans": "KMeans on the inputs",
    "umap": "UMAP, KMeans",
    "umap-coarse": "UMAP with the coarse labels, KMeans",
    "neighbors": "MLP with neighbours",
}


def score_row(dataset: str, method: str) -> list[str]:
    """A method: ours beside the paper's."""
    results = read_results(dataset, method)
    ami, printed = mean_ami(dataset, method, "test"), published(dataset, method, "test", "ami")
    gain = paper_gain = None
    if method in METHODS and method != "baseline":
        gain = difference(ami, mean_ami(dataset, "baseline", "test"))
        paper_gain = difference(printed, published(dataset, "baseline", "test", "ami"))
    where = "oriented gradients: " if dataset.endswith("-gradients") else ""
    return [
        where + NAMES[method],
        spread(values(results, "test", "ami")),
        number(printed),
        number(difference(ami, printed), "+.3f"),
        number(gain, "+.3f"),
        number(paper_gain, "+.3f"),
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
    rows = [score_row(dataset, method) for method in METHODS]
    for inputs, (of, _) in INPUTS.items():
        if of == dataset:
            rows += [score_row(inputs, name) for name in ALTERNATIVES]
    return table(header, rows)


def choice_table(dataset: str) -> str:
    """What each method chose, from how many trials, and what they cost."""
    experiment, trials = Experiment.read(dataset), read_trials(dataset)
    header = ["method", "trials", "chosen", "validation AMI of the trials", "seconds per trial"]
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


def earlier_table(dataset: str) -> str:
    """Choices and scores of the search before, which a newer one replaced."""
    earlier = ended_rounds(RESULTS, dataset)[-1]
    cells_of_all = read_cells(dataset, earlier["round"])
    trials_of_all = read_trials(dataset, earlier["round"])
    rows = []
    for method in METHODS:
        cells = [cell for cell in cells_of_all if cell["method"] == method]
        chosen = earlier["chosen"][method].items()
        trials = sorted(trial["scores"]["ami"] for trial in trials_of_all[method])
        rows.append(
            [
                NAMES[method],
                ", ".join(f"{key} {value:g}" for key, value in chosen),
                " ".join(f"{score:.2f}" for score in trials),
                spread(values(cells, "validation", "ami")),
                spread(values(cells, "test", "ami")),
                str(len(cells)),
            ]
        )
    header = ["method", "chosen", "validation AMI of the trials", "AMI, validation", "AMI, test"]
    return table([*header, "seeds"], rows)


def provenance() -> str:
    """Machines, versions and dates of the cells."""
    results = [
        result
        for dataset in dict.fromkeys((*DATASETS, *INPUTS))
        for method in (*METHODS, *ALTERNATIVES)
        for result in read_results(dataset, method)
    ]
    found = sorted(
        {
            f"- {result['machine']['gpu'] or describe_cpu(result['machine'])}, "
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
    "earlier scores of dbpedia-tfidf": lambda: earlier_table("dbpedia-tfidf"),
    "provenance": provenance,
}


def write_page() -> None:
    """Renew the tables of the page."""
    renew_blocks(PAGE, BLOCKS)


def draw_figures() -> None:
    """Draw the figures of the page."""
    draw(DOCS / "images" / "reproduction")
