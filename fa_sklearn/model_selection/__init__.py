"""Model selection without fine labels: scorers for searches, and the number of clusters."""

from ._coarse_labels import coarse_accuracy_scorer
from ._neighbors import NeighborScorer
from ._refit import BestWithinAccuracy
from ._silhouette import SilhouetteScorer
from ._stability import StabilityScorer

__all__ = [
    "BestWithinAccuracy",
    "NeighborScorer",
    "SilhouetteScorer",
    "StabilityScorer",
    "coarse_accuracy_scorer",
]
