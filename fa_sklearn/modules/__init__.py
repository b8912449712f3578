"""Backbones: torch networks with the representation layer FC1 that the losses push apart."""

from .._removed import refuse_removed_names
from ._cnn import VGG, ConvAutoencoder
from ._contract import ForcedApartAutoencoderModule, ForcedApartModule
from ._mlp import MLP, MLPAutoencoder
from ._rnn import RNN, RecurrentEncoder, RNNAutoencoder, TextRNN

__all__ = [
    "MLP",
    "RNN",
    "VGG",
    "ConvAutoencoder",
    "ForcedApartAutoencoderModule",
    "ForcedApartModule",
    "MLPAutoencoder",
    "RNNAutoencoder",
    "RecurrentEncoder",
    "TextRNN",
]

refuse_removed_names(__name__)
