"""Displays that show what a representation has learnt; they need matplotlib."""

from .._removed import refuse_removed_names
from ._embedding import EmbeddingDisplay
from ._neuron_class import NeuronClassDisplay

__all__ = ["EmbeddingDisplay", "NeuronClassDisplay"]

refuse_removed_names(__name__)
