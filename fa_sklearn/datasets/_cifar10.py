"""The CIFAR-10 images."""

import math
import os
import tarfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from ._base import load_descr, resolve_data_home
from ._cache import Arrays, CachedDataset, RemoteFile, check_integers, load_cached

_TARGET_NAMES = "airplane automobile bird cat deer dog frog horse ship truck".split()
_IMAGE_SHAPE = (32, 32, 3)
_BATCHES = {
    "train": tuple(f"cifar-10-batches-bin/data_batch_{i}.bin" for i in range(1, 6)),
    "test": ("cifar-10-batches-bin/test_batch.bin",),
}


def fetch_cifar10(
    *, data_home: str | os.PathLike[str] | None = None, download_if_missing: bool = True
) -> Bunch:
    """Load the CIFAR-10 images, downloaded if they are missing (classification).

    ========================  =================
    Classes                   10
    Training samples          50,000
    Test samples              10,000
    Image                     32 x 32, colour
    Memory                    180 MB
    ========================  =================

    Parameters
    ----------
    data_home : str or path-like, default=None
        The folder of the cache file ``cifar10.npz``, see :func:`get_data_home`.
    download_if_missing : bool, default=True
        If False, raise FileNotFoundError where the data is not on this machine.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        A dictionary whose keys are attributes too:

        X_train, X_test : ndarrays of shape (50000, 32, 32, 3) and (10000, 32, 32, 3), dtype uint8
            The images: rows, columns, then red, green and blue from 0 to 255.
        y_train, y_test : ndarrays of shape (50000,) and (10000,), dtype int64
            The classes, 0 to 9.
        target_names : list of str
            The names of the classes.
        DESCR : str
            What the data is and where it comes from.

    Raises
    ------
    OSError
        If the data is not there and cannot be downloaded; the message says what to put where.
    ValueError
        If the cache file is damaged.

    Examples
    --------
    >>> from fa_sklearn.datasets import fetch_cifar10
    >>> images = fetch_cifar10()  # doctest: +SKIP
    >>> images.X_test.shape  # doctest: +SKIP
    (10000, 32, 32, 3)
    """
    stored = load_cached(DATASET, resolve_data_home(data_home), download_if_missing)
    arrays = {}
    for split in ("train", "test"):
        arrays[f"X_{split}"] = stored[f"X_{split}"]
        arrays[f"y_{split}"] = stored[f"y_{split}"].astype(np.int64)
    return Bunch(**arrays, target_names=[*_TARGET_NAMES], DESCR=load_descr("cifar10"))


def _convert(archive: Path) -> Arrays:
    arrays: Arrays = {}
    with tarfile.open(archive, "r:gz") as tar:
        for split, names in _BATCHES.items():
            records = np.concatenate([_read_records(tar, name) for name in names])
            channels_first = records[:, 1:].reshape(-1, _IMAGE_SHAPE[2], *_IMAGE_SHAPE[:2])
            arrays[f"X_{split}"] = np.ascontiguousarray(channels_first.transpose(0, 2, 3, 1))
            arrays[f"y_{split}"] = records[:, 0].copy()
    return arrays


def _read_records(tar: tarfile.TarFile, name: str) -> NDArray[np.uint8]:
    file = tar.extractfile(name)
    assert file is not None
    return np.frombuffer(file.read(), dtype=np.uint8).reshape(-1, 1 + math.prod(_IMAGE_SHAPE))


def _check(arrays: Arrays, split: str) -> None:
    X = arrays[f"X_{split}"]
    if X.dtype != np.uint8 or X.shape[1:] != _IMAGE_SHAPE:
        raise ValueError(f"X_{split} is not a uint8 array of shape (n, 32, 32, 3)")
    check_integers(arrays, f"y_{split}", len(X), 0, len(_TARGET_NAMES) - 1)


DATASET = CachedDataset(
    filename="cifar10.npz",
    # The binary version: the python one needs pickle.
    remote=RemoteFile(
        filename="cifar-10-binary.tar.gz",
        url="https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        algorithm="sha256",
        digest="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    ),
    convert=_convert,
    check=_check,
)
