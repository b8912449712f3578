"""The stability of the clusters: how well independent fits agree."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import train_test_split
from sklearn.utils import _safe_indexing

from .._seeds import reseeded
from ..metrics import within_class_ami_score
from ._checks import LARGEST_SEED, check_clusters, check_share, check_whole_number
from ._coarse_labels import WORST, choose_rows, coarse_labels, is_accurate


@dataclass(frozen=True, kw_only=True)
class StabilityScorer:
    """Scorer of how well the clusters of independently fitted estimators agree.

    For ``scoring`` of a search over a pipeline that ends in a clusterer. The search has fitted the
    estimator on its training fold; the scorer fits a twin with other seeds on one part of the
    test fold, lets both label the other part, which neither has seen, and compares the labels
    inside each coarse class. It needs coarse labels only, or none with an autoencoder.

    Parameters
    ----------
    n_repeats : int, default=1
        Twins, each fitted on another part of the test fold.
    test_size : float, default=0.3
        Share of the test fold, between 0 and 1, that is labelled; the twin is fitted on the rest.
    min_accuracy : float or None, default=None
        Estimators with a lower coarse accuracy on the test fold score -1: stable clusters are of
        no use if the coarse label is lost. The accuracy of a fit without a penalty, less 0.005,
        is a sensible bound. None: no bound.
    random_state : int, default=0
        Seed of the parts, and of the twins' ``random_state`` parameters. One number, so that all
        candidates are scored alike.

    See Also
    --------
    fa_sklearn.metrics.within_class_ami_score : The score of two labellings.
    ModularityScorer : The criterion to begin with; this one fails on some data.

    Notes
    -----
    Agreement over all samples would be highest for the coarse split itself, which every fit
    finds: hence inside each coarse class. Clusters that follow how sure a classifier is of the
    coarse label are stable too, and mean nothing: a high stability alone is not a proof.

    Estimator and twin should learn from as many samples: let the test fold be somewhat more than
    half, as in ``ShuffleSplit(test_size=0.58)`` with the default ``test_size`` here. Each score
    costs ``n_repeats`` more fits. Twins are fitted without sample weights. Both parts have the
    coarse classes in equal proportions, unless one has too few samples for it.

    With ``label_groups``, y may be fine: only its groups are looked at.

    Examples
    --------
    >>> from sklearn.cluster import KMeans
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.model_selection import ShuffleSplit, cross_val_score
    >>> from sklearn.pipeline import make_pipeline
    >>> from fa_sklearn import ForcedApartClassifier
    >>> from fa_sklearn.model_selection import StabilityScorer
    >>> X, y_fine = load_digits(return_X_y=True)
    >>> net = ForcedApartClassifier(lr=0.005, max_epochs=10, random_state=0)
    >>> pipeline = make_pipeline(net, KMeans(10, random_state=0))
    >>> cv = ShuffleSplit(1, test_size=0.58, random_state=0)
    >>> scores = cross_val_score(pipeline, X / 16, y_fine >= 5, scoring=StabilityScorer(), cv=cv)
    >>> 0.2 < scores[0].item() < 1
    True
    """

    n_repeats: int = 1
    test_size: float = 0.3
    min_accuracy: float | None = None
    random_state: int = 0

    def __post_init__(self) -> None:
        check_whole_number(self.n_repeats, "n_repeats", 1)
        check_share(self.min_accuracy, "min_accuracy", optional=True)
        check_whole_number(self.random_state, "random_state", 0, LARGEST_SEED)
        check_share(self.test_size, "test_size")
        if self.test_size in (0, 1):
            raise ValueError(
                f"test_size must be a share between 0 and 1, got {self.test_size}: part of the "
                "test fold is for the twin to learn from."
            )

    def __call__(self, estimator: Any, X: Any, y: ArrayLike | None = None) -> float:
        """Score a fitted estimator."""
        check_clusters(estimator, self)
        if not is_accurate(estimator, X, y, self.min_accuracy):
            return WORST
        n_samples = X.shape[0] if hasattr(X, "shape") else len(X)
        coarse = coarse_labels(estimator, y, n_samples)
        seeds = np.random.RandomState(self.random_state).randint(2**31 - 1, size=self.n_repeats)
        return float(np.mean([self._agreement(estimator, X, y, coarse, seed) for seed in seeds]))

    def _can_stratify(self, coarse: NDArray[np.intp]) -> bool:
        """Whether each part can have samples of each coarse class."""
        counts = np.unique(coarse, return_counts=True)[1]
        n_held_out = math.ceil(self.test_size * len(coarse))
        smaller = min(n_held_out, len(coarse) - n_held_out)
        return bool(counts.min() >= 2 and smaller >= len(counts))

    def _agreement(
        self, estimator: Any, X: Any, y: ArrayLike | None, coarse: NDArray[np.intp], seed: int
    ) -> float:
        """Fit a twin on one part and compare the labels of the other."""
        arrays = [X, coarse] if y is None else [X, coarse, y]
        strata = coarse if self._can_stratify(coarse) else None
        parts = train_test_split(
            *arrays, test_size=self.test_size, stratify=strata, random_state=seed
        )
        X_train, X_held_out, _, coarse_held_out, *y_parts = parts
        twin = reseeded(estimator, seed).fit(X_train, *y_parts[:1])
        rows = choose_rows(coarse_held_out, len(coarse_held_out), np.random.RandomState(seed))
        X_known = _safe_indexing(X_held_out, rows)
        return within_class_ami_score(
            estimator.predict(X_known), twin.predict(X_known), coarse_held_out[rows]
        )
