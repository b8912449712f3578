"""The multilayer perceptron for tables."""

from collections.abc import Iterable

import torch
from torch import nn

from ._base import (
    ClassifierNet,
    check_dropout,
    check_hidden_sizes,
    check_positive_int,
    check_table_shape,
    zero_init,
)


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
        input_shape: tuple[int | None, ...],
        n_components: int,
        n_outputs: int,
        *,
        hidden_sizes: Iterable[int] = (128,),
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        size = check_table_shape("MLP", input_shape)
        n_components = check_positive_int("n_components", n_components)
        self.dropout = check_dropout(dropout)
        layers: list[nn.Module] = []
        for hidden in check_hidden_sizes(hidden_sizes):
            layers += [nn.Linear(size, hidden), nn.ReLU()]
            if self.dropout:
                layers.append(nn.Dropout(self.dropout))
            size = hidden
        self.hidden = nn.Sequential(*layers)
        self.fc1 = nn.Linear(size, n_components)
        self.fc2 = nn.Linear(n_components, check_positive_int("n_outputs", n_outputs))
        zero_init(self.fc2)

    @property
    def deterministic_forward(self) -> bool:
        """Whether ``forward`` draws no random number: no dropout."""
        return self.dropout == 0.0

    def _encode(self, X: torch.Tensor, lengths: torch.Tensor | None) -> torch.Tensor:
        hidden: torch.Tensor = self.hidden(X)
        return hidden
