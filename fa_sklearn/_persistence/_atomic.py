"""Writing a file whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path


def write_atomically(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file so that its name never stands for half of it.

    Parameters
    ----------
    path : str or path-like
        Where to. A file there is replaced; of a symbolic link, the link itself is.
    data : bytes
        The content.

    Raises
    ------
    OSError
        If it cannot be written; a file that was there is left as it was.
    """
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"{str(path)!r} is a folder: pass the name of a file.")
    temporary = path.parent / f".{path.name[:100]}.{secrets.token_hex(8)}.part"
    try:
        _write_new(temporary, data)
        os.replace(temporary, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError):
            error.add_note(f"Nothing was saved; what was at {str(path)!r} before is unchanged.")
        raise
    _sync_folder(path.parent)


def _write_new(path: Path, data: bytes) -> None:
    """Write a file that must not exist, down to the disk."""
    with open(path, "xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make a rename outlive a power failure, where the system lets a folder be opened."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
