"""The checkpoint of one fit: the net after its last epoch, where a killed fit goes on."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import io
import json
import os
import pickle
import types
import warnings
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import joblib
import numpy as np
import torch
from filelock import FileLock, Timeout
from joblib.hashing import NumpyHasher
from skorch import NeuralNet
from skorch.callbacks import Callback, EarlyStopping, EpochTimer

from .._atomic import write_atomically
from .._inputs import Pairing
from ._epoch import NotFiniteError
from ._pickling import to_array
from ._progress import ProgressLine

_DIGEST = 64
_LIBRARIES = ("fa_sklearn", "torch", "numpy", "scipy", "sklearn", "skorch")
# What changes in a net while it is trained; objects that several of these share stay shared.
_LEARNT = ("module_", "criterion_", "terms", "history_", "rng", "randomness") + (
    *("alpha", "lr", "batch_size", "_checked", "_warned"),
)
# Clocks of a process that is gone tell nothing.
_CLOCKS = (EpochTimer, ProgressLine)
_net: ContextVar[NeuralNet] = ContextVar("_net")


def _parts(net: NeuralNet) -> dict[str, Any]:
    """Name what is there before its state is read, and stays what others refer to."""
    callbacks = {f"callback {name}": callback for name, callback in net.callbacks_}
    return {"net": net, "optimizer": net.optimizer_, **callbacks}


def _find(name: str) -> Any:
    """Stand in a pickle for a part of the net that it is read into."""
    return _parts(_net.get())[name]


class _Pickler(pickle.Pickler):
    """Writes names of the net's parts."""

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, (NeuralNet, torch.optim.Optimizer, Callback)):
            for name, part in _parts(_net.get()).items():
                if obj is part:
                    return _find, (name,)
        return NotImplemented


class _Hasher(NumpyHasher):
    """Reads a tensor's values, not the file that torch would make of it."""

    def save(self, obj: Any) -> None:
        super().save((str(obj.dtype), to_array(obj)) if isinstance(obj, torch.Tensor) else obj)


@contextlib.contextmanager
def _at_work_on(net: NeuralNet) -> Iterator[None]:
    token = _net.set(net)
    try:
        yield
    finally:
        _net.reset(token)


def _dump(value: Any) -> bytes:
    """Pickle a value by torch, which writes a memory that tensors share once."""
    file = io.BytesIO()
    torch.save(value, file, types.SimpleNamespace(Pickler=_Pickler, __name__="pickle"))
    return file.getvalue()


def _callback_states(net: NeuralNet) -> dict[str, Any]:
    """Collect what callbacks would be pickled with, and best weights."""
    states = {}
    for name, callback in net.callbacks_:
        if isinstance(callback, EarlyStopping):  # leaves its best weights out of a pickle
            states[name] = vars(callback)
        elif not isinstance(callback, _CLOCKS):
            states[name] = callback.__getstate__()
    return states


def _name_of(parts: dict[str, Any]) -> str:
    """Name what a fit depends on, so that two that differ get different names."""
    versions = {name: importlib.import_module(name).__version__ for name in _LIBRARIES}
    hashes = {}
    for name, part in {**parts, "versions": versions}.items():
        try:
            hashes[name] = _Hasher("md5", coerce_mmap=True).hash(part)
        except Exception as error:
            raise TypeError(
                f"checkpoint_dir needs parameters that can be told apart, but {name} cannot: "
                f"{error}. Pass another {name}, such as a function of a module in place of a "
                "lambda, or checkpoint_dir=None."
            ) from error
    return str(joblib.hash(hashes))


def describe_net(net: NeuralNet) -> dict[str, Any]:
    """Collect what a net that was trained before brings into its next fit, durations excepted."""
    state: dict[str, Any] = net.__getstate__()
    parameters = {key: part for key, part in state["parameters"].items() if key != "callbacks"}
    rows = [{key: row[key] for key in row if key != "dur"} for row in state["history"]]
    return {**state, "parameters": parameters, "history": rows, "callbacks": None}


