"""Tables with fine classes, and ways to hide them behind coarse labels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder, StandardScaler

from examples.studies._record import TABLE
from fa_sklearn.datasets import get_data_home

RESULTS = Path(__file__).with_name(TABLE)
KEEL = ("penbased", "satimage", "texture")
DATASETS = ("digits", *KEEL)


class Table(NamedTuple):
    """Standardised features and fine classes 0, 1, ..., split once for all."""

    X_train: NDArray[Any]
    X_test: NDArray[Any]
    y_train: NDArray[np.int64]
    y_test: NDArray[np.int64]


def _read_keel(name: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """Read a file of the KEEL repository, https://sci2s.ugr.es/keel/datasets.php."""
    path = Path(get_data_home()) / "keel" / f"{name}.dat"
    if not path.exists():
        raise FileNotFoundError(
            f"{path} is missing: put {name}.dat of the KEEL repository there, "
            "https://sci2s.ugr.es/keel/datasets.php."
        )
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = [line.split(",") for line in lines if line.strip() and not line.startswith("@")]
    return np.array([row[:-1] for row in rows], dtype=float), np.array([r[-1] for r in rows])


def load(dataset: str) -> Table:
    """Load a table; the 30 % of the test split are the same in every run."""
    X, y = load_digits(return_X_y=True) if dataset == "digits" else _read_keel(dataset)
    codes = LabelEncoder().fit_transform(y)
    X_train, X_test, y_train, y_test = train_test_split(
        X, codes, test_size=0.3, stratify=codes, random_state=0
    )
    scaler = StandardScaler().fit(X_train)
    return Table(scaler.transform(X_train), scaler.transform(X_test), y_train, y_test)


def _random_halves(n_classes: int, seed: int) -> NDArray[np.int64]:
    order = np.random.default_rng(seed).permutation(n_classes)
    return (order >= n_classes // 2).astype(np.int64)


# From the number of classes and the seed of a run to the coarse label of each class.
GROUPINGS: dict[str, Callable[[int, int], NDArray[np.int64]]] = {
    "halves": lambda n_classes, seed: (np.arange(n_classes) >= n_classes // 2).astype(np.int64),
    "odd and even": lambda n_classes, seed: np.arange(n_classes) % 2,
    "random halves": _random_halves,
    "three groups": lambda n_classes, seed: np.arange(n_classes) % 3,
}
