"""The base of all loss terms: hyperparameters, what they read, and their weight."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

from sklearn.base import BaseEstimator
from torch import Tensor

from ._divergences import RowwiseDivergence


class LossTerm(BaseEstimator):
    """Base class of the terms that an estimator can add to its task loss.

    A subclass sets its hyperparameters in ``__init__`` (`weight` among them), names in `inputs`
    what it reads, and computes a scalar in ``__call__`` from exactly these, as keywords:

    - ``layer_weight``: weight matrix of FC1, (n_components, n_inputs);
    - ``h``: representations of the batch, FC1 after its ReLU, (n, n_components);
    - ``h_view``: representations of another view of each sample, (n, n_components), where the
      estimator has `views`;
    - ``y``: integer coarse labels of the batch, (n,), -1 where unknown, None in an autoencoder;
    - ``y_prob``: predicted probabilities, (n, 1) for two labels, else (n, n_labels); in an
      autoencoder the reconstruction, (n, n_features);
    - ``sample_weight``: weights of the samples, (n,), or None.

    :doc:`/extending` has an example that runs.

    Attributes
    ----------
    inputs : tuple of str
        What ``__call__`` reads.
    weight : float
        Factor of this term among the terms of a penalty.

    Examples
    --------
    >>> import torch
    >>> from fa_sklearn.losses import LossTerm
    >>> class ActivityLoss(LossTerm):
    ...     inputs = ("h",)
    ...
    ...     def __init__(self, weight=1.0):
    ...         self.weight = weight
    ...
    ...     def __call__(self, h):
    ...         return h.abs().mean()
    >>> ActivityLoss()(torch.ones(2, 3))
    tensor(1.)
    """

    inputs: ClassVar[tuple[str, ...]] = ()
    weight: float

    __call__: Callable[..., Tensor]


class MarginTerm(LossTerm):
    """Base class of the terms whose hinge compares distributions up to a margin."""

    # Which of a divergence's own defaults stands in where the user gives no margin.
    _default_margin: ClassVar[Literal["single_margin", "multi_margin"]]
    margin: float
    divergence: str | RowwiseDivergence
    # Takes the arguments of ``__call__``: the value when no pair is within the margin.
    _lower_bound: Callable[..., Tensor]
