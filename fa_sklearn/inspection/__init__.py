"""Displays that show what a representation has learnt; they need matplotlib."""

from .._removed import refuse_removed_names
from ._cluster_count import ClusterCountDisplay
from ._embedding import EmbeddingDisplay
from ._neuron_class import NeuronClassDisplay

__all__ = ["ClusterCountDisplay", "EmbeddingDisplay", "NeuronClassDisplay"]

refuse_removed_names(__name__)
