"""The names of views."""

import pytest

from fa_sklearn.views import NeighborViews, Views
from fa_sklearn.views._registry import VIEWS, resolve_views


def test_names_give_defaults():
    assert VIEWS == {"neighbors": NeighborViews}
    assert resolve_views("neighbors").get_params() == NeighborViews().get_params()


def test_views_are_taken_as_they_are():
    views = NeighborViews(3)
    assert resolve_views(views) is views


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="did you mean 'neighbors'"):
        resolve_views("neighbours")


def test_the_contract_is_abstract():
    with pytest.raises(TypeError, match="pair"):
        Views()
