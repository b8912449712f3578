"""Draw the picture that explains the method: python docs/draw_method.py [target.png]."""

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Circle, FancyBboxPatch

BLUE, ORANGE, GREY, INK = "#0072B2", "#E69F00", "#8A8F98", "#222222"
TARGET = Path(__file__).parent / "images" / "method.png"


def box(ax, x, y, width, height, text, color=INK, fill="#F4F5F7"):
    """Draw a rounded box with a text in its middle."""
    ax.add_patch(
        FancyBboxPatch(
            (x, y), width, height, boxstyle="round,pad=0.02,rounding_size=0.12",
            facecolor=fill, edgecolor=color, linewidth=1.4,
        )
    )  # fmt: skip
    ax.text(x + width / 2, y + height / 2, text, ha="center", va="center", fontsize=10, color=INK)


def arrow(ax, start, end, color=INK, style="-|>", width=1.4):
    """Draw an arrow between two points."""
    ax.annotate(
        "",
        xy=end,
        xytext=start,
        arrowprops={"arrowstyle": style, "color": color, "lw": width, "shrinkA": 0, "shrinkB": 0},
    )


def draw_net(ax):
    """Draw the net: what training sees above, what is asked of the representation below."""
    ax.set(xlim=(0, 7.2), ylim=(0, 5), aspect="equal")
    ax.axis("off")
    ax.set_title("A net learns the coarse label", fontsize=12)
    box(ax, 0.05, 2.6, 1.05, 1.0, "X")
    box(ax, 1.75, 2.6, 1.3, 1.0, "hidden\nlayers")
    box(ax, 3.7, 2.0, 0.9, 2.2, "", color=BLUE, fill="#E8F2FA")
    for y in np.linspace(2.3, 3.9, 5):
        ax.add_patch(Circle((4.15, y), 0.13, facecolor="white", edgecolor=BLUE, linewidth=1.4))
    ax.text(4.15, 4.4, "FC1, ReLU", ha="center", fontsize=10, color=BLUE)
    box(ax, 5.25, 2.6, 1.8, 1.0, "FC2:\ncoarse label")
    for start, end in (((1.15, 3.1), (1.72, 3.1)), ((3.1, 3.1), (3.67, 3.1))):
        arrow(ax, start, end)
    arrow(ax, (4.65, 3.1), (5.22, 3.1))
    box(ax, 3.25, 0.35, 1.8, 0.8, "KMeans:\nfine classes", color=GREY)
    arrow(ax, (4.15, 1.95), (4.15, 1.2), color=GREY)
    ax.text(3.1, 1.6, "representation h", ha="right", va="center", fontsize=10, color=GREY)


def draw_pair(figure, spec):
    """Draw two samples' softmax distributions over FC1's neurons and the hinge between them."""
    grid = spec.subgridspec(3, 1, height_ratios=[1, 0.75, 1], hspace=0.05)
    p = np.array([0.06, 0.44, 0.31, 0.12, 0.07])
    q = np.array([0.10, 0.34, 0.36, 0.08, 0.12])
    for row, (values, name) in ((0, (p, "p")), (2, (q, "q"))):
        ax = figure.add_subplot(grid[row])
        ax.bar(range(5), values, color=BLUE, width=0.62)
        ax.set(ylim=(0, 0.52), xticks=[], yticks=[])
        ax.spines[["top", "right", "left"]].set_visible(False)
        ax.text(-1.1, 0.2, f"${name}$", fontsize=14)
        ax.set_xlim(-1.2, 4.6)
        if row == 0:
            ax.set_title("A penalty compares pairs over FC1", fontsize=12)
    ax = figure.add_subplot(grid[1])
    ax.axis("off")
    ax.text(
        0.5,
        0.5,
        "closer than the margin $m$: pushed apart\n"
        r"$f(p, q) = \max(0,\; m - D(p\,\|\,q))$",
        ha="center",
        va="center",
        fontsize=10.5,
        transform=ax.transAxes,
    )


def clouds(rng, centres, n=26, spread=0.2):
    """Draw points around centres."""
    return [centre + spread * rng.standard_normal((n, 2)) for centre in np.array(centres)]


def draw_space(figure, spec):
    """Draw the representation without and with the penalty, schematically."""
    rng = np.random.default_rng(1)
    grid = spec.subgridspec(2, 1, hspace=0.18)
    upper, lower = figure.add_subplot(grid[0]), figure.add_subplot(grid[1])
    upper.set_title("Classes inside a label come apart", fontsize=12)
    marks = ("o", "^", "s")
    together = ([[-1.5, 0.0]] * 3, [[1.5, 0.0]] * 3)
    apart = ([[-2.2, 0.75], [-0.95, 0.15], [-2.0, -0.75]], [[1.0, 0.7], [2.3, 0.3], [1.3, -0.75]])
    for ax, places, text in ((upper, together, "without"), (lower, apart, "with penalty")):
        for centres, color in zip(places, (BLUE, ORANGE), strict=True):
            for mark, points in zip(marks, clouds(rng, centres), strict=True):
                ax.scatter(*points.T, s=13, marker=mark, color=color, alpha=0.75, linewidths=0)
        ax.set(xlim=(-3.1, 3.1), ylim=(-1.6, 1.75), xticks=[], yticks=[])
        ax.text(0.015, 0.96, text, transform=ax.transAxes, va="top", fontsize=10, color=INK)
    lower.set_xlabel("colour: coarse label; shape: fine class (schematic)", fontsize=10)


def draw(target):
    """Draw all three parts and save them."""
    figure = plt.figure(figsize=(13, 4.0), layout="constrained")
    spec = figure.add_gridspec(1, 3, width_ratios=[1.35, 1, 1.1], wspace=0.06)
    draw_net(figure.add_subplot(spec[0]))
    draw_pair(figure, spec[1])
    draw_space(figure, spec[2])
    figure.savefig(target, dpi=110, facecolor="white", metadata={"Software": None})
    plt.close(figure)


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET)
