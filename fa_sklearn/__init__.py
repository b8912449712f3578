"""Representations that keep the fine classes which coarse labels hide."""

from .estimators import ForcedApartAutoencoder, ForcedApartClassifier

__version__ = "0.1.0"

__all__ = ["ForcedApartAutoencoder", "ForcedApartClassifier", "__version__"]
