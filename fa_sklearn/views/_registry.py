"""The views by the name that ``views`` takes: one registry, one resolution."""

from __future__ import annotations

from .._near_match import near_match_hint
from ._base import Views
from ._neighbors import NeighborViews

VIEWS: dict[str, type[Views]] = {"neighbors": NeighborViews}
"""The views by the name that ``views`` takes."""


def resolve_views(views: str | Views) -> Views:
    """Turn the `views` parameter into views.

    Parameters
    ----------
    views : str or Views
        What the user asked for.

    Returns
    -------
    Views
        With default hyperparameters for a name.

    Raises
    ------
    ValueError
        If the name is unknown.

    Examples
    --------
    >>> from fa_sklearn.views import resolve_views
    >>> resolve_views("neighbors")
    NeighborViews()
    """
    if isinstance(views, Views):
        return views
    if views not in VIEWS:
        raise ValueError(
            f"Unknown views {views!r}: {near_match_hint(views, VIEWS)}, "
            "or pass None or an object such as NeighborViews(n_neighbors=5)."
        )
    return VIEWS[views]()
