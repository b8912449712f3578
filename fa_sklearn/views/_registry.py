"""The views by the name that ``views`` takes: one registry, one resolution."""

from __future__ import annotations

from .._suggest import suggest
from ._base import Views
from ._neighbors import NeighborViews

VIEWS: dict[str, type[Views]] = {"neighbors": NeighborViews}
"""The views by the name that ``views`` takes."""


def resolve_views(views: str | Views) -> Views:
    """Turn the `views` parameter into views."""
    if isinstance(views, Views):
        return views
    if views not in VIEWS:
        raise ValueError(
            f"Unknown views {views!r}: {suggest(views, VIEWS)}, "
            "or pass None or an object such as NeighborViews(n_neighbors=5)."
        )
    return VIEWS[views]()
