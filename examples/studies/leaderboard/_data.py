"""The data sets, as PROTOCOL.md lists them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder, StandardScaler

from examples.studies._features import drawn_gradients
from examples.studies.tables._data import _read_keel
from fa_sklearn.datasets import (
    fetch_dbpedia14,
    fetch_mnist_strokes,
    get_data_home,
)

N_POINTS = 32
N_RARE = 150
VEHICLES = (0, 1, 8, 9)
BBC = {"business": "economy", "tech": "economy"}


class Hierarchy(NamedTuple):
    """Samples, the table that all methods but nets on series see, and both labels."""

    X: Any
    X_test: Any
    table: NDArray[Any]
    table_test: NDArray[Any]
    coarse: NDArray[np.int64]
    coarse_test: NDArray[np.int64]
    fine: NDArray[np.int64]
    fine_test: NDArray[np.int64]


def _home(name: str) -> Path:
    path = Path(get_data_home()) / name
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: see encode.py and PROTOCOL.md.")
    return path


def _halves(fine: NDArray[np.int64]) -> NDArray[np.int64]:
    return (fine >= (fine.max() + 1) // 2).astype(np.int64)


def _table(X: Any, X_test: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """Standardise and reduce."""
    if isinstance(X, list):
        X, X_test = _resample(X), _resample(X_test)
    if issparse(X):
        svd = TruncatedSVD(100, random_state=0).fit(X)
        return svd.transform(X), svd.transform(X_test)
    if not np.allclose(np.linalg.norm(X, axis=1), 1, atol=1e-3):
        scaler = StandardScaler().fit(X)
        X, X_test = scaler.transform(X), scaler.transform(X_test)
    if X.shape[1] > 50:
        pca = PCA(50, random_state=0).fit(X)
        X, X_test = pca.transform(X), pca.transform(X_test)
    return X, X_test


def _resample(series: list[NDArray[Any]]) -> NDArray[Any]:
    at = np.linspace(0, 1, N_POINTS)
    return np.stack(
        [
            np.concatenate([np.interp(at, np.linspace(0, 1, len(s)), c) for c in s.T])
            for s in series
        ]
    )


def _made(X: Any, fine: Any, coarse: Any, split: tuple[Any, Any] | None = None) -> Hierarchy:
    """Split, unless the split is published, and encode the labels."""
    fine, coarse = LabelEncoder().fit_transform(fine), LabelEncoder().fit_transform(coarse)
    train, test = split or train_test_split(
        np.arange(len(fine)), test_size=0.3, stratify=fine, random_state=0
    )

    def rows(part: NDArray[np.intp]) -> Any:
        return [X[i] for i in part] if isinstance(X, list) else X[part]

    tables = _table(rows(train), rows(test))
    labels = (coarse[train], coarse[test], fine[train], fine[test])
    return Hierarchy(rows(train), rows(test), *tables, *labels)


def _keel(name: str) -> Hierarchy:
    X, y = load_digits(return_X_y=True) if name == "digits" else _read_keel(name)
    fine = LabelEncoder().fit_transform(y)
    return _made(X, fine, _halves(fine))


def _features(name: str, coarse: Callable[[Any], Any] | None = None) -> Hierarchy:
    """Read features that encode.py made."""
    with np.load(_home(f"{name}.npz")) as file:
        X = np.concatenate([file["X_train"], file["X_test"]])
        fine = np.concatenate([file["fine_train"], file["fine_test"]])
        groups = coarse(fine) if coarse else None
        if groups is None:
            groups = np.concatenate([file["coarse_train"], file["coarse_test"]])
        n = len(file["X_train"])
    return _made(X, fine, groups, (np.arange(n), np.arange(n, len(X))))


def _cifar10() -> Hierarchy:
    with np.load(_home("cifar10_lite0.npz")) as file:
        X = np.concatenate([file["X_train"][:12_000], file["X_test"]])
        fine = np.concatenate([file["y_train"][:12_000], file["y_test"]])
    rows = np.arange(len(X))
    return _made(X, fine, np.isin(fine, VEHICLES), (rows[:12_000], rows[12_000:]))


def _bbc(kind: str) -> Hierarchy:
    with np.load(_home("bbc_minilm.npz" if kind == "minilm" else "bbc.npz")) as file:
        X, fine = file["X"], file["y"]
    if kind == "tfidf":
        words = TfidfVectorizer(max_features=2000, sublinear_tf=True, stop_words="english")
        X = words.fit_transform(X).astype(np.float32)
    return _made(X, fine, [BBC.get(label, "society") for label in fine.tolist()])


def _series(name: str) -> Hierarchy:
    """Read both parts of a file of the UCR and UEA archives, in the format of sktime."""
    X, y = [], []
    for part in ("TRAIN", "TEST"):
        lines = _home(f"ts/{name}_{part}.ts").read_text(encoding="utf-8").splitlines()
        for line in lines:
            if line and line[0] not in "@#":
                *channels, label = line.split(":")
                X.append(np.array([c.split(",") for c in channels], dtype=np.float32).T)
                y.append(label)
    fine = LabelEncoder().fit_transform(y)
    return _made(X, fine, _halves(fine))


def _drawings() -> Hierarchy:
    strokes = fetch_mnist_strokes()
    rows = np.random.default_rng(0).permutation(len(strokes.y_train))[:8000]
    fine = strokes.y_train[rows].astype(np.int64)
    X = drawn_gradients(strokes.X_train[rows]).astype(np.float32)
    return _made(X, fine, _halves(fine))


def _dbpedia() -> Hierarchy:
    texts = fetch_dbpedia14()
    rows = np.random.default_rng(0).permutation(len(texts.y_train))[:7000]
    words = TfidfVectorizer(max_features=8000, sublinear_tf=True, stop_words="english")
    X = words.fit_transform(np.asarray(texts.X_train)[rows]).astype(np.float32)
    fine = LabelEncoder().fit_transform(np.asarray(texts.y_train)[rows])
    return _made(X, fine, _halves(fine))


def _rare(name: str, share: float) -> Hierarchy:
    """Three classes of a table as the sub-types of a rare one."""
    X, y = _read_keel(name)
    fine = LabelEncoder().fit_transform(y)
    rng = np.random.default_rng(0)
    rare = rng.permutation(np.flatnonzero(fine < 3))[:N_RARE]
    rest = np.flatnonzero(fine >= 3)
    n_rest = int(len(rare) * (1 - share) / share)
    drawn = rng.choice(rest, n_rest)
    noise = 0.1 * X.std(axis=0) * rng.standard_normal((n_rest, X.shape[1]))
    return _made(
        np.concatenate([X[rare], X[drawn] + noise]),
        np.concatenate([fine[rare], fine[drawn]]),
        np.repeat(["rare", "rest"], [len(rare), n_rest]),
    )


UNSEEN: dict[str, Callable[[], Hierarchy]] = {
    **{name: lambda name=name: _keel(name) for name in ("vehicle", "movement_libras")},
    **{name: lambda name=name: _keel(name) for name in ("led7digit", "marketing")},
    **{f"bbc {kind}": lambda kind=kind: _bbc(kind) for kind in ("minilm", "tfidf")},
    **{name: lambda name=name: _series(name) for name in ("JapaneseVowels", "OSULeaf", "ACSF1")},
    "rare 5 %": lambda: _rare("movement_libras", 0.05),
    "rare 1 %": lambda: _rare("vehicle", 0.01),
}
SEEN: dict[str, Callable[[], Hierarchy]] = {
    **{
        name: lambda name=name: _keel(name)
        for name in ("digits", "segment", "penbased", "satimage", "texture")
    },
    "drawings": _drawings,
    "dbpedia": _dbpedia,
    "clinc150": lambda: _features("clinc150_minilm"),
    "newsgroups20": lambda: _features("newsgroups20_minilm"),
    "cifar10": _cifar10,
}
