"""The DBPedia ontology classification data set."""

import csv
import io
import os
import tarfile
from pathlib import Path

import numpy as np
from sklearn.utils import Bunch

from ._base import load_descr, resolve_data_home
from ._cache import Arrays, CachedDataset, RemoteFile, check_integers, load_cached, splits_of
from ._texts import check_texts, pack_texts, unpack_texts

_TARGET_NAMES = (
    "Company EducationalInstitution Artist Athlete OfficeHolder MeanOfTransportation Building "
    "NaturalPlace Village Animal Plant Album Film WrittenWork"
).split()


def fetch_dbpedia14(
    *, data_home: str | os.PathLike[str] | None = None, download_if_missing: bool = True
) -> Bunch:
    """Load the DBPedia abstracts, downloaded if they are missing (classification).

    ========================  =================
    Classes                   14
    Training samples          560,000
    Test samples              70,000
    ========================  =================

    A cache file that holds a subset, or a validation split besides, is taken as it is.

    Parameters
    ----------
    data_home : str or path-like, default=None
        The folder of the cache file ``dbpedia14.npz``, see :func:`get_data_home`.
    download_if_missing : bool, default=True
        If False, raise FileNotFoundError where the data is not on this machine.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        A dictionary whose keys are attributes too:

        X_train, X_test : ndarrays of shape (n,), dtype object
            The abstracts, as str.
        y_train, y_test : ndarrays of shape (n,), dtype int64
            The classes, 0 to 13.
        X_val, y_val : ndarrays of shape (n,)
            The validation split; only there if the cache file has one.
        target_names : list of str
            The names of the classes.
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
    >>> from fa_sklearn.datasets import fetch_dbpedia14
    >>> abstracts = fetch_dbpedia14()  # doctest: +SKIP
    >>> abstracts.target_names[:2]  # doctest: +SKIP
    ['Company', 'EducationalInstitution']
    """
    stored = load_cached(DATASET, resolve_data_home(data_home), download_if_missing)
    arrays: Arrays = {}
    for split in splits_of(stored):
        arrays[f"X_{split}"] = unpack_texts(stored, split)
        arrays[f"y_{split}"] = stored[f"y_{split}"].astype(np.int64)
    return Bunch(**arrays, target_names=[*_TARGET_NAMES], DESCR=load_descr("dbpedia14"))


def _convert(archive: Path) -> Arrays:
    arrays: Arrays = {}
    with tarfile.open(archive, "r:gz") as tar:
        for split in ("train", "test"):
            labels, texts = _read_table(tar, f"dbpedia_csv/{split}.csv")
            arrays |= pack_texts(texts, split)
            arrays[f"y_{split}"] = np.array(labels, dtype=np.int64)
    return arrays


def _read_table(tar: tarfile.TarFile, name: str) -> tuple[list[int], list[bytes]]:
    file = tar.extractfile(name)
    assert file is not None
    labels, texts = [], []
    with io.TextIOWrapper(file, encoding="utf-8", newline="") as lines:
        for label, _title, abstract in csv.reader(lines):
            labels.append(int(label) - 1)
            texts.append(abstract.strip().encode())
    return labels, texts


def _check(arrays: Arrays, split: str) -> None:
    n_rows = check_texts(arrays, split)
    check_integers(arrays, f"y_{split}", n_rows, 0, len(_TARGET_NAMES) - 1)


DATASET = CachedDataset(
    filename="dbpedia14.npz",
    remote=RemoteFile(
        filename="dbpedia_csv.tgz",
        url="https://s3.amazonaws.com/fast-ai-nlp/dbpedia_csv.tgz",
        algorithm="sha256",
        digest="42db5221ddedddb673a4cabcc5f3a7d869714c878bcfe4ba94b29d14aa38e417",
    ),
    convert=_convert,
    check=_check,
)
