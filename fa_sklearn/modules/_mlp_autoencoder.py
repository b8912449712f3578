"""The autoencoder for tables."""

from collections.abc import Iterable

import torch
from torch import nn

from ._options import (
    check_hidden_sizes,
    check_positive_int,
    check_table_shape,
)
from ._start import start_active


def _hidden_layers(sizes: tuple[int, ...]) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for n_in, n_out in zip(sizes, sizes[1:], strict=False):
        layers += [nn.Linear(n_in, n_out), nn.ReLU()]
    return layers


class MLPAutoencoder(nn.Module):
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
        start_active(self.fc1)
        self.decoder = nn.Sequential(*_hidden_layers(mirrored), nn.Linear(mirrored[-1], d))

    @property
    def representation_weight(self) -> torch.Tensor:
        """Weight of FC1, shape (n_components, n_in)."""
        return self.fc1.weight

    @property
    def deterministic_forward(self) -> bool:
        """Whether ``forward`` draws no random number: always."""
        return True

    def forward(
        self, X: torch.Tensor, lengths: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return reconstruction and representation.

        Parameters
        ----------
        X : Tensor of shape (n, d)
            The batch.
        lengths : None
            Ignored: rows of a table have no length.

        Returns
        -------
        reconstruction : Tensor of shape (n, d)
            What the decoder makes of the representation.
        representation : Tensor of shape (n, n_components)
            Output of FC1 after its ReLU.
        """
        representation = self.represent(X)
        return self.decode(representation), representation

    def represent(self, X: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        """Return the representation alone, without the decoder's work.

        Parameters
        ----------
        X : Tensor of shape (n, d)
            The batch.
        lengths : None
            Ignored: rows of a table have no length.

        Returns
        -------
        Tensor of shape (n, n_components)
            Output of FC1 after its ReLU.
        """
        return torch.relu(self.fc1(self.hidden(X)))

    def decode(
        self, representation: torch.Tensor, lengths: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return the reconstruction (n, d) of a representation (n, n_components).

        Parameters
        ----------
        representation : Tensor of shape (n, n_components)
            Output of FC1 after its ReLU.
        lengths : None
            Ignored: rows of a table have no length.

        Returns
        -------
        Tensor of shape (n, d)
            The reconstruction.
        """
        reconstruction: torch.Tensor = self.decoder(representation)
        return reconstruction
