"""Displays of a representation, which need matplotlib, and a report of fine classes."""

from .._removed import refuse_removed_names
from ._embedding import EmbeddingDisplay
from ._neuron_class import NeuronClassDisplay
from ._report import FineClassReport

__all__ = ["EmbeddingDisplay", "FineClassReport", "NeuronClassDisplay"]

refuse_removed_names(__name__)
