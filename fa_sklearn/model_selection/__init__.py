"""Model selection without fine labels: scorers of searches, and the number of clusters."""

from .._removed import refuse_removed_names
from ._coarse_labels import coarse_accuracy_scorer
from ._n_clusters import suggest_n_clusters
from ._refit import BestWithinAccuracy
from ._shared_space import ModularityScorer

__all__ = [
    "BestWithinAccuracy",
    "ModularityScorer",
    "coarse_accuracy_scorer",
    "suggest_n_clusters",
]

refuse_removed_names(__name__)
