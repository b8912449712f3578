"""The data sets of the study: small parts of the paper's, and what the package bundles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split

from examples.studies._estimators import GRU, LowerHalf, is_odd
from examples.studies._features import oriented_gradients, pen_paths
from examples.studies.paper._data import load
from examples.studies.paper._mirrored import MirroredVGG
from fa_sklearn.datasets import load_stroke_digits

N_SHARED_COMPONENTS = 20
STROKES_NET = {"module": "rnn", "module_params": GRU, "n_components": 15}


class Parts(NamedTuple):
    """Two halves to train on and the samples that are scored, with fine classes 0, 1, ..."""

    X_first: Any
    X_second: Any
    X_scored: Any
    y_first: NDArray[np.int64]
    y_second: NDArray[np.int64]
    y_scored: NDArray[np.int64]


@dataclass(frozen=True)
class Study:
    """What is fitted on a data set.

    Parameters
    ----------
    title : str
        Name in tables.
    source : callable
        Returns the samples of the training split and their fine classes.
    n_half, n_scored : int
        Samples of each half that a fit sees, and of the part that is scored.
    estimator : dict
        Parameters that all candidates share.
    flatten : callable
        Turns samples into a table, for the space that all candidates share.
    other_tables : dict of str to callable, default={}
        Other ways to do so, for comparison.
    by_turns : bool, default=False
        Whether the coarse classes are the odd and the even ones, not the first and the second
        half.
    autoencoder : bool, default=False
        Whether training sees no labels at all.
    one_cycle : bool, default=False
        Whether the learning rate rises and falls within a fit, ``lr`` being its highest value.
    has_twins : bool, default=True
        Whether a second fit on the other half tells how stable the clusters are.
    """

    title: str
    source: Callable[[], tuple[Any, NDArray[np.int64]]]
    n_half: int
    n_scored: int
    estimator: dict[str, Any]
    flatten: Callable[[Any], NDArray[Any]]
    other_tables: dict[str, Callable[[Any], NDArray[Any]]] = field(default_factory=dict)
    by_turns: bool = False
    autoencoder: bool = False
    one_cycle: bool = False
    has_twins: bool = True


def _rows(X: Any) -> NDArray[np.float64]:
    return np.asarray(X, dtype=np.float64).reshape(len(X), -1)


def _bundled_strokes() -> tuple[Any, NDArray[np.int64]]:
    digits = load_stroke_digits()
    return digits.X_train, digits.y_train


def _bundled_digits() -> tuple[Any, NDArray[np.int64]]:
    X, y = load_digits(return_X_y=True)
    return X / 16, y.astype(np.int64)


STUDIES = {
    "strokes": Study(
        "MNIST strokes",
        lambda: load("strokes")["train"],
        n_half=4_000,
        n_scored=2_000,
        estimator={**STROKES_NET, "batch_size": 128, "max_epochs": 10, "lr": 0.005},
        flatten=pen_paths,
    ),
    "strokes-autoencoder": Study(
        "MNIST strokes, autoencoder",
        lambda: load("strokes")["train"],
        n_half=4_000,
        n_scored=2_000,
        estimator={**STROKES_NET, "batch_size": 128, "max_epochs": 8, "lr": 0.003},
        flatten=pen_paths,
        autoencoder=True,
    ),
    "cifar10": Study(
        "CIFAR-10",
        lambda: load("cifar10")["train"],
        n_half=10_000,
        n_scored=2_000,
        estimator={
            "module": MirroredVGG,
            "module_params": {"width": 0.25},
            "n_components": 15,
            "batch_size": 64,
            "max_epochs": 6,
            "lr": 0.002,
        },
        flatten=oriented_gradients,
        other_tables={"pixels": _rows},
        one_cycle=True,
        has_twins=False,
    ),
    "dbpedia-tfidf": Study(
        "DBPedia, TF-IDF",
        lambda: load("dbpedia-tfidf")["train"],
        n_half=3_000,
        n_scored=2_000,
        estimator={
            "module": "mlp",
            "module_params": {"hidden_sizes": [256]},
            "n_components": 15,
            "batch_size": 128,
            "max_epochs": 30,
            "lr": 0.001,
        },
        flatten=_rows,
    ),
    "stroke-digits": Study(
        "Bundled stroke digits",
        _bundled_strokes,
        n_half=1_500,
        n_scored=1_500,
        estimator={**STROKES_NET, "batch_size": 64, "max_epochs": 20, "lr": 0.01},
        flatten=pen_paths,
    ),
    "digits": Study(
        "Digits of scikit-learn",
        _bundled_digits,
        n_half=600,
        n_scored=597,
        estimator={"n_components": 16, "batch_size": 64, "max_epochs": 30, "lr": 0.003},
        flatten=_rows,
    ),
}

STUDIES |= {
    f"{name}-odd": replace(STUDIES[name], title=f"{STUDIES[name].title}, odd/even", by_turns=True)
    for name in ("dbpedia-tfidf", "digits")
}


def grouping(dataset: str, n_classes: int) -> Callable[[int], bool]:
    """Return what maps a fine class to its coarse class."""
    return is_odd if STUDIES[dataset].by_turns else LowerHalf(n_classes)


@cache
def split(dataset: str) -> Parts:
    """Draw the halves and the scored part from the training split, all classes alike."""
    study = STUDIES[dataset]
    X, y = study.source()
    rest = np.arange(len(y))
    chosen = []
    for n in (study.n_half, study.n_half, study.n_scored):
        if n < len(rest):
            rows, rest = train_test_split(rest, train_size=n, stratify=y[rest], random_state=0)
        else:
            rows = rest
        chosen.append(rows)
    return Parts(*(X[rows] for rows in chosen), *(np.asarray(y)[rows] for rows in chosen))


@cache
def shared_inputs(dataset: str, table: str | None = None) -> NDArray[np.float64]:
    """Leading components of the scored inputs, as the usual or as another table."""
    study = STUDIES[dataset]
    flatten = study.flatten if table is None else study.other_tables[table]
    reduced: NDArray[np.float64] = PCA(N_SHARED_COMPONENTS, random_state=0).fit_transform(
        flatten(split(dataset).X_scored)
    )
    return reduced
