"""The transformer after which Euclidean distances are those that the losses work with."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import validate_data


class HellingerTransformer(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    r"""Turn each row into the square roots of its softmax.

    The losses compare representations by their softmax; KMeans compares by Euclidean distance.
    Between the two, as a step of a pipeline, this makes the Euclidean distance of two rows the
    Hellinger distance of their distributions, times the square root of 2. It helps where all
    pairs were pushed apart and neighbours together (`fa_sklearn.views`); where only pairs of one
    coarse label were, the softmax does not tell the labels apart, and the representation itself is
    better.

    Attributes
    ----------
    n_features_in_ : int
        Columns seen in `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, if X had names.

    See Also
    --------
    sklearn.preprocessing.Normalizer : Scales rows to unit length.

    Notes
    -----
    With p = softmax(h), row h becomes :math:`(\sqrt{p_1}, ..., \sqrt{p_k})`, a point on the unit
    sphere, and :math:`\lVert \sqrt{p} - \sqrt{q} \rVert^2 = 2 - 2 \sum_r \sqrt{p_r q_r}`: twice
    the squared Hellinger distance.

    Examples
    --------
    >>> import numpy as np
    >>> from fa_sklearn.preprocessing import HellingerTransformer
    >>> HellingerTransformer().fit_transform(np.log([[1.0, 1.0], [9.0, 16.0]]))
    array([[0.70710678, 0.70710678],
           [0.6       , 0.8       ]])
    """

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Only check X: nothing is learnt.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Representations.
        y : None
            Ignored, present by convention.

        Returns
        -------
        HellingerTransformer
            The transformer.
        """
        validate_data(self, X, dtype=[np.float64, np.float32])
        return self

    def transform(self, X: ArrayLike) -> NDArray[Any]:
        """Take the softmax of each row, and its square roots.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Representations.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Rows of unit length, float32 for float32, else float64.
        """
        rows = validate_data(self, X, reset=False, dtype=[np.float64, np.float32])
        roots: NDArray[Any] = np.sqrt(softmax(rows, axis=1))
        return roots

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
