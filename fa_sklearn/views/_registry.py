"""The views by the name that ``views`` takes, and what they look at."""

from __future__ import annotations

from typing import Any

from .._suggest import suggest
from ._augmented import AugmentedViews
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


def read_by_views(X: Any, views: str | Views | None) -> Any:
    """Return raw X for a transformer and for views of the user's own, else None."""
    if views is None or isinstance(views, str) or type(views) is AugmentedViews:
        return None
    return None if type(views) is NeighborViews and views.transformer is None else X
