"""A fitted estimator as a space, the coarse labels it predicts, and the clusters inside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_classifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler, normalize
from sklearn.utils import _safe_indexing, check_array

from ..estimators import ForcedApartAutoencoder, ForcedApartClassifier
from ._clusters import Clusters


def find_forced_apart(estimator: Any) -> list[Any]:
    """Find the forced-apart estimators whose representation an estimator returns."""
    estimator = getattr(estimator, "best_estimator_", estimator)
    estimator = getattr(estimator, "estimator", estimator)
    if isinstance(estimator, (ForcedApartClassifier, ForcedApartAutoencoder)):
        return [estimator]
    if isinstance(estimator, FeatureUnion):
        return [
            found for _, part in estimator.transformer_list for found in find_forced_apart(part)
        ]
    if isinstance(estimator, Pipeline):
        return find_forced_apart(estimator.steps[-1][1])
    return []


def classifiers_in(estimator: Any) -> list[ForcedApartClassifier]:
    """Find the classifiers of forced apart representations anywhere in an estimator."""
    if estimator is None or isinstance(estimator, str):
        return []
    parts = [estimator, *estimator.get_params().values()]
    return [part for part in parts if isinstance(part, ForcedApartClassifier)]


@dataclass
class Space:
    """What samples become, and the probabilities of their coarse labels."""

    estimator: Any
    unit_rows: bool
    classifier: Any  # a logistic regression where the estimator does not predict
    classes: NDArray[Any]

    @classmethod
    def fit(
        cls, estimator: Any, X: Any, y: Any, codes: NDArray[np.intp], classes: NDArray[Any]
    ) -> Space:
        """Fit on y; where it is None, on the groups of the samples that have one."""
        known = np.flatnonzero(codes >= 0)
        if y is None and len(classes) > 1:
            estimator.fit(_safe_indexing(X, known), classes[codes[known]])
        else:
            estimator.fit(X, y)
        space = cls(estimator, bool(find_forced_apart(estimator)), None, classes)
        if is_classifier(estimator):
            if not np.array_equal(found := estimator.classes_, classes):
                raise ValueError(
                    f"estimator predicts {np.asarray(found).tolist()}, but the coarse labels of y "
                    f"are {classes.tolist()}: fit it on y, or leave that to the finder."
                )
        elif len(classes) > 1:
            space.classifier = make_pipeline(
                StandardScaler(), LogisticRegression(max_iter=1000, class_weight="balanced")
            )
            space.classifier.fit(space.embed(_safe_indexing(X, known)), codes[known])
        return space

    def embed(self, X: Any) -> NDArray[Any]:
        """Represent samples, by rows of unit length where a net made them."""
        rows = self.estimator.transform(X)
        rows = rows.toarray() if hasattr(rows, "toarray") else rows
        points: NDArray[Any] = check_array(rows, input_name="estimator's output")
        return normalize(points) if self.unit_rows else points

    def fill(self, X: Any, points: NDArray[Any], codes: NDArray[np.intp]) -> NDArray[np.intp]:
        """Predict the coarse class where it is unknown."""
        if (codes >= 0).all():
            return codes
        return np.where(codes >= 0, codes, self.predict_proba(X, points).argmax(axis=1))

    def predict_proba(self, X: Any, points: NDArray[Any]) -> NDArray[Any]:
        """Probabilities of the coarse labels."""
        if len(self.classes) == 1:
            return np.ones((len(points), 1))
        if self.classifier is not None:
            proba: NDArray[Any] = self.classifier.predict_proba(points)
        elif hasattr(self.estimator, "predict_proba"):
            proba = np.asarray(self.estimator.predict_proba(X))
        else:
            proba = (np.asarray(self.estimator.predict(X))[:, None] == self.classes).astype(float)
        return proba


@dataclass
class Model:
    """A space, and the clusters inside each coarse class."""

    space: Space
    clusters: list[Clusters]

    @classmethod
    def fit(
        cls,
        space: Space,
        points: NDArray[Any],
        codes: NDArray[np.intp],
        clusterer: Any,
        counts: Sequence[int],
        seed: int,
    ) -> Model:
        """Seek as many clusters as each coarse class is to have."""
        return cls(
            space,
            [
                Clusters.fit(clusterer, count, points[codes == c], seed)
                for c, count in enumerate(counts)
            ],
        )

    def predict_inside(self, points: NDArray[Any], codes: NDArray[np.intp]) -> NDArray[np.intp]:
        """Say for each point its cluster inside its coarse class, or -1."""
        inside = np.empty(len(points), dtype=np.intp)
        for c, clusters in enumerate(self.clusters):
            own = codes == c
            inside[own] = clusters.predict(points[own])
        return inside
