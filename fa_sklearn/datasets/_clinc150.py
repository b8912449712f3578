"""The CLINC150 utterances: intents, and the domains that they belong to."""

import functools
import json
import os
from importlib.resources import files
from pathlib import Path

import numpy as np
from sklearn.utils import Bunch

from ._cache import Arrays, CachedDataset, RemoteFile
from ._texts import check_grouped_texts, fetch_grouped_texts, pack_texts


@functools.cache
def _domain_of() -> dict[str, str]:
    """Look up the domain of each intent."""
    source = files(__package__) / "data" / "clinc150.json"
    domains = json.loads(source.read_text(encoding="utf-8"))
    return {intent: domain for domain, intents in domains.items() for intent in intents}


def fetch_clinc150(
    *, data_home: str | os.PathLike[str] | None = None, download_if_missing: bool = True
) -> Bunch:
    """Load the CLINC150 utterances, downloaded if they are missing (classification).

    Each intent belongs to one of ten domains, which are the coarse label.

    ========================  =================
    Classes                   150, in 10 groups
    Training samples          15,000
    Validation samples        3,000
    Test samples              4,500
    ========================  =================

    A cache file that splits the utterances in another way is taken as it is.

    Parameters
    ----------
    data_home : str or path-like, default=None
        The folder of the cache file ``clinc150.npz``, see :func:`get_data_home`.
    download_if_missing : bool, default=True
        If False, raise FileNotFoundError where the data is not on this machine.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        A dictionary whose keys are attributes too:

        X_train, X_test : ndarrays of shape (n,), dtype object
            The utterances, as str.
        y_train, y_test : ndarrays of shape (n,), dtype int64
            The intents, 0 to 149.
        coarse_train, coarse_test : ndarrays of shape (n,), dtype int64
            The domains, 0 to 9.
        X_val, y_val, coarse_val : ndarrays of shape (n,)
            The validation split; only there if the cache file has one.
        target_names, coarse_names : list of str
            The names of the intents and of the domains, in alphabetical order.
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
    >>> from fa_sklearn.datasets import fetch_clinc150
    >>> utterances = fetch_clinc150()  # doctest: +SKIP
    >>> utterances.target_names[:2], utterances.coarse_names[:2]  # doctest: +SKIP
    (['accept_reservations', 'account_blocked'], ['auto_and_commute', 'banking'])
    """
    return fetch_grouped_texts(DATASET, _domain_of(), data_home, download_if_missing)


def _convert(archive: Path) -> Arrays:
    arrays: Arrays = {}
    splits = json.loads(archive.read_text(encoding="utf-8"))
    for split in ("train", "val", "test"):
        texts, intents = zip(*splits[split], strict=True)
        arrays |= pack_texts([text.encode() for text in texts], split)
        arrays[f"y_{split}"] = np.array(intents)
    return arrays


def _check(arrays: Arrays, split: str) -> None:
    check_grouped_texts(arrays, split, _domain_of())


DATASET = CachedDataset(
    filename="clinc150.npz",
    # Pinned to a commit; the digest is that commit's blob id.
    remote=RemoteFile(
        filename="data_full.json",
        url="https://github.com/clinc/oos-eval/raw/"
        "828f8093932c8fe6ca7936c3d2e52903b1c523de/data/data_full.json",
        algorithm="git-blob",
        digest="7a7b26c5f2dfbbf213f3e67d2dd0727e1af545aa",
    ),
    convert=_convert,
    check=_check,
)
