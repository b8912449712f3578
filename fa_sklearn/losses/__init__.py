"""Losses of the paper and their baselines, as torch functions and as terms."""

from .._removed import refuse_removed_names
from ._covariance import DeCovLoss, XCovLoss, decov_loss, xcov_loss
from ._divergences import pairwise_divergence
from ._forced_apart import (
    MultilayerLoss,
    SingleLayerLoss,
    multilayer_loss,
    single_layer_loss,
)
from ._term import LossTerm
from ._two_views import ConsistencyLoss, ContrastLoss, consistency_loss, contrast_loss

__all__ = [
    "ConsistencyLoss",
    "ContrastLoss",
    "DeCovLoss",
    "LossTerm",
    "MultilayerLoss",
    "SingleLayerLoss",
    "XCovLoss",
    "consistency_loss",
    "contrast_loss",
    "decov_loss",
    "multilayer_loss",
    "pairwise_divergence",
    "single_layer_loss",
    "xcov_loss",
]

refuse_removed_names(__name__)
