"""docs/selection.md: its tables are written between markers, its prose is kept."""

from __future__ import annotations

from collections.abc import Callable

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from examples.studies._markdown import DOCS, NONE, renew_blocks, table
from examples.studies._record import describe_cpu

from ._criteria import MAIN, read_results
from ._datasets import STUDIES
from ._fits import BASELINE
from ._summary import allowed, choose, count_scores, rank_correlation, regret

PAGE = DOCS / "selection.md"
FIGURE = DOCS / "images" / "selection.png"
GUARDS = (0.005, 0.02, 1.0)
# Okabe and Ito's colours, told apart by shape too.
STYLES = {
    "none": ("no penalty", "#000000", "s"),
    "decov": ("DeCov", "#E69F00", "^"),
    "xcov": ("XCov", "#56B4E9", "v"),
    "single": ("L_single", "#009E73", "D"),
    "multi": ("L_multi", "#CC79A7", "o"),
}


def choice_table() -> str:
    """Regret and rank correlation of each criterion on each data set."""
    results = read_results()
    names = (name for found in results.values() for name in found["criteria"])
    rows = [
        [
            criterion,
            *(
                f"{regret(found, criterion):.3f} ({rank_correlation(found, criterion):.2f})"
                if criterion in found["criteria"]
                else NONE
                for found in results.values()
            ),
        ]
        for criterion in dict.fromkeys(names)
    ]
    return table(["criterion", *(STUDIES[name].title for name in results)], rows)


def guard_table() -> str:
    """What the guard on accuracy costs."""
    rows = []
    for name, found in read_results().items():
        ami, accuracy = found["ami"], found["accuracy"]
        if not accuracy:
            continue
        share = accuracy[BASELINE]
        row = [STUDIES[name].title, f"{(share * (1 - share) / found['n_scored']) ** 0.5:.4f}"]
        for max_loss in GUARDS:
            best = max(ami[candidate] for candidate in allowed(found, max_loss))
            row.append(f"{max(ami.values()) - best:.3f}, {regret(found, MAIN, max_loss):.3f}")
        rows.append(row)
    header = ["data set", "standard error of the accuracy", *map(_guard_name, GUARDS)]
    return table(header, rows)


def _guard_name(max_loss: float) -> str:
    return "no guard" if max_loss == 1 else f"at most {max_loss:g} lost"


def grid_table() -> str:
    """What each grid holds."""
    rows = []
    for name, found in read_results().items():
        ami = found["ami"]
        rows.append(
            [
                STUDIES[name].title,
                f"{found['n_train']:,}",
                f"{found['n_scored']:,}",
                str(found["max_epochs"]),
                f"{sum(found['seconds'].values()) / len(ami) / found['n_fits']:.0f}",
                f"{len(ami)}, {len(allowed(found))}",
                f"{min(ami.values()):.3f} to {max(ami.values()):.3f}",
                f"{ami[BASELINE]:.3f}",
                f"{ami[choose(found, MAIN)]:.3f}",
                choose(found, MAIN),
            ]
        )
    header = [
        "data set",
        "training samples",
        "scored samples",
        "epochs",
        "seconds per fit",
        "candidates, accurate ones",
        "AMI in the grid",
        "AMI without penalty",
        "AMI of the choice",
        "choice",
    ]
    return table(header, rows)


def count_table() -> str:
    """Suggested numbers of clusters."""
    rows = []
    for name, found in read_results().items():
        scores = count_scores(found)
        rows.append(
            [
                STUDIES[name].title,
                str(found["n_classes"]),
                f"{scores['suggested']:.0f}",
                *(f"{scores[key]:.3f}" for key in ("ami", "ami_at_truth", "best_ami")),
            ]
        )
    header = [
        "data set",
        "fine classes",
        "suggested",
        "AMI there",
        "AMI at the number of classes",
        "best AMI",
    ]
    return table(header, rows)


def provenance() -> str:
    """Machines, versions and dates."""
    lines = {
        f"- {describe_cpu(found['machine'])}, {found['machine']['threads']} thread, "
        f"torch {found['versions']['torch']}, scikit-learn {found['versions']['scikit-learn']}, "
        f"{found['date']}"
        for found in read_results().values()
    }
    return "\n".join(sorted(lines))


def draw() -> Figure:
    """Draw AMI against the main criterion, one panel a data set."""
    results = read_results()
    n_rows = (len(results) + 2) // 3
    figure, axes = plt.subplots(
        n_rows, 3, figsize=(11, 3.5 * n_rows), layout="constrained", squeeze=False
    )
    for ax in axes.flat[len(results) :]:
        ax.remove()
    handles = {}
    for ax, (name, found) in zip(axes.flat, results.items(), strict=False):
        values, ami, accurate = found["criteria"][MAIN], found["ami"], allowed(found)
        for candidate in ami:
            label, color, marker = STYLES[candidate.partition(" ")[0]]
            points = ax.scatter(
                values[candidate],
                ami[candidate],
                s=38,
                marker=marker,
                facecolors=color if candidate in accurate else "none",
                edgecolors=color,
            )
            if candidate in accurate:
                handles.setdefault(label, points)
        chosen = choose(found, MAIN)
        handles["the choice"] = ax.scatter(
            values[chosen], ami[chosen], s=210, facecolors="none", edgecolors="0.2", linewidths=1.2
        )
        ax.set_title(
            f"{STUDIES[name].title}\nρ = {rank_correlation(found, MAIN):.2f}, "
            f"regret {regret(found, MAIN):.3f}",
            fontsize=10,
        )
        ax.margins(0.12)
    figure.supxlabel("modularity of the clusters inside the coarse classes (no fine label)")
    figure.supylabel("AMI with the fine classes")
    order = [label for label, _, _ in STYLES.values()] + ["the choice"]
    figure.legend(
        [handles[label] for label in order if label in handles],
        [label for label in order if label in handles],
        loc="outside upper center",
        ncols=6,
        frameon=False,
    )
    return figure


BLOCKS: dict[str, Callable[[], str]] = {
    "choices": choice_table,
    "guards": guard_table,
    "grids": grid_table,
    "counts": count_table,
    "provenance": provenance,
}


def write_page() -> None:
    """Draw the figure and renew the tables of the page."""
    FIGURE.parent.mkdir(parents=True, exist_ok=True)
    figure = draw()
    figure.savefig(FIGURE, dpi=110)
    plt.close(figure)
    renew_blocks(PAGE, BLOCKS)
