"""All that decides how the training of a net goes on: taken from one net, put into another."""

from __future__ import annotations

from typing import Any

import torch
from skorch.history import History
from torch import nn

from ._callback_state import capture_callbacks, is_plain, pack, restore_callbacks, unpack
from ._pickling import match_layout, named_tensors

_SETTINGS = ("alpha", "lr", "batch_size", "_checked", "_warned")
_SCALARS = (type(None), bool, int, float, str)


def _scalars(owner: Any) -> dict[str, Any]:
    """Counters and the like that an object keeps beside its tensors."""
    return {
        key: value
        for key, value in vars(owner).items()
        if type(value) in _SCALARS and not key.startswith("_")
    }


def _require_plain(value: Any, owner: object, remedy: str) -> Any:
    if not is_plain(value):
        raise TypeError(
            f"checkpoint_dir cannot keep the state of {type(owner).__name__}, which is more than "
            f"numbers, strings and tensors: {remedy}, or set checkpoint_dir=None."
        )
    return value


def _capture_term(term: Any) -> dict[str, Any]:
    return {key: value for key, value in vars(term).items() if is_plain(value)}


def capture(net: Any) -> dict[str, Any]:
    """Copy nothing, but collect the state of a net in training.

    Parameters
    ----------
    net : ForcedApartNet
        Between two epochs.

    Returns
    -------
    dict
        Plain values and tensors that still belong to the net.

    Raises
    ------
    TypeError
        If the optimizer's state is more than numbers, strings and tensors.
    """
    modules = dict(net.module_.named_modules())
    randomness = net.randomness.__getstate__()["states"]
    return {
        "tensors": {name: tensor.detach() for name, tensor in named_tensors(net.module_).items()},
        "trainable": {
            name: weight.requires_grad for name, weight in net.module_.named_parameters()
        },
        "modules": {name: _scalars(module) for name, module in modules.items()},
        "optimizer": _require_plain(
            net.optimizer_.state_dict(), net.optimizer_, "take another optimizer"
        ),
        "generators": {key: torch.from_numpy(state) for key, state in randomness.items()},
        "order": net.rng.bit_generator.state,
        "settings": {name: getattr(net, name) for name in _SETTINGS},
        "terms": {name: _capture_term(term) for name, term in net.terms.items()},
        "history": pack(net.history.to_list(), net),
        "callbacks": capture_callbacks(net),
    }


def _restore_module(module: nn.Module, state: dict[str, Any]) -> None:
    for name, part in module.named_modules():
        for key, value in state["modules"][name].items():
            setattr(part, key, value)
    for name, weight in module.named_parameters():
        weight.requires_grad_(state["trainable"][name])
    with torch.no_grad():
        for name, tensor in named_tensors(module).items():
            saved = state["tensors"][name]
            if saved.shape != tensor.shape:
                raise ValueError(
                    f"{name} of the module changes its shape in training: checkpoint_dir cannot "
                    "keep it, set checkpoint_dir=None."
                )
            tensor.copy_(saved)


def restore(net: Any, state: dict[str, Any]) -> None:
    """Put a collected state into a net that is about to train.

    Parameters
    ----------
    net : ForcedApartNet
        Made of the same parameters, its callbacks told that training begins.
    state : dict
        From `capture`, on the CPU.
    """
    _restore_module(net.module_, state)
    net.optimizer_.load_state_dict(state["optimizer"])
    match_layout(net.optimizer_)
    for key, saved in state["generators"].items():
        net.randomness.generator(torch.device(key)).set_state(saved)
    net.rng.bit_generator.state = state["order"]
    for name, value in state["settings"].items():
        setattr(net, name, value)
    for name, term in net.terms.items():
        for key, value in state["terms"][name].items():
            setattr(term, key, value)
    net.history[:] = History(unpack(state["history"], net))
    restore_callbacks(net, state["callbacks"])
