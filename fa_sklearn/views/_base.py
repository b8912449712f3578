"""The contract of views: what an estimator asks for before training."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from .._inputs import Indices, Pairing, Samples


class Views(BaseEstimator, ABC):
    """Base class of the ways to view a sample twice.

    A subclass sets its hyperparameters in ``__init__`` and makes the views in ``pair``. Read more
    in :doc:`/extending`.

    Attributes
    ----------
    first_is_sample : bool
        Whether the first view is the sample as it is: then ``pair`` is only called where a term of
        the penalty compares views. False unless a subclass says otherwise.

    See Also
    --------
    NeighborViews : A neighbour of the sample.
    AugmentedViews : An augmented copy.

    Examples
    --------
    >>> from fa_sklearn.views import NeighborViews, Views
    >>> issubclass(NeighborViews, Views)
    True
    """

    first_is_sample: ClassVar[bool] = False

    @abstractmethod
    def pair(
        self,
        X: Any,
        samples: Samples,
        parts: Sequence[Indices],
        y: NDArray[np.int64] | None,
        seed: int,
    ) -> Pairing:
        """Learn what must be known of all samples before the first batch.

        Parameters
        ----------
        X : array-like or list
            What the user handed to fit.
        samples : Samples
            The same, validated.
        parts : sequence of ndarrays of shape (m,)
            Which samples are trained on, and which are set aside for early stopping; those of
            weight 0 are in neither. Views of a sample are made of those in its own part.
        y : ndarray of shape (n_samples,) or None
            Codes of the coarse labels of all samples; negative: unknown. None: no labels.
        seed : int
            Of what is drawn here, from 0 to 2**32 - 1; it follows `random_state`.

        Returns
        -------
        object
            Makes the two views of a batch, by its methods ``first`` and ``second``.
        """
