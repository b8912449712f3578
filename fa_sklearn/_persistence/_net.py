"""The trained net: its module, optimizer, generators and history, written and rebuilt."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from sklearn.base import clone
from skorch.history import History
from torch import Tensor, nn

from .._training import (
    OPTIMIZERS,
    ForcedApartNet,
    OwnRandomness,
    available_device,
    available_dtype,
    match_layout,
    named_tensors,
    resolve_optimizer,
)
from ..losses import LossTerm
from ..modules._checks import check_module_arguments, check_module_output
from ._container import STUMBLES, NotOurFormatError
from ._values import CodeError, Decoder, Encoder, given

_SHAPE_ARGUMENTS = ("input_shape", "n_components", "n_outputs")
_NUMBERS = ("alpha", "lr", "max_epochs", "batch_size", "channels_last")
_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
_PREFIX = "module."


def _encode_or_give(encoder: Encoder, value: Any, name: str, parameter: str) -> Any:
    try:
        return encoder.encode(value, name)
    except CodeError:
        return given(parameter, value)


def _optimizer_of(net: ForcedApartNet) -> Any:
    """Name of a built-in optimizer, or the user's own."""
    made_by = getattr(net.optimizer, "func", None)
    keywords = getattr(net.optimizer, "keywords", {})
    for name, factory in OPTIMIZERS.items():
        if made_by is factory.func and keywords.keys() == factory.keywords.keys():
            if {**keywords, "fused": None} == {**factory.keywords, "fused": None}:
                return name
    return net.optimizer


def encode_net(net: ForcedApartNet, encoder: Encoder) -> dict[str, Any]:
    """Write a trained net.

    Parameters
    ----------
    net : ForcedApartNet
        The net.
    encoder : Encoder
        Collects the tensors.

    Returns
    -------
    dict
        What `decode_net` reads.
    """
    factory = net.module
    assert isinstance(factory, functools.partial)
    shapes = {key: factory.keywords[key] for key in _SHAPE_ARGUMENTS if key in factory.keywords}
    options = {key: value for key, value in factory.keywords.items() if key not in shapes}
    weights = named_tensors(net.module_)
    for name, tensor in weights.items():
        encoder.encode(tensor, _PREFIX + name)
    generators = {
        key: generator.get_state() for key, generator in net.randomness.generators.items()
    }
    return {
        "module": _encode_or_give(encoder, factory.func, "module", "module"),
        "arguments": encoder.encode(shapes, "arguments"),
        "options": _encode_or_give(encoder, options, "module_params", "module_params"),
        "frozen": [name for name, weight in net.module_.named_parameters() if _frozen(weight)],
        "optimizer": _encode_or_give(encoder, _optimizer_of(net), "optimizer", "optimizer"),
        "optimizer_state": encoder.encode(net.optimizer_.state_dict(), "optimizer"),
        **{key: encoder.encode(getattr(net, key), key) for key in _NUMBERS},
        "device": str(net.device),
        "dtype": str(net.dtype).removeprefix("torch."),
        "seed": net.randomness.seed,
        "generators": encoder.encode(generators, "generators"),
        "order": encoder.encode(net.rng.bit_generator.state, "order"),
        "history": encoder.encode(list(net.history), "history"),
        "checked": net._checked,
        "warned": net._warned,
    }


def _frozen(weight: nn.Parameter) -> bool:
    return not weight.requires_grad


