"""Texts in a cache file, and data sets of texts whose classes are in groups."""

import os
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from ._base import load_descr, resolve_data_home
from ._cache import Arrays, CachedDataset, check_integers, load_cached, splits_of


def pack_texts(texts: Sequence[bytes], split: str) -> Arrays:
    """Return the arrays that hold UTF-8 texts: their bytes one after the other, and lengths."""
    # One fixed-width array of all texts would take gigabytes.
    return {
        f"X_{split}": np.frombuffer(b"".join(texts), dtype=np.uint8),
        f"lengths_{split}": np.array([len(text) for text in texts], dtype=np.int32),
    }


def unpack_texts(arrays: Arrays, split: str) -> NDArray[np.object_]:
    """Return the texts of a split, whichever way the cache file holds them."""
    X = arrays[f"X_{split}"]
    if X.dtype.kind == "U":
        return X.astype(object)
    blob = X.tobytes()
    ends = np.cumsum(arrays[f"lengths_{split}"], dtype=np.int64).tolist()
    texts = [blob[start:end].decode() for start, end in pairwise([0, *ends])]
    return np.array(texts, dtype=object)


def check_texts(arrays: Arrays, split: str) -> int:
    """Return the number of texts; raise ValueError where a split does not hold texts."""
    X = arrays[f"X_{split}"]
    if X.ndim != 1 or (X.dtype.kind != "U" and X.dtype != np.uint8):
        raise ValueError(f"X_{split} is not a one-dimensional array of str or of UTF-8 bytes")
    if X.dtype.kind == "U":
        return len(X)
    lengths = arrays[f"lengths_{split}"]
    check_integers(arrays, f"lengths_{split}", lengths.size, 0, len(X))
    if lengths.sum(dtype=np.int64) != len(X):
        raise ValueError(f"lengths_{split} does not add up to the bytes of X_{split}")
    return lengths.size


def check_grouped_texts(arrays: Arrays, split: str, coarse_of: Mapping[str, str]) -> None:
    """Raise ValueError unless a split holds a text and the name of a known class in each row."""
    n_rows, y = check_texts(arrays, split), arrays[f"y_{split}"]
    is_column = y.shape == (n_rows,) and n_rows > 0 and y.dtype.kind == "U"
    if not is_column or not coarse_of.keys() >= set(y.tolist()):
        raise ValueError(f"y_{split} does not hold {n_rows} of the {len(coarse_of)} class names")


def fetch_grouped_texts(
    dataset: CachedDataset,
    coarse_of: Mapping[str, str],
    data_home: str | os.PathLike[str] | None,
    download_if_missing: bool,
) -> Bunch:
    """Return the texts with the codes of their classes and of the groups of those."""
    stored = load_cached(dataset, resolve_data_home(data_home), download_if_missing)
    target_names, coarse_names = sorted(coarse_of), sorted(set(coarse_of.values()))
    codes = np.array([coarse_names.index(coarse_of[name]) for name in target_names])
    arrays: Arrays = {}
    for split in splits_of(stored):
        y = np.searchsorted(target_names, stored[f"y_{split}"])
        arrays[f"X_{split}"] = unpack_texts(stored, split)
        arrays[f"y_{split}"], arrays[f"coarse_{split}"] = y, codes[y]
    names = {"target_names": target_names, "coarse_names": coarse_names}
    return Bunch(**arrays, **names, DESCR=load_descr(dataset.filename.removesuffix(".npz")))
