"""Random numbers of a fit come from its own generators, never from torch's global ones."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

_TAKES_GENERATOR = frozenset(
    {"bernoulli", "binomial", "multinomial", "normal", "poisson"}
    | {"rand", "randint", "randn", "randperm", "_sample_dirichlet", "_standard_gamma"}
    | {"bernoulli_", "cauchy_", "exponential_", "geometric_", "log_normal_", "normal_"}
    | {"random_", "uniform_"}
)
_DRAWS_FROM_GLOBAL = frozenset(
    {"dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"}
    | {"dropout_", "alpha_dropout_", "feature_dropout", "feature_dropout_", "native_dropout"}
    | {"rrelu", "rrelu_", "gumbel_softmax", "fractional_max_pool2d", "fractional_max_pool3d"}
    | {"lstm", "gru", "rnn_tanh", "rnn_relu", "multi_head_attention_forward"}
    | {"scaled_dot_product_attention", "rand_like", "randn_like", "randint_like"}
)
_global_generator_lock = threading.Lock()


def _device_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> torch.device:
    """Device of the first tensor among the arguments, else of the `device` argument."""
    for value in (*args, *kwargs.values()):
        if isinstance(value, Tensor):
            return value.device
    return torch.device(kwargs.get("device") or "cpu")


def _global_generator(device: torch.device) -> torch.Generator:
    if device.type == "cpu":
        return torch.default_generator
    if device.type == "mps":
        generator: torch.Generator = torch.mps._get_default_mps_generator()
        return generator
    found: torch.Generator = torch.get_device_module(device).default_generators[device.index or 0]
    return found


def _accepts_generator(func: Callable[..., Any]) -> bool:
    if func.__name__ in _TAKES_GENERATOR:
        return True
    if getattr(func, "__module__", None) != "torch.nn.init":
        return False
    return "generator" in inspect.signature(func).parameters


class OwnRandomness(TorchFunctionMode):
    """Inside this context, torch code draws from generators of this object.

    Fits in threads do not disturb each other, and the global generators stay as they are.
    Functions without a ``generator`` argument (dropout, rand_like, ...) borrow the global
    generator under a lock and give it back as it was.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.seed = seed
        self.generators: dict[str, torch.Generator] = {}

    def generator(self, device: torch.device) -> torch.Generator:
        """Return the generator of a device."""
        key = f"{device.type}:{device.index or 0}"
        if key not in self.generators:
            self.generators[key] = torch.Generator(device=device).manual_seed(self.seed)
        return self.generators[key]

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Hand the own generator to whatever draws random numbers."""
        kwargs = kwargs or {}
        borrows = getattr(func, "__name__", "") in _DRAWS_FROM_GLOBAL
        if not borrows and (kwargs.get("generator") is not None or not _accepts_generator(func)):
            return func(*args, **kwargs)
        device = _device_of(args, kwargs)
        if device.type == "meta":  # shapes without numbers, until pretrained weights are read
            return func(*args, **kwargs)
        if borrows:
            return self._borrow_global(device, func, args, kwargs)
        return func(*args, **{**kwargs, "generator": self.generator(device)})

    def _borrow_global(
        self,
        device: torch.device,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        own = self.generator(device)
        shared = _global_generator(device)
        with _global_generator_lock:
            before = shared.get_state()
            shared.set_state(own.get_state())
            try:
                return func(*args, **kwargs)
            finally:
                own.set_state(shared.get_state())
                shared.set_state(before)

    def __getstate__(self) -> dict[str, Any]:
        """Seed and state of each generator, as NumPy bytes."""
        states = {key: g.get_state().numpy() for key, g in self.generators.items()}
        return {"seed": self.seed, "states": states}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Rebuild the generators whose device is here; others start from the seed."""
        self.__init__(state["seed"])  # type: ignore[misc]
        for key, saved in state["states"].items():
            device = torch.device(key)
            if device.type == "cpu" or torch.get_device_module(device).is_available():
                # Ray hands its workers read-only arrays, which torch warns of.
                self.generator(device).set_state(torch.from_numpy(saved.copy()))
