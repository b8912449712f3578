"""The MNIST digits as pen strokes: the whole data set, and the sample in the package."""

import os
import re
import tarfile
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from ._base import load_descr, resolve_data_home
from ._cache import Arrays, CachedDataset, RemoteFile, check_integers, load_cached

_FEATURE_NAMES = ["dx", "dy", "end_of_stroke", "end_of_digit"]
_TARGET_NAMES = list("0123456789")

_FILE = re.compile(r"(train|test)(?:img-(\d+)-inputdata|labels)\.txt")


def fetch_mnist_strokes(
    *, data_home: str | os.PathLike[str] | None = None, download_if_missing: bool = True
) -> Bunch:
    """Load the MNIST pen strokes, downloaded if they are missing (classification).

    All 70,000 MNIST digits as the pen strokes that could have drawn them.

    ========================  =================
    Classes                   10
    Training samples          60,000
    Test samples              10,000
    Steps per sample          13 to 117
    Features per step         4
    ========================  =================

    Parameters
    ----------
    data_home : str or path-like, default=None
        The folder of the cache file ``mnist_strokes.npz``, see :func:`get_data_home`.
    download_if_missing : bool, default=True
        If False, raise FileNotFoundError where the data is not on this machine.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        A dictionary whose keys are attributes too:

        X_train, X_test : ndarrays of shape (60000,) and (10000,), dtype object
            The sequences, each a float32 array of shape (T_i, 4): the pen's movement to the
            right and downwards in pixels, and whether a stroke and the digit end here (0 or 1).
        y_train, y_test : ndarrays of shape (60000,) and (10000,), dtype int64
            The digits.
        target_names : list of str
            The names of the classes.
        feature_names : list of str
            The names of the four features.
        DESCR : str
            What the data is, where it comes from and its licence.

    Raises
    ------
    OSError
        If the data is not there and cannot be downloaded; the message says what to put where.
    ValueError
        If the cache file is damaged.

    Examples
    --------
    >>> from fa_sklearn.datasets import fetch_mnist_strokes
    >>> strokes = fetch_mnist_strokes()  # doctest: +SKIP
    >>> strokes.X_train.shape  # doctest: +SKIP
    (60000,)
    """
    stored = load_cached(DATASET, resolve_data_home(data_home), download_if_missing)
    arrays = {}
    for split in ("train", "test"):
        padded = zip(stored[f"X_{split}"], stored[f"lengths_{split}"], strict=True)
        arrays[f"X_{split}"] = _ragged([steps[:length] for steps, length in padded])
        arrays[f"y_{split}"] = stored[f"y_{split}"]
    return _bunch(arrays, "mnist_strokes")


def load_stroke_digits() -> Bunch:
    """Load the bundled sample of handwritten digits as pen strokes (classification).

    5,000 training and 2,000 test sequences, the same number of each digit, drawn from the data
    set that :func:`fetch_mnist_strokes` fetches whole. It needs no network.

    ========================  =================
    Classes                   10
    Training samples          500 per class
    Test samples              200 per class
    Steps per sample          13 to 117
    Features per step         4
    ========================  =================

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        A dictionary whose keys are attributes too:

        X_train : ndarray of shape (5000,), dtype object
            The sequences, each a float32 array of shape (T_i, 4): the pen's movement to the
            right and downwards in pixels, and whether a stroke and the digit end here (0 or 1).
        y_train : ndarray of shape (5000,), dtype int64
            The digits.
        X_test : ndarray of shape (2000,), dtype object
            The test sequences.
        y_test : ndarray of shape (2000,), dtype int64
            The test digits.
        target_names : list of str
            The names of the classes.
        feature_names : list of str
            The names of the four features.
        DESCR : str
            What the data is, where it comes from and its licence.

    Examples
    --------
    >>> from fa_sklearn.datasets import load_stroke_digits
    >>> digits = load_stroke_digits()
    >>> digits.X_train.shape, digits.X_train[0].shape
    ((5000,), (41, 4))
    >>> digits.y_train[:5]
    array([4, 1, 0, 3, 8])
    """
    arrays = {}
    source = files(__package__) / "data" / "stroke_digits.npz"
    with source.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        for split in ("train", "test"):
            ends = np.cumsum(stored[f"lengths_{split}"], dtype=np.int64)
            arrays[f"X_{split}"] = _ragged(np.split(stored[f"values_{split}"].T, ends[:-1]))
            arrays[f"y_{split}"] = stored[f"y_{split}"]
    return _bunch(arrays, "stroke_digits")


