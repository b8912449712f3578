"""The autoencoder for sequences of feature vectors."""

import torch
from torch import nn

from ._base import AutoencoderNet, active_init, check_positive_int, check_sequence_shape
from ._recurrent import CELLS, RecurrentEncoder, valid_steps


class RNNAutoencoder(AutoencoderNet):
    """A recurrent encoder, the representation layer FC1 with ReLU, and a recurrent decoder.

    The decoder starts in a state made of the representation and reads the representation at every
    step, and nothing else; a linear layer makes the step's features of its state.

    Parameters
    ----------
    input_shape : tuple (None, d)
        Number of features of a step.
    n_components : int
        Number of neurons of FC1.
    hidden_size : int, default=128
        Size of a recurrent layer's state, per direction.
    cell : {"lstm", "gru"}, default="lstm"
        The recurrent cell, of encoder and decoder.
    num_layers : int, default=1
        Number of stacked recurrent layers, of encoder and decoder.
    bidirectional : bool, default=False
        Whether the encoder also reads the sequences backwards; the decoder runs forward.

    Examples
    --------
    >>> import torch
    >>> from fa_sklearn.modules import RNNAutoencoder
    >>> net = RNNAutoencoder((None, 4), 5, hidden_size=16)
    >>> reconstruction, representation = net(torch.ones(3, 7, 4), torch.tensor([7, 2, 5]))
    >>> reconstruction.shape, representation.shape
    (torch.Size([3, 7, 4]), torch.Size([3, 5]))
    """

    input_kind = "sequence"

    def __init__(
        self,
        input_shape: tuple[int | None, ...],
        n_components: int,
        *,
        hidden_size: int = 128,
        cell: str = "lstm",
        num_layers: int = 1,
        bidirectional: bool = False,
    ) -> None:
        super().__init__()
        d = check_sequence_shape("RNNAutoencoder", input_shape)
        n_components = check_positive_int("n_components", n_components)
        self.encoder = RecurrentEncoder(
            d, hidden_size, cell=cell, num_layers=num_layers, bidirectional=bidirectional
        )
        self.fc1 = nn.Linear(self.encoder.output_size, n_components)
        active_init(self.fc1)
        self.decoder = CELLS[cell](n_components, hidden_size, num_layers)
        n_states = 2 if cell == "lstm" else 1
        self.first_state = nn.Linear(n_components, n_states * num_layers * hidden_size)
        self.step_output = nn.Linear(hidden_size, d)

    def _first_state(
        self, representation: torch.Tensor
    ) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        """State of every decoder layer before the first step."""
        n, hidden_size = representation.shape[0], self.decoder.hidden_size
        states = self.first_state(representation).view(n, -1, hidden_size).transpose(0, 1)
        hidden, *memory = states.contiguous().split(self.decoder.num_layers)
        return (hidden.tanh(), memory[0]) if memory else hidden.tanh()

    def _encode(self, X: torch.Tensor, lengths: torch.Tensor | None) -> torch.Tensor:
        H: torch.Tensor = self.encoder(X.transpose(0, 1).contiguous(), lengths)
        return H

    def forward(
        self, X: torch.Tensor, lengths: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return reconstruction and representation.

        Parameters
        ----------
        X : Tensor of shape (n, T, d)
            Right-padded sequences.
        lengths : int64 Tensor of shape (n,) or None, default=None
            Valid steps of each row, at least 1; None: all T.

        Returns
        -------
        reconstruction : Tensor of shape (n, T, d)
            What the decoder makes of the representation, 0 past a row's length.
        representation : Tensor of shape (n, n_components)
            Output of FC1 after its ReLU.
        """
        representation = self.represent(X, lengths)
        return self._unroll(representation, X.shape[1], lengths), representation

    def decode(
        self, representation: torch.Tensor, lengths: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return the reconstruction of a representation.

        Parameters
        ----------
        representation : Tensor of shape (n, n_components)
            Output of FC1 after its ReLU.
        lengths : int64 Tensor of shape (n,)
            How many steps each row gets, at least 1; a representation does not say it.

        Returns
        -------
        Tensor of shape (n, max(lengths), d)
            The reconstruction, 0 past a row's length.
        """
        if lengths is None:
            raise ValueError(
                "lengths is needed to decode sequences: pass the number of steps of each row"
            )
        return self._unroll(representation, int(lengths.max()), lengths)

    def _unroll(
        self, representation: torch.Tensor, n_steps: int, lengths: torch.Tensor | None
    ) -> torch.Tensor:
        first = self._first_state(representation)
        H, _ = self.decoder(representation.expand(n_steps, -1, -1), first)
        steps: torch.Tensor = self.step_output(H)
        if lengths is not None:
            steps = steps.masked_fill(~valid_steps(lengths, n_steps)[:, :, None], 0.0)
        return steps.transpose(0, 1)
