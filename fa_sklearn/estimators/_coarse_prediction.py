"""The methods that predict the coarse label: predict_proba, predict and score."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from .._training import ForcedApartNet, compute_outputs
from ._label_groups import read_groups
from ._targets import check_weight

if TYPE_CHECKING:
    from .._inputs import Samples


class CoarsePredictionMixin(ClassifierMixin):
    """Adds what a fitted classifier says of the coarse label."""

    classes_: NDArray[Any]
    net_: ForcedApartNet
    label_groups: Mapping[Any, Any] | Callable[[Any], Any] | None
    unlabeled: Any
    _read: Callable[..., Samples]

    def predict_proba(self, X: Any) -> NDArray[np.float32]:
        """Probability of each coarse label.

        Parameters
        ----------
        X : array-like or list
            Samples of the kind that `fit` saw.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            float32, columns in the order of `classes_`.
        """
        samples = self._read(X)
        return self._probabilities(compute_outputs(self.net_, samples))

    def _probabilities(self, outputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities of the classes from the outputs of FC2."""
        logits = torch.from_numpy(outputs)
        if len(self.classes_) == 1:
            return np.ones((len(logits), 1), dtype=np.float32)
        if len(self.classes_) == 2:
            logits = torch.cat([torch.zeros_like(logits), logits], dim=1)
        probabilities: NDArray[np.float32] = logits.softmax(dim=1).numpy()
        return probabilities

    def predict(self, X: Any) -> NDArray[Any]:
        """Most probable coarse label.

        Parameters
        ----------
        X : array-like or list
            Samples of the kind that `fit` saw.

        Returns
        -------
        ndarray of shape (n_samples,)
            Entries of `classes_`.
        """
        check_is_fitted(self)
        predicted: NDArray[Any] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return predicted

    def score(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Accuracy on the samples whose coarse label is known.

        Parameters
        ----------
        X : array-like or list
            Samples of the kind that `fit` saw.
        y : array-like of shape (n_samples,)
            Coarse labels, `unlabeled` where unknown; fine labels with `label_groups`.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights.

        Returns
        -------
        float
            Share of labelled samples whose coarse label is predicted.

        Raises
        ------
        ValueError
            If no sample is labelled, or a weight is no finite number or below 0.
        """
        predicted = self.predict(X)
        groups, known = read_groups(y, self.label_groups, self.unlabeled, classes=self.classes_)
        check_consistent_length(known, predicted)
        if not known.any():
            raise ValueError(
                f"y is unlabeled={self.unlabeled!r} for every sample: score needs some whose "
                "coarse label is known."
            )
        if sample_weight is not None:
            sample_weight = check_weight(sample_weight, predicted)[known]
        return float(accuracy_score(groups, predicted[known], sample_weight=sample_weight))
