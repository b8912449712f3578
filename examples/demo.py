"""Find the digits inside two coarse labels: a table, a picture and a report, in a minute.

    python -m examples.demo                                   # what `make demo` runs
    python -m examples.demo --figure docs/images/fine_classes.png --results examples/demo.json
    python -m examples.demo --readme README.md    # no fits: the table of the committed results

Pen strokes of digits (bundled, no network) are drawn, and the drawings become a table of edges.
They are labelled only "0-4" or "5-9"; `FineClassFinder` looks for the digits inside. So do KMeans
on the table, and on what nets with the paper's two losses learn from it.
"""

from __future__ import annotations

import argparse
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.frozen import FrozenEstimator
from sklearn.manifold import TSNE
from sklearn.utils import Bunch

from examples.studies import _markdown as markdown
from examples.studies._features import drawing, oriented_gradients
from examples.studies._record import origin, read_json, write_json
from fa_sklearn import FineClassFinder, ForcedApartClassifier
from fa_sklearn.datasets import load_stroke_digits
from fa_sklearn.inspection import EmbeddingDisplay, FineClassReport
from fa_sklearn.metrics import ami_score

PAGE = Path(__file__).parents[1] / "README.md"
RESULTS = Path(__file__).with_name("demo.json")
N_DIGITS = 5  # of each coarse label
N_COMPONENTS = 50
SHOWN = "5-9"
N_TYPICAL = 8
HEADER = ["method", "fine classes", "AMI", "coarse accuracy", "seconds"]


class Strokes(NamedTuple):
    """Drawings, the tables made of them, and their labels."""

    images: NDArray[np.uint8]
    images_test: NDArray[np.uint8]
    X: NDArray[np.float32]
    X_test: NDArray[np.float32]
    coarse: NDArray[np.str_]
    coarse_test: NDArray[np.str_]
    digit_test: NDArray[np.int64]


def prepare(data: Bunch) -> Strokes:
    """Draw the digits, and make a table of the edges in the drawings."""
    images, images_test = (
        np.stack([drawing(stroke) for stroke in strokes])[..., None]
        for strokes in (data.X_train, data.X_test)
    )
    reduction = PCA(N_COMPONENTS, random_state=0)
    coarse, coarse_test = (
        np.where(digit < N_DIGITS, "0-4", "5-9") for digit in (data.y_train, data.y_test)
    )
    return Strokes(
        images,
        images_test,
        reduction.fit_transform(oriented_gradients(images)),
        reduction.transform(oriented_gradients(images_test)),
        coarse,
        coarse_test,
        data.y_test,
    )


def inside(estimator: Any) -> FineClassFinder:
    """Make a finder that clusters in a given space, and is told how many digits there are."""
    return FineClassFinder(estimator, n_clusters=N_DIGITS, n_repeats=0, random_state=0)


SHOWN_METHOD = "FineClassFinder"
# What makes an estimator, given the one that was fitted before it.
METHODS: dict[str, Callable[[Any], Any]] = {
    "KMeans": lambda _: KMeans(2 * N_DIGITS, n_init=10, random_state=0),
    "KMeans inside the predicted label": lambda _: inside("passthrough"),
    "net, L_single": lambda _: inside(ForcedApartClassifier(penalty="single", random_state=0)),
    "net, L_multi": lambda _: inside(ForcedApartClassifier(penalty="multi", random_state=0)),
    SHOWN_METHOD: lambda _: FineClassFinder(n_repeats=1, random_state=0),
    "the same space, told the numbers": lambda finder: inside(FrozenEstimator(finder.estimator_)),
}


def run(strokes: Strokes) -> Iterator[tuple[dict[str, Any], Any]]:
    """Fit one method after the other, and score it on the test split."""
    estimator = None
    for name, make in METHODS.items():
        estimator = make(estimator)
        # Time of the processor, so that other work on the machine does not count.
        start = time.process_time()
        estimator.fit(strokes.X, strokes.coarse)
        seconds = time.process_time() - start
        found = estimator.predict(strokes.X_test)
        row = {"method": name, "ami": ami_score(strokes.digit_test, found), "seconds": seconds}
        if isinstance(estimator, FineClassFinder):
            row["found"] = estimator.n_clusters_
            predicted = estimator.predict_coarse(strokes.X_test)
            row["accuracy"] = float((predicted == strokes.coarse_test).mean())
        yield row, estimator


def cells(row: dict[str, Any]) -> list[str]:
    """Format a row of the table."""
    numbers = " + ".join(str(count) for count in row.get("found", {"all": 2 * N_DIGITS}).values())
    accuracy = markdown.number(row.get("accuracy"))
    return [row["method"], numbers, f"{row['ami']:.3f}", accuracy, f"{row['seconds']:.1f}"]


