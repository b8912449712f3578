"""The values of the penalty's terms on a batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from ..losses import LossTerm


def evaluate_terms(
    terms: Mapping[str, LossTerm], available: Mapping[str, Tensor | None]
) -> dict[str, Tensor]:
    """Hand each term what it reads."""
    values: dict[str, Any] = {
        name: term(**{key: available[key] for key in term.inputs}) for name, term in terms.items()
    }
    for name, value in values.items():
        if not isinstance(value, Tensor) or value.ndim:
            raise TypeError(f"penalty term {name!r} must return a scalar tensor.")
    return values
