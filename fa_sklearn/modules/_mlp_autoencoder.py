"""The autoencoder for tables."""

from collections.abc import Iterable

import torch
from torch import nn

from ._base import (
    AutoencoderNet,
    active_init,
    check_hidden_sizes,
    check_positive_int,
    check_table_shape,
)


def _hidden_layers(sizes: tuple[int, ...]) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for n_in, n_out in zip(sizes, sizes[1:], strict=False):
        layers += [nn.Linear(n_in, n_out), nn.ReLU()]
    return layers


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
        input_shape: tuple[int | None, ...],
        n_components: int,
        *,
        hidden_sizes: Iterable[int] = (128,),
    ) -> None:
        super().__init__()
        d = check_table_shape("MLPAutoencoder", input_shape)
        n_components = check_positive_int("n_components", n_components)
        sizes = (d, *check_hidden_sizes(hidden_sizes))
        mirrored = (n_components, *sizes[:0:-1])
        self.hidden = nn.Sequential(*_hidden_layers(sizes))
        self.fc1 = nn.Linear(sizes[-1], n_components)
        active_init(self.fc1)
        self.decoder = nn.Sequential(*_hidden_layers(mirrored), nn.Linear(mirrored[-1], d))

    def _encode(self, X: torch.Tensor, lengths: torch.Tensor | None) -> torch.Tensor:
        hidden: torch.Tensor = self.hidden(X)
        return hidden
