"""What nets share: FC1 and what follows it, first weights, checks of options and the contract."""

import functools
import inspect
from collections.abc import Callable, Mapping
from numbers import Integral, Real
from typing import Any

import torch
from sklearn.utils._param_validation import (
    Interval,
    StrOptions,
    validate_parameter_constraints,
)
from torch import nn
from torch.nn import functional as F

from .._suggest import check_options

# Of numbers among the options.
POSITIVE_INT = Interval(Integral, 1, None, closed="left")
PROBABILITY = Interval(Real, 0, 1, closed="left")
POSITIVE = Interval(Real, 0, None, closed="neither")


class Net(nn.Module):
    """A net with the layer FC1; a subclass says in ``_encode`` what FC1 reads."""

    fc1: nn.Linear
    representation: str

    def _make_representation(self, n_in: int, n_components: int, representation: str) -> None:
        """Make FC1, and remember what is done to its output."""
        check_option("n_components", n_components, POSITIVE_INT)
        check_option("representation", representation, StrOptions({"relu", "unit"}))
        self.fc1 = nn.Linear(n_in, n_components)
        self.representation = representation

    @property
    def representation_weight(self) -> torch.Tensor:
        """Weight of FC1, shape (n_components, n_in)."""
        return self.fc1.weight

    @property
    def deterministic_forward(self) -> bool:
        """Whether ``forward`` draws no random number: no dropout."""
        return True

    def _encode(self, X: torch.Tensor, lengths: torch.Tensor | None) -> torch.Tensor:
        raise NotImplementedError

    def _represent(self, X: torch.Tensor, lengths: torch.Tensor | None) -> torch.Tensor:
        H: torch.Tensor = self.fc1(self._encode(X, lengths))
        return torch.relu(H) if self.representation == "relu" else F.normalize(H)


class ClassifierNet(Net):
    """A net that ends in the decision layer FC2."""

    fc2: nn.Linear

    def _make_decision(self, n_outputs: int) -> None:
        """Make FC2, behind FC1."""
        check_option("n_outputs", n_outputs, POSITIVE_INT)
        self.fc2 = nn.Linear(self.fc1.out_features, n_outputs)

    def forward(
        self, X: torch.Tensor, lengths: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return logits and representation.

        Parameters
        ----------
        X : Tensor of shape (n, ...)
            The batch, laid out as :doc:`/extending` says.
        lengths : int64 Tensor of shape (n,) or None, default=None
            Valid steps of each row of sequences or tokens, at least 1; None: all.

        Returns
        -------
        output : Tensor of shape (n, n_outputs)
            Logits.
        representation : Tensor of shape (n, n_components)
            Output of FC1 after its ReLU, or of unit length.
        """
        representation = self._represent(X, lengths)
        return self.fc2(representation), representation


class AutoencoderNet(Net):
    """A net that ends in a decoder of the representation."""

    decoder: nn.Module

    def _make_representation(self, n_in: int, n_components: int, representation: str) -> None:
        super()._make_representation(n_in, n_components, representation)
        if self.representation == "relu":
            # A neuron that starts at 0 for all samples would stay dead.
            nn.init.ones_(self.fc1.bias)

    def forward(
        self, X: torch.Tensor, lengths: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return reconstruction and representation.

        Parameters
        ----------
        X : Tensor of shape (n, ...)
            The batch, laid out as :doc:`/extending` says.
        lengths : int64 Tensor of shape (n,) or None, default=None
            Valid steps of each row of sequences, at least 1; None: all.

        Returns
        -------
        reconstruction : Tensor of the shape of X
            What the decoder makes of the representation.
        representation : Tensor of shape (n, n_components)
            Output of FC1 after its ReLU, or of unit length.
        """
        representation = self.represent(X, lengths)
        return self.decode(representation, lengths), representation

    def represent(self, X: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        """Return the representation alone, without the decoder's work.

        Parameters
        ----------
        X : Tensor of shape (n, ...)
            The batch.
        lengths : int64 Tensor of shape (n,) or None, default=None
            Valid steps of each row of sequences; None: all.

        Returns
        -------
        Tensor of shape (n, n_components)
            Output of FC1 after its ReLU, or of unit length.
        """
        return self._represent(X, lengths)

    def decode(
        self, representation: torch.Tensor, lengths: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return the reconstruction of a representation.

        Parameters
        ----------
        representation : Tensor of shape (n, n_components)
            Output of FC1 after its ReLU, or of unit length.
        lengths : int64 Tensor of shape (n,) or None, default=None
            Steps that each row of sequences gets, at least 1; None for tables and images, whose
            rows have no length.

        Returns
        -------
        Tensor of the shape of X
            The reconstruction; of sequences max(lengths) steps, 0 past a row's length.
        """
        reconstruction: torch.Tensor = self.decoder(representation)
        return reconstruction


def zero_init(decision: nn.Linear) -> None:
    """Let FC2 start at 0 on X of any scale: training learns instead of unlearning a guess."""
    nn.init.zeros_(decision.weight)
    nn.init.zeros_(decision.bias)


def check_option(name: str, value: Any, allowed: Any) -> None:
    """Raise one sentence if `value` is not what scikit-learn's constraint allows."""
    validate_parameter_constraints({name: [allowed]}, {name: value}, caller_name="the net")


def check_image_size(net: str, height: int, width: int, smallest: int) -> None:
    """Refuse images with a side of less than `smallest`."""
    if min(height, width) < smallest:
        raise ValueError(
            f"{net} needs images of at least {smallest} x {smallest} pixels, got H={height}, "
            f"W={width}: enlarge or pad the images, or flatten them and use module='mlp'"
        )


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
    if module_params:
        check_options("module_params", module_params, module, tuple(arguments))


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


def output_check(arguments: Mapping[str, Any]) -> Callable[..., object]:
    """Make the check of what a module with these arguments returns."""
    return functools.partial(
        check_module_output,
        n_components=arguments["n_components"],
        n_outputs=arguments.get("n_outputs"),
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
