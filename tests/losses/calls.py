"""Calls of the terms with all that a value depends on in one place."""

from fa_sklearn.losses import (
    ConsistencyLoss,
    ContrastLoss,
    DeCovLoss,
    MultilayerLoss,
    SingleLayerLoss,
    XCovLoss,
)


def single_layer_loss(weight, margin=5.0, divergence="kl"):
    return SingleLayerLoss(margin, divergence)(weight)


def multilayer_loss(
    h, y=None, margin=1.0, divergence="kl", normalization="group", *, sample_weight=None
):
    return MultilayerLoss(margin, divergence, normalization)(h, y, sample_weight)


def decov_loss(h, *, sample_weight=None):
    return DeCovLoss()(h, sample_weight)


def xcov_loss(h, y_prob, *, sample_weight=None):
    return XCovLoss()(h, y_prob, sample_weight)


def consistency_loss(h, h_view, divergence="kl", *, sample_weight=None):
    return ConsistencyLoss(divergence)(h, h_view, sample_weight)


def contrast_loss(h, h_view, y=None, temperature=0.2, *, sample_weight=None):
    """Tell a row from all others, or from those of its label where there are labels."""
    negatives = "all" if y is None else "same_label"
    return ContrastLoss(temperature, negatives)(h, h_view, y, sample_weight)
