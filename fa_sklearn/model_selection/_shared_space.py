"""The scorer that compares clusters in one space for all candidates."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.utils import _safe_indexing, check_array
from sklearn.utils.validation import check_is_fitted

from .._nearest import check_neighbors
from .._seeds import reseeded
from ..metrics._within_class import find_neighbors, modularity
from ._coarse_labels import check_parameters, choose_rows, coarse_accuracy_scorer, coarse_labels


def check_reference(reference: Any) -> None:
    """Refuse what cannot map samples to points."""
    if reference is not None and (isinstance(reference, type) or not hasattr(reference, "fit")):
        raise TypeError(
            "reference must be a transformer such as PCA(20), or None for the samples "
            f"themselves, got {reference!r}."
        )


def shared_space(reference: Any, X: Any, seed: int) -> Any:
    """Map samples to the points whose distances are compared."""
    if reference is not None:
        try:
            check_is_fitted(reference)
            points = reference.transform(X)
        except NotFittedError:
            points = reseeded(reference, seed, only_unset=True).fit_transform(X)
        # Data frames too, where set_output asks for them, cannot be indexed by row.
        return check_array(points, accept_sparse="csr", input_name="reference's output")
    try:
        return check_array(X, accept_sparse="csr", dtype="numeric")
    except (ValueError, TypeError) as error:
        raise ValueError(
            "Without a reference the samples must be a table of numbers: pass reference=, a "
            "transformer that makes one of them, such as an autoencoder fitted before."
        ) from error


@dataclass(frozen=True)
class ModularityScorer:
    """Scorer of how far neighbours inside a coarse class share their cluster.

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
    random_state : int, default=0
        Seed of the draw, and of an unfitted reference that has none of its own.
    max_samples : int, default=5000
        If there are more samples, as many are drawn, since the time grows with the square of
        their number. The accuracy always looks at all.
    n_neighbors : int, default=10
        Neighbours of each sample inside its coarse class.
    neighbors : transformer or None, default=None
        Looks for them, as in `fa_sklearn.metrics.within_class_modularity_score`; `random_state`
        is the seed of one that has none of its own. None: an exact search.

    See Also
    --------
    fa_sklearn.metrics.within_class_modularity_score : The score.
    BestWithinAccuracy : The bound of accuracy relative to the best candidate.

    Notes
    -----
    Scores in the candidates' own representations cannot rank them: in a collapsed representation
    neighbours share their cluster, whatever it means. Hence the shared space; it should not be
    the representation of one of the candidates.

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
    >>> from fa_sklearn.model_selection import ModularityScorer
    >>> X, y_fine = load_digits(return_X_y=True)
    >>> y_coarse = y_fine >= 5
    >>> net = ForcedApartClassifier(lr=0.005, max_epochs=10, random_state=0)
    >>> search = GridSearchCV(
    ...     Pipeline([("net", net), ("kmeans", KMeans(10, random_state=0))]),
    ...     {"net__penalty": [None, "multi"]},
    ...     scoring=ModularityScorer(PCA(20)),
    ...     cv=ShuffleSplit(1, test_size=0.5, random_state=0),
    ... ).fit(X / 16, y_coarse)
    >>> search.best_params_
    {'net__penalty': 'multi'}
    """

    reference: Any = None
    _: KW_ONLY
    min_accuracy: float | None = None
    random_state: int = 0
    max_samples: int = 5000
    n_neighbors: int = 10
    neighbors: Any = None

    def __post_init__(self) -> None:
        check_parameters(type(self).__name__, vars(self))
        check_reference(self.reference)
        check_neighbors(self.neighbors)

    def __call__(self, estimator: Any, X: Any, y: ArrayLike | None = None) -> float:
        """Score a fitted estimator."""
        if not hasattr(estimator, "predict") or is_classifier(estimator):
            raise TypeError(
                f"{type(self).__name__} scores clusters: end the estimator in a clusterer with "
                "predict, as in make_pipeline(net, KMeans(10))."
            )
        bound = self.min_accuracy
        if bound is not None and coarse_accuracy_scorer(estimator, X, y) < bound:
            return -1.0
        coarse = coarse_labels(estimator, X, y)
        rows = choose_rows(coarse, self.max_samples, np.random.RandomState(self.random_state))
        X = _safe_indexing(X, rows)
        points = shared_space(self.reference, X, self.random_state)
        found = find_neighbors(
            points, coarse[rows], self.n_neighbors, self.neighbors, self.random_state
        )
        return modularity(estimator.predict(X), found)
