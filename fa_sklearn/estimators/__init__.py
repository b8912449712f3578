"""The two scikit-learn estimators."""

from ._autoencoder import ForcedApartAutoencoder
from ._classifier import ForcedApartClassifier

__all__ = ["ForcedApartAutoencoder", "ForcedApartClassifier"]
