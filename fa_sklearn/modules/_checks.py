"""Checks of a user's own module against the contract."""

import inspect
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from .._suggest import suggest


def check_module_class(module: object, autoencoder: bool = False) -> type[nn.Module]:
    """Return `module` if it is a class of the right kind."""
    if isinstance(module, nn.Module):
        raise TypeError(
            f"module must be a class, got an instance of {type(module).__name__}: "
            "pass the class and give its arguments through module_params"
        )
    if not (inspect.isclass(module) and issubclass(module, nn.Module)):
        raise TypeError(
            f"module must be the name of a module or a subclass of torch.nn.Module, got {module!r}"
        )
    if autoencoder and not callable(getattr(module, "decode", None)):
        raise TypeError(
            f"module {module.__name__} has no method decode(representation, lengths=None): "
            "an autoencoder's module needs one"
        )
    return module


def check_module_arguments(
    module: type[nn.Module], arguments: Mapping[str, object], module_params: Mapping[str, object]
) -> None:
    """Check that a module class takes what the estimator and the user hand it."""
    own = module.__init__ is not nn.Module.__init__
    accepted = inspect.signature(module).parameters if own else {}
    takes_any = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in accepted.values())
    missing = [name for name in arguments if name not in accepted]
    if missing and not takes_any:
        raise TypeError(
            f"module {module.__name__} must take {', '.join(arguments)} in its constructor, "
            f"{missing[0]!r} is missing"
        )
    for name in module_params:
        if not isinstance(name, str):
            raise TypeError(f"module_params must map option names to values, found {name!r}")
        if name in arguments:
            raise TypeError(f"module_params must not hold {name!r}: the estimator sets it")
        if name not in accepted and not takes_any:
            options = [option for option in accepted if option not in arguments]
            raise TypeError(
                f"module_params has the unknown option {name!r} for {module.__name__}: "
                f"{suggest(name, options)}"
            )


def _shape(value: Any) -> str:
    return str(tuple(value.shape)) if isinstance(value, torch.Tensor) else type(value).__name__


def _check_shape(name: str, what: str, value: Any, expected: tuple[int, ...], axes: str) -> None:
    if not isinstance(value, torch.Tensor) or tuple(value.shape) != expected:
        raise ValueError(
            f"module {name} must return {what} of shape {axes} = {expected}, got {_shape(value)}"
        )


def _check_represent(name: str, net: nn.Module, X: torch.Tensor, lengths: Any) -> None:
    """Compare ``represent``, where a backbone has it, with ``forward`` on two rows."""
    represent = getattr(net, "represent", None)
    if not callable(represent):
        return
    rows = (X[:2],) if lengths is None else (X[:2, : lengths[:2].max()], lengths[:2])
    was_training = net.training
    net.eval()
    with torch.no_grad():
        (_, expected), (_, again), found = net(*rows), net(*rows), represent(*rows)
    net.train(was_training)
    what = "a representation from represent"
    _check_shape(name, what, found, tuple(expected.shape), "(n, n_components)")
    draws = not torch.equal(expected, again)
    if not draws and not torch.allclose(found, expected, rtol=1e-3, atol=1e-5):
        raise ValueError(
            f"represent of module {name} must return the representation that forward returns: "
            "a class that overrides one of them overrides both"
        )


def check_module_output(
    net: nn.Module,
    result: object,
    X: torch.Tensor,
    n_components: int,
    n_outputs: int | None = None,
    lengths: torch.Tensor | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return what a backbone's ``forward`` gave if it follows the module contract."""
    name = type(net).__name__
    if not isinstance(result, tuple | list) or len(result) != 2:
        found = f"{len(result)} values" if isinstance(result, tuple | list) else _shape(result)
        raise TypeError(
            f"forward of module {name} must return the pair (output, representation), got {found}"
        )
    output, representation = result
    n = X.shape[0]
    _check_shape(name, "a representation", representation, (n, n_components), "(n, n_components)")
    if n_outputs is None:
        _check_shape(name, "a reconstruction", output, tuple(X.shape), "X")
    else:
        _check_shape(name, "an output", output, (n, n_outputs), "(n, n_outputs)")
    weight = getattr(net, "representation_weight", None)
    if not isinstance(weight, torch.Tensor):
        raise TypeError(
            f"module {name} has no tensor representation_weight: "
            "add a property that returns the weight of the layer FC1"
        )
    if weight.ndim != 2 or weight.shape[0] != n_components:
        raise ValueError(
            f"representation_weight of module {name} must have shape (n_components, n_in) with "
            f"n_components = {n_components}, got {_shape(weight)}"
        )
    _check_represent(name, net, X, lengths)
    return output, representation
