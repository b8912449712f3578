"""The search for neighbours: exact, and by a transformer that scikit-learn's users know."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.neighbors import KNeighborsTransformer, NearestNeighbors

from examples.studies import _markdown as markdown
from fa_sklearn import ForcedApartClassifier
from fa_sklearn._nearest import nearest
from fa_sklearn.metrics import ami_score
from fa_sklearn.views import NeighborViews

from ._measure import compare
from ._report import Goal, times_rows

N_NEIGHBORS = 15
N_FEATURES, N_LATENT, N_CLASSES = 50, 12, 20
EXACT_UP_TO = 100_000
OURS, ALONE, UMAP, EXACT = "ours", "pynndescent alone", "umap-learn's step", "exact"
SEED = 0


class Settings(NamedTuple):
    """Numbers of samples, of rounds, and of epochs."""

    sizes: tuple[int, ...]
    repeats: int
    n_quality: int
    max_epochs: int


SETTINGS = {
    "full": Settings((20_000, 100_000, 1_000_000), 1, 20_000, 20),
    "quick": Settings((20_000, 100_000), 1, 20_000, 5),
    "smoke": Settings((300,), 1, 300, 1),
}


def samples(n: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Overlapping classes on a linear sheet of 12 dimensions, with noise in all 50."""
    rng = np.random.default_rng(SEED)
    centers = 1.5 * rng.normal(size=(N_CLASSES, N_LATENT))
    sheet = rng.normal(size=(N_LATENT, N_FEATURES)).astype(np.float32)
    fine = rng.integers(N_CLASSES, size=n)
    latent = (centers[fine] + rng.normal(size=(n, N_LATENT))).astype(np.float32)
    noise = rng.normal(scale=0.1, size=(n, N_FEATURES)).astype(np.float32)
    return latent @ sheet + noise, fine


def transformer(size: str) -> Any:
    """Make what looks for neighbours; the smallest size compiles nothing."""
    if size == "smoke":
        return KNeighborsTransformer(n_neighbors=30)
    from pynndescent import PyNNDescentTransformer

    return PyNNDescentTransformer(random_state=SEED)  # 30 neighbours by default


def contenders(X: NDArray[np.float32], size: str) -> dict[str, Callable[[], Any]]:
    """Ways to find the neighbours of all samples among all."""
    rows = np.arange(len(X))
    calls: dict[str, Callable[[], Any]] = {
        OURS: lambda: nearest(X, rows, rows, N_NEIGHBORS, neighbors=transformer(size)),
        ALONE: lambda: transformer(size).fit_transform(X),
    }
    if size != "smoke" and importlib.util.find_spec("umap"):
        from umap.umap_ import nearest_neighbors

        calls[UMAP] = lambda: nearest_neighbors(
            X, N_NEIGHBORS + 1, "euclidean", {}, False, np.random.RandomState(SEED)
        )
    if len(X) <= EXACT_UP_TO:
        calls[EXACT] = lambda: NearestNeighbors(n_neighbors=N_NEIGHBORS + 1).fit(X).kneighbors(X)
    return calls


