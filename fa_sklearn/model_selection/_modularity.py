"""The modularity of the clusters in a space that all candidates share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from ..metrics import within_class_modularity_score
from ._base import SharedSpaceScorer
from ._checks import check_whole_number


@dataclass(frozen=True)
class ModularityScorer(SharedSpaceScorer):
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
    max_samples : int, default=5000
        If there are more samples, as many are drawn, since the time grows with the square of
        their number. The accuracy always looks at all.
    random_state : int, default=0
        Seed of the draw, and of an unfitted reference that has none of its own. One number, so
        that all candidates are scored alike.
    n_neighbors : int, default=10
        Neighbours of each sample inside its coarse class.

    See Also
    --------
    fa_sklearn.metrics.within_class_modularity_score : The score.
    SilhouetteScorer : Asks for compact clusters.
    StabilityScorer : Needs no shared space.
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

    n_neighbors: int = field(default=10, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole_number(self.n_neighbors, "n_neighbors", 1)

    def _score(self, points: Any, clusters: NDArray[Any], coarse: NDArray[Any]) -> float:
        return within_class_modularity_score(
            points, clusters, coarse, n_neighbors=self.n_neighbors
        )
