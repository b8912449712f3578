"""The part of an estimator that gives the representation."""

from copy import copy
from typing import Any

from sklearn.base import is_clusterer
from sklearn.pipeline import Pipeline


def find_embedder(estimator: Any) -> Any:
    """Find what transforms data into the representation.

    Parameters
    ----------
    estimator : estimator
        With `transform`; or a pipeline that may end in a step without it; or a fitted search.

    Returns
    -------
    estimator
        The estimator, or its steps before a last one that gives no representation.

    Raises
    ------
    TypeError
        If there is no step with `transform` that could give a representation.
    """
    # A search's own transform would go through the whole pipeline, its clusterer included.
    estimator = getattr(estimator, "best_estimator_", estimator)
    if isinstance(estimator, Pipeline):
        last = estimator.steps[-1][1]
        ends_in_embedding = last == "passthrough" or last is None or hasattr(last, "transform")
        if is_clusterer(estimator) or not ends_in_embedding:
            estimator = estimator[:-1]
    is_empty = isinstance(estimator, Pipeline) and not estimator.steps
    if is_empty or not hasattr(estimator, "transform"):
        raise TypeError(
            "estimator must have transform, or be a pipeline with such a step before its last "
            "one: pass the fitted estimator that gives the representation."
        )
    return estimator


def neuron_activations(estimator: Any, X: Any) -> Any:
    """Compute how active the neurons are.

    Parameters
    ----------
    estimator : estimator
        As `find_embedder` takes it, fitted.
    X : array-like or list
        Samples.

    Returns
    -------
    array-like of shape (n_samples, n_components)
        What it transforms X to; for a classifier with ``embedding="distributions"`` the
        representation that they are made of.
    """
    embedder = find_embedder(estimator)
    last = embedder[-1] if isinstance(embedder, Pipeline) else embedder
    if getattr(last, "embedding", None) != "distributions":
        return embedder.transform(X)
    if isinstance(embedder, Pipeline) and len(embedder) > 1:
        X = embedder[:-1].transform(X)
    net = copy(last)  # the user's own keeps its parameter
    net.embedding = "representation"
    return net.transform(X)
