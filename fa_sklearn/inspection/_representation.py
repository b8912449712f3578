"""The part of an estimator that gives the representation."""

from copy import copy
from typing import Any

from sklearn.base import is_clusterer
from sklearn.pipeline import Pipeline


def find_embedder(estimator: Any) -> Any:
    """Find what transforms data into the representation."""
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
    """Compute how active the neurons are."""
    embedder = find_embedder(estimator)
    last = embedder[-1] if isinstance(embedder, Pipeline) else embedder
    if getattr(last, "embedding", None) != "distributions":
        return embedder.transform(X)
    if isinstance(embedder, Pipeline) and len(embedder) > 1:
        X = embedder[:-1].transform(X)
    net = copy(last)  # the user's own keeps its parameter
    net.embedding = "representation"
    return net.transform(X)
