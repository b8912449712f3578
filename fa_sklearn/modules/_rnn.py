"""The nets for sequences and texts: recurrent layers over right-padded rows."""

from collections.abc import Callable

import torch
from sklearn.utils._param_validation import StrOptions
from torch import nn

from ._base import (
    POSITIVE_INT,
    PROBABILITY,
    AutoencoderNet,
    ClassifierNet,
    check_option,
)

CELLS: dict[str, type[nn.LSTM] | type[nn.GRU]] = {"lstm": nn.LSTM, "gru": nn.GRU}


def valid_steps(lengths: torch.Tensor, n_steps: int) -> torch.Tensor:
    """Return a boolean mask (n_steps, n), True where a step lies within its row's length."""
    return torch.arange(n_steps, device=lengths.device)[:, None] < lengths


def reversed_order(lengths: torch.Tensor, n_steps: int) -> torch.Tensor:
    """Return the index (n_steps * n,) that reverses each row within its own length.

    It goes into the first axis of a time-major tensor flattened to (n_steps * n, d), leaves the
    padding where it is, and undoes itself.
    """
    step = torch.arange(n_steps, device=lengths.device)[:, None]
    source = torch.where(step < lengths, lengths - 1 - step, step)
    n = lengths.shape[0]
    return (source * n + torch.arange(n, device=lengths.device)).flatten()


def reorder(H: torch.Tensor, order: torch.Tensor) -> torch.Tensor:
    """Return time-major `H` (T, n, d) with its (step, row) positions taken from `order`."""
    # index_select on the flattened steps is three times as fast as gather, backward included
    return H.flatten(0, 1).index_select(0, order).view(H.shape)


def pool_last(H: torch.Tensor, lengths: torch.Tensor | None) -> torch.Tensor:
    """Return the last valid step (n, d) of each row of time-major `H` (T, n, d)."""
    if lengths is None:
        return H[-1]
    return H[lengths - 1, torch.arange(H.shape[1], device=H.device)]


def pool_mean(H: torch.Tensor, lengths: torch.Tensor | None) -> torch.Tensor:
    """Return the mean (n, d) over the valid steps of time-major `H` (T, n, d)."""
    if lengths is None:
        return H.mean(0)
    total = (H * valid_steps(lengths, H.shape[0])[:, :, None]).sum(0)
    return total / lengths[:, None]


def pool_max(H: torch.Tensor, lengths: torch.Tensor | None) -> torch.Tensor:
    """Return the maximum (n, d) over the valid steps of time-major `H` (T, n, d)."""
    if lengths is None:
        return H.amax(0)
    padding = ~valid_steps(lengths, H.shape[0])[:, :, None]
    return H.masked_fill(padding, -torch.inf).amax(0)


POOLINGS: dict[str, Callable[[torch.Tensor, torch.Tensor | None], torch.Tensor]] = {
    "last": pool_last,
    "mean": pool_mean,
    "max": pool_max,
}


