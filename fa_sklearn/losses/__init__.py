"""Losses of the paper and their baselines, the terms of a penalty."""

from .._removed import refuse_removed_names
from ._covariance import DeCovLoss, XCovLoss
from ._divergences import pairwise_divergence
from ._forced_apart import (
    MultilayerLoss,
    SingleLayerLoss,
)
from ._term import LossTerm
from ._two_views import ConsistencyLoss, ContrastLoss

__all__ = [
    "ConsistencyLoss",
    "ContrastLoss",
    "DeCovLoss",
    "LossTerm",
    "MultilayerLoss",
    "SingleLayerLoss",
    "XCovLoss",
    "pairwise_divergence",
]

refuse_removed_names(__name__)
