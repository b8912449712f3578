"""Backbones: torch networks with the representation layer FC1 that the losses push apart."""

from fa_sklearn.modules._contract import (
    ForcedApartAutoencoderModule,
    ForcedApartModule,
    check_module_class,
    check_module_output,
)
from fa_sklearn.modules._conv_autoencoder import ConvAutoencoder
from fa_sklearn.modules._mlp import MLP
from fa_sklearn.modules._mlp_autoencoder import MLPAutoencoder
from fa_sklearn.modules._recurrent import RecurrentEncoder
from fa_sklearn.modules._registry import (
    AUTOENCODER_MODULES,
    CLASSIFIER_MODULES,
    resolve_module,
)
from fa_sklearn.modules._rnn import RNN
from fa_sklearn.modules._rnn_autoencoder import RNNAutoencoder
from fa_sklearn.modules._text_rnn import TextRNN
from fa_sklearn.modules._vgg import VGG

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
    "check_module_class",
    "check_module_output",
    "resolve_module",
]
