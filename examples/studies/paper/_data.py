"""The data sets of the paper, split into training, validation and test."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer

from fa_sklearn.datasets import fetch_cifar10, fetch_dbpedia14, fetch_mnist_strokes

N_VALIDATION = 5_000
N_SVD_COMPONENTS = 100


class Split(NamedTuple):
    """Samples and their fine classes 0, 1, ..."""

    X: NDArray[Any]
    y: NDArray[np.int64]

    def take(self, n: int | None) -> Split:
        """Return n samples of all classes in the same proportions; None: all of them."""
        if n is None or n >= len(self.y):
            return self
        X, _, y, _ = train_test_split(
            self.X, self.y, train_size=n, stratify=self.y, random_state=0
        )
        return Split(X, y)


Splits = dict[str, Split]


def _carve(X: NDArray[Any], y: NDArray[Any], X_test: NDArray[Any], y_test: NDArray[Any]) -> Splits:
    """Set validation samples aside where the data set comes without."""
    X_train, X_validation, y_train, y_validation = train_test_split(
        X, y, test_size=N_VALIDATION, stratify=y, random_state=0
    )
    return {
        "train": Split(X_train, y_train),
        "validation": Split(X_validation, y_validation),
        "test": Split(X_test, y_test),
    }


def _strokes() -> Splits:
    data = fetch_mnist_strokes()
    return _carve(data.X_train, data.y_train, data.X_test, data.y_test)


def _cifar10() -> Splits:
    data = fetch_cifar10()
    return _carve(data.X_train, data.y_train, data.X_test, data.y_test)


def _dbpedia() -> Splits:
    data = fetch_dbpedia14()
    return {
        "train": Split(data.X_train, data.y_train),
        "validation": Split(data.X_val, data.y_val),
        "test": Split(data.X_test, data.y_test),
    }


def tables(splits: Splits) -> Splits:
    """Turn texts into tables: TF-IDF and its leading components, learnt from training texts.

    Rows have unit length, times a factor that makes the mean square of a feature 1: nets want
    inputs of that size, and KMeans and UMAP do not mind.
    """
    reduce = make_pipeline(
        TfidfVectorizer(sublinear_tf=True, min_df=2, stop_words="english"),
        TruncatedSVD(N_SVD_COMPONENTS, random_state=0),
        Normalizer(),
    ).fit(splits["train"].X)
    size = np.sqrt(N_SVD_COMPONENTS)
    return {
        name: Split(size * reduce.transform(split.X), split.y) for name, split in splits.items()
    }


LOADERS: dict[str, Callable[[], Splits]] = {
    "strokes": _strokes,
    "strokes-autoencoder": _strokes,
    "cifar10": _cifar10,
    "dbpedia": _dbpedia,
    "dbpedia-tfidf": lambda: tables(_dbpedia()),
}


@cache
def load(dataset: str) -> Splits:
    """Load a data set from the data home, its splits the same in every run."""
    return LOADERS[dataset]()
