"""Where a net runs, and in which precision."""

from __future__ import annotations

import functools
import warnings

import torch
from torch import nn

from ._distributed import device_of_rank


def resolve_device(device: str | torch.device) -> torch.device:
    """Turn the `device` parameter into a device that is here.

    Parameters
    ----------
    device : str or torch.device
        "auto": the first CUDA GPU where there is one, else the CPU; this rank's own GPU, or the
        CPU, in a process group; or what torch understands.

    Returns
    -------
    torch.device
        The device.

    Raises
    ------
    ValueError
        If torch does not know the device or it is not available here.
    """
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
    """Return the device if it is here, else the CPU, with a warning.

    Parameters
    ----------
    device : torch.device
        Where a net was trained.

    Returns
    -------
    torch.device
        Where it can run.
    """
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
    """Whether convolutions and recurrent cells run faster in bfloat16 on this device.

    Parameters
    ----------
    device : torch.device
        CPU or accelerator.

    Returns
    -------
    bool
        True for CPUs with AMX or AVX512-BF16 and for CUDA GPUs from Ampere on.
    """
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
    """Say why a net cannot be trained in bfloat16 here; each kind of layer is tried once.

    Parameters
    ----------
    module : torch.nn.Module
        The net.
    device : torch.device
        Where it is to run.

    Returns
    -------
    str or None
        The kind of layer that failed and torch's reason; None if all work.
    """
    for kind in _REDUCED_LAYERS:
        if any(isinstance(layer, kind) for layer in module.modules()):
            failure = _layer_failure(kind, device)  # type: ignore[arg-type]  # classes have a hash
            if failure is not None:
                return failure
    return None


def resolve_precision(precision: str, module: nn.Module, device: torch.device) -> torch.dtype:
    """Turn the `precision` parameter into the dtype that a forward pass computes in.

    Parameters
    ----------
    precision : {"auto", "float32", "bf16"}
        "auto": bfloat16 where the net keeps its accuracy, the device is fast at it and every layer
        works, else float32.
    module : torch.nn.Module
        The net.
    device : torch.device
        Where the net runs.

    Returns
    -------
    torch.dtype
        float32 or bfloat16.

    Raises
    ------
    ValueError
        If "bf16" does not work here.
    """
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
    """Return the dtype if the net can compute in it here, else float32, with a warning.

    Parameters
    ----------
    dtype : torch.dtype
        What the net was trained in.
    module : torch.nn.Module
        The net.
    device : torch.device
        Where it runs.

    Returns
    -------
    torch.dtype
        What it can compute in.
    """
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
