"""Displays that show what a representation has learnt."""

from fa_sklearn.inspection._embedding import EmbeddingDisplay

__all__ = ["EmbeddingDisplay"]
