"""A representation of one neuron, in which most penalties are constants."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

from ..losses import ConsistencyLoss, DeCovLoss, LossTerm, MultilayerLoss, SingleLayerLoss

# They compare neurons, or distributions over neurons.
_NEED_TWO_NEURONS = (ConsistencyLoss, DeCovLoss, MultilayerLoss, SingleLayerLoss)


def warn_of_single_neuron(terms: Mapping[str, LossTerm], n_components: int) -> None:
    """Warn of terms that do nothing in a representation of one neuron.

    Parameters
    ----------
    terms : mapping of str to LossTerm
        The penalty's terms.
    n_components : int
        Neurons of FC1.
    """
    idle = [
        name
        for name, term in terms.items()
        if isinstance(term, _NEED_TWO_NEURONS) and term.weight > 0
    ]
    if n_components == 1 and idle:
        warnings.warn(
            f"n_components=1 leaves the terms {idle} of penalty without effect, since one neuron "
            "has no pair and its softmax is 1: raise n_components, or pass penalty=None.",
            UserWarning,
            stacklevel=2,
        )
