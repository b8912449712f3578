"""The two scikit-learn estimators, and the function that loads saved ones."""

from ._autoencoder import ForcedApartAutoencoder
from ._classifier import ForcedApartClassifier
from ._load import load

__all__ = ["ForcedApartAutoencoder", "ForcedApartClassifier", "load"]