class RecurrentEncoder(nn.Module):
    """LSTM or GRU layers over right-padded sequences, pooled to one vector per row.

    The result equals that of torch's packed sequences, which are several times slower on a CPU.
    A forward cell never sees the padding before the steps that count; a backward cell reads rows
    that were reversed within their own length. The options are those of `RNN`.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int = 128,
        *,
        cell: str = "lstm",
        num_layers: int = 1,
        bidirectional: bool = False,
        pooling: str = "last",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        check_option("cell", cell, StrOptions(set(CELLS)))
        check_option("hidden_size", hidden_size, POSITIVE_INT)
        check_option("num_layers", num_layers, POSITIVE_INT)
        check_option("pooling", pooling, StrOptions(set(POOLINGS)))
        check_option("dropout", dropout, PROBABILITY)
        make = CELLS[cell]
        self.pooling = pooling
        self.bidirectional = bool(bidirectional)
        self.output_size = hidden_size * (1 + self.bidirectional)
        sizes = [input_size] + [self.output_size] * (num_layers - 1)
        self.forward_layers = nn.ModuleList(make(size, hidden_size) for size in sizes)
        self.backward_layers = nn.ModuleList(
            make(size, hidden_size) for size in sizes if self.bidirectional
        )
        self.dropout = nn.Dropout(dropout)

    @property
    def deterministic_forward(self) -> bool:
        """Whether ``forward`` draws no random number: no dropout."""
        return self.dropout.p == 0.0

    def forward(self, X: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        """Return a vector (n, output_size) per row of X (T, n, d), the faster layout."""
        if self.bidirectional:
            outputs = self._read_both_ways(X, lengths)
        else:
            outputs = [self._read(X)]
        pool = POOLINGS[self.pooling]
        return self._drop(torch.cat([pool(H, lengths) for H in outputs], dim=1))

    def _drop(self, H: torch.Tensor) -> torch.Tensor:
        if self.deterministic_forward:
            return H
        dropped: torch.Tensor = self.dropout(H)
        return dropped

    def _read(self, X: torch.Tensor) -> torch.Tensor:
        for i, layer in enumerate(self.forward_layers):
            X, _ = layer(self._drop(X) if i else X)
        return X

    def _read_both_ways(self, X: torch.Tensor, lengths: torch.Tensor | None) -> list[torch.Tensor]:
        # the poolings do not ask for the order of the steps: the last layer's stays reversed
        order = None if lengths is None else reversed_order(lengths, X.shape[0])

        def turn(H: torch.Tensor) -> torch.Tensor:
            return H.flip(0) if order is None else reorder(H, order)

        H: list[torch.Tensor] = []
        for onward, backward in zip(self.forward_layers, self.backward_layers, strict=True):
            if H:
                X = self._drop(torch.cat([H[0], turn(H[1])], dim=2))
            H = [onward(X)[0], backward(turn(X))[0]]
        return H


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
    representation : {"relu", "unit"}, default="relu"
        What the representation is: FC1 after its ReLU, as in the paper; or FC1 scaled to rows of
        unit length, without a ReLU, for ``penalty="contrast"``.

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
        input_shape: tuple[None, int],
        n_components: int,
        n_outputs: int,
        *,
        hidden_size: int = 128,
        cell: str = "lstm",
        num_layers: int = 1,
        bidirectional: bool = False,
        pooling: str = "last",
        dropout: float = 0.0,
        representation: str = "relu",
    ) -> None:
        super().__init__()
        self.encoder = RecurrentEncoder(
            input_shape[1],
            hidden_size,
            cell=cell,
            num_layers=num_layers,
            bidirectional=bidirectional,
            pooling=pooling,
            dropout=dropout,
        )
        self._make_representation(self.encoder.output_size, n_components, representation)
        self._make_decision(n_outputs)

    @property
    def deterministic_forward(self) -> bool:
        """Whether ``forward`` draws no random number: no dropout."""
        return self.encoder.deterministic_forward

    def _encode(self, X: torch.Tensor, lengths: torch.Tensor | None) -> torch.Tensor:
        H: torch.Tensor = self.encoder(X.transpose(0, 1).contiguous(), lengths)
        return H


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
    representation : {"relu", "unit"}, default="relu"
        What the representation is: FC1 after its ReLU, as in the paper; or FC1 scaled to rows of
        unit length, without a ReLU, for ``penalty="contrast"``.

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
        input_shape: tuple[None, int],
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
        representation: str = "relu",
    ) -> None:
        super().__init__()
        _, n_tokens = input_shape
        check_option("embedding_size", embedding_size, POSITIVE_INT)
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
        self._make_representation(self.encoder.output_size, n_components, representation)
        self._make_decision(n_outputs)

    @property
    def deterministic_forward(self) -> bool:
        """Whether ``forward`` draws no random number: no dropout."""
        return self.encoder.deterministic_forward

    def _encode(self, X: torch.Tensor, lengths: torch.Tensor | None) -> torch.Tensor:
        H: torch.Tensor = self.encoder(self.embedding(X.t().contiguous()), lengths)
        return H


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
    representation : {"relu", "unit"}, default="relu"
        What the representation is: FC1 after its ReLU, as in the paper; or FC1 scaled to rows of
        unit length, without a ReLU, for ``penalty="contrast"``.

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
        input_shape: tuple[None, int],
        n_components: int,
        *,
        hidden_size: int = 128,
        cell: str = "lstm",
        num_layers: int = 1,
        bidirectional: bool = False,
        representation: str = "relu",
    ) -> None:
        super().__init__()
        _, d = input_shape
        self.encoder = RecurrentEncoder(
            d, hidden_size, cell=cell, num_layers=num_layers, bidirectional=bidirectional
        )
        self._make_representation(self.encoder.output_size, n_components, representation)
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
        representation = self.represent(X, lengths)
        return self._unroll(representation, X.shape[1], lengths), representation

    def decode(
        self, representation: torch.Tensor, lengths: torch.Tensor | None = None
    ) -> torch.Tensor:
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
