"""Writing a file whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path


def write_atomically(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file so that its name never stands for half of it.

    A file there is replaced and its mode kept; of a symbolic link, the link itself is replaced.
    """
    path = Path(path)
    mode = path.lstat().st_mode if os.path.lexists(path) else None
    if mode is not None and not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
        if path.is_dir():
            raise IsADirectoryError(f"{str(path)!r} is a folder: pass the name of a file.")
        raise OSError(f"{str(path)!r} is a device or a pipe: pass the name of a file.")
    temporary = path.with_name(f"{path.name[:100]}.{secrets.token_hex(8)}.part")
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            if mode is not None and stat.S_ISREG(mode):
                os.chmod(temporary, stat.S_IMODE(mode))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError):
            error.add_note(f"Nothing was saved; what was at {str(path)!r} before is unchanged.")
        raise
    # The name outlives a power failure too, where the system lets a folder be opened.
    with contextlib.suppress(OSError):
        descriptor = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
