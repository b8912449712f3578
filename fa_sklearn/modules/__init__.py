"""Backbones: torch networks with the representation layer FC1 that the losses push apart."""

from .._removed import refuse_removed_names
from ._contract import ForcedApartAutoencoderModule, ForcedApartModule
from ._conv_autoencoder import ConvAutoencoder
from ._mlp import MLP
from ._mlp_autoencoder import MLPAutoencoder
from ._recurrent import RecurrentEncoder
from ._rnn import RNN
from ._rnn_autoencoder import RNNAutoencoder
from ._text_rnn import TextRNN
from ._vgg import VGG

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
