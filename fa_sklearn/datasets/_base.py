"""The data home, where fetched data sets are kept, and the descriptions in the package."""

import os
from importlib.resources import files
from pathlib import Path

FILENAMES = (
    "cifar10.npz",
    "clinc150.npz",
    "dbpedia14.npz",
    "mnist_strokes.npz",
    "newsgroups20.npz",
)


def get_data_home(data_home: str | os.PathLike[str] | None = None) -> str:
    """Return the folder that fetched data sets are kept in, and create it if it is missing.

    Parameters
    ----------
    data_home : str or path-like, default=None
        The folder. ``None`` means the environment variable ``FA_SKLEARN_DATA``, and without
        that ``~/fa_sklearn_data``. A leading ``~`` is the user's home folder.

    Returns
    -------
    data_home : str
        The folder's path.

    Examples
    --------
    >>> import tempfile
    >>> from fa_sklearn.datasets import get_data_home
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     get_data_home(folder) == folder
    True
    """
    folder = resolve_data_home(data_home)
    folder.mkdir(parents=True, exist_ok=True)
    return str(folder)


def clear_data_home(data_home: str | os.PathLike[str] | None = None) -> None:
    """Delete the cache files of the data sets from the data home.

    Only the files that the ``fetch_*`` functions write are deleted: anything else in the folder,
    and the folder itself, stays.

    Parameters
    ----------
    data_home : str or path-like, default=None
        The folder, found as in :func:`get_data_home`.

    Examples
    --------
    >>> import tempfile
    >>> from fa_sklearn.datasets import clear_data_home
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     clear_data_home(folder)
    """
    folder = resolve_data_home(data_home)
    for filename in FILENAMES:
        (folder / filename).unlink(missing_ok=True)


def resolve_data_home(data_home: str | os.PathLike[str] | None) -> Path:
    """Return the data home's path without creating the folder."""
    if not (data_home is None or isinstance(data_home, str | os.PathLike)):
        raise TypeError(f"data_home must be a str, a path or None, got {data_home!r}.")
    chosen = data_home or os.environ.get("FA_SKLEARN_DATA") or "~/fa_sklearn_data"
    return Path(chosen).expanduser()


def load_descr(name: str) -> str:
    """Return the text of ``descr/<name>.rst``."""
    return (files(__package__) / "descr" / f"{name}.rst").read_text(encoding="utf-8")
