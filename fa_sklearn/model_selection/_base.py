"""What the scorers have in common that compare clusters in one space for all candidates."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import _safe_indexing

from ._checks import check_clusters, check_share, check_whole_number
from ._coarse_labels import WORST, choose_rows, coarse_labels, is_accurate
from ._shared_space import check_reference, shared_space


@dataclass(frozen=True)
class SharedSpaceScorer:
    """Scorer of clusters by the points that a reference makes of the samples."""

    reference: Any = None
    _: KW_ONLY
    min_accuracy: float | None = None
    max_samples: int = 5000
    random_state: int = 0

    def __post_init__(self) -> None:
        check_reference(self.reference)
        check_share(self.min_accuracy, "min_accuracy", optional=True)
        check_whole_number(self.max_samples, "max_samples", 2)
        check_whole_number(self.random_state, "random_state", 0)

    def __call__(self, estimator: Any, X: Any, y: ArrayLike | None = None) -> float:
        """Score a fitted estimator."""
        check_clusters(estimator, self)
        if not is_accurate(estimator, X, y, self.min_accuracy):
            return WORST
        n_samples = X.shape[0] if hasattr(X, "shape") else len(X)
        coarse = coarse_labels(estimator, y, n_samples)
        rows = choose_rows(coarse, self.max_samples, np.random.RandomState(self.random_state))
        X, coarse = _safe_indexing(X, rows), coarse[rows]
        points = shared_space(self.reference, X, self.random_state)
        return self._score(points, estimator.predict(X), coarse)

    def _score(self, points: Any, clusters: NDArray[Any], coarse: NDArray[Any]) -> float:
        raise NotImplementedError
