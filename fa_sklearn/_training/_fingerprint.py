"""One short name for what a fit depends on: parameters, code of the user's, and data."""

from __future__ import annotations

import copyreg
import functools
import hashlib
import sys
import types
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ._pickling import to_array

# Their versions are part of the fingerprint, so that names are enough for what is in them.
LIBRARIES = ("fa_sklearn", "torch", "numpy", "scipy", "sklearn", "skorch")
_KNOWN = frozenset({*LIBRARIES, *sys.stdlib_module_names})
_BLOCK_BYTES = 1 << 24
_PLAIN = (type(None), bool, int, float, complex, str, bytes, type(Ellipsis))
_CONTAINERS = (tuple, list, dict, set, frozenset)


def _combine(tag: str, parts: Iterable[bytes]) -> bytes:
    """Digest of a tag and of digests, which are all of one length: nothing can run together."""
    name = tag.encode()
    return hashlib.sha256(len(name).to_bytes(8, "big") + name + b"".join(parts)).digest()


def _blocks(array: NDArray[Any]) -> Iterable[NDArray[Any]]:
    """Contiguous pieces of an array, none much larger than a block or one row."""
    if not len(array):
        return
    rows = max(1, _BLOCK_BYTES // max(1, array.nbytes // len(array)))
    for start in range(0, len(array), rows):
        yield np.ascontiguousarray(array[start : start + rows])


def _is_plain(value: Any, containers: tuple[type, ...]) -> bool:
    """Whether a value is a number, a string or such, or a container of nothing else."""
    if type(value) in _PLAIN or isinstance(value, np.generic):
        return True
    if type(value) not in containers:
        return False
    items = [*value, *value.values()] if isinstance(value, dict) else value
    return all(_is_plain(item, containers) for item in items)


def _names(code: types.CodeType) -> set[str]:
    """Names that code, or code inside it, may look up among the globals."""
    nested = [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return set(code.co_names).union(*map(_names, nested))


def _constants(function: types.FunctionType) -> dict[str, Any]:
    """Constants that a function reads from its module; lists may change and are none."""
    found = function.__globals__
    return {
        name: found[name]
        for name in sorted(_names(function.__code__) & found.keys())
        if not name.startswith("__") and _is_plain(found[name], (tuple,))
    }


class _Fingerprint:
    """Digests of objects by value: shared or copied parts make no difference, cycles end."""

    def __init__(self) -> None:
        # The objects are kept: an id may only be trusted while its owner lives.
        self.known: dict[int, tuple[bytes, Any]] = {}

    def of(self, value: Any) -> bytes:
        if type(value) in _PLAIN or isinstance(value, np.generic):
            return _combine(type(value).__name__, [hashlib.sha256(repr(value).encode()).digest()])
        if id(value) not in self.known:
            self.known[id(value)] = (_combine("being looked at", []), value)
            self.known[id(value)] = (self.of_new(value), value)
        return self.known[id(value)][0]

    def of_new(self, value: Any) -> bytes:
        if type(value) in (np.ndarray, np.memmap):
            return self.of_array(value)
        if isinstance(value, Tensor):
            return _combine(f"tensor {value.dtype}", [self.of_array(to_array(value))])
        if type(value) in (list, tuple):
            return _combine(type(value).__name__, map(self.of, value))
        if type(value) in (set, frozenset):
            return _combine("set", sorted(map(self.of, value)))
        if type(value) in (dict, types.MappingProxyType):
            items = (_combine("item", map(self.of, item)) for item in value.items())
            return _combine("dict", sorted(items))
        return self.of_object(value)

    def of_array(self, array: NDArray[Any]) -> bytes:
        kind = f"array {array.dtype.str} {array.shape}"
        if array.dtype.hasobject:
            return _combine(kind, map(self.of, array.ravel().tolist()))
        content = hashlib.sha256()
        for block in _blocks(array.reshape(1) if array.ndim == 0 else array):
            content.update(block.view(np.uint8).data if block.size else b"")
        return _combine(kind, [content.digest()])

    def of_object(self, value: Any) -> bytes:
        if isinstance(value, type):
            return self.of_class(value)
        if isinstance(value, types.FunctionType):
            return self.of_function(value)
        if isinstance(value, types.MethodType):
            return _combine("method", [self.of(value.__self__), self.of(value.__func__)])
        if isinstance(value, types.CodeType):
            return self.of_code(value)
        if isinstance(value, functools.partial):
            parts = [value.func, value.args, value.keywords]
            return _combine("partial", map(self.of, parts))
        if isinstance(value, (staticmethod, classmethod)):
            return _combine(type(value).__name__, [self.of(value.__func__)])
        if isinstance(value, property):
            parts = [value.fget, value.fset, value.fdel]
            return _combine("property", map(self.of, parts))
        if isinstance(value, types.ModuleType):
            return _combine("module", [self.of(value.__name__)])
        # What pickle would keep of it tells all; an object that it refuses tells too little.
        reducer = copyreg.dispatch_table.get(type(value))
        reduced = value.__reduce_ex__(4) if reducer is None else reducer(value)
        return _combine("object", [self.of(type(value)), self.of(reduced)])

    def of_class(self, cls: type) -> bytes:
        name = self.of(f"{cls.__module__}.{cls.__qualname__}")
        if cls.__module__.partition(".")[0] in _KNOWN:
            return _combine("class", [name])
        members = {
            key: member
            for key, member in vars(cls).items()
            if isinstance(member, (types.FunctionType, staticmethod, classmethod, property))
            or (_is_plain(member, _CONTAINERS) and not key.startswith("__"))
        }
        return _combine("class", [name, self.of(members), *map(self.of, cls.__bases__)])

    def of_function(self, function: types.FunctionType) -> bytes:
        name = self.of(f"{function.__module__}.{function.__qualname__}")
        if (function.__module__ or "").partition(".")[0] in _KNOWN:
            return _combine("function", [name])
        enclosed = [cell.cell_contents for cell in function.__closure__ or ()]
        parts = [function.__code__, function.__defaults__, function.__kwdefaults__, enclosed]
        return _combine("function", [name, *map(self.of, [*parts, _constants(function)])])

    def of_code(self, code: types.CodeType) -> bytes:
        parts = [code.co_code, code.co_consts, code.co_names, code.co_varnames, code.co_freevars]
        return _combine("code", map(self.of, parts))


def fingerprint(parts: dict[str, Any]) -> str:
    """Name what is in some objects, so that two that differ get different names.

    Parameters
    ----------
    parts : dict of str to object
        Numbers, arrays (all of their bytes are read), functions and classes (their compiled code
        and the constants that it reads count, unless they are of a library), and objects of all
        of these.

    Returns
    -------
    str
        32 hexadecimal digits, the same in every process.

    Raises
    ------
    TypeError
        If an object shows nothing to tell it from others, such as an open file.
    """
    versions = {name: sys.modules[name].__version__ for name in LIBRARIES}
    digests = [_combine("versions", [_Fingerprint().of(versions)])]
    for name in sorted(parts):
        try:
            digests.append(_combine(name, [_Fingerprint().of(parts[name])]))
        except Exception as error:
            raise TypeError(
                f"checkpoint_dir needs parameters that can be told apart, but {name} cannot: "
                f"{error}. Pass another {name}, or checkpoint_dir=None."
            ) from error
    return _combine("fit", digests).hex()[:32]
