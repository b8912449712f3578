"""Cache files: made once from the original, validated whenever they are read."""

import hashlib
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import fetch_file

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class RemoteFile:
    """A file on a public server, and the digest that its publisher states."""

    filename: str
    url: str
    algorithm: str  # one of hashlib's, or "git-blob": the id that git gives to a file's content
    digest: str


@dataclass(frozen=True)
class CachedDataset:
    """A data set that is fetched once and kept in the data home as an npz file."""

    filename: str  # of the cache file
    remote: RemoteFile
    convert: Callable[[Path], Arrays]  # the arrays of the cache file, from the original's path
    check: Callable[[Arrays, str], None]  # raises ValueError where a split is wrong


def load_cached(dataset: CachedDataset, folder: Path, download_if_missing: bool) -> Arrays:
    """Return the arrays of the cache file in `folder`, which is made first if it is missing."""
    path = folder / dataset.filename
    if not path.exists():
        _create(dataset, path, download_if_missing)
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays: Arrays = dict(stored)
        for split in splits_of(arrays):
            dataset.check(arrays, split)
    except Exception as error:  # bytes that are not theirs make zipfile and NumPy raise anything
        raise ValueError(
            f"{path} is damaged ({error!r}): delete it and fetch it again."
        ) from error
    return arrays


def splits_of(arrays: Mapping[str, Any]) -> list[str]:
    """Return the splits that are there; train and test always have to be."""
    return ["train", *(["val"] if "X_val" in arrays else []), "test"]


def check_integers(arrays: Arrays, name: str, n_rows: int, low: int, high: int) -> None:
    """Raise ValueError unless an array holds one integer within bounds for each row."""
    values = arrays[name]
    is_column = values.shape == (n_rows,) and n_rows > 0 and values.dtype.kind in "iu"
    if not is_column or values.min() < low or values.max() > high:
        raise ValueError(f"{name} does not hold {n_rows} integers from {low} to {high}")


def _create(dataset: CachedDataset, path: Path, download_if_missing: bool) -> None:
    remote, folder = dataset.remote, path.parent
    remedy = (
        f"put {path.name} or {remote.filename} (from {remote.url}) into {folder}, or set "
        f"FA_SKLEARN_DATA to the folder that has one of them."
    )
    archive = folder / remote.filename
    if not (archive.exists() or download_if_missing):
        raise FileNotFoundError(f"{path.name} is missing: {remedy}")
    folder.mkdir(parents=True, exist_ok=True)
    # Whatever is half done is in a folder of its own, which goes when the work ends or fails.
    with tempfile.TemporaryDirectory(prefix=f".{path.stem}-", dir=folder) as staging:
        try:
            if not archive.exists():
                archive = fetch_file(remote.url, folder=staging)
            verify(remote, archive)
            arrays = dataset.convert(archive)
            for split in splits_of(arrays):
                dataset.check(arrays, split)
        except Exception as error:
            raise OSError(f"{path.name} could not be made ({error!r}): {remedy}") from error
        staged = Path(staging, path.name)
        np.savez(staged, **arrays)  # type: ignore[arg-type]
        os.replace(staged, path)


def verify(remote: RemoteFile, path: Path) -> None:
    """Raise OSError if the file at `path` does not have the published digest."""
    content = path.read_bytes()
    if remote.algorithm == "git-blob":
        hasher = hashlib.sha1(b"blob %d\0" % len(content), usedforsecurity=False)
    else:
        hasher = hashlib.new(remote.algorithm)
    hasher.update(content)
    if hasher.hexdigest() != remote.digest:
        raise OSError(f"{path.name} does not have the {remote.algorithm} digest {remote.digest}")
