"""Backbones: torch networks with the representation layer FC1 that the losses push apart."""

from ._checks import check_module_arguments, check_module_class, check_module_output
from ._contract import ForcedApartAutoencoderModule, ForcedApartModule
from ._conv_autoencoder import ConvAutoencoder
from ._mlp import MLP
from ._mlp_autoencoder import MLPAutoencoder
from ._recurrent import RecurrentEncoder
from ._registry import (
    AUTOENCODER_MODULES,
    CLASSIFIER_MODULES,
    resolve_module,
)
from ._rnn import RNN
from ._rnn_autoencoder import RNNAutoencoder
from ._text_rnn import TextRNN
from ._vgg import VGG

__all__ = [
    "AUTOENCODER_MODULES",
    "CLASSIFIER_MODULES",
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
    "check_module_arguments",
    "check_module_class",
    "check_module_output",
    "resolve_module",
]
