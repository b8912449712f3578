"""What the built-in nets share: FC1 with its ReLU, what follows it, and how layers start."""

import torch
from torch import nn


class Net(nn.Module):
    """A net with the layer FC1; a subclass says in ``_encode`` what FC1 reads."""

    fc1: nn.Linear

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
        return torch.relu(self.fc1(self._encode(X, lengths)))


class ClassifierNet(Net):
    """A net that ends in the decision layer FC2."""

    fc2: nn.Linear

    def forward(
        self, X: torch.Tensor, lengths: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return logits and representation.

        Parameters
        ----------
        X : Tensor of shape (n, ...)
            The batch, laid out as `ForcedApartModule` says.
        lengths : int64 Tensor of shape (n,) or None, default=None
            Valid steps of each row of sequences or tokens, at least 1; None: all.

        Returns
        -------
        output : Tensor of shape (n, n_outputs)
            Logits.
        representation : Tensor of shape (n, n_components)
            Output of FC1 after its ReLU.
        """
        representation = self._represent(X, lengths)
        return self.fc2(representation), representation


class AutoencoderNet(Net):
    """A net that ends in a decoder of the representation."""

    decoder: nn.Module

    def forward(
        self, X: torch.Tensor, lengths: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return reconstruction and representation.

        Parameters
        ----------
        X : Tensor of shape (n, ...)
            The batch, laid out as `ForcedApartModule` says.
        lengths : int64 Tensor of shape (n,) or None, default=None
            Valid steps of each row of sequences, at least 1; None: all.

        Returns
        -------
        reconstruction : Tensor of the shape of X
            What the decoder makes of the representation.
        representation : Tensor of shape (n, n_components)
            Output of FC1 after its ReLU.
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
            Output of FC1 after its ReLU.
        """
        return self._represent(X, lengths)

    def decode(
        self, representation: torch.Tensor, lengths: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return the reconstruction of a representation.

        Parameters
        ----------
        representation : Tensor of shape (n, n_components)
            Output of FC1 after its ReLU.
        lengths : None
            Ignored: rows of tables and images have no length.

        Returns
        -------
        Tensor of the shape of X
            The reconstruction.
        """
        reconstruction: torch.Tensor = self.decoder(representation)
        return reconstruction


def zero_init(decision: nn.Linear) -> None:
    """Let FC2 start at 0 on X of any scale: training learns instead of unlearning a guess."""
    nn.init.zeros_(decision.weight)
    nn.init.zeros_(decision.bias)


def active_init(representation: nn.Linear) -> None:
    """Let FC1 of an autoencoder start active: a neuron at 0 for all samples would stay dead."""
    nn.init.ones_(representation.bias)
