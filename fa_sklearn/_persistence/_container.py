"""The bytes of a saved estimator: a safetensors file with a JSON document and a checksum."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

FORMAT = "fa_sklearn"
FORMAT_VERSION = "1"
_NO_CHECKSUM = "0" * 64
_METADATA_KEYS = {"format", "format_version", "sha256", "document"}
_LENGTH_BYTES = 8
# Whatever reading a forged document can stumble over.
STUMBLES = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError),
    *(RuntimeError, TypeError, ValueError),
)


class NotOurFormatError(ValueError):
    """What was read is nothing that `save` writes."""


def pack(document: Any, tensors: Mapping[str, Tensor]) -> bytes:
    """Put a document and tensors into the bytes of a safetensors file.

    Parameters
    ----------
    document : object
        What JSON can write.
    tensors : mapping of str to Tensor
        Contiguous, on the CPU.

    Returns
    -------
    bytes
        The file. Its checksum is that of the same bytes with zeros in place of the checksum.
    """
    metadata = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "sha256": _NO_CHECKSUM,
        "document": json.dumps(document, allow_nan=False),
    }
    data: bytes = safetensors.torch.save(dict(tensors), metadata)
    checksum = hashlib.sha256(data).hexdigest()
    return data.replace(_NO_CHECKSUM.encode(), checksum.encode(), 1)


def read_bytes(path: str | os.PathLike[str]) -> bytes:
    """Read a regular file.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    bytes
        What is in it.

    Raises
    ------
    ValueError
        If it is a folder, a device or a pipe.
    """
    path = Path(path)
    if not stat.S_ISREG(path.stat().st_mode):  # reading a device or a pipe might never end
        raise ValueError(f"{str(path)!r} is no regular file: pass the file that save wrote.")
    return path.read_bytes()


def unpack(data: bytes) -> tuple[Any, dict[str, Tensor]]:
    """Take the bytes of a file apart, after checking format, version and checksum.

    Parameters
    ----------
    data : bytes
        What `pack` made.

    Returns
    -------
    document : object
        What JSON holds; nothing in it has been checked.
    tensors : dict of str to Tensor
        On the CPU.

    Raises
    ------
    NotOurFormatError
        If it is another format or another version, or damaged.
    """
    header, header_end = _read_header(data)
    metadata = header.get("__metadata__")
    if not isinstance(metadata, dict) or metadata.get("format") != FORMAT:
        raise NotOurFormatError("it is a safetensors file, but none that save wrote")
    version = metadata.get("format_version")
    if version != FORMAT_VERSION:
        raise NotOurFormatError(
            f"it has format version {version!r}, and this fa_sklearn reads version "
            f"{FORMAT_VERSION!r}: load it with the fa_sklearn that wrote it, or a newer one"
        )
    if metadata.keys() != _METADATA_KEYS:
        raise NotOurFormatError("its header does not have the entries that save writes")
    _verify_checksum(data, header_end, metadata["sha256"])
    try:
        return _parse(metadata["document"]), safetensors.torch.load(data)
    except (SafetensorError, ValueError, RecursionError) as error:
        raise NotOurFormatError(f"its content cannot be read ({error})") from error


def _parse(text: str | bytes) -> Any:
    """Read JSON in which no key occurs twice: two readers would see two documents."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) < len(pairs):
            raise ValueError("a key occurs twice")
        return result

    return json.loads(text, object_pairs_hook=unique)


def _read_header(data: bytes) -> tuple[dict[str, Any], int]:
    """Return the header of a safetensors file, and where it ends."""
    end = _LENGTH_BYTES + int.from_bytes(data[:_LENGTH_BYTES], "little")
    try:
        if end > len(data):
            raise ValueError("it ends before its header does")
        header = _parse(data[_LENGTH_BYTES:end])
        if not isinstance(header, dict):
            raise ValueError("its header is no object")
    except (ValueError, RecursionError) as error:
        raise NotOurFormatError(
            "it is no safetensors file, or a damaged one; pickles are not read"
        ) from error
    return header, end


def _verify_checksum(data: bytes, header_end: int, checksum: Any) -> None:
    """Compare the checksum in the header with that of all bytes but its own."""
    written = str(checksum).encode()
    start = data.find(written, 0, header_end) if len(written) == len(_NO_CHECKSUM) else -1
    digest = hashlib.sha256()
    if start >= 0:
        view = memoryview(data)
        for part in (view[:start], _NO_CHECKSUM.encode(), view[start + len(written) :]):
            digest.update(part)
    if start < 0 or digest.hexdigest().encode() != written:
        raise NotOurFormatError(
            "its checksum does not match its content: it was damaged or changed after it was saved"
        )
