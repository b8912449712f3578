"""Python values as JSON and tensors: what is data is written, what is code is refused."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..losses import LossTerm
from ..losses._penalty import TERMS
from ..modules._registry import AUTOENCODER_MODULES, CLASSIFIER_MODULES
from ..views import Views
from ..views._registry import VIEWS
from ._container import NotOurFormatError

_MODULES = {
    cls.__name__: cls for cls in (*CLASSIFIER_MODULES.values(), *AUTOENCODER_MODULES.values())
}
_OPTIMIZERS = {
    name: cls
    for name, cls in vars(torch.optim).items()
    if isinstance(cls, type) and issubclass(cls, torch.optim.Optimizer)
}
_TERM_NAMES = {cls: name for name, cls in TERMS.items()}
_VIEW_NAMES = {cls: name for name, cls in VIEWS.items()}
_SCALARS = {"bool", "float16", "float32", "float64"} | {
    f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}
# A file may not ask for more memory than its own size suggests.
_WIDEST = 1000


class CodeError(TypeError):
    """A value is code, or an object of a class that the file format does not know."""


class Encoder:
    """Turns values into what JSON can write, and collects the tensors among them.

    Attributes
    ----------
    tensors : dict of str to Tensor
        What the JSON refers to by name.
    divergence : callable or None
        The user's divergence, if one was met: the file only says that there was one.
    """

    def __init__(self) -> None:
        self.tensors: dict[str, Tensor] = {}
        self.divergence: Callable[..., Any] | None = None

    def encode(self, value: Any, name: str) -> Any:
        """Turn a value into JSON.

        Parameters
        ----------
        value : object
            What to write.
        name : str
            What it is called, for tensors and messages.

        Returns
        -------
        object
            What `decode` turns back.

        Raises
        ------
        CodeError
            If it is not data.
        """
        if value is None or type(value) in (bool, int, str):
            return value
        if type(value) is float:
            return value if math.isfinite(value) else {"type": "float", "value": str(value)}
        if type(value) is list:
            return self._items(value, name)
        if type(value) is tuple:
            return {"type": "tuple", "items": self._items(value, name)}
        if type(value) is dict:
            return {
                "type": "dict",
                "keys": self._items(list(value), f"{name}.key"),
                "values": [self.encode(entry, f"{name}.{key}") for key, entry in value.items()],
            }
        return self._encode_object(value, name)

    def _items(self, values: Any, name: str) -> list[Any]:
        return [self.encode(value, f"{name}.{i}") for i, value in enumerate(values)]

    def _encode_object(self, value: Any, name: str) -> dict[str, Any]:
        if isinstance(value, np.generic) and value.dtype.name in _SCALARS:
            item = self.encode(value.item(), name)
            return {"type": "scalar", "dtype": value.dtype.name, "value": item}
        if type(value) is np.str_:
            return {"type": "scalar", "dtype": "str", "value": str(value)}
        if type(value) is np.ndarray:
            return self._encode_array(value, name)
        if isinstance(value, Tensor):
            return {"type": "tensor", "name": self._keep(value, name)}
        if isinstance(value, torch.device):
            return {"type": "device", "value": str(value)}
        if isinstance(value, Path):
            return {"type": "path", "value": str(value)}
        if type(value) is np.random.RandomState:
            state = value.get_state(legacy=True)
            return {"type": "random_state", "state": self.encode(tuple(state), name)}
        return self._encode_known_code(value, name)

    def _encode_known_code(self, value: Any, name: str) -> dict[str, Any]:
        """Write names of the classes of this package and of torch.optim."""
        if type(value) in _TERM_NAMES:
            params = {
                key: self.encode_divergence(part)
                if key == "divergence"
                else self.encode(part, f"{name}.{key}")
                for key, part in value.get_params(deep=False).items()
            }
            return {"type": "term", "name": _TERM_NAMES[type(value)], "params": params}
        if type(value) in _VIEW_NAMES:
            params = self.encode(value.get_params(deep=False), name)
            return {"type": "views", "name": _VIEW_NAMES[type(value)], "params": params}
        if isinstance(value, functools.partial) and not value.args:
            if _name_of(value.func, _OPTIMIZERS):
                options = self.encode(value.keywords, f"{name}.options")
                optimizer = _name_of(value.func, _OPTIMIZERS)
                return {"type": "optimizer_with", "name": optimizer, "options": options}
        for kind, known in (("module", _MODULES), ("optimizer", _OPTIMIZERS)):
            if found := _name_of(value, known):
                return {"type": kind, "name": found}
        raise CodeError(f"{name}={value!r} is code, or of a type that the file cannot hold")

    def encode_divergence(self, value: Any) -> Any:
        """Write the name of a divergence, or that the user's own is needed.

        Parameters
        ----------
        value : str or callable
            The divergence.

        Returns
        -------
        object
            What `decode` turns back.
        """
        if isinstance(value, str) or not callable(value):
            return self.encode(value, "divergence")
        if self.divergence is None:
            self.divergence = value
        if value is not self.divergence:
            raise CodeError("penalty holds several divergences of the user's own")
        return given("divergence", value)

    def _encode_array(self, value: np.ndarray[Any, Any], name: str) -> dict[str, Any]:
        if value.dtype.name in _SCALARS:
            native = np.array(value, dtype=value.dtype.newbyteorder("="), order="C", copy=True)
            return {"type": "array", "name": self._keep(torch.from_numpy(native), name)}
        is_text = value.dtype.kind == "U" and value.dtype.itemsize <= 4 * _WIDEST
        if value.ndim == 1 and (is_text or value.dtype.kind == "O"):
            dtype = "object" if value.dtype.kind == "O" else value.dtype.str[1:]
            return {"type": "labels", "dtype": dtype, "items": self._items(value.tolist(), name)}
        raise CodeError(f"{name} is an array of dtype {value.dtype}, which the file cannot hold")

    def _keep(self, tensor: Tensor, name: str) -> str:
        while name in self.tensors:  # keys such as 1 and "1" look alike in a name
            name += "_"
        # A copy: tensors that share memory, or are views, cannot stand in one file.
        self.tensors[name] = tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
        return name


def _name_of(value: Any, known: Mapping[str, type]) -> str | None:
    return next((name for name, cls in known.items() if cls is value), None)


def given(parameter: str, value: Any) -> dict[str, Any]:
    """Write that a parameter is code, which the user hands over again.

    Parameters
    ----------
    parameter : str
        Its name.
    value : object
        The code.

    Returns
    -------
    dict
        What `decode` replaces by what the user gave.
    """
    about = getattr(value, "__qualname__", None)
    return {"type": "given", "name": parameter, "about": about or f"<{type(value).__name__}>"}


class Decoder:
    """Turns what `Encoder` wrote back into values; nothing in the file is executed.

    Parameters
    ----------
    tensors : mapping of str to Tensor
        What the JSON refers to.
    code : mapping of str to object
        What the user hands over, by parameter.
    """

    def __init__(self, tensors: Mapping[str, Tensor], code: Mapping[str, Any]) -> None:
        self.tensors = tensors
        self.code = code
        self.used: set[str] = set()

    def decode(self, written: Any) -> Any:
        """Turn JSON back into a value.

        Parameters
        ----------
        written : object
            What `Encoder.encode` returned.

        Returns
        -------
        object
            The value.

        Raises
        ------
        NotOurFormatError
            If it is nothing that `Encoder` writes.
        """
        if isinstance(written, list):
            return [self.decode(item) for item in written]
        if not isinstance(written, dict):
            return written
        kind = written.get("type")
        reader = _READERS.get(kind) if isinstance(kind, str) else None
        if reader is None:
            raise NotOurFormatError(f"it holds a value of the unknown type {kind!r}")
        return reader(self, written)

    def tensor(self, name: str) -> Tensor:
        """Return a tensor, and remember that the document names it.

        Parameters
        ----------
        name : str
            Its name in the file.

        Returns
        -------
        Tensor
            The tensor.
        """
        if name not in self.tensors:
            raise NotOurFormatError(f"the tensor {name!r} is missing")
        self.used.add(name)
        return self.tensors[name]

    def _dict(self, written: dict[str, Any]) -> dict[Any, Any]:
        keys = (self.decode(key) for key in written["keys"])
        return dict(zip(keys, self.decode(written["values"]), strict=True))

    def _scalar(self, written: dict[str, Any]) -> Any:
        value, dtype = self.decode(written["value"]), written["dtype"]
        if dtype == "str":
            return np.str_(value)
        if dtype not in _SCALARS or not isinstance(value, (bool, int, float)):
            raise NotOurFormatError(f"it holds a scalar of the unknown dtype {dtype!r}")
        return np.dtype(dtype).type(value)

    def _labels(self, written: dict[str, Any]) -> np.ndarray[Any, Any]:
        items, dtype = self.decode(written["items"]), written["dtype"]
        if dtype != "object":
            if not all(isinstance(item, str) for item in items):
                raise NotOurFormatError("its labels are not what they should be")
            width = int(dtype.removeprefix("U"))
            return np.array(items, dtype=f"U{min(width, _WIDEST)}")
        labels = np.empty(len(items), dtype=object)
        labels[:] = items
        return labels

    def _random_state(self, written: dict[str, Any]) -> np.random.RandomState:
        generator = np.random.RandomState(0)
        generator.set_state(self.decode(written["state"]))
        return generator

    def _term(self, written: dict[str, Any]) -> LossTerm:
        params = {key: self.decode(part) for key, part in written["params"].items()}
        return TERMS[written["name"]](**params)

    def _views(self, written: dict[str, Any]) -> Views:
        return VIEWS[written["name"]](**self.decode(written["params"]))

    def _optimizer_with(self, written: dict[str, Any]) -> functools.partial[Any]:
        return functools.partial(_OPTIMIZERS[written["name"]], **self.decode(written["options"]))


_READERS: dict[str, Callable[[Decoder, dict[str, Any]], Any]] = {
    "float": lambda _, written: {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[
        written["value"]
    ],
    "tuple": lambda decoder, written: tuple(decoder.decode(written["items"])),
    "dict": Decoder._dict,
    "scalar": Decoder._scalar,
    "array": lambda decoder, written: decoder.tensor(written["name"]).numpy().copy(),
    "labels": Decoder._labels,
    "tensor": lambda decoder, written: decoder.tensor(written["name"]),
    "device": lambda _, written: torch.device(written["value"]),
    "path": lambda _, written: Path(written["value"]),
    "random_state": Decoder._random_state,
    "term": Decoder._term,
    "views": Decoder._views,
    "module": lambda _, written: _MODULES[written["name"]],
    "optimizer": lambda _, written: _OPTIMIZERS[written["name"]],
    "optimizer_with": Decoder._optimizer_with,
    "given": lambda decoder, written: decoder.code[written["name"]],
}
