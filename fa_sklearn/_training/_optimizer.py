"""Optimizers by name."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
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


def resolve_optimizer(
    optimizer: Any, device: torch.device, options: Mapping[str, Any] | None = None
) -> OptimizerFactory:
    """Turn the `optimizer` parameter and its options into what takes parameters and lr."""
    options = options or {}
    if not isinstance(optimizer, str):
        _check_options(optimizer, options)
        factory: OptimizerFactory = functools.partial(optimizer, **options)
        return factory if options else optimizer
    if optimizer not in OPTIMIZERS:
        raise ValueError(
            f"Unknown optimizer {optimizer!r}: {suggest(optimizer, OPTIMIZERS)}, "
            "or pass a torch.optim class."
        )
    factory = OPTIMIZERS[optimizer]
    _check_options(factory.func, options)
    keywords = {**factory.keywords}
    if "fused" in keywords and device.type not in _FUSED_DEVICES:
        keywords["fused"] = False
    return functools.partial(factory.func, **{**keywords, **options})


def _check_options(factory: OptimizerFactory, options: Mapping[str, Any]) -> None:
    """Refuse what the optimizer does not take."""
    accepted = inspect.signature(factory).parameters if options else {}
    takes_any = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in accepted.values())
    for name in options:
        if name in ("params", "lr"):
            raise TypeError(f"optimizer_params must not hold {name!r}: the estimator sets it")
        if name not in accepted and not takes_any:
            known = [option for option in accepted if option not in ("params", "lr")]
            raise TypeError(
                f"optimizer_params has the unknown option {name!r} for "
                f"{getattr(factory, '__name__', factory)}: {suggest(str(name), known)}"
            )
