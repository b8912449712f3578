"""The 20 Newsgroups posts."""

import os
import re
import tarfile
from pathlib import Path

import numpy as np
from sklearn.utils import Bunch

from ._cache import Arrays, CachedDataset, RemoteFile
from ._texts import check_grouped_texts, fetch_grouped_texts, pack_texts

_TARGET_NAMES = (
    "alt.atheism comp.graphics comp.os.ms-windows.misc comp.sys.ibm.pc.hardware "
    "comp.sys.mac.hardware comp.windows.x misc.forsale rec.autos rec.motorcycles "
    "rec.sport.baseball rec.sport.hockey sci.crypt sci.electronics sci.med sci.space "
    "soc.religion.christian talk.politics.guns talk.politics.mideast talk.politics.misc "
    "talk.religion.misc"
).split()
_HIERARCHY_OF = {name: name.partition(".")[0] for name in _TARGET_NAMES}
_FILE = re.compile(r"20news-bydate-(train|test)/([^/]+)/\d+")


def fetch_newsgroups20(
    *, data_home: str | os.PathLike[str] | None = None, download_if_missing: bool = True
) -> Bunch:
    """Load the 20 Newsgroups posts, downloaded if they are missing (classification).

    The first part of a group's name is the coarse label: four of the seven hold several groups,
    alt, misc and soc one each. The posts are those of
    :func:`sklearn.datasets.fetch_20newsgroups` without their headers, split by date.

    ========================  =================
    Classes                   20, in 7 groups
    Training samples          11,314
    Test samples              7,532
    ========================  =================

    A cache file that holds other rows, or the texts in another form, is taken as it is.

    Parameters
    ----------
    data_home : str or path-like, default=None
        The folder of the cache file ``newsgroups20.npz``, see :func:`get_data_home`.
    download_if_missing : bool, default=True
        If False, raise FileNotFoundError where the data is not on this machine.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        A dictionary whose keys are attributes too:

        X_train, X_test : ndarrays of shape (n,), dtype object
            The posts, as str.
        y_train, y_test : ndarrays of shape (n,), dtype int64
            The newsgroups, 0 to 19.
        coarse_train, coarse_test : ndarrays of shape (n,), dtype int64
            The first parts of their names, 0 to 6.
        target_names, coarse_names : list of str
            The names of the newsgroups and their first parts, in alphabetical order.
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
    >>> from fa_sklearn.datasets import fetch_newsgroups20
    >>> posts = fetch_newsgroups20()  # doctest: +SKIP
    >>> posts.coarse_names  # doctest: +SKIP
    ['alt', 'comp', 'misc', 'rec', 'sci', 'soc', 'talk']
    """
    return fetch_grouped_texts(DATASET, _HIERARCHY_OF, data_home, download_if_missing)


def _convert(archive: Path) -> Arrays:
    found: dict[str, list[tuple[str, bytes]]] = {"train": [], "test": []}
    with tarfile.open(archive, "r|gz") as tar:
        for member in tar:
            if match := _FILE.fullmatch(member.name):
                file = tar.extractfile(member)
                assert file is not None
                _header, _, body = file.read().decode("latin-1").partition("\n\n")
                found[match[1]].append((match[2], body.strip().encode()))
    arrays: Arrays = {}
    for split, rows in found.items():
        arrays |= pack_texts([text for _, text in rows], split)
        arrays[f"y_{split}"] = np.array([name for name, _ in rows])
    return arrays


def _check(arrays: Arrays, split: str) -> None:
    check_grouped_texts(arrays, split, _HIERARCHY_OF)


DATASET = CachedDataset(
    filename="newsgroups20.npz",
    # The copy and the digest of scikit-learn.
    remote=RemoteFile(
        filename="20news-bydate.tar.gz",
        url="https://ndownloader.figshare.com/files/5975967",
        algorithm="sha256",
        digest="8f1b2514ca22a5ade8fbb9cfa5727df95fa587f4c87b786e15c759fa66d95610",
    ),
    convert=_convert,
    check=_check,
)
