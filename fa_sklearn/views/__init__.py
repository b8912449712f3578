"""What a second view of a sample is: a neighbour, or an augmented copy."""

from .._inputs import Pairing
from ._augmented import AugmentedViews
from ._base import Views
from ._neighbors import NeighborViews
from ._registry import VIEWS, resolve_views

__all__ = [
    "VIEWS",
    "AugmentedViews",
    "NeighborViews",
    "Pairing",
    "Views",
    "resolve_views",
]
