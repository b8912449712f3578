"""Backbones: torch networks with the representation layer FC1 that the losses push apart."""

from .._removed import refuse_removed_names
from ._cnn import VGG, ConvAutoencoder
from ._mlp import MLP, MLPAutoencoder
from ._rnn import RNN, RNNAutoencoder, TextRNN

__all__ = [
    "MLP",
    "RNN",
    "VGG",
    "ConvAutoencoder",
    "MLPAutoencoder",
    "RNNAutoencoder",
    "TextRNN",
]

refuse_removed_names(__name__)
