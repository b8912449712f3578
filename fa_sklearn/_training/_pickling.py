"""Modules and optimizers as structure plus NumPy arrays: stable to hash, loadable anywhere."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

Arrays = dict[str, NDArray[Any]]


def to_array(tensor: Tensor) -> NDArray[Any]:
    """Copy a tensor to an array, bfloat16 as its bits.

    Parameters
    ----------
    tensor : Tensor
        Of any device.

    Returns
    -------
    ndarray
        Its values.
    """
    tensor = tensor.detach().cpu()
    bits = tensor.view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor
    return bits.numpy().copy()


def _tensors(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Parameters and all buffers, those outside the state dict too."""
    return itertools.chain(module.named_parameters(), module.named_buffers())


def pack_module(module: nn.Module) -> tuple[nn.Module, Arrays]:
    """Separate a module's structure from its values.

    Parameters
    ----------
    module : nn.Module
        Not changed.

    Returns
    -------
    skeleton : nn.Module
        A copy whose tensors have no storage.
    arrays : dict of str to ndarray
        The values.
    """
    memo: dict[int, Any] = {}
    arrays = {}
    for name, tensor in _tensors(module):
        empty = tensor.detach().to("meta")
        if isinstance(tensor, nn.Parameter):
            empty = nn.Parameter(empty, requires_grad=tensor.requires_grad)
        memo[id(tensor)] = empty
        arrays[name] = to_array(tensor)
    return copy.deepcopy(module, memo), arrays


def unpack_module(skeleton: nn.Module, arrays: Arrays, device: torch.device) -> nn.Module:
    """Give a module's structure its values back.

    Parameters
    ----------
    skeleton : nn.Module
        From `pack_module`; changed in place.
    arrays : dict of str to ndarray
        The values.
    device : torch.device
        Where to put them.

    Returns
    -------
    nn.Module
        The module.
    """
    module = skeleton.to_empty(device=device)
    with torch.no_grad():
        for name, tensor in _tensors(module):
            values = torch.from_numpy(np.array(arrays[name]))
            tensor.copy_(values.view(torch.bfloat16) if tensor.dtype == torch.bfloat16 else values)
    return module


def pack_state(state: Any) -> Any:
    """Replace each tensor of an optimizer's state dict by an array.

    Parameters
    ----------
    state : dict, list, tuple, Tensor or plain value
        A state dict or a part of one.

    Returns
    -------
    object
        The same structure without tensors.
    """
    if isinstance(state, Tensor):
        return to_array(state)
    if isinstance(state, dict):
        return {key: pack_state(value) for key, value in state.items()}
    if isinstance(state, (list, tuple)):
        return [pack_state(value) for value in state]
    return state


def unpack_state(state: Any) -> Any:
    """Replace each array of a packed state by a tensor.

    Parameters
    ----------
    state : object
        From `pack_state`.

    Returns
    -------
    object
        What ``load_state_dict`` of the optimizer takes.
    """
    if isinstance(state, np.ndarray):
        return torch.from_numpy(state.copy())
    if isinstance(state, dict):
        return {key: unpack_state(value) for key, value in state.items()}
    if isinstance(state, list):
        return [unpack_state(value) for value in state]
    return state


def match_layout(optimizer: torch.optim.Optimizer) -> None:
    """Lay moments out in memory like their weights: fused kernels pair them by position.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        With a restored state; changed in place.
    """
    for weight, state in optimizer.state.items():
        for key, value in state.items():
            if isinstance(value, Tensor) and value.shape == weight.shape:
                state[key] = torch.empty_like(weight, dtype=value.dtype).copy_(value)
