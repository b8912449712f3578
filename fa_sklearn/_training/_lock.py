"""One process at a time: a lock that ends with its process, however that ends."""

from __future__ import annotations

import errno
import os
import warnings
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

# Some network file systems have no locks: two equal fits at once are rarer than such a system.
_NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)


def _lock(descriptor: int, path: Path) -> None:
    if fcntl is None:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        warnings.warn(
            f"Another fit with the same parameters and data uses {path.parent}: this one waits "
            "for it.",
            UserWarning,
            stacklevel=2,
        )
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise


def acquire_lock(path: Path) -> int:
    """Lock a file, waiting for whoever has it.

    Parameters
    ----------
    path : Path
        The file; made together with its folder.

    Returns
    -------
    int
        A file descriptor; closing it, or the end of the process, releases the lock.
    """
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except FileNotFoundError:  # its last owner removed the folder just now
            continue
        try:
            _lock(descriptor, path)
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
