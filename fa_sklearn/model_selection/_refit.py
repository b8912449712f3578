"""The best candidate among those that keep the coarse accuracy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._coarse_labels import check_parameters


@dataclass(frozen=True)
class BestWithinAccuracy:
    """Choice of the candidate with the best criterion among those that are accurate enough.

    For ``refit`` of a search with several scores. A penalty can buy better clusters with coarse
    accuracy; this sets the price that may be paid.

    Parameters
    ----------
    criterion : str, default="criterion"
        Name in ``scoring`` of the score to choose by, the higher the better.
    accuracy : str, default="accuracy"
        Name in ``scoring`` of the coarse accuracy.
    max_loss : float, default=0.005
        How far below the baseline the mean accuracy of a candidate may lie.
    baseline : float or None, default=None
        Accuracy to compare with, such as that of a fit without a penalty. None takes the best
        mean accuracy among the candidates; let one of them have no penalty then.

    See Also
    --------
    coarse_accuracy_scorer : The accuracy.
    ModularityScorer : A criterion; its ``min_accuracy`` is for searches of one score.

    Notes
    -----
    A search that refits by a callable has ``best_index_``, ``best_params_`` and
    ``best_estimator_``, but no ``best_score_``. Successive halving takes one score only: use
    ``min_accuracy`` of the scorers there.

    Examples
    --------
    >>> from sklearn.cluster import KMeans
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.decomposition import PCA
    >>> from sklearn.model_selection import GridSearchCV, ShuffleSplit
    >>> from sklearn.pipeline import Pipeline
    >>> from fa_sklearn import ForcedApartClassifier
    >>> from fa_sklearn.model_selection import (
    ...     BestWithinAccuracy,
    ...     ModularityScorer,
    ...     coarse_accuracy_scorer,
    ... )
    >>> X, y_fine = load_digits(return_X_y=True)
    >>> net = ForcedApartClassifier(lr=0.005, max_epochs=20, random_state=0)
    >>> search = GridSearchCV(
    ...     Pipeline([("net", net), ("kmeans", KMeans(10, random_state=0))]),
    ...     {"net__alpha": [0.0, 0.1, 0.9]},
    ...     scoring={"modularity": ModularityScorer(PCA(20)), "accuracy": coarse_accuracy_scorer},
    ...     refit=BestWithinAccuracy("modularity", max_loss=0.03),
    ...     cv=ShuffleSplit(1, test_size=0.5, random_state=0),
    ... ).fit(X / 16, y_fine >= 5)
    >>> search.best_params_
    {'net__alpha': 0.1}
    """

    criterion: str = "criterion"
    accuracy: str = "accuracy"
    _: KW_ONLY
    max_loss: float = 0.005
    baseline: float | None = None

    def __post_init__(self) -> None:
        check_parameters("BestWithinAccuracy", vars(self))

    def __call__(self, cv_results: Mapping[str, Any]) -> int:
        """Choose a candidate."""
        criterion = _mean_scores(cv_results, self.criterion)
        accuracy = _mean_scores(cv_results, self.accuracy)
        bound = self.baseline
        if bound is None:
            bound = np.nanmax(accuracy) if np.isfinite(accuracy).any() else np.nan
        # Shares of few samples differ by rounding alone where they should be equal.
        allowed = (accuracy >= bound - self.max_loss - 1e-12) & np.isfinite(criterion)
        if not allowed.any():
            raise ValueError(
                f"No candidate has a {self.criterion} and an accuracy of at least "
                f"{bound - self.max_loss:.4f}: raise max_loss, or add candidates with a smaller "
                "alpha."
            )
        return int(np.flatnonzero(allowed)[criterion[allowed].argmax()])


def _mean_scores(cv_results: Mapping[str, Any], name: str) -> NDArray[np.float64]:
    key = f"mean_test_{name}"
    if key not in cv_results:
        raise ValueError(
            f"The search has no score {name!r}: name it in scoring, as in "
            f"scoring={{{name!r}: ..., ...}}."
        )
    return np.asarray(cv_results[key], dtype=np.float64)
