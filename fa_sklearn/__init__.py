"""Representations that keep the fine classes which coarse labels hide."""

from ._version import __version__
from .estimators import ForcedApartAutoencoder, ForcedApartClassifier, load

__all__ = ["ForcedApartAutoencoder", "ForcedApartClassifier", "__version__", "load"]
