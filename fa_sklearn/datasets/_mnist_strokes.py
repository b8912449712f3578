"""The MNIST digits as pen strokes."""

import os
import re
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from ._base import load_descr, resolve_data_home
from ._cache import Arrays, CachedDataset, RemoteFile, check_labels, check_lengths, load_cached

FEATURE_NAMES = ("dx", "dy", "end_of_stroke", "end_of_digit")
TARGET_NAMES = tuple("0123456789")

_SEQUENCE_FILE = re.compile(r"(train|test)img-(\d+)-inputdata\.txt")
_LABEL_FILE = re.compile(r"(train|test)labels\.txt")


def fetch_mnist_strokes(
    *, data_home: str | os.PathLike[str] | None = None, download_if_missing: bool = True
) -> Bunch:
    """Load the MNIST pen strokes, downloaded if they are missing (classification).

    All 70,000 MNIST digits as the pen strokes that could have drawn them.

    ========================  =================
    Classes                   10
    Training samples          60,000
    Test samples              10,000
    Steps a sample            13 to 117
    Features a step           4
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
    arrays: Arrays = {}
    for split in ("train", "test"):
        lengths = stored[f"lengths_{split}"]
        arrays[f"X_{split}"] = split_rows(drop_padding(stored[f"X_{split}"], lengths), lengths)
        arrays[f"y_{split}"] = stored[f"y_{split}"].astype(np.int64)
    return Bunch(
        **arrays,
        target_names=list(TARGET_NAMES),
        feature_names=list(FEATURE_NAMES),
        DESCR=load_descr("mnist_strokes"),
    )


def _convert(archive: Path) -> Arrays:
    sequences: dict[str, dict[int, NDArray[np.int8]]] = {"train": {}, "test": {}}
    arrays: Arrays = {}
    with tarfile.open(archive, "r|gz") as tar:
        for member in tar:
            name = member.name.rpartition("/")[2]
            if found := _SEQUENCE_FILE.fullmatch(name):
                steps = _read_integers(tar, member).reshape(-1, len(FEATURE_NAMES))
                sequences[found[1]][int(found[2])] = steps
            elif found := _LABEL_FILE.fullmatch(name):
                arrays[f"y_{found[1]}"] = _read_integers(tar, member)
    for split, numbered in sequences.items():
        if not numbered or sorted(numbered) != list(range(len(numbered))):
            raise ValueError(f"{archive.name} does not have all {split} sequences")
        in_order = [numbered[i] for i in range(len(numbered))]
        arrays[f"X_{split}"], arrays[f"lengths_{split}"] = pad(in_order)
    return arrays


def _read_integers(tar: tarfile.TarFile, member: tarfile.TarInfo) -> NDArray[np.int8]:
    file = tar.extractfile(member)
    if file is None:
        raise ValueError(f"{member.name} is not a file")
    integers = np.array([int(word) for word in file.read().split()], dtype=np.int64)
    if (integers != integers.astype(np.int8)).any():
        raise ValueError(f"{member.name} has a number that does not fit into 8 bits")
    return integers.astype(np.int8)


def _check(arrays: Arrays, split: str) -> None:
    X, lengths = arrays[f"X_{split}"], arrays[f"lengths_{split}"]
    if X.dtype != np.int8 or X.ndim != 3 or X.shape[2] != len(FEATURE_NAMES):
        raise ValueError(f"X_{split} is not an int8 array of shape (n, T, {len(FEATURE_NAMES)})")
    check_labels(arrays, split, len(X), len(TARGET_NAMES))
    check_lengths(arrays, split, shortest=1)
    if len(lengths) != len(X) or lengths.max() > X.shape[1]:
        raise ValueError(f"lengths_{split} does not fit X_{split}")
    if not has_clean_padding(X, lengths):
        raise ValueError(f"X_{split} is not zero after the end of a sequence")


def split_rows(values: NDArray[Any], lengths: NDArray[np.integer]) -> NDArray[np.object_]:
    """Cut `values`, (sum of lengths, d), into an object array of float32 (T_i, d) arrays."""
    ends = np.cumsum(lengths, dtype=np.int64)
    ragged = np.empty(len(lengths), dtype=object)
    pieces = np.split(values.astype(np.float32), ends[:-1])
    for i, piece in enumerate(pieces):
        ragged[i] = piece
    return ragged


def drop_padding(padded: NDArray[Any], lengths: NDArray[np.integer]) -> NDArray[Any]:
    """Return the (sum of lengths, d) rows of `padded`, (n, T, d), that are not padding."""
    return padded[_is_inside(padded, lengths)]


def has_clean_padding(padded: NDArray[Any], lengths: NDArray[np.integer]) -> bool:
    """Return whether `padded`, (n, T, d), is zero after each sequence's end."""
    return not padded[~_is_inside(padded, lengths)].any()


def pad(sequences: Sequence[NDArray[np.int8]]) -> tuple[NDArray[np.int8], NDArray[np.int16]]:
    """Return the (T_i, d) sequences as one zero-padded (n, T, d) array, and their lengths."""
    lengths = np.array([len(sequence) for sequence in sequences], dtype=np.int16)
    padded = np.zeros((len(sequences), lengths.max(), sequences[0].shape[1]), dtype=np.int8)
    for row, sequence in zip(padded, sequences, strict=True):
        row[: len(sequence)] = sequence
    return padded, lengths


def _is_inside(padded: NDArray[Any], lengths: NDArray[np.integer]) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = np.arange(padded.shape[1]) < lengths[:, None]
    return inside


DATASET = CachedDataset(
    filename="mnist_strokes.npz",
    # Pinned to the commit that corrected the test labels; the digest is that commit's blob id.
    remote=RemoteFile(
        url="https://github.com/edwin-de-jong/mnist-digits-stroke-sequence-data/raw/"
        "bb08a2a9d7856dc0384916820cada5b3bf822510/sequences.tar.gz",
        algorithm="git-blob",
        digest="33b359bd06060e7e98abffaf74470f0b7310d12b",
    ),
    convert=_convert,
    check=_check,
    n_rows={"train": 60_000, "test": 10_000},
)
