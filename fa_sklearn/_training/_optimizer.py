"""Optimizers by name."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch

from .._suggest import suggest

OptimizerFactory = Callable[..., torch.optim.Optimizer]
# A fused optimizer is one kernel over all parameters instead of several per parameter.
OPTIMIZERS: dict[str, functools.partial[Any]] = {
    "adam": functools.partial(torch.optim.Adam, fused=True),
    "adamw": functools.partial(torch.optim.AdamW, fused=True),
    "sgd": functools.partial(torch.optim.SGD, momentum=0.9, fused=True),
    "rmsprop": functools.partial(torch.optim.RMSprop),
}
_FUSED_DEVICES = ("cpu", "cuda", "mps")


def resolve_optimizer(optimizer: Any, device: torch.device) -> OptimizerFactory:
    """Turn the `optimizer` parameter into what makes one.

    Parameters
    ----------
    optimizer : str or callable
        A key of `OPTIMIZERS`, or a callable such as a `torch.optim` class that takes the
        parameters and ``lr``.
    device : torch.device
        Where the parameters are.

    Returns
    -------
    callable
        Takes parameters and ``lr``.

    Raises
    ------
    ValueError
        If no optimizer has this name.
    """
    if not isinstance(optimizer, str):
        factory: OptimizerFactory = optimizer
        return factory
    if optimizer not in OPTIMIZERS:
        raise ValueError(
            f"Unknown optimizer {optimizer!r}: {suggest(optimizer, OPTIMIZERS)}, "
            "or pass a torch.optim class."
        )
    factory = OPTIMIZERS[optimizer]
    options = {**factory.keywords}
    if "fused" in options and device.type not in _FUSED_DEVICES:
        options["fused"] = False
    return functools.partial(factory.func, **options)
