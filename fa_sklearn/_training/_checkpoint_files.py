"""A folder with the last two checkpoints of one fit: written whole or not at all, and checked."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import warnings
from pathlib import Path
from typing import Any

import torch

from ._lock import acquire_lock

MAGIC = b"fa_sklearn checkpoint 1\n"
KEPT = 2
_SUFFIX = ".checkpoint"


def _encode(state: dict[str, Any]) -> bytes:
    content = io.BytesIO()
    torch.save(state, content)
    payload = content.getvalue()
    return MAGIC + hashlib.sha256(payload).digest() + payload


def _decode(content: bytes) -> dict[str, Any]:
    start = len(MAGIC)
    payload = memoryview(content)[start + 32 :]
    if content[:start] != MAGIC or content[start : start + 32] != hashlib.sha256(payload).digest():
        raise ValueError("its checksum is wrong")
    # Plain values and tensors only: nothing in the file is run.
    state: dict[str, Any] = torch.load(io.BytesIO(payload), map_location="cpu", weights_only=True)
    return state


def _sync_folder(path: Path) -> None:
    """Have the names in a folder written to the disk, where the system can open folders."""
    if os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file so that its name never stands for half of it."""
    temporary = path.with_name("unfinished")
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(path.parent)


class CheckpointFolder:
    """The checkpoints of one fit.

    Parameters
    ----------
    parent : Path
        What the user gave as `checkpoint_dir`.
    name : str
        Fingerprint of the fit: the folder's name in there.

    Raises
    ------
    OSError
        If the folder cannot be made.
    """

    def __init__(self, parent: Path, name: str) -> None:
        self.parent = parent
        self.path = parent / name
        with self._explain_failure():
            self._lock = acquire_lock(self.path / "lock")

    @contextlib.contextmanager
    def _explain_failure(self) -> Any:
        try:
            yield
        except OSError as error:
            raise OSError(
                error.errno,
                f"checkpoint_dir={str(self.parent)!r} cannot be written ({error.strerror}): make "
                "room there or name another folder. Earlier checkpoints are whole, the same fit "
                "goes on from them",
            ) from error

    def _files(self) -> list[Path]:
        """Checkpoints, oldest first."""
        return sorted(self.path.glob(f"*{_SUFFIX}"))

    def load(self) -> dict[str, Any] | None:
        """Read the newest checkpoint that is whole.

        Returns
        -------
        dict or None
            What was saved; None where nothing was, or all is damaged.
        """
        for path in reversed(self._files()):
            try:
                state = _decode(path.read_bytes())
                if state["fingerprint"] != self.path.name:
                    raise ValueError("it belongs to another fit")
                return state
            except Exception as error:
                warnings.warn(
                    f"The checkpoint {path} cannot be used: {error}. The one before it is taken, "
                    "or the fit starts afresh where there is none.",
                    UserWarning,
                    stacklevel=2,
                )
        return None

    def save(self, state: dict[str, Any], epoch: int) -> None:
        """Write a checkpoint, and forget all but the last two.

        Parameters
        ----------
        state : dict
            Plain values and tensors.
        epoch : int
            Its number; a larger one is newer.

        Raises
        ------
        OSError
            If it cannot be written; earlier ones stay.
        """
        path = self.path / f"epoch-{epoch:08d}{_SUFFIX}"
        with self._explain_failure():
            _write_whole(path, _encode({**state, "fingerprint": self.path.name}))
            older = [file for file in self._files() if file < path]
            # A later epoch's file is a damaged one that this fit did not go on from.
            for file in {*self._files()} - {path, *older[-(KEPT - 1) :]}:
                file.unlink()

    def keep_last(self) -> None:
        """Remove all checkpoints but the newest."""
        for path in self._files()[:-1]:
            path.unlink()

    def clear(self) -> None:
        """Remove all checkpoints."""
        for path in self._files():
            path.unlink()

    def close(self) -> None:
        """Let others use the folder; one without checkpoints is removed."""
        if not self._files():
            with contextlib.suppress(OSError):
                (self.path / "unfinished").unlink(missing_ok=True)
                (self.path / "lock").unlink()
                self.path.rmdir()
        os.close(self._lock)