def plain(row: list[str]) -> str:
    """Align the cells for a terminal."""
    first, *rest = row
    widths = [max(len(title), 5) + 2 for title in HEADER[1:]]
    return first.ljust(33) + "".join(
        cell.rjust(width) for cell, width in zip(rest, widths, strict=True)
    )


def caption(recorded: dict[str, Any]) -> str:
    """Say how the table's numbers came about."""
    where = recorded["machine"]
    return (
        "2,000 test digits that no fit saw; one seed. AMI compares the fine classes with the ten "
        "digits: 1 is a perfect match, 0 is chance. All read the same table: 50 principal "
        "components of the edges in the drawings. All but the first predict the coarse label and "
        "cluster inside it; all but FineClassFinder, whose fit chooses the numbers, are told that "
        "there are ten digits. The nets have their defaults. Seconds of processor time to fit, "
        "FineClassFinder's with a refit that shows which classes are stable, on "
        f"{where['threads']} thread(s) of {where['cpu']} ({where['cpu_capability']})."
    )


def readme_block() -> str:
    """Render the committed results."""
    recorded = read_json(RESULTS)
    table = markdown.table(HEADER, map(cells, recorded["rows"]))
    return f"{table}\n\n{caption(recorded)}"


BLOCKS = {"demo table": readme_block}


def draw(finder: FineClassFinder, strokes: Strokes, target: Path) -> None:
    """Draw a map of the fine classes of one coarse label, and typical drawings of each."""
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    own = strokes.coarse_test == SHOWN
    found = finder.predict(strokes.X_test[own], coarse=strokes.coarse_test[own])
    points, images = finder.transform(strokes.X_test[own]), strokes.images_test[own, ..., 0]
    classes = np.unique(found)
    figure, (ax, pictures) = plt.subplots(
        1, 2, figsize=(11, 5), width_ratios=(1, 1.15), layout="constrained"
    )
    place = TSNE(perplexity=min(30, len(points) // 4), random_state=0).fit_transform(points)
    display = EmbeddingDisplay.from_predictions(
        place, found, ax=ax, legend=False, scatter_kwargs={"s": 9}
    )
    ax.set_title(f"The fine classes found in {SHOWN!r}")
    ax.set(xlabel="", ylabel="", xticks=[], yticks=[])
    rows = []
    for name in classes:
        center = finder.cluster_centers_[finder.classes_.tolist().index(name)]
        members = np.flatnonzero(found == name)
        nearest = np.linalg.norm(points[members] - center, axis=1).argsort()[:N_TYPICAL]
        blank = np.zeros((N_TYPICAL - len(nearest), *images.shape[1:]), images.dtype)
        rows.append(np.hstack([*images[members[nearest]], *blank]))
    height = images.shape[1]
    pictures.imshow(np.vstack(rows), cmap="gray_r")
    pictures.set(xticks=[], yticks=np.arange(len(classes)) * height + height / 2)
    pictures.set_yticklabels(classes)
    colors = display.scatter_.to_rgba(np.arange(len(classes)))
    for label, color in zip(pictures.get_yticklabels(), colors, strict=True):
        label.set(color=color, fontweight="bold")
    pictures.tick_params(length=0)
    for side in pictures.spines.values():
        side.set_visible(False)
    pictures.set_title("Typical drawings of each")
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=100)
    plt.close(figure)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--figure", type=Path, default=Path("demo.png"), help="PNG to write")
    parser.add_argument("--report", type=Path, default=Path("demo.html"), help="HTML to write")
    parser.add_argument("--results", type=Path, help="JSON file to write")
    parser.add_argument("--readme", type=Path, help="fit nothing: renew the table in this file")
    args = parser.parse_args()
    if args.readme:
        markdown.renew_blocks(args.readme, BLOCKS)
        return

    start = time.perf_counter()
    data = load_stroke_digits()
    print("5,000 drawn digits, labelled only 0-4 or 5-9. Which fine classes are in there?\n")
    strokes = prepare(data)
    print(plain(HEADER), flush=True)
    rows, fitted = [], {}
    for row, estimator in run(strokes):
        rows.append(row)
        fitted[row["method"]] = estimator
        print(plain(cells(row)), flush=True)
    recorded = {"rows": rows, **origin()}
    print(f"\n{textwrap.fill(caption(recorded), 94)}\n")
    finder = fitted[SHOWN_METHOD]
    draw(finder, strokes, args.figure)
    report = FineClassReport.from_estimator(
        finder, strokes.X, strokes.coarse, display=strokes.images
    )
    report.save(args.report)
    print(f"Picture: {args.figure.resolve()}\nReport:  {args.report.resolve()}")
    if args.results:
        write_json(args.results, recorded)
    print(f"Took {time.perf_counter() - start:.0f} seconds")


if __name__ == "__main__":
    main()
