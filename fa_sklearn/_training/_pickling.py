"""Modules and optimizers as structure plus NumPy arrays: stable to hash, loadable anywhere."""

from __future__ import annotations

import copy
import itertools
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


def named_tensors(module: nn.Module) -> dict[str, Tensor]:
    """Collect parameters and all buffers, those outside the state dict too.

    Parameters
    ----------
    module : nn.Module
        Not changed.

    Returns
    -------
    dict of str to Tensor
        By their names in the module.
    """
    return dict(itertools.chain(module.named_parameters(), module.named_buffers()))


def _copy_with(module: nn.Module, tensors: dict[str, Tensor]) -> nn.Module:
    """Copy a module with other tensors in place of its own; what is shared stays shared."""
    memo: dict[int, Any] = {}
    for name, tensor in named_tensors(module).items():
        new = tensors[name]
        if isinstance(tensor, nn.Parameter):
            new = nn.Parameter(new, requires_grad=tensor.requires_grad)
        memo[id(tensor)] = new
    return copy.deepcopy(module, memo)


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
    tensors = named_tensors(module)
    empty = {name: tensor.detach().to("meta") for name, tensor in tensors.items()}
    return _copy_with(module, empty), {name: to_array(t) for name, t in tensors.items()}


def unpack_module(skeleton: nn.Module, arrays: Arrays, device: torch.device) -> nn.Module:
    """Give a module's structure its values back.

    Parameters
    ----------
    skeleton : nn.Module
        From `pack_module`.
    arrays : dict of str to ndarray
        The values.
    device : torch.device
        Where to put them.

    Returns
    -------
    nn.Module
        The module.
    """
    tensors = {}
    for name, empty in named_tensors(skeleton).items():
        values = torch.from_numpy(np.array(arrays[name]))
        if empty.dtype == torch.bfloat16:
            values = values.view(torch.bfloat16)
        tensors[name] = torch.empty_like(empty, device=device).copy_(values).detach()
    return _copy_with(skeleton, tensors)


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
