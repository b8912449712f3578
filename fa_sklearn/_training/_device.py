"""Where a net runs, and in which precision."""

from __future__ import annotations

import warnings

import torch

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


def resolve_precision(precision: str, device: torch.device, may_reduce: bool) -> torch.dtype:
    """Turn the `precision` parameter into the dtype that a forward pass computes in.

    Parameters
    ----------
    precision : {"auto", "float32", "bf16"}
        "auto": bfloat16 where the net may and `has_fast_bfloat16`, else float32.
    device : torch.device
        Where the net runs.
    may_reduce : bool
        Whether the net is known to keep its accuracy in bfloat16.

    Returns
    -------
    torch.dtype
        float32 or bfloat16.
    """
    if precision == "bf16":
        return torch.bfloat16
    if precision == "auto" and may_reduce and has_fast_bfloat16(device):
        return torch.bfloat16
    return torch.float32