class NetPlan:
    """All of a net that is data, read from a file and checked before anything is built.

    Parameters
    ----------
    written : mapping
        From `encode_net`.
    decoder : Decoder
        Reads it.
    """

    def __init__(self, written: Mapping[str, Any], decoder: Decoder) -> None:
        self.module: type[nn.Module] = decoder.decode(written["module"])
        self.is_own = isinstance(written["module"], dict) and written["module"]["type"] == "given"
        self.arguments: dict[str, Any] = decoder.decode(written["arguments"])
        self.options: dict[str, Any] = decoder.decode(written["options"]) or {}
        self.frozen = set(written["frozen"])
        self.numbers = {key: decoder.decode(written[key]) for key in _NUMBERS}
        self.optimizer = decoder.decode(written["optimizer"])
        self._check_optimizer(written["optimizer"])
        self.optimizer_state = decoder.decode(written["optimizer_state"])
        self.device = torch.device(written["device"])
        self.dtype = _DTYPES[written["dtype"]]
        self.seed = int(written["seed"])
        self.generators: dict[str, Tensor] = decoder.decode(written["generators"])
        self.rng = np.random.default_rng(0)
        self.rng.bit_generator.state = decoder.decode(written["order"])
        self.history = History(decoder.decode(written["history"]))
        self.checked, self.warned = bool(written["checked"]), bool(written["warned"])
        names = [name for name in decoder.tensors if name.startswith(_PREFIX)]
        self.weights = {name.removeprefix(_PREFIX): decoder.tensor(name) for name in names}
        if not self.is_own:
            self._check_built_in()

    def _check_optimizer(self, written: Any) -> None:
        """Try what is not the user's own: a name, or a class of torch.optim with options."""
        kind = written["type"] if isinstance(written, dict) else "name"
        self.is_own_optimizer = kind == "given"
        if kind == "name" and written not in OPTIMIZERS:
            raise NotOurFormatError(f"it names the unknown optimizer {written!r}")
        if kind not in ("name", "given"):
            optimizer = self.optimizer([nn.Parameter(torch.zeros(1))], lr=self.numbers["lr"])
            if not isinstance(optimizer, torch.optim.Optimizer):
                raise NotOurFormatError("its optimizer is none")

    def _check_built_in(self) -> None:
        """Compare the net that would be built with the weights, before memory is taken for it."""
        if self.options.get("num_layers", 1) > len(self.weights):
            raise NotOurFormatError("it describes more layers than it has weights")
        with torch.device("meta"):
            check_weights(self._make_module(), self.weights)

    def _make_module(self) -> nn.Module:
        return self.module(**self.arguments, **self.options)

    def build(
        self,
        task: Any,
        terms: Mapping[str, LossTerm],
        callbacks: list[Any],
        optimizer_params: Mapping[str, Any],
    ) -> ForcedApartNet:
        """Make the net that was saved.

        Parameters
        ----------
        task : callable
            Makes the task.
        terms : mapping of str to LossTerm
            The penalty.
        callbacks : list of skorch callbacks
            The estimator's.
        optimizer_params : mapping
            Options of the user's own optimizer.

        Returns
        -------
        ForcedApartNet
            Ready to predict and to be trained further, on the CPU where its device is missing.
        """
        check_module_arguments(self.module, self.arguments, self.options)
        device = available_device(self.device)
        optimizer = self.optimizer
        if isinstance(optimizer, str):
            optimizer = resolve_optimizer(optimizer, device)
        elif self.is_own_optimizer:
            optimizer = resolve_optimizer(optimizer, device, optimizer_params)
        net = ForcedApartNet(
            functools.partial(self.module, **self.arguments, **self.options),
            task,
            terms={name: clone(term) for name, term in terms.items()},
            optimizer=optimizer,
            callbacks=callbacks,
            device=device,
            dtype=self.dtype,
            randomness=OwnRandomness(self.seed),
            rng=self.rng,
            check_output=functools.partial(
                check_module_output,
                n_components=self.arguments["n_components"],
                n_outputs=self.arguments.get("n_outputs"),
            ),
            **self.numbers,
        ).initialize()
        net.dtype = available_dtype(net.dtype, net.module_, device)
        self._fill(net)
        return net

    def _fill(self, net: ForcedApartNet) -> None:
        """Give a fresh net the weights, the optimizer's state, the generators and the history."""
        check_weights(net.module_, self.weights)
        with torch.no_grad():
            for name, tensor in named_tensors(net.module_).items():
                tensor.copy_(self.weights[name])
        for name, weight in net.module_.named_parameters():
            weight.requires_grad_(name not in self.frozen)
        try:
            self._fill_optimizer(net.optimizer_)
            states = {key: state.numpy() for key, state in self.generators.items()}
            net.randomness.__setstate__({"seed": self.seed, "states": states})
        except STUMBLES as error:
            raise NotOurFormatError(
                f"its optimizer or its random generators cannot go on from there ({error})"
            ) from error
        net.history_ = self.history
        net._checked, net._warned = self.checked, self.warned
        net._set_training(False)

    def _fill_optimizer(self, optimizer: torch.optim.Optimizer) -> None:
        optimizer.load_state_dict(self.optimizer_state)
        weights = [weight for group in optimizer.param_groups for weight in group["params"]]
        for weight in weights if _is_fused(optimizer) else ():
            for key, value in optimizer.state.get(weight, {}).items():
                expected = torch.Size() if key == "step" else weight.shape
                if isinstance(value, Tensor) and value.shape != expected:
                    raise NotOurFormatError("a tensor of the optimizer has another shape")
        match_layout(optimizer)


def _is_fused(optimizer: torch.optim.Optimizer) -> bool:
    """Whether one kernel walks over weights and moments by position, whatever their shapes."""
    return any(group.get("fused") for group in optimizer.param_groups)


def check_weights(module: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Compare names, shapes and dtypes of a module's weights with those of a file.

    Parameters
    ----------
    module : nn.Module
        A fresh module; it may be on the meta device.
    weights : mapping of str to Tensor
        From the file.

    Raises
    ------
    NotOurFormatError
        If they do not fit.
    """
    expected = named_tensors(module)
    if missing := sorted(expected.keys() - weights.keys()):
        raise NotOurFormatError(f"the weight {missing[0]!r} of {type(module).__name__} is missing")
    if extra := sorted(weights.keys() - expected.keys()):
        raise NotOurFormatError(f"{type(module).__name__} has no weight {extra[0]!r}")
    for name, tensor in expected.items():
        found = weights[name]
        if found.shape != tensor.shape or found.dtype != tensor.dtype:
            raise NotOurFormatError(
                f"the weight {name!r} has shape {tuple(found.shape)} and dtype {found.dtype}, but "
                f"{type(module).__name__} needs {tuple(tensor.shape)} and {tensor.dtype}"
            )
