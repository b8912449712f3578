"""What a second view of a sample is: a neighbour, or an augmented copy."""

from .._removed import refuse_removed_names
from ._augmented import AugmentedViews
from ._base import Views
from ._neighbors import NeighborViews

__all__ = ["AugmentedViews", "NeighborViews", "Views"]

refuse_removed_names(__name__)
