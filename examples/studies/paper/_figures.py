"""The paper's figures, most of them drawn by the library's displays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from fa_sklearn.inspection import EmbeddingDisplay, NeuronClassDisplay

from ._cell import drawn_embedding
from ._evaluation import N_CLUSTERS
from ._experiment import METHODS, Experiment, read
from ._results import read_results
from ._sweep import MARGINS, SWEPT

LABELS = {
    "baseline": "baseline",
    "decov": "DeCov",
    "xcov": "XCov",
    "single": "L_single",
    "multi": "L_multi",
}
COLORS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9")  # Okabe and Ito's
CIFAR10_NAMES = (
    "airplane automobile bird cat deer dog frog horse ship truck".split()
)  # fmt: skip


def neurons(dataset: str, method: str, target_names: list[str] | None) -> Figure:
    """Draw the most active neurons by class, the baseline's beside a penalty's."""
    figure, axes = plt.subplots(1, 2, figsize=(13, 5.6), layout="constrained")
    for ax, name in zip(axes, ("baseline", method), strict=True):
        embedding, y = drawn_embedding(dataset, name)
        NeuronClassDisplay.from_predictions(
            embedding, y, ax=ax, sort_neurons=True, target_names=target_names
        )
        ax.set_title(LABELS[name])
    return figure


def pca(dataset: str, method: str) -> Figure:
    """Draw the leading components, by coarse and by fine label (figure 5)."""
    figure, axes = plt.subplots(2, 2, figsize=(11.5, 9), layout="constrained")
    for row, name in zip(axes, ("baseline", method), strict=True):
        embedding, y = drawn_embedding(dataset, name)
        coarse = np.where(y < 5, "0-4", "5-9")
        for ax, labels, what in zip(row, (coarse, y), ("coarse", "fine"), strict=True):
            EmbeddingDisplay.from_predictions(embedding, labels, ax=ax, scatter_kwargs={"s": 3})
            ax.set_title(f"{LABELS[name]}, {what} labels")
    return figure


def cluster_counts(dataset: str, n_classes: int) -> Figure:
    """Draw AMI against the number of clusters, all methods (figure 6)."""
    curves = {}
    for method in METHODS:
        runs = [result["test_ami_by_n_clusters"] for result in read_results(dataset, method)]
        curves[LABELS[method]] = np.array([[run[str(k)] for k in N_CLUSTERS] for run in runs])
    figure, ax = plt.subplots(figsize=(8, 4.6), layout="constrained")
    _draw_curves(ax, N_CLUSTERS, curves)
    ax.axvline(n_classes, color="0.4", linestyle="--", label=f"{n_classes} fine classes")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set(xlabel="Number of clusters", ylabel="AMI")
    ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.01, 1.0))
    return figure


def _draw_curves(ax: Axes, x: Sequence[float], curves: Mapping[str, NDArray[Any]]) -> None:
    """Draw the mean of the runs, a row each, and one standard deviation to each side."""
    for (name, runs), color, marker in zip(curves.items(), COLORS, "os^Dv", strict=False):
        mean, std = runs.mean(axis=0), runs.std(axis=0, ddof=1)
        ax.plot(x, mean, color=color, marker=marker, markersize=5, label=name)
        ax.fill_between(x, mean - std, mean + std, color=color, alpha=0.2, linewidth=0)


def margins() -> Figure:
    """Draw validation AMI against the margin, both losses and the baseline."""
    figure, axes = plt.subplots(1, len(SWEPT), figsize=(13, 4.4), layout="constrained")
    for ax, dataset in zip(axes, SWEPT, strict=True):
        trials = read("sweep", dataset)

        def scores(method: str, margin: float | None, trials: Any = trials) -> list[float]:
            return [
                trial["scores"]["ami"]
                for trial in trials
                if trial["method"] == method and trial["margin"] == margin
            ]

        curves = {
            LABELS[method]: np.array([scores(method, margin) for margin in MARGINS]).T
            for method in ("single", "multi")
        }
        _draw_curves(ax, MARGINS, curves)
        baseline = float(np.mean(scores("baseline", None)))
        ax.axhline(baseline, color=COLORS[2], linestyle="--", label="baseline, no margin")
        ax.set(xscale="log", xlabel="Margin", ylabel="validation AMI")
        ax.set_xticks(MARGINS, [f"{margin:g}" for margin in MARGINS])
        ax.minorticks_off()
        ax.legend(frameon=False)
        ax.set_title(Experiment.read(dataset).title)
    return figure


FIGURES: dict[str, Callable[[], Figure]] = {
    "figure2_strokes_neurons": lambda: neurons("strokes", "single", None),
    "figure3_cifar10_neurons": lambda: neurons("cifar10", "multi", CIFAR10_NAMES),
    "figure5_strokes_pca": lambda: pca("strokes", "multi"),
    "figure6_cifar10_clusters": lambda: cluster_counts("cifar10", 10),
    "margin_sweep": margins,
}


def draw(folder: Path) -> None:
    """Write every figure as PNG."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in FIGURES.items():
        figure = make()
        figure.savefig(folder / f"{name}.png", dpi=110)
        plt.close(figure)
