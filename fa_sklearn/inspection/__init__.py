"""Displays that show what a representation has learnt."""

from ._embedding import EmbeddingDisplay

__all__ = ["EmbeddingDisplay"]
