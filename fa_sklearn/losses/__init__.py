"""Losses of the paper and their baselines, as torch functions and as terms."""

from ._consistency import ConsistencyLoss, consistency_loss
from ._contrast import ContrastLoss, contrast_loss
from ._decov import DeCovLoss, decov_loss
from ._divergences import DIVERGENCES
from ._multi import MultilayerLoss, multilayer_loss
from ._pairwise import pairwise_divergence
from ._penalty import TERMS, Penalty, resolve_penalty
from ._single import SingleLayerLoss, single_layer_loss
from ._term import HingeTerm, LossTerm
from ._xcov import XCovLoss, xcov_loss

__all__ = [
    "DIVERGENCES",
    "TERMS",
    "ConsistencyLoss",
    "ContrastLoss",
    "DeCovLoss",
    "HingeTerm",
    "LossTerm",
    "MultilayerLoss",
    "Penalty",
    "SingleLayerLoss",
    "XCovLoss",
    "consistency_loss",
    "contrast_loss",
    "decov_loss",
    "multilayer_loss",
    "pairwise_divergence",
    "resolve_penalty",
    "single_layer_loss",
    "xcov_loss",
]
