"""The recurrent net of the paper's figure 1, for sequences of feature vectors."""

import torch
from torch import nn

from ._base import ClassifierNet, check_positive_int, check_sequence_shape
from ._recurrent import RecurrentEncoder


class RNN(ClassifierNet):
    """Recurrent layers, the representation layer FC1 with ReLU, and the decision layer FC2.

    Parameters
    ----------
    input_shape : tuple (None, d)
        Number of features of a step.
    n_components : int
        Number of neurons of FC1.
    n_outputs : int
        Number of logits.
    hidden_size : int, default=128
        Size of a recurrent layer's state, per direction.
    cell : {"lstm", "gru"}, default="lstm"
        The recurrent cell.
    num_layers : int, default=1
        Number of stacked recurrent layers.
    bidirectional : bool, default=False
        Whether each layer also reads the sequences backwards.
    pooling : {"last", "mean", "max"}, default="last"
        How the valid steps of a sequence become one vector.
    dropout : float, default=0.0
        Probability in [0, 1) that an output of a recurrent layer is dropped while training; the
        last layer's is dropped after the pooling.

    Notes
    -----
    Figure 1 of the paper: RNN -> FC1 (ReLU) -> FC2.

    Examples
    --------
    >>> import torch
    >>> from fa_sklearn.modules import RNN
    >>> net = RNN((None, 4), 5, 1, hidden_size=16)
    >>> output, representation = net(torch.ones(3, 7, 4), torch.tensor([7, 2, 5]))
    >>> output.shape, representation.shape
    (torch.Size([3, 1]), torch.Size([3, 5]))
    """

    input_kind = "sequence"
    keeps_accuracy_in_bfloat16 = True

    def __init__(
        self,
        input_shape: tuple[int | None, ...],
        n_components: int,
        n_outputs: int,
        *,
        hidden_size: int = 128,
        cell: str = "lstm",
        num_layers: int = 1,
        bidirectional: bool = False,
        pooling: str = "last",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        n_components = check_positive_int("n_components", n_components)
        self.encoder = RecurrentEncoder(
            check_sequence_shape("RNN", input_shape),
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
        H: torch.Tensor = self.encoder(X.transpose(0, 1).contiguous(), lengths)
        return H
