"""The values of the penalty's terms on a batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from ..losses import LossTerm


def evaluate_terms(
    terms: Mapping[str, LossTerm], available: Mapping[str, Tensor | None]
) -> dict[str, Tensor]:
    """Hand each term what it reads.

    Parameters
    ----------
    terms : mapping of str to LossTerm
        The penalty's terms.
    available : mapping of str to Tensor or None
        What they may read.

    Returns
    -------
    dict of str to Tensor
        A scalar of each.

    Raises
    ------
    TypeError
        If a term of the user's own returns anything else.
    """
    values: dict[str, Any] = {
        name: term(**{key: available[key] for key in term.inputs}) for name, term in terms.items()
    }
    for name, value in values.items():
        if not isinstance(value, Tensor) or value.ndim:
            raise TypeError(f"penalty term {name!r} must return a scalar tensor.")
    return values
