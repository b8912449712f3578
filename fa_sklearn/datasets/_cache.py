"""Cache files: made once from the original, validated whenever they are read."""

import errno
import hashlib
import os
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import fetch_file

Arrays = dict[str, NDArray[Any]]

SPLITS = ("train", "val", "test")

# What zipfile, zlib and NumPy raise on bytes that are not what they should be.
_DAMAGE = (
    ValueError,
    KeyError,
    EOFError,
    RuntimeError,
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
    tarfile.TarError,
)


# The names of all cache files: what `clear_data_home` may delete.
FILENAMES: set[str] = set()


@dataclass(frozen=True)
class RemoteFile:
    """A file on a public server, and the digest that its publisher states."""

    url: str
    algorithm: str  # one of hashlib's, or "git-blob": the id that git gives to a file's content
    digest: str

    @property
    def filename(self) -> str:
        """Return the file's own name."""
        return self.url.rpartition("/")[2]


@dataclass(frozen=True)
class CachedDataset:
    """A data set that is fetched once and kept in the data home as an npz file."""

    filename: str  # of the cache file
    remote: RemoteFile
    convert: Callable[[Path], Arrays]  # the arrays of the cache file, from the original's path
    check: Callable[[Arrays, str], None]  # raises ValueError where a split is wrong
    n_rows: Mapping[str, int]  # of each split of the original

    def __post_init__(self) -> None:
        FILENAMES.add(self.filename)


def load_cached(dataset: CachedDataset, folder: Path, download_if_missing: bool) -> Arrays:
    """Return the arrays of the cache file in `folder`, which is made first if it is missing."""
    path = folder / dataset.filename
    if not path.exists():
        _create(dataset, path, download_if_missing)
    try:
        arrays = _read(path)
        for split in splits_of(arrays):
            dataset.check(arrays, split)
    except _DAMAGE as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else error
        raise ValueError(f"{path} is damaged ({reason}): delete it and fetch it again.") from error
    return arrays


def splits_of(arrays: Mapping[str, Any]) -> list[str]:
    """Return the splits that are there; train and test always have to be."""
    return [split for split in SPLITS if split != "val" or "X_val" in arrays]


def check_labels(arrays: Arrays, split: str, n_rows: int, n_classes: int) -> None:
    """Raise ValueError unless y holds one class number for each row of the split."""
    y = arrays[f"y_{split}"]
    if y.ndim != 1 or y.dtype.kind not in "iu":
        raise ValueError(f"y_{split} is not a one-dimensional array of integers")
    if len(y) == 0 or len(y) != n_rows:
        raise ValueError(f"y_{split} has {len(y)} labels for {n_rows} rows")
    if y.min() < 0 or y.max() >= n_classes:
        raise ValueError(f"y_{split} holds something else than classes 0 to {n_classes - 1}")


def check_lengths(arrays: Arrays, split: str, shortest: int) -> None:
    """Raise ValueError unless the lengths of the split are integers from `shortest` on."""
    lengths = arrays[f"lengths_{split}"]
    if lengths.ndim != 1 or lengths.dtype.kind not in "iu":
        raise ValueError(f"lengths_{split} is not a one-dimensional array of integers")
    if len(lengths) and lengths.min() < shortest:
        raise ValueError(f"lengths_{split} has a value below {shortest}")


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
                sha256 = remote.digest if remote.algorithm == "sha256" else None
                archive = fetch_file(remote.url, folder=staging, sha256=sha256)
            verify(remote, archive)
            arrays = _convert(dataset, archive)
        except (OSError, HTTPException, *_DAMAGE) as error:
            raise OSError(f"{path.name} could not be made ({error}): {remedy}") from error
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
        raise OSError(
            f"the {remote.algorithm} digest of {path.name} is {hasher.hexdigest()} where "
            f"{remote.digest} is published"
        )


def _convert(dataset: CachedDataset, archive: Path) -> Arrays:
    arrays = dataset.convert(archive)
    for split, n_rows in dataset.n_rows.items():
        found = len(arrays[f"y_{split}"])
        if found != n_rows:
            raise ValueError(f"{archive.name} has {found} {split} rows where {n_rows} belong")
        dataset.check(arrays, split)
    return arrays


def _read(path: Path) -> Arrays:
    if not zipfile.is_zipfile(path):
        raise ValueError("not an npz file")
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except OSError as error:
        # A broken table of contents sends zipfile to a place that no file can have.
        if error.errno != errno.EINVAL:
            raise
        raise ValueError("its table of contents is broken") from error
