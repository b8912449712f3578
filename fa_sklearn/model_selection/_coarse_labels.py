"""What the scorers may know of y, which is never the fine labels, and the coarse accuracy."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.utils import _safe_indexing
from sklearn.utils._param_validation import Interval, validate_parameter_constraints
from sklearn.utils.validation import _num_samples

from ..estimators import ForcedApartClassifier
from ..estimators._labels import read_groups

_SHARE = Interval(Real, 0, 1, closed="both")
_FROM_1 = [Interval(Integral, 1, None, closed="left")]
# What the parameters of all scorers must be.
_CONSTRAINTS: dict[str, list[Any]] = {
    "min_accuracy": [_SHARE, None],
    "max_loss": [_SHARE],
    "baseline": [_SHARE, None],
    "max_samples": [Interval(Integral, 2, None, closed="left")],
    "n_neighbors": _FROM_1,
    "n_repeats": _FROM_1,
    "random_state": [Interval(Integral, 0, 2**32 - 1, closed="both")],  # what NumPy takes
}


def check_parameters(caller: str, parameters: dict[str, Any]) -> None:
    """Refuse parameters that make no sense."""
    validate_parameter_constraints(_CONSTRAINTS, parameters, caller)


def find_classifiers(estimator: Any) -> list[tuple[list[Any], ForcedApartClassifier]]:
    """Find the forced-apart classifiers in an estimator."""
    estimator = getattr(estimator, "best_estimator_", estimator)
    if isinstance(estimator, FrozenEstimator):
        return find_classifiers(estimator.estimator)
    if isinstance(estimator, ForcedApartClassifier):
        return [([], estimator)]
    if isinstance(estimator, FeatureUnion):
        return [
            found for _, part in estimator.transformer_list for found in find_classifiers(part)
        ]
    if isinstance(estimator, Pipeline):
        for i, (_, step) in enumerate(estimator.steps):
            found = find_classifiers(step)
            if found:
                first = [estimator[:i]] if i else []
                return [(first + before, classifier) for before, classifier in found]
    return []


def find_finder(estimator: Any) -> tuple[list[Any], Any] | None:
    """Find the FineClassFinder in which an estimator ends, and what is in front of it."""
    estimator = getattr(estimator, "best_estimator_", estimator)
    if isinstance(estimator, FrozenEstimator):
        return find_finder(estimator.estimator)
    if isinstance(estimator, Pipeline):
        found = find_finder(estimator.steps[-1][1])
        before = [estimator[:-1]] if len(estimator) > 1 else []
        return found and (before + found[0], found[1])
    return ([], estimator) if hasattr(estimator, "predict_coarse") else None


def _read(estimator: Any, y: ArrayLike) -> tuple[NDArray[Any], NDArray[np.bool_]] | None:
    """Read y as the classifier or the finder does; None where nothing is trained on it."""
    finder = find_finder(estimator)
    nets = [net for _, net in find_classifiers(finder[1].estimator if finder else estimator)]
    if finder is None and not nets:
        return None
    classes = finder[1].coarse_classes_ if finder else nets[0].classes_
    marks = [each.unlabeled for each in ([finder[1], *nets] if finder else nets[:1])]
    return read_groups(
        y,
        nets[0].label_groups if nets else None,
        next((mark for mark in marks if mark is not None), None),
        classes=classes,
    )


def coarse_labels(estimator: Any, X: Any, y: ArrayLike | None) -> NDArray[np.intp]:
    """Reduce y to what training sees."""
    n_samples = _num_samples(X)
    codes = np.zeros(n_samples, dtype=np.intp)
    read = None if y is None else _read(estimator, y)
    if read is None:
        return codes
    groups, known = read
    if len(known) != n_samples:
        raise ValueError(f"y must have one label per sample of X, {n_samples}, got {len(known)}.")
    codes[~known] = -1
    codes[known] = np.unique(groups, return_inverse=True)[1]
    return codes


def choose_rows(
    coarse: NDArray[np.intp], max_samples: int, rng: np.random.RandomState
) -> NDArray[np.intp]:
    """Choose the samples whose clusters are scored."""
    rows = np.flatnonzero(coarse >= 0)
    if not len(rows):
        raise ValueError("y is unlabeled for every sample: score others too.")
    return rng.choice(rows, max_samples, replace=False) if len(rows) > max_samples else rows


def coarse_accuracy_scorer(estimator: Any, X: Any, y: ArrayLike | None) -> float:
    """Score the coarse labels that the classifier in a pipeline predicts.

    A pipeline that ends in a clusterer predicts clusters; this scorer asks the
    `ForcedApartClassifier` before it, or a `FineClassFinder` for its `predict_coarse`.

    Parameters
    ----------
    estimator : estimator
        Fitted: the classifier, a pipeline with one among its steps or with several in a
        `FeatureUnion`, a `FineClassFinder` or a pipeline that ends in one, or a search over one.
    X : array-like or list
        Samples.
    y : array-like of shape (n_samples,)
        Labels as in fit: coarse, or fine with ``label_groups``.

    Returns
    -------
    float
        Share of samples whose coarse label is predicted; of nets side by side, the mean of theirs.

    See Also
    --------
    BestWithinAccuracy : Chooses a candidate by two scores, one of them this.

    Examples
    --------
    >>> from sklearn.cluster import KMeans
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.pipeline import make_pipeline
    >>> from fa_sklearn import ForcedApartClassifier
    >>> from fa_sklearn.model_selection import coarse_accuracy_scorer
    >>> X, y = load_digits(return_X_y=True)
    >>> groups = {digit: digit >= 5 for digit in range(10)}
    >>> net = ForcedApartClassifier(label_groups=groups, max_epochs=20, random_state=0)
    >>> pipeline = make_pipeline(net, KMeans(10, random_state=0)).fit(X / 16, y)
    >>> coarse_accuracy_scorer(pipeline, X / 16, y) > 0.9
    True
    """
    found, finder = find_classifiers(estimator), find_finder(estimator)
    if not found and finder is None:
        raise ValueError(
            "The coarse accuracy needs a ForcedApartClassifier in the estimator: leave out "
            "min_accuracy and this score where nothing is trained on coarse labels."
        )
    if y is None:
        raise ValueError("The coarse accuracy needs y: pass the labels to fit of the search.")
    if finder is not None:
        read = _read(estimator, y)
        assert read is not None
        inputs = _safe_indexing(X, np.flatnonzero(read[1]))
        for transformer in finder[0]:
            inputs = transformer.transform(inputs)
        return float(np.mean(finder[1].predict_coarse(inputs) == read[0]))
    scores = []
    for before, classifier in found:
        inputs = X
        for transformer in before:
            inputs = transformer.transform(inputs)
        scores.append(classifier.score(inputs, y))
    return float(np.mean(scores))
