"""Other ways to find the ten digits in pen strokes: score against time."""

from __future__ import annotations

import contextlib
import importlib.util
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.preprocessing import FunctionTransformer

from examples.studies import _markdown as markdown
from examples.studies._estimators import GRU
from examples.studies._features import drawn_gradients
from examples.studies._record import TABLE, read_rows
from examples.studies._spaces import with_labels
from fa_sklearn import ForcedApartClassifier
from fa_sklearn.datasets import load_stroke_digits
from fa_sklearn.losses import ConsistencyLoss, MultilayerLoss
from fa_sklearn.metrics import ami_score
from fa_sklearn.modules import MLP, RNN
from fa_sklearn.views import NeighborViews

from ._loop import BATCHES, Loss, train
from ._report import Goal, seconds
from ._tasks import N_COMPONENTS, Task

RESULTS = Path(__file__).with_name(TABLE)
N_CLUSTERS = 10
BATCH_SIZE = 64
LEARNING_RATE = 5e-3
N_TABLE_COMPONENTS = 50


class Settings(NamedTuple):
    """Samples to train on, to score, epochs of each method that has epochs, and seeds."""

    n_train: int
    n_test: int
    epochs: int
    seeds: tuple[int, ...]


SETTINGS = {
    "full": Settings(5_000, 2_000, 15, (0, 1, 2)),
    "quick": Settings(1_000, 1_000, 2, (0,)),
    "smoke": Settings(128, 64, 1, (0,)),
}


class Data(NamedTuple):
    """Strokes, a table made of their drawings, and labels; training and test."""

    strokes: tuple[NDArray[Any], NDArray[Any]]
    table: tuple[NDArray[np.float32], NDArray[np.float32]]
    coarse: NDArray[np.int64]
    fine: NDArray[np.int64]


Method = Callable[[Data, int, int], NDArray[Any]]


def load(settings: Settings) -> Data:
    """Load the bundled strokes."""
    digits = load_stroke_digits()
    train_set, test_set = digits.X_train[: settings.n_train], digits.X_test[: settings.n_test]
    y = digits.y_train[: settings.n_train]
    return Data(
        (train_set, test_set),
        drawings(train_set, test_set),
        (y >= 5).astype(np.int64),
        digits.y_test[: settings.n_test],
    )