class FitCheckpoints:
    """A fit's checkpoint, for as long as the fit runs.

    Leaving the context keeps that of a fit that would come out the same again, so that doing it
    again takes no time, and none of a fit that would not, or whose numbers became infinite. After
    any other exception it stays, as does that of an unfinished fit.
    """

    def __init__(
        self, checkpoint_dir: str | os.PathLike[str], parts: dict[str, Any], *, repeatable: bool
    ) -> None:
        self.repeatable, self.unfinished, self.packed = repeatable, False, False
        self.pairing: Any = None
        self.folder = Path(checkpoint_dir)
        self.path = self.folder / f"{_name_of({**parts, 'repeatable': repeatable})}.checkpoint"
        with self._explain_failure():
            self.folder.mkdir(parents=True, exist_ok=True)
            self.lock = FileLock(self.path.with_suffix(".lock"))
            self._acquire()
            for left in self.folder.glob(f"{self.path.name}.*.part"):  # a killed fit's
                left.unlink()
        self.header, self.content = self._load()

    def _acquire(self) -> None:
        try:
            self.lock.acquire(timeout=0)
        except Timeout:
            warnings.warn(
                f"Another fit with the same parameters and data uses {self.path}: this one waits "
                "for it.",
                UserWarning,
                stacklevel=2,
            )
            self.lock.acquire()

    @contextlib.contextmanager
    def _explain_failure(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OSError(
                error.errno,
                f"checkpoint_dir={str(self.folder)!r} cannot be written ({error.strerror}): make "
                "room there or name another folder. An earlier checkpoint is whole, the same fit "
                "goes on from it",
            ) from error

    def _load(self) -> tuple[dict[str, Any], bytes]:
        """Read the checkpoint; nothing is unpickled yet."""
        if not self.path.exists():
            return {}, b""
        data = self.path.read_bytes()
        if hashlib.sha256(data[_DIGEST:]).hexdigest().encode() != data[:_DIGEST]:
            warnings.warn(
                f"The checkpoint {self.path} cannot be used, its checksum is wrong: the fit "
                "starts afresh.",
                UserWarning,
                stacklevel=2,
            )
            return {}, b""
        header, _, content = data[_DIGEST:].partition(b"\n")
        return json.loads(header), content

    def seed_sequence(self, seed: int | None) -> np.random.SeedSequence:
        """Make the source of all seeds, that of the checkpoint where there is one."""
        sequence = np.random.SeedSequence(self.header.get("entropy", seed))
        self.header["entropy"] = sequence.entropy
        return sequence

    def resume(self, net: NeuralNet, pairing: Pairing | None, planned: int) -> range:
        """Put the checkpoint into a net whose training begins; return the epochs left to do."""
        self.pairing = pairing if hasattr(pairing, "refresh") else None
        if not self.content:
            self._pack(net)  # what cannot be kept is named before it has cost an epoch
            return range(planned)
        with _at_work_on(net):
            state = torch.load(io.BytesIO(self.content), weights_only=False)
        vars(net).update(state["net"])
        vars(net.optimizer_).update(state["optimizer"])
        for name, callback in net.callbacks_:
            if name not in state["callbacks"]:
                continue
            kept = state["callbacks"][name]
            if hasattr(callback, "__setstate__"):
                callback.__setstate__(kept)
            else:
                vars(callback).update(kept or {})
        if self.pairing is not None:
            vars(self.pairing).update(state["pairing"])
        self.content = b""
        return range(planned if self.header["stopped"] else self.header["epochs"], planned)

    def _pack(self, net: NeuralNet) -> bytes:
        """Pickle what the net and its callbacks have learnt."""
        callbacks = _callback_states(net)
        with _at_work_on(net):
            for name, state in callbacks.items() if not self.packed else ():
                try:
                    _dump(state)
                except Exception as error:
                    raise TypeError(
                        f"checkpoint_dir cannot keep the callback {name!r} ({error}): leave what "
                        "cannot be pickled out in its __getstate__, or set checkpoint_dir=None."
                    ) from error
            self.packed = True
            learnt = {key: vars(net)[key] for key in _LEARNT}
            # Without hooks, and the step that a scheduler wraps.
            held = vars(net.optimizer_).items()
            optimizer = {k: v for k, v in held if not callable(v) and "hook" not in k}
            state = {"net": learnt, "optimizer": optimizer, "callbacks": callbacks}
            if self.pairing is not None:
                state["pairing"] = self.pairing.__getstate__()
            return _dump(state)

    def save(self, net: NeuralNet, epochs: int, *, stopped: bool) -> None:
        """Keep the state after so many epochs of this fit, and whether a callback ended it."""
        self.header |= {"epochs": epochs, "stopped": stopped}
        content = json.dumps(self.header).encode() + b"\n" + self._pack(net)
        with self._explain_failure():
            write_atomically(self.path, hashlib.sha256(content).hexdigest().encode() + content)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exception: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Tidy up and let others use the checkpoint."""
        finished = exception is None and not self.unfinished
        if finished and not self.repeatable or exception and issubclass(exception, NotFiniteError):
            self.path.unlink(missing_ok=True)
        self.lock.release()
