"""Displays that show what a representation has learnt."""

from ._cluster_count import ClusterCountDisplay
from ._embedding import EmbeddingDisplay
from ._margin import MarginDisplay
from ._neuron_class import NeuronClassDisplay
from ._training_history import TrainingHistoryDisplay

__all__ = [
    "ClusterCountDisplay",
    "EmbeddingDisplay",
    "MarginDisplay",
    "NeuronClassDisplay",
    "TrainingHistoryDisplay",
]