def drawings(
    train_set: NDArray[Any], test_set: NDArray[Any]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Leading components of the drawings' oriented gradients; a feature's mean square is 1."""
    gradients = drawn_gradients(train_set)
    reduce = PCA(min(N_TABLE_COMPONENTS, len(train_set)), random_state=0).fit(gradients)
    found, found_test = reduce.transform(gradients), reduce.transform(drawn_gradients(test_set))
    return found / found.std(), found_test / found.std()


def cluster(train_set: NDArray[Any], test_set: NDArray[Any], seed: int) -> NDArray[Any]:
    """Fit KMeans on the training set and assign the test set."""
    found = KMeans(N_CLUSTERS, n_init=10, random_state=seed).fit(train_set)
    return found.predict(np.ascontiguousarray(test_set))


# -- methods ----------------------------------------------------------------------------------


def _task(data: Data, epochs: int) -> Task:
    return Task(
        "sequence",
        data.strokes[0],
        data.coarse,
        "bundled pen strokes",
        RNN,
        (None, 4),
        BATCH_SIZE,
        epochs,
        GRU,
    )


def ours(
    table: bool = False,
    represent: Callable[[ForcedApartClassifier, Any], Any] = ForcedApartClassifier.transform,
    **parameters: Any,
) -> Method:
    """Fit the estimator on coarse labels and cluster its representation."""

    def method(data: Data, epochs: int, seed: int) -> NDArray[Any]:
        X, X_test = data.table if table else data.strokes
        own: dict[str, Any] = {"module": MLP, "module_params": None} if table else {}
        estimator = _task(data, epochs).estimator(
            lr=LEARNING_RATE, precision="float32", random_state=seed, **{**own, **parameters}
        )
        estimator.fit(X, data.coarse)
        return cluster(represent(estimator, X), represent(estimator, X_test), seed)

    return method


def neighbors(table: bool = False) -> Method:
    """Pull neighbours in the table together, and cluster the distributions that result."""

    def method(data: Data, epochs: int, seed: int) -> NDArray[Any]:
        look = FunctionTransformer(lambda strokes: data.table[0])
        penalty = [
            ("multi", MultilayerLoss(margin=3.0, pairs="all")),
            ("consistency", ConsistencyLoss(weight=2.0)),
        ]
        fit = ours(
            table,
            with_labels,
            penalty=penalty,
            margin=None,
            alpha=0.5,
            n_components=32,
            views=NeighborViews(transformer=None if table else look),
        )
        return fit(data, epochs, seed)

    return method


def metric_learning(name: str) -> Method:
    """Train the same net on coarse labels with a loss of pytorch-metric-learning alone."""

    def method(data: Data, epochs: int, seed: int) -> NDArray[Any]:
        from pytorch_metric_learning import losses

        function = getattr(losses, name)()
        loss: Loss = lambda output, h, y: function(h, y)  # noqa: E731
        net = train(_task(data, epochs), loss=loss, seed=seed, lr=LEARNING_RATE)
        train_set, test_set = (represent(net, X) for X in data.strokes)
        return cluster(train_set, test_set, seed)

    return method


def represent(net: torch.nn.Module, X: NDArray[Any]) -> NDArray[np.float32]:
    """Representations of sequences, in their order."""
    task = Task("sequence", X, np.arange(len(X)), "", RNN, (None, 4), 512, 1)
    result = np.empty((len(X), N_COMPONENTS), dtype=np.float32)
    net.eval()
    with torch.inference_mode():
        # The labels of this task are row numbers: batches come in another order.
        for batch, lengths, rows in BATCHES["sequence"](task)(np.random.default_rng(0)):
            where = next(net.parameters()).device
            result[rows] = net(batch.to(where), lengths.to(where))[1].cpu().numpy()
    return result


def _import_clustpy() -> Any:
    """Import ClustPy's deep methods."""
    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        # torchvision's CUDA wheel beside a CPU build of torch declares no operator and cannot be
        # imported; ClustPy calls none of them.
        for name in [name for name in sys.modules if name.startswith("torchvision")]:
            del sys.modules[name]
        library = torch.library.Library("torchvision", "DEF")
        for operator in ("nms", "qnms"):
            library.define(f"{operator}(Tensor dets, Tensor scores, float iou) -> Tensor")
        globals()["_declared"] = library
    import clustpy.deep

    return clustpy.deep


def deep_clustering(name: str) -> Method:
    """ClustPy's method: half of the epochs to pretrain, half to cluster, no labels."""

    def method(data: Data, epochs: int, seed: int) -> NDArray[Any]:
        train_set, test_set = data.table
        with _quiet():
            model = getattr(_import_clustpy(), name)(
                N_CLUSTERS,
                batch_size=BATCH_SIZE,
                pretrain_epochs=max(1, epochs // 2),
                clustering_epochs=max(1, epochs - epochs // 2),
                random_state=seed,
            ).fit(train_set)
        return model.predict(test_set)

    return method


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep progress bars and warnings of other libraries off the terminal."""
    with warnings.catch_warnings(), open("/dev/null", "w") as sink:
        warnings.simplefilter("ignore")
        with contextlib.redirect_stderr(sink), contextlib.redirect_stdout(sink):
            yield


def umap(supervised: bool) -> Method:
    """UMAP to ten dimensions, with coarse labels or without."""

    def method(data: Data, epochs: int, seed: int) -> NDArray[Any]:
        train_set, test_set = data.table
        with _quiet():
            from umap import UMAP

            model = UMAP(n_components=10, min_dist=0.0, random_state=seed)
            embedded = model.fit_transform(train_set, data.coarse if supervised else None)
            return cluster(embedded, model.transform(test_set), seed)

    return method


def pca(data: Data, epochs: int, seed: int) -> NDArray[Any]:
    """PCA to as many components as our representation."""
    model = PCA(N_COMPONENTS, random_state=seed).fit(data.table[0])
    return cluster(model.transform(data.table[0]), model.transform(data.table[1]), seed)


def raw(data: Data, epochs: int, seed: int) -> NDArray[Any]:
    """KMeans on the table."""
    return cluster(*data.table, seed)


# Name: what it reads, whether it sees coarse labels, the package it needs, and itself.
METHODS: dict[str, tuple[str, bool, str, Method]] = {
    "ours, L_single": ("strokes", True, "", ours(penalty="single", margin=5.0, alpha=0.5)),
    "ours, L_multi": ("strokes", True, "", ours()),
    "ours, neighbours": ("strokes", True, "", neighbors()),
    "ours, neighbours, MLP": ("drawings", True, "", neighbors(table=True)),
    "ours, L_multi, MLP": ("drawings", True, "", ours(table=True)),
    "the same net without a penalty": ("strokes", True, "", ours(penalty=None, margin=None)),
    "contrastive loss, the same net": (
        "strokes",
        True,
        "pytorch_metric_learning",
        metric_learning("ContrastiveLoss"),
    ),
    "SupCon loss, the same net": (
        "strokes",
        True,
        "pytorch_metric_learning",
        metric_learning("SupConLoss"),
    ),
    "supervised UMAP": ("drawings", True, "umap", umap(supervised=True)),
    "UMAP": ("drawings", False, "umap", umap(supervised=False)),
    "DEC": ("drawings", False, "clustpy", deep_clustering("DEC")),
    "IDEC": ("drawings", False, "clustpy", deep_clustering("IDEC")),
    "PCA": ("drawings", False, "", pca),
    "KMeans alone": ("drawings", False, "", raw),
}


def run(size: str) -> dict[str, Any]:
    """Run every method that is installed, seed by seed in turn."""
    settings = SETTINGS[size]
    data = load(settings)
    skipped = {
        name: f"{package} is not installed"
        for name, (_, _, package, _) in METHODS.items()
        if package and importlib.util.find_spec(package) is None
    }
    cases: dict[str, dict[str, Any]] = {
        name: {"method": name, "input": reads, "coarse_labels": labelled, "runs": []}
        for name, (reads, labelled, _, _) in METHODS.items()
        if name not in skipped
    }
    for name in cases:
        if METHODS[name][2]:
            # Imports and just-in-time compilation are no part of a method.
            METHODS[name][3](load(SETTINGS["smoke"]), 1, 0)
    for seed in settings.seeds:
        for name, case in cases.items():
            start = time.perf_counter()
            labels = METHODS[name][3](data, settings.epochs, seed)
            taken = time.perf_counter() - start
            score = ami_score(data.fine, labels)
            case["runs"].append({"seed": seed, "ami": score, "seconds": taken})
            print(f"  {name}, seed {seed}: AMI {score:.3f} in {seconds(taken)}", flush=True)
    for case in cases.values():
        case["ami"] = statistics.fmean(run["ami"] for run in case["runs"])
        case["seconds"] = statistics.median(run["seconds"] for run in case["runs"])
    return {
        "n_train": len(data.coarse),
        "n_test": len(data.fine),
        "epochs": settings.epochs,
        "batch_size": BATCH_SIZE,
        "net": GRU,
        "lr": LEARNING_RATE,
        "seeds": len(settings.seeds),
        "cases": list(cases.values()),
        "skipped": skipped,
    }


def goals(result: dict[str, Any]) -> list[Goal]:
    """Return no goal: none is set."""
    return []


def _options(net: dict[str, Any]) -> str:
    kind = "bidirectional " if net["bidirectional"] else ""
    return f"a {kind}{net['cell'].upper()} of {net['hidden_size']} units"


def render(result: dict[str, Any]) -> list[str]:
    """Lines of the page, best score first."""
    cases = sorted(result["cases"], key=lambda case: -case["ami"])
    fastest = min(case["seconds"] for case in cases)
    rows = [
        (
            case["method"],
            case["input"],
            "yes" if case["coarse_labels"] else "no",
            _ami(case),
            f"{case['seconds'] / fastest:,.0f}",
            seconds(case["seconds"]),
        )
        for case in cases
    ]
    header = ("method, then KMeans", "input", "coarse labels", "AMI", "time / fastest", "time")
    return [
        "## Peers",
        "",
        f"The ten digits found in the bundled pen strokes: {result['n_train']:,} to train on, AMI "
        f"on {result['n_test']:,} others, mean ± sample standard deviation of {result['seeds']} "
        "seed(s). "
        "Coarse labels say whether a digit is below 5. Methods that train a net have "
        f"{result['epochs']} epochs of batches of {result['batch_size']} (DEC and IDEC: half of "
        f"them to pretrain); nets on strokes are all {_options(result['net'])}, learning rate "
        f"{result['lr']:g}, the baseline's choice on validation data; peers have their defaults "
        "otherwise. "
        "UMAP has its own epochs. Drawings are "
        'upright, their oriented gradients reduced to 50 components; "neighbours" look for '
        "neighbours there. "
        "Time is that of fit and of assigning the test set, without making the table.",
        "",
        markdown.table(header, rows),
        "",
        *(
            ["Not run (`pip install fa-sklearn[bench]`):", ""]
            + [f"- {name}: {reason}" for name, reason in result["skipped"].items()]
            + [""]
            if result["skipped"]
            else []
        ),
        *_earlier(),
    ]


def _ami(case: dict[str, Any]) -> str:
    mean, plus_minus, std = markdown.spread([run["ami"] for run in case["runs"]]).partition(" ± ")
    return f"**{mean}**{plus_minus}{std}"


def _earlier() -> list[str]:
    """Lines on the settings tried before."""
    rows = read_rows(RESULTS, benchmark="peers", size="full")
    result = next(row for row in rows if "replaced_because" in row)
    cases = sorted(result["cases"], key=lambda case: -case["ami"])
    labels = {True: "yes", False: "no"}
    return [
        "The same test samples were scored with two settings before. Of the first, an LSTM of 128 "
        "units with learning rate 0.002, no numbers were kept; all nets were lower. The second "
        f"had {result['epochs']} epochs of batches of {result['batch_size']}, and points along "
        "the pen's path in place of drawings; supervised UMAP was ahead of ours there:",
        "",
        markdown.table(
            ("method, then KMeans", "input", "coarse labels", "AMI, second setting"),
            [(c["method"], c["input"], labels[c["coarse_labels"]], _ami(c)) for c in cases],
        ),
        "",
    ]
