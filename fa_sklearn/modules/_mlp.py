"""The nets for tables: a multilayer perceptron, and an autoencoder of such layers."""

from collections.abc import Iterable

import torch
from torch import nn

from ._base import (
    POSITIVE_INT,
    PROBABILITY,
    AutoencoderNet,
    ClassifierNet,
    check_option,
    zero_init,
)


def _check_hidden_sizes(value: Iterable[int]) -> tuple[int, ...]:
    """Return `value` as a tuple of positive ints."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise TypeError(
            f"hidden_sizes must be a tuple of positive integers such as (128,), got {value!r}"
        )
    sizes = tuple(value)
    for size in sizes:
        check_option("hidden_sizes", size, POSITIVE_INT)
    return sizes


def _hidden_layers(sizes: tuple[int, ...], dropout: float = 0.0) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for n_in, n_out in zip(sizes, sizes[1:], strict=False):
        layers += [nn.Linear(n_in, n_out), nn.ReLU()]
        if dropout:
            layers.append(nn.Dropout(dropout))
    return layers


class MLP(ClassifierNet):
    """Hidden ReLU layers, the representation layer FC1 with ReLU, and the decision layer FC2.

    Parameters
    ----------
    input_shape : tuple (d,)
        Number of features.
    n_components : int
        Number of neurons of FC1.
    n_outputs : int
        Number of logits.
    hidden_sizes : tuple of int, default=(128,)
        Neurons of the hidden layers; an empty tuple puts FC1 right on the features.
    dropout : float, default=0.0
        Probability in [0, 1) that a hidden neuron is dropped while training.
    representation : {"relu", "unit"}, default="relu"
        What the representation is: FC1 after its ReLU, as in the paper; or FC1 scaled to rows of
        unit length, without a ReLU, for ``penalty="contrast"``.

    Examples
    --------
    >>> import torch
    >>> from fa_sklearn.modules import MLP
    >>> output, representation = MLP((8,), 5, 1)(torch.ones(3, 8))
    >>> output.shape, representation.shape
    (torch.Size([3, 1]), torch.Size([3, 5]))
    """

    input_kind = "table"

    def __init__(
        self,
        input_shape: tuple[int],
        n_components: int,
        n_outputs: int,
        *,
        hidden_sizes: Iterable[int] = (128,),
        dropout: float = 0.0,
        representation: str = "relu",
    ) -> None:
        super().__init__()
        sizes = (*input_shape, *_check_hidden_sizes(hidden_sizes))
        check_option("dropout", dropout, PROBABILITY)
        self.dropout = float(dropout)
        self.hidden = nn.Sequential(*_hidden_layers(sizes, self.dropout))
        self._make_representation(sizes[-1], n_components, representation)
        self._make_decision(n_outputs)
        zero_init(self.fc2)

    @property
    def deterministic_forward(self) -> bool:
        """Whether ``forward`` draws no random number: no dropout."""
        return self.dropout == 0.0

    def _encode(self, X: torch.Tensor, lengths: torch.Tensor | None) -> torch.Tensor:
        hidden: torch.Tensor = self.hidden(X)
        return hidden


class MLPAutoencoder(AutoencoderNet):
    """Hidden ReLU layers, the representation layer FC1 with ReLU, and a mirrored decoder.

    Parameters
    ----------
    input_shape : tuple (d,)
        Number of features.
    n_components : int
        Number of neurons of FC1.
    hidden_sizes : tuple of int, default=(128,)
        Neurons of the encoder's hidden layers; the decoder has them in reverse.
    representation : {"relu", "unit"}, default="relu"
        What the representation is: FC1 after its ReLU, as in the paper; or FC1 scaled to rows of
        unit length, without a ReLU, for ``penalty="contrast"``.

    Examples
    --------
    >>> import torch
    >>> from fa_sklearn.modules import MLPAutoencoder
    >>> reconstruction, representation = MLPAutoencoder((8,), 5)(torch.ones(3, 8))
    >>> reconstruction.shape, representation.shape
    (torch.Size([3, 8]), torch.Size([3, 5]))
    """

    input_kind = "table"

    def __init__(
        self,
        input_shape: tuple[int],
        n_components: int,
        *,
        hidden_sizes: Iterable[int] = (128,),
        representation: str = "relu",
    ) -> None:
        super().__init__()
        (d,) = input_shape
        sizes = (d, *_check_hidden_sizes(hidden_sizes))
        self.hidden = nn.Sequential(*_hidden_layers(sizes))
        self._make_representation(sizes[-1], n_components, representation)
        mirrored = (self.fc1.out_features, *sizes[:0:-1])
        self.decoder = nn.Sequential(*_hidden_layers(mirrored), nn.Linear(mirrored[-1], d))

    def _encode(self, X: torch.Tensor, lengths: torch.Tensor | None) -> torch.Tensor:
        hidden: torch.Tensor = self.hidden(X)
        return hidden
