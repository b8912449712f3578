"""Steps before and after the net: texts to token ids, representations to what KMeans compares."""

from ._hellinger import HellingerTransformer
from ._token_sequencer import TokenSequencer

__all__ = ["HellingerTransformer", "TokenSequencer"]
