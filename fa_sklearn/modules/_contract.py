"""The contract between a backbone and the estimators, and the checks of a user's own module."""

import inspect
from collections.abc import Mapping
from typing import Any, Protocol

import torch
from torch import nn

from .._near_match import near_match_hint


class ForcedApartModule(Protocol):
    """What a classifier backbone offers.

    Parameters
    ----------
    input_shape : tuple
        Shape of a row of X, as in the Notes.
    n_components : int
        Number of neurons of FC1.
    n_outputs : int
        Number of logits.

    Notes
    -----
    The estimator is given the class, makes the instance, and trains only that. A net's own options
    follow as keyword-only arguments with defaults. Optional are

    - ``deterministic_forward``, a property: True says that ``forward`` draws no random number.
      Otherwise its draws are redirected to the fit's own generator, which costs a little; dropout
      inside `torch.utils.checkpoint` is not supported then.
    - ``input_kind``, a class attribute: "table", "sequence", "image" or "tokens", what it reads;
    - ``keeps_accuracy_in_bfloat16``, a class attribute: True lets ``precision="auto"`` use it;
    - ``represent(X, lengths=None)``, a method: the representation alone, the same that ``forward``
      returns. It saves `transform` and second views the rest of the net, such as a decoder.

    What X and `input_shape` are depends on the data:

    ========  =================================================  ================
    data      X                                                  input_shape
    ========  =================================================  ================
    table     (n, d) float32                                     (d,)
    sequence  (n, T, d) float32, right-padded with 0             (None, d)
    image     (n, C, H, W) float32, channels_last memory format  (C, H, W)
    tokens    (n, T) int64, right-padded with 0; 1 is unknown    (None, n_tokens)
    ========  =================================================  ================

    `lengths` is an int64 tensor (n,) with entries of at least 1, for sequences and tokens; None
    says that every row has the full length T.

    Examples
    --------
    A user's own net, with one option ``slope``:

    >>> import torch
    >>> from torch import nn
    >>> class Narrow(nn.Module):
    ...     def __init__(self, input_shape, n_components, n_outputs, *, slope=1.0):
    ...         super().__init__()
    ...         self.slope = slope
    ...         self.fc1 = nn.Linear(input_shape[0], n_components)
    ...         self.fc2 = nn.Linear(n_components, n_outputs)
    ...
    ...     @property
    ...     def representation_weight(self):
    ...         return self.fc1.weight
    ...
    ...     def forward(self, X, lengths=None):
    ...         representation = torch.relu(self.slope * self.fc1(X))
    ...         return self.fc2(representation), representation
    >>> from fa_sklearn.modules import check_module_output
    >>> net, X = Narrow((4,), 3, 1, slope=2.0), torch.ones(2, 4)
    >>> output, representation = check_module_output(net, net(X), X, 3, 1)
    >>> output.shape
    torch.Size([2, 1])
    """

    def __init__(
        self, input_shape: tuple[int | None, ...], n_components: int, n_outputs: int
    ) -> None: ...

    @property
    def representation_weight(self) -> torch.Tensor:
        """Weight of FC1, shape (n_components, n_in), a row per neuron; L_single reads it."""
        ...

    def __call__(
        self, X: torch.Tensor, lengths: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the logits (n, n_outputs) and the representation (n, n_components)."""
        ...


class ForcedApartAutoencoderModule(Protocol):
    """What an autoencoder backbone offers.

    Parameters
    ----------
    input_shape : tuple
        Shape of a row of X.
    n_components : int
        Number of neurons of FC1.

    Notes
    -----
    Options, layouts, `lengths` and optional attributes are those of `ForcedApartModule`.

    Examples
    --------
    A user's own linear decoder:

    >>> import torch
    >>> from torch import nn
    >>> class LinearDecoder(nn.Module):
    ...     def __init__(self, input_shape, n_components):
    ...         super().__init__()
    ...         self.fc1 = nn.Linear(input_shape[0], n_components)
    ...         self.decoder = nn.Linear(n_components, input_shape[0])
    ...
    ...     @property
    ...     def representation_weight(self):
    ...         return self.fc1.weight
    ...
    ...     def forward(self, X, lengths=None):
    ...         representation = torch.relu(self.fc1(X))
    ...         return self.decode(representation), representation
    ...
    ...     def decode(self, representation, lengths=None):
    ...         return self.decoder(representation)
    >>> from fa_sklearn.modules import check_module_output
    >>> net, X = LinearDecoder((4,), 3), torch.ones(2, 4)
    >>> reconstruction, representation = check_module_output(net, net(X), X, 3)
    >>> reconstruction.shape
    torch.Size([2, 4])
    """

    def __init__(self, input_shape: tuple[int | None, ...], n_components: int) -> None: ...

    @property
    def representation_weight(self) -> torch.Tensor:
        """Weight of FC1, shape (n_components, n_in), a row per neuron; L_single reads it."""
        ...

    def __call__(
        self, X: torch.Tensor, lengths: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the reconstruction, of X's shape, and the representation (n, n_components)."""
        ...

    def decode(
        self, representation: torch.Tensor, lengths: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return the reconstruction of a representation.

        Parameters
        ----------
        representation : Tensor of shape (n, n_components)
            Output of FC1 after its ReLU.
        lengths : int64 Tensor of shape (n,) or None, default=None
            Valid steps of each row; None where rows have no length.

        Returns
        -------
        Tensor
            The reconstruction, of X's shape; sequences have max(lengths) steps.
        """
        ...


def check_module_class(module: object, autoencoder: bool = False) -> type[nn.Module]:
    """Return `module` if it is a class of the right kind.

    Parameters
    ----------
    module : type
        A subclass of `torch.nn.Module` that follows the module contract.
    autoencoder : bool, default=False
        Whether the class must be an autoencoder, that is have a method ``decode``.

    Returns
    -------
    type
        `module`, unchanged.

    Raises
    ------
    TypeError
        If `module` is an instance, no subclass of `torch.nn.Module`, or lacks ``decode``.

    Examples
    --------
    >>> from fa_sklearn.modules import MLP, check_module_class
    >>> check_module_class(MLP) is MLP
    True
    """
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
    """Check that a module class takes what the estimator and the user hand it.

    Parameters
    ----------
    module : type
        A module class.
    arguments : mapping of str to object
        What the estimator passes: ``input_shape``, ``n_components``, and ``n_outputs`` unless it
        is an autoencoder.
    module_params : mapping of str to object
        The user's options.

    Raises
    ------
    TypeError
        If the class does not take the estimator's arguments, has no such option, or the option is
        one that the estimator sets.

    Examples
    --------
    >>> from fa_sklearn.modules import MLP, check_module_arguments
    >>> arguments = {"input_shape": (4,), "n_components": 3, "n_outputs": 1}
    >>> check_module_arguments(MLP, arguments, {"dropout": 0.5})
    """
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
                f"{near_match_hint(name, options)}"
            )


def _shape(value: Any) -> str:
    return str(tuple(value.shape)) if isinstance(value, torch.Tensor) else type(value).__name__


def _check_shape(name: str, what: str, value: Any, expected: tuple[int, ...], axes: str) -> None:
    if not isinstance(value, torch.Tensor) or tuple(value.shape) != expected:
        raise ValueError(
            f"module {name} must return {what} of shape {axes} = {expected}, got {_shape(value)}"
        )


def check_module_output(
    net: nn.Module,
    result: object,
    X: torch.Tensor,
    n_components: int,
    n_outputs: int | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return what a backbone's ``forward`` gave if it follows the module contract.

    Parameters
    ----------
    net : nn.Module
        The backbone whose ``forward`` was called.
    result : object
        What ``net(X, lengths)`` returned.
    X : Tensor of shape (n, ...)
        The batch that `net` was called with.
    n_components : int
        Number of neurons of FC1.
    n_outputs : int or None, default=None
        Number of logits of a classifier; None for an autoencoder, whose output has X's shape.

    Returns
    -------
    output : Tensor
        The logits (n, n_outputs), or the reconstruction of X's shape.
    representation : Tensor of shape (n, n_components)
        Output of FC1 after its ReLU.

    Raises
    ------
    TypeError
        If `result` is not a pair, or `net` has no tensor ``representation_weight``.
    ValueError
        If a shape is not what the contract says.

    Examples
    --------
    >>> import torch
    >>> from fa_sklearn.modules import MLP, check_module_output
    >>> net, X = MLP((4,), 3, 1), torch.ones(2, 4)
    >>> output, representation = check_module_output(net, net(X), X, 3, 1)
    >>> representation.shape
    torch.Size([2, 3])
    """
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
    return output, representation
