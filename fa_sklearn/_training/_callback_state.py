"""What callbacks have learnt so far, as plain values where possible and else pickled."""

from __future__ import annotations

import io
import pickle
import types
import warnings
from collections import OrderedDict
from typing import Any

from skorch import NeuralNet
from skorch.callbacks import Callback, EarlyStopping, EpochTimer
from torch import Tensor, nn

from ._progress import ProgressLine

# Clocks of a process that is gone tell nothing.
_CLOCKS = (EpochTimer, ProgressLine)
# All that changes in these is plain.
_PLAIN_CALLBACKS = (*_CLOCKS, EarlyStopping)
_SCALARS = (type(None), bool, int, float, str, bytes)
_CONTAINERS = (list, tuple, dict, OrderedDict)
_PICKLED, _STATE_DICT = "pickled", "state_dict"
_CODE = (types.FunctionType, types.MethodType, types.ModuleType, type)


def is_plain(value: Any) -> bool:
    """Whether a value can be written to a file and read back without running code.

    Parameters
    ----------
    value : object
        Any.

    Returns
    -------
    bool
        True for numbers, strings, tensors, and lists, tuples and dicts of such.
    """
    if type(value) in (dict, OrderedDict):
        return all(is_plain(key) and is_plain(item) for key, item in value.items())
    if type(value) in _CONTAINERS:
        return all(map(is_plain, value))
    return type(value) in _SCALARS or type(value) in (Tensor, nn.Parameter)


def _refers_to(value: Any, objects: set[int]) -> bool:
    """Whether one of the objects is a plain value or in it."""
    if id(value) in objects:
        return True
    items = value.values() if isinstance(value, dict) else value
    return type(value) in _CONTAINERS and any(_refers_to(item, objects) for item in items)


def _parts(net: NeuralNet) -> dict[str, Any]:
    """Objects of a net that its callbacks may refer to."""
    parts = {"net": net, "optimizer": net.optimizer_, "criterion": net.criterion_}
    parts |= {"history": net.history}
    parts |= {f"callback {name}": callback for name, callback in net.callbacks_}
    parts |= {f"term {name}": term for name, term in net.terms.items()}
    for kind in ("modules", "parameters", "buffers"):
        found = getattr(net.module_, f"named_{kind}")()
        parts |= {f"{kind} {name}": part for name, part in found}
    return parts


class _Pickler(pickle.Pickler):
    """Names the parts of the net instead of pickling them."""

    def __init__(self, file: io.BytesIO, net: NeuralNet) -> None:
        super().__init__(file)
        self.names = {id(part): name for name, part in _parts(net).items()}

    def persistent_id(self, obj: Any) -> str | None:
        return self.names.get(id(obj))


class _Unpickler(pickle.Unpickler):
    """Puts the parts of another net in the places of their names."""

    def __init__(self, file: io.BytesIO, net: NeuralNet) -> None:
        super().__init__(file)
        self.parts = _parts(net)

    def persistent_load(self, pid: str) -> Any:
        return self.parts[pid]


def may_unpickle(net: NeuralNet) -> bool:
    """Whether a net has callbacks of the user's, whose state may be pickled.

    Parameters
    ----------
    net : NeuralNet
        An initialized net.

    Returns
    -------
    bool
        False for the timer, the progress line and early stopping.
    """
    return any(type(callback) not in _PLAIN_CALLBACKS for _, callback in net.callbacks_)


def pack(value: Any, net: NeuralNet) -> tuple[str, Any]:
    """Turn a value into plain ones.

    Parameters
    ----------
    value : object
        Any.
    net : NeuralNet
        Its parts are referred to by name.

    Returns
    -------
    kind : str
        How to turn it back.
    content : object
        Plain.

    Raises
    ------
    TypeError
        If it can neither be pickled nor has a ``state_dict``.
    """
    if is_plain(value) and not _refers_to(value, {id(part) for part in _parts(net).values()}):
        return "plain", value
    try:
        file = io.BytesIO()
        _Pickler(file, net).dump(value)
        return _PICKLED, file.getvalue()
    except Exception as error:
        if isinstance(value, type) or not hasattr(value, "load_state_dict"):
            raise TypeError(str(error)) from error
    kind, content = pack(value.state_dict(), net)
    return f"{_STATE_DICT} {kind}", content


def unpack(packed: tuple[str, Any], net: NeuralNet, fresh: Any = None) -> Any:
    """Turn what `pack` gave into the value.

    Parameters
    ----------
    packed : tuple
        From `pack`.
    net : NeuralNet
        Whose parts take the places of their names.
    fresh : object, default=None
        What a packed ``state_dict`` is loaded into.

    Returns
    -------
    object
        The value.

    Raises
    ------
    ValueError
        If it is pickled, and the net has no callbacks that could have asked for that.
    """
    kind, content = packed
    if kind.endswith(_PICKLED):
        if not may_unpickle(net):
            raise ValueError("The checkpoint holds pickled objects, which this fit has none of.")
        content = _Unpickler(io.BytesIO(content), net).load()
    if kind.startswith(_STATE_DICT):
        fresh.load_state_dict(content)
        return fresh
    return content


def _capture_each(name: str, callback: Callback, net: NeuralNet) -> dict[str, Any]:
    """Pack the attributes of a callback that can be; warn of others, functions excepted."""
    packed = {}
    # What a callback itself leaves out of a pickle, such as an open file, needs no warning.
    expected = callback.__getstate__()
    for key, value in vars(callback).items():
        try:
            packed[key] = pack(value, net)
        except TypeError as error:
            if key in expected and not isinstance(value, _CODE):
                warnings.warn(
                    f"checkpoint_dir cannot keep {key!r} of the callback {name!r} ({error}): a "
                    "resumed fit has what the callback's on_train_begin makes.",
                    UserWarning,
                    stacklevel=2,
                )
    return packed


def _capture(name: str, callback: Callback, net: NeuralNet) -> dict[str, Any]:
    """Pack the attributes of a callback, together if possible: they may share objects."""
    state = vars(callback)
    if type(callback) in _PLAIN_CALLBACKS:
        state = {key: value for key, value in state.items() if is_plain(value)}
    try:
        return {"": pack(state, net)}
    except TypeError:
        return _capture_each(name, callback, net)


def capture_callbacks(net: NeuralNet) -> dict[str, dict[str, Any]]:
    """Copy the state of a net's callbacks.

    Parameters
    ----------
    net : NeuralNet
        In training.

    Returns
    -------
    dict of str to dict
        Packed attributes of each.
    """
    return {
        name: _capture(name, callback, net)
        for name, callback in net.callbacks_
        if not isinstance(callback, _CLOCKS)
    }


def restore_callbacks(net: NeuralNet, state: dict[str, dict[str, Any]]) -> None:
    """Give a net's callbacks their state back; those without one stay as they are.

    Parameters
    ----------
    net : NeuralNet
        With fresh callbacks of the same names.
    state : dict
        From `capture_callbacks`.
    """
    for name, callback in net.callbacks_:
        for key, packed in state.get(name, {}).items():
            if key:
                setattr(callback, key, unpack(packed, net, getattr(callback, key, None)))
            else:
                vars(callback).update(unpack(packed, net))
