"""Fine classes inside coarse ones, in one call."""

from ._finder import FineClassFinder

__all__ = ["FineClassFinder"]
