"""The contract between a backbone and the estimators."""

from typing import Protocol

import torch


class ForcedApartModule(Protocol):
    """What a classifier backbone offers.

    Parameters
    ----------
    input_shape : tuple
        Shape of a row of X, as in the Notes.
    n_components : int
        Number of neurons of FC1.
    n_outputs : int
        Number of logits.

    Notes
    -----
    The estimator is given the class, makes the instance, and trains only that. A net's own options
    follow as keyword-only arguments with defaults. Optional are

    - ``deterministic_forward``, a property: True says that ``forward`` draws no random number.
      Otherwise its draws are redirected to the fit's own generator, which costs a little; dropout
      inside `torch.utils.checkpoint` is not supported then.
    - ``input_kind``, a class attribute: "table", "sequence", "image" or "tokens", what it reads;
    - ``keeps_accuracy_in_bfloat16``, a class attribute: True lets ``precision="auto"`` use it;
    - ``represent(X, lengths=None)``, a method: the representation alone, the same that ``forward``
      returns. It saves `transform` and second views the rest of the net, such as a decoder. A
      subclass of a net that has it changes both together, or neither.

    What X and `input_shape` are depends on the data:

    ========  =================================================  ================
    data      X                                                  input_shape
    ========  =================================================  ================
    table     (n, d) float32                                     (d,)
    sequence  (n, T, d) float32, right-padded with 0             (None, d)
    image     (n, C, H, W) float32, channels_last memory format  (C, H, W)
    tokens    (n, T) int64, right-padded with 0; 1 is unknown    (None, n_tokens)
    ========  =================================================  ================

    `lengths` is an int64 tensor (n,) with entries of at least 1, for sequences and tokens; None
    says that every row has the full length T.

    Examples
    --------
    A user's own net, with one option ``slope``:

    >>> import torch
    >>> from torch import nn
    >>> class Narrow(nn.Module):
    ...     def __init__(self, input_shape, n_components, n_outputs, *, slope=1.0):
    ...         super().__init__()
    ...         self.slope = slope
    ...         self.fc1 = nn.Linear(input_shape[0], n_components)
    ...         self.fc2 = nn.Linear(n_components, n_outputs)
    ...
    ...     @property
    ...     def representation_weight(self):
    ...         return self.fc1.weight
    ...
    ...     def forward(self, X, lengths=None):
    ...         representation = torch.relu(self.slope * self.fc1(X))
    ...         return self.fc2(representation), representation
    >>> output, representation = Narrow((4,), 3, 1, slope=2.0)(torch.ones(2, 4))
    >>> output.shape, representation.shape
    (torch.Size([2, 1]), torch.Size([2, 3]))
    """

    def __init__(
        self, input_shape: tuple[int | None, ...], n_components: int, n_outputs: int
    ) -> None: ...

    @property
    def representation_weight(self) -> torch.Tensor:
        """Weight of FC1, shape (n_components, n_in), a row per neuron; L_single reads it."""
        ...

    def __call__(
        self, X: torch.Tensor, lengths: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return (output, representation).

        The output is the logits (n, n_outputs), or an autoencoder's reconstruction of X's shape;
        the representation is (n, n_components).
        """
        ...


class ForcedApartAutoencoderModule(ForcedApartModule, Protocol):
    """What an autoencoder backbone offers.

    Parameters
    ----------
    input_shape : tuple
        Shape of a row of X.
    n_components : int
        Number of neurons of FC1.

    Notes
    -----
    Options, layouts, `lengths` and optional attributes are those of `ForcedApartModule`.

    Examples
    --------
    :doc:`/extending` has a user's own one. What a built-in one offers:

    >>> import torch
    >>> from fa_sklearn.modules import MLPAutoencoder
    >>> net = MLPAutoencoder((4,), n_components=3)
    >>> reconstruction, representation = net(torch.ones(2, 4))
    >>> torch.equal(net.decode(representation), reconstruction)
    True
    """

    def __init__(self, input_shape: tuple[int | None, ...], n_components: int) -> None: ...

    def decode(
        self, representation: torch.Tensor, lengths: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return the reconstruction of a representation.

        Parameters
        ----------
        representation : Tensor of shape (n, n_components)
            Output of FC1 after its ReLU.
        lengths : int64 Tensor of shape (n,) or None, default=None
            Valid steps of each row; None where rows have no length.

        Returns
        -------
        Tensor
            The reconstruction, of X's shape; sequences have max(lengths) steps.
        """
        ...
