"""The device, the precision and the optimizer that an estimator's parameters stand for."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from .._suggest import check_options, suggest
from ._distributed import device_of_rank

OptimizerFactory = Callable[..., torch.optim.Optimizer]
# A fused optimizer is one kernel over all parameters instead of several per parameter.
OPTIMIZERS: dict[str, functools.partial[Any]] = {
    "adam": functools.partial(torch.optim.Adam, fused=True),
    "adamw": functools.partial(torch.optim.AdamW, fused=True),
    "sgd": functools.partial(torch.optim.SGD, momentum=0.9, fused=True),
    "rmsprop": functools.partial(torch.optim.RMSprop),
}
_FUSED_DEVICES = ("cpu", "cuda", "mps")


def resolve_device(device: str | torch.device) -> torch.device:
    """Turn the `device` parameter into a device that is here."""
    if device == "auto":
        alone = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        return device_of_rank() or alone
    try:
        resolved = torch.device(device)
    except (RuntimeError, TypeError):
        raise ValueError(
            f"device={device!r} is no device: use 'auto', 'cpu', 'cuda', 'cuda:1' or 'mps'."
        ) from None
    if resolved.type == "cpu":
        return resolved
    backend = getattr(torch, resolved.type, None)
    n_devices = backend.device_count() if backend is not None and backend.is_available() else 0
    if (resolved.index or 0) >= n_devices:
        raise ValueError(
            f"device={str(device)!r} is not available on this computer: "
            "use device='auto' or 'cpu'."
        )
    return resolved


def available_device(device: torch.device) -> torch.device:
    """Return the device if it is here, else the CPU, with a warning."""
    try:
        return resolve_device(device)
    except ValueError:
        warnings.warn(
            f"The net was trained on {device}, which is not available here: it runs on the CPU.",
            UserWarning,
            stacklevel=2,
        )
        return torch.device("cpu")


def has_fast_bfloat16(device: torch.device) -> bool:
    """Whether convolutions and recurrent cells run faster in bfloat16 on this device."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type != "cpu" or not hasattr(torch.cpu, "get_capabilities"):
        return False
    found = torch.cpu.get_capabilities()
    return bool(found.get("amx_bf16") or found.get("avx512_bf16"))


# Layers that compute in bfloat16 under autocast: arguments, shape of an input.
_REDUCED_LAYERS: dict[type[nn.Module], tuple[tuple[int, ...], tuple[int, ...]]] = {
    nn.Linear: ((2, 2), (2, 2)),
    nn.Conv1d: ((2, 2, 1), (2, 2, 2)),
    nn.Conv2d: ((2, 2, 1), (2, 2, 2, 2)),
    nn.RNN: ((2, 2), (2, 2, 2)),
    nn.GRU: ((2, 2), (2, 2, 2)),
    nn.LSTM: ((2, 2), (2, 2, 2)),
}


@functools.cache
def _layer_failure(layer: type[nn.Module], device: torch.device) -> str | None:
    """Train a tiny layer for one step in bfloat16 and return torch's complaint."""
    arguments, shape = _REDUCED_LAYERS[layer]
    with torch.device("meta"):  # draws from no random generator
        tiny = layer(*arguments, dtype=torch.float32)
    try:
        # Whoever loads a net may do so without gradients.
        with torch.inference_mode(False), torch.enable_grad():
            tiny.to_empty(device=device)
            X = torch.zeros(shape, device=device, dtype=torch.float32)
            with torch.autocast(device.type, torch.bfloat16, cache_enabled=False):
                result = tiny(X)
            output = result[0] if isinstance(result, tuple) else result
            torch.autograd.backward(output.float().sum())
    except RuntimeError as error:
        return f"{layer.__name__}: {str(error).partition('.')[0]}"
    return None


def bfloat16_failure(module: nn.Module, device: torch.device) -> str | None:
    """Say why a net cannot be trained in bfloat16 here; each kind of layer is tried once."""
    for kind in _REDUCED_LAYERS:
        if any(isinstance(layer, kind) for layer in module.modules()):
            failure = _layer_failure(kind, device)  # type: ignore[arg-type]  # classes have a hash
            if failure is not None:
                return failure
    return None


def resolve_precision(precision: str, module: nn.Module, device: torch.device) -> torch.dtype:
    """Turn the `precision` parameter into the dtype that a forward pass computes in."""
    if precision == "float32":
        return torch.float32
    if precision == "auto" and not (
        getattr(module, "keeps_accuracy_in_bfloat16", False) and has_fast_bfloat16(device)
    ):
        return torch.float32
    failure = bfloat16_failure(module, device)
    if failure is None:
        return torch.bfloat16
    if precision == "auto":
        return torch.float32
    raise ValueError(
        f"precision='bf16' does not work for this net on this computer ({failure}): "
        "use precision='auto' or 'float32'."
    )


def available_dtype(dtype: torch.dtype, module: nn.Module, device: torch.device) -> torch.dtype:
    """Return the dtype if the net can compute in it here, else float32, with a warning."""
    failure = bfloat16_failure(module, device) if dtype == torch.bfloat16 else None
    if failure is None:
        return dtype
    warnings.warn(
        f"The net was trained in bfloat16, which does not work here ({failure}): "
        "it runs in float32.",
        UserWarning,
        stacklevel=2,
    )
    return torch.float32


def resolve_optimizer(
    optimizer: Any, device: torch.device, options: Mapping[str, Any] | None = None
) -> OptimizerFactory:
    """Turn the `optimizer` parameter and its options into what takes parameters and lr."""
    options = options or {}
    keywords: dict[str, Any] = {}
    if isinstance(optimizer, str):
        if optimizer not in OPTIMIZERS:
            raise ValueError(
                f"Unknown optimizer {optimizer!r}: {suggest(optimizer, OPTIMIZERS)}, "
                "or pass a torch.optim class."
            )
        optimizer, keywords = OPTIMIZERS[optimizer].func, {**OPTIMIZERS[optimizer].keywords}
        if "fused" in keywords and device.type not in _FUSED_DEVICES:
            keywords["fused"] = False
    if options:
        check_options("optimizer_params", options, optimizer, ("params", "lr"))
    keywords.update(options)
    return functools.partial(optimizer, **keywords) if keywords else optimizer