def _ragged(sequences: Sequence[NDArray[Any]]) -> NDArray[np.object_]:
    ragged = np.empty(len(sequences), dtype=object)
    for i, sequence in enumerate(sequences):
        ragged[i] = sequence.astype(np.float32)
    return ragged


def _bunch(arrays: Arrays, descr: str) -> Bunch:
    for split in ("train", "test"):
        arrays[f"y_{split}"] = arrays[f"y_{split}"].astype(np.int64)
    names = {"target_names": [*_TARGET_NAMES], "feature_names": [*_FEATURE_NAMES]}
    return Bunch(**arrays, **names, DESCR=load_descr(descr))


def _convert(archive: Path) -> Arrays:
    sequences: dict[str, dict[int, NDArray[np.int8]]] = {"train": {}, "test": {}}
    arrays: Arrays = {}
    with tarfile.open(archive, "r|gz") as tar:
        for member in tar:
            if found := _FILE.fullmatch(member.name.rpartition("/")[2]):
                split, number = found.groups()
                if number is None:
                    arrays[f"y_{split}"] = _read_integers(tar, member)
                else:
                    sequences[split][int(number)] = _read_integers(tar, member).reshape(-1, 4)
    for split, numbered in sequences.items():
        if not numbered or sorted(numbered) != list(range(len(numbered))):
            raise ValueError(f"{archive.name} does not have all {split} sequences")
        lengths = np.array([len(numbered[i]) for i in range(len(numbered))], dtype=np.int16)
        padded = np.zeros((len(lengths), lengths.max(), 4), dtype=np.int8)
        for i, length in enumerate(lengths):
            padded[i, :length] = numbered[i]
        arrays[f"X_{split}"], arrays[f"lengths_{split}"] = padded, lengths
    return arrays


def _read_integers(tar: tarfile.TarFile, member: tarfile.TarInfo) -> NDArray[np.int8]:
    file = tar.extractfile(member)
    assert file is not None
    integers = np.array([int(word) for word in file.read().split()], dtype=np.int64)
    if (integers != integers.astype(np.int8)).any():
        raise ValueError(f"{member.name} has a number that does not fit into 8 bits")
    return integers.astype(np.int8)


def _check(arrays: Arrays, split: str) -> None:
    X, lengths = arrays[f"X_{split}"], arrays[f"lengths_{split}"]
    if X.dtype != np.int8 or X.ndim != 3 or X.shape[2] != 4:
        raise ValueError(f"X_{split} is not an int8 array of shape (n, T, 4)")
    check_integers(arrays, f"y_{split}", len(X), 0, 9)
    check_integers(arrays, f"lengths_{split}", len(X), 1, X.shape[1])
    if X[np.arange(X.shape[1]) >= lengths[:, None]].any():
        raise ValueError(f"X_{split} is not zero after the end of a sequence")


DATASET = CachedDataset(
    filename="mnist_strokes.npz",
    # Pinned to the commit that corrected the test labels; the digest is that commit's blob id.
    remote=RemoteFile(
        filename="sequences.tar.gz",
        url="https://github.com/edwin-de-jong/mnist-digits-stroke-sequence-data/raw/"
        "bb08a2a9d7856dc0384916820cada5b3bf822510/sequences.tar.gz",
        algorithm="git-blob",
        digest="33b359bd06060e7e98abffaf74470f0b7310d12b",
    ),
    convert=_convert,
    check=_check,
)
