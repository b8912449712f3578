"""The part of an estimator that gives the representation."""

from typing import Any

from sklearn.base import is_clusterer
from sklearn.pipeline import Pipeline


def find_embedder(estimator: Any) -> Any:
    """Find what transforms data into the representation."""
    # A search's own transform would go through the whole pipeline, its clusterer included.
    found = getattr(estimator, "best_estimator_", estimator)
    if isinstance(found, Pipeline) and (is_clusterer(found) or not hasattr(found, "transform")):
        found = found[:-1] or None
    if not hasattr(found, "transform"):
        raise TypeError(
            "estimator must have transform, or be a pipeline with such a step before its last "
            "one: pass the fitted estimator that gives the representation."
        )
    return found
