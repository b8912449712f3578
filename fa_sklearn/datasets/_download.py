"""Download one file and hold it against the digest that its publisher states."""

import hashlib
import logging
import shutil
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen

_TIMEOUT_S = 60
_CHUNK_BYTES = 1 << 20

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RemoteFile:
    """A file on a public server."""

    url: str
    filename: str
    algorithm: str
    digest: str


def download(remote: RemoteFile, target: Path) -> None:
    """Download `remote` to `target`; raise OSError unless it came whole and unchanged."""
    logger.info("Downloading %s", remote.url)
    try:
        with urlopen(remote.url, timeout=_TIMEOUT_S) as response, target.open("wb") as file:
            shutil.copyfileobj(response, file, _CHUNK_BYTES)
            announced = response.headers.get("Content-Length")
    except HTTPException as error:
        raise OSError(f"the connection broke off with {error!r}") from error
    arrived = target.stat().st_size
    if announced is not None and arrived != int(announced):
        raise OSError(f"only {arrived} of {announced} bytes arrived")
    verify(remote, target)


def verify(remote: RemoteFile, path: Path) -> None:
    """Raise OSError if the file at `path` does not have the published digest."""
    digest = file_digest(path, remote.algorithm)
    if digest != remote.digest:
        raise OSError(
            f"the {remote.algorithm} digest of {path.name} is {digest} where {remote.digest} is "
            "published"
        )


def file_digest(path: Path, algorithm: str) -> str:
    """Return the digest of the file at `path` in hexadecimal digits."""
    if algorithm == "git-blob":
        hasher = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    else:
        hasher = hashlib.new(algorithm, usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            hasher.update(chunk)
    return hasher.hexdigest()
