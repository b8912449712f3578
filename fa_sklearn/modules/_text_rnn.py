"""The recurrent net for texts: sequences of token ids."""

import torch
from torch import nn

from ._base import ClassifierNet, check_positive_int, check_sequence_shape
from ._recurrent import RecurrentEncoder


class TextRNN(ClassifierNet):
    """A token embedding, recurrent layers, FC1 with ReLU, and FC2.

    Parameters
    ----------
    input_shape : tuple (None, n_tokens)
        Number of token ids, 0 (padding) and 1 (unknown) included.
    n_components : int
        Number of neurons of FC1.
    n_outputs : int
        Number of logits.
    embedding_size : int, default=100
        Size of a token's vector; the padding's stays 0.
    hidden_size : int, default=128
        Size of a recurrent layer's state, per direction.
    cell : {"lstm", "gru"}, default="lstm"
        The recurrent cell.
    num_layers : int, default=1
        Number of stacked recurrent layers.
    bidirectional : bool, default=False
        Whether each layer also reads the texts backwards.
    pooling : {"last", "mean", "max"}, default="max"
        How the valid steps of a text become one vector.
    dropout : float, default=0.0
        Probability in [0, 1) that an output of a recurrent layer is dropped while training; the
        last layer's is dropped after the pooling.

    Examples
    --------
    >>> import torch
    >>> from fa_sklearn.modules import TextRNN
    >>> net = TextRNN((None, 20), 5, 1, hidden_size=16)
    >>> X, lengths = torch.tensor([[3, 7, 1, 19], [4, 2, 0, 0]]), torch.tensor([4, 2])
    >>> output, representation = net(X, lengths)
    >>> output.shape, representation.shape
    (torch.Size([2, 1]), torch.Size([2, 5]))
    """

    input_kind = "tokens"

    def __init__(
        self,
        input_shape: tuple[int | None, ...],
        n_components: int,
        n_outputs: int,
        *,
        embedding_size: int = 100,
        hidden_size: int = 128,
        cell: str = "lstm",
        num_layers: int = 1,
        bidirectional: bool = False,
        pooling: str = "max",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        n_tokens = check_sequence_shape("TextRNN", input_shape, "n_tokens")
        embedding_size = check_positive_int("embedding_size", embedding_size)
        n_components = check_positive_int("n_components", n_components)
        self.embedding = nn.Embedding(n_tokens, embedding_size, padding_idx=0)
        self.encoder = RecurrentEncoder(
            embedding_size,
            hidden_size,
            cell=cell,
            num_layers=num_layers,
            bidirectional=bidirectional,
            pooling=pooling,
            dropout=dropout,
        )
        self.fc1 = nn.Linear(self.encoder.output_size, n_components)
        self.fc2 = nn.Linear(n_components, check_positive_int("n_outputs", n_outputs))

    @property
    def deterministic_forward(self) -> bool:
        """Whether ``forward`` draws no random number: no dropout."""
        return self.encoder.deterministic_forward

    def _encode(self, X: torch.Tensor, lengths: torch.Tensor | None) -> torch.Tensor:
        H: torch.Tensor = self.encoder(self.embedding(X.t().contiguous()), lengths)
        return H
