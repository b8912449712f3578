"""Modules and optimizers as NumPy arrays: stable to hash, loadable anywhere."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils._pytree import tree_map_only

Arrays = dict[str, NDArray[Any]]


def to_array(tensor: Tensor) -> NDArray[Any]:
    """Copy a tensor to an array, bfloat16, which NumPy lacks, as float32."""
    tensor = tensor.detach().cpu()
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy().copy()


def named_tensors(module: nn.Module) -> dict[str, Tensor]:
    """Collect parameters and all buffers, those outside the state dict too."""
    return dict(itertools.chain(module.named_parameters(), module.named_buffers()))


def check_weights(module: nn.Module, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Compare names, shapes and dtypes of a module's weights, also on meta, with arrays."""
    kind, expected = type(module).__name__, named_tensors(module)
    if missing := sorted(expected.keys() - arrays.keys()):
        raise ValueError(f"the weight {missing[0]!r} of {kind} is missing")
    if extra := sorted(arrays.keys() - expected.keys()):
        raise ValueError(f"{kind} has no weight {extra[0]!r}")
    for name, tensor in expected.items():
        array = np.asarray(arrays[name])
        dtype = torch.float32 if tensor.dtype == torch.bfloat16 else tensor.dtype
        if array.shape != tuple(tensor.shape) or str(array.dtype) != str(dtype)[len("torch.") :]:
            raise ValueError(
                f"the weight {name!r} has shape {array.shape} and dtype {array.dtype}, but {kind} "
                f"needs {tuple(tensor.shape)} and {tensor.dtype}"
            )


def fill_weights(module: nn.Module, arrays: Arrays) -> None:
    """Give a fresh module the values of a trained one."""
    check_weights(module, arrays)
    with torch.no_grad():
        for name, tensor in named_tensors(module).items():
            tensor.copy_(torch.from_numpy(np.array(arrays[name])))


def pack_state(state: Any) -> Any:
    """Replace each tensor of an optimizer's state dict by an array."""
    return tree_map_only(Tensor, to_array, state)


def unpack_state(state: Any) -> Any:
    """Replace each array of a packed state by a tensor."""
    return tree_map_only(np.ndarray, lambda array: torch.from_numpy(array.copy()), state)


def fill_optimizer(optimizer: torch.optim.Optimizer, packed: Any) -> None:
    """Give a fresh optimizer a packed state; moments are laid out in memory like their weights.

    A fused kernel pairs a weight and its moments by position, whatever their shapes.
    """
    optimizer.load_state_dict(unpack_state(packed))
    fused = any(group.get("fused") for group in optimizer.param_groups)
    for weight, state in optimizer.state.items():
        for key, value in state.items():
            if not isinstance(value, Tensor):
                continue
            if value.shape == weight.shape and key != "step":
                state[key] = torch.empty_like(weight, dtype=value.dtype).copy_(value)
            elif fused and (key != "step" or value.shape):
                raise ValueError(f"{key!r} of the optimizer has the shape {tuple(value.shape)}")
