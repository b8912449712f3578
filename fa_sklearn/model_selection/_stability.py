"""The stability of the clusters: how well independent fits agree."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import train_test_split
from sklearn.utils import _safe_indexing

from .._seeds import reseeded
from ..metrics import within_class_ami_score
from ._coarse_labels import ClusterScorer, choose_rows


@dataclass(frozen=True, kw_only=True)
class StabilityScorer(ClusterScorer):
    """Scorer of how well the clusters of independently fitted estimators agree.

    For ``scoring`` of a search over a pipeline that ends in a clusterer. The search has fitted the
    estimator on its training fold; the scorer fits a twin with other seeds on one part of the
    test fold, lets both label the other part, which neither has seen, and compares the labels
    inside each coarse class. It needs coarse labels only, or none with an autoencoder.

    Parameters
    ----------
    min_accuracy : float or None, default=None
        Estimators with a lower coarse accuracy on the test fold score -1: stable clusters are of
        no use if the coarse label is lost. The accuracy of a fit without a penalty, less 0.005,
        is a sensible bound. None: no bound.
    random_state : int, default=0
        Seed of the parts, and of the twins' ``random_state`` parameters. One number, so that all
        candidates are scored alike.
    n_repeats : int, default=1
        Twins, each fitted on another part of the test fold.
    test_size : float, default=0.3
        Share of the test fold, between 0 and 1, that is labelled; the twin is fitted on the rest.

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

    def _score(
        self, estimator: Any, X: Any, y: ArrayLike | None, coarse: NDArray[np.intp]
    ) -> float:
        seeds = np.random.RandomState(self.random_state).randint(2**31 - 1, size=self.n_repeats)
        return float(np.mean([self._agreement(estimator, X, y, coarse, seed) for seed in seeds]))

    def _agreement(
        self, estimator: Any, X: Any, y: ArrayLike | None, coarse: NDArray[np.intp], seed: int
    ) -> float:
        """Fit a twin on one part and compare the labels of the other."""
        arrays = [X, coarse] if y is None else [X, coarse, y]
        split = partial(train_test_split, *arrays, test_size=self.test_size, random_state=seed)
        try:
            parts = split(stratify=coarse)
        except ValueError:  # a coarse class has too few samples for both parts
            parts = split()
        X_train, X_held_out, _, coarse_held_out, *y_parts = parts
        twin = reseeded(estimator, seed).fit(X_train, *y_parts[:1])
        rows = choose_rows(coarse_held_out, len(coarse_held_out), np.random.RandomState(seed))
        X_known = _safe_indexing(X_held_out, rows)
        return within_class_ami_score(
            estimator.predict(X_known), twin.predict(X_known), coarse_held_out[rows]
        )
