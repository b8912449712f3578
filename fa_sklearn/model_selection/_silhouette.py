"""The silhouette of the clusters in a space that all candidates share."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import _safe_indexing

from ..metrics import within_class_silhouette_score
from ._checks import check_accuracy, check_clusters, check_whole_number
from ._coarse_labels import WORST, coarse_labels, is_accurate
from ._shared_space import check_reference, shared_space


@dataclass(frozen=True)
class SilhouetteScorer:
    """Scorer of how compact an estimator's clusters are inside each coarse class.

    For ``scoring`` of a search over a pipeline that ends in a clusterer. It needs the coarse
    labels that training sees, or none with an autoencoder, and never a fine one. Distances are
    those of one space for all candidates: the samples themselves, or what a transformer makes
    of them.

    Parameters
    ----------
    reference : transformer or None, default=None
        Maps samples to the points whose distances are compared. A fitted one is used as it is; a
        copy of an unfitted one, such as ``PCA(20)``, is fitted on the samples that are scored.
        None takes the samples themselves, which must be a table.
    min_accuracy : float or None, default=None
        Estimators with a lower coarse accuracy on the scored samples score -1: clusters are of
        no use if the coarse label is lost. The accuracy of a fit without a penalty, less 0.005,
        is a sensible bound. None: no bound.
    max_samples : int, default=2000
        If there are more samples, as many are drawn for the silhouette, whose time grows with
        the square of their number. The accuracy always looks at all.
    random_state : int, default=0
        Seed of the draw, and of an unfitted reference that has none of its own. One number, so
        that all candidates are scored alike.

    Raises
    ------
    TypeError
        If a parameter has the wrong type.
    ValueError
        If a parameter is out of its range.

    See Also
    --------
    fa_sklearn.metrics.within_class_silhouette_score : The score.
    StabilityScorer : Another criterion without fine labels.
    BestWithinAccuracy : The bound of accuracy relative to the best candidate.

    Notes
    -----
    The silhouette in the candidates' own representations cannot rank them: a collapsed
    representation has compact clusters. Hence the shared space; it should not be the
    representation of one of the candidates.

    With ``label_groups``, y may be fine: only its groups are looked at. An estimator without a
    `ForcedApartClassifier` has learnt nothing from y, so its y is left aside.

    Examples
    --------
    >>> from sklearn.cluster import KMeans
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.decomposition import PCA
    >>> from sklearn.model_selection import GridSearchCV, ShuffleSplit
    >>> from sklearn.pipeline import Pipeline
    >>> from fa_sklearn import ForcedApartClassifier
    >>> from fa_sklearn.model_selection import SilhouetteScorer
    >>> X, y_fine = load_digits(return_X_y=True)
    >>> y_coarse = y_fine >= 5
    >>> net = ForcedApartClassifier(lr=0.005, max_epochs=10, random_state=0)
    >>> search = GridSearchCV(
    ...     Pipeline([("net", net), ("kmeans", KMeans(10, random_state=0))]),
    ...     {"net__penalty": [None, "multi"]},
    ...     scoring=SilhouetteScorer(PCA(20)),
    ...     cv=ShuffleSplit(1, test_size=0.5, random_state=0),
    ... ).fit(X / 16, y_coarse)
    >>> search.best_params_
    {'net__penalty': 'multi'}
    """

    reference: Any = None
    _: KW_ONLY
    min_accuracy: float | None = None
    max_samples: int = 2000
    random_state: int = 0

    def __post_init__(self) -> None:
        check_reference(self.reference)
        check_accuracy(self.min_accuracy, "min_accuracy")
        check_whole_number(self.max_samples, "max_samples", 2)
        check_whole_number(self.random_state, "random_state", 0)

    def __call__(self, estimator: Any, X: Any, y: ArrayLike | None = None) -> float:
        """Score a fitted estimator.

        Parameters
        ----------
        estimator : estimator
            Fitted, with `predict` that gives clusters: a pipeline that ends in a clusterer.
        X : array-like or list
            Samples.
        y : array-like of shape (n_samples,) or None, default=None
            Labels as in its fit.

        Returns
        -------
        float
            From -1 to 1, the higher the better; -1 below ``min_accuracy``.

        Raises
        ------
        TypeError
            If the estimator has no `predict`.
        ValueError
            If X is no table and there is no reference, or ``min_accuracy`` is given for an
            estimator without a classifier.
        """
        check_clusters(estimator, self)
        if not is_accurate(estimator, X, y, self.min_accuracy):
            return WORST
        n_samples = X.shape[0] if hasattr(X, "shape") else len(X)
        coarse = coarse_labels(estimator, y, n_samples)
        if n_samples > self.max_samples:
            rng = np.random.RandomState(self.random_state)
            rows = rng.choice(n_samples, self.max_samples, replace=False)
            X, coarse = _safe_indexing(X, rows), coarse[rows]
        return within_class_silhouette_score(
            shared_space(self.reference, X, self.random_state), estimator.predict(X), coarse
        )
