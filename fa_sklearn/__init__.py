"""Representations that keep the fine classes which coarse labels hide."""

from ._removed import refuse_removed_names
from ._version import __version__
from .estimators import ForcedApartAutoencoder, ForcedApartClassifier, load
from .fine_classes import FineClassFinder

__all__ = [
    "FineClassFinder",
    "ForcedApartAutoencoder",
    "ForcedApartClassifier",
    "__version__",
    "load",
]

refuse_removed_names(__name__)
