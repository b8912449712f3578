"""Representations that keep the fine classes which coarse labels hide."""

from .estimators import ForcedApartAutoencoder, ForcedApartClassifier

__version__ = "0.1.0"
"""The version of the package, by Semantic Versioning."""

__all__ = ["ForcedApartAutoencoder", "ForcedApartClassifier", "__version__"]