def peak_gib(call: Callable[[], Any]) -> float | None:
    """Most memory that the whole process held during a call; None where Linux is not there."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
        call()
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    (peak,) = (line.split()[1] for line in lines if line.startswith("VmHWM"))
    return int(peak) / 2**20


def hit_rate(found: NDArray[Any], expected: NDArray[Any]) -> float:
    """Share of the exact neighbours that were found."""
    pairs = zip(found, expected, strict=True)
    return float(np.mean([len(set(own) & set(exact)) / len(exact) for own, exact in pairs]))


def quality(size: str) -> dict[str, Any]:
    """What is lost: neighbours, and the AMI of clusters of a net that has learnt by them."""
    settings = SETTINGS[size]
    X, fine = samples(settings.n_quality)
    rows = np.arange(len(X))
    exact = nearest(X, rows, rows, N_NEIGHBORS)
    found = nearest(X, rows, rows, N_NEIGHBORS, neighbors=transformer(size))
    recall = {OURS: hit_rate(found, exact)}
    calls = contenders(X, size)
    if UMAP in calls:
        indices = calls[UMAP]()[0]
        recall[UMAP] = hit_rate(indices[:, 1:], exact)
    ami = {}
    for name, neighbors in ((EXACT, None), (OURS, transformer(size))):
        net = ForcedApartClassifier(
            views=NeighborViews(N_NEIGHBORS, neighbors=neighbors),
            penalty="contrast",
            module_params={"representation": "unit"},
            alpha=0.5,
            n_components=32,
            max_epochs=settings.max_epochs,
            random_state=SEED,
        )
        H = net.fit_transform(X, fine % 2)
        clusters = KMeans(N_CLASSES, n_init=10, random_state=SEED).fit_predict(H)
        ami[name] = ami_score(fine, clusters)
    return {"n": len(X), "recall": recall, "ami": ami}


def run(size: str) -> dict[str, Any]:
    """Time the searches, sizes in turn, and look at what they find."""
    settings = SETTINGS[size]
    found = quality(size)
    print(f"  {found}", flush=True)
    small = samples(2_000 if size != "smoke" else 100)[0]
    cases = []
    for n in settings.sizes:
        X = samples(n)[0]
        peaks: dict[str, float | None] = {}

        def measured(name: str, call: Callable[[], Any], peaks: Any = peaks) -> Callable[[], None]:
            return lambda: peaks.__setitem__(name, peak_gib(call))

        calls = {name: measured(name, call) for name, call in contenders(X, size).items()}
        warm_up = {name: contenders(small, size)[name] for name in calls}
        times = compare(calls, ALONE, settings.repeats, warm_up=warm_up)
        cases.append({"n": n, "d": N_FEATURES, "k": N_NEIGHBORS, "peak_gib": peaks, **times})
        print(f"  {n}: {times['seconds']} {peaks}", flush=True)
    return {"quality": found, "cases": cases}


def goals(result: dict[str, Any]) -> list[Goal]:
    """Little is lost, and a million take minutes."""
    ami, recall = result["quality"]["ami"], result["quality"]["recall"]
    found = [
        Goal("neighbours: share that is found", recall[OURS], 0.9, True),
        Goal("neighbours: AMI, exact - ours", ami[EXACT] - ami[OURS], 0.01, False),
    ]
    for case in result["cases"]:
        if case["n"] == 1_000_000:
            found += [
                Goal("neighbours of a million: minutes", case["seconds"][OURS] / 60, 6, False),
                Goal("neighbours of a million: GiB", case["peak_gib"][OURS] or np.nan, 4, False),
            ]
    return found


def render(result: dict[str, Any]) -> list[str]:
    """Lines of the page."""
    found = result["quality"]
    rows = [
        (f"{case['n']:,}", *row, "—" if peak is None else f"{peak:.1f}")
        for case in result["cases"]
        for row in times_rows(case)
        for peak in [case["peak_gib"][row[0]]]
    ]
    losses = ", ".join(f"{name} {share:.3f}" for name, share in found["recall"].items())
    scores = ", ".join(f"{name} {score:.3f}" for name, score in found["ami"].items())
    return [
        "## Neighbours",
        "",
        f"{N_NEIGHBORS} neighbours of all samples among all, {N_FEATURES} columns in which the "
        f"data fill {N_LATENT} dimensions. Ours is the search of `NeighborViews(neighbors="
        "PyNNDescentTransformer())`; pynndescent alone makes the same graph, of 30 neighbours, "
        "and nobody reads it; umap-learn asks it for 16. Memory is that of the whole process.",
        "",
        markdown.table(
            ("samples", "search", f"time / {ALONE}", "spread", "time", "peak, GiB"), rows
        ),
        "",
        f"Of the exact neighbours of {found['n']:,} samples are found: {losses}. AMI of clusters "
        f"of a net with the contrast that learns by them: {scores}.",
        "",
    ]
