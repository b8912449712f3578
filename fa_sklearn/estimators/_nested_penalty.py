"""Nested parameters, such as penalty__multi__margin of a list penalty and views__n_neighbors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from sklearn.base import BaseEstimator

from ..losses import LossTerm
from ..losses._penalty import Penalty
from ..views import Views


class NestedPenaltyParameters(BaseEstimator):
    """An estimator whose `penalty` may be a list of named terms, its `views` a name."""

    penalty: Penalty
    views: str | Views | None

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters of the estimator, those of a penalty's named terms among them.

        Parameters
        ----------
        deep : bool, default=True
            Whether to add the terms (``penalty__multi``) and their hyperparameters
            (``penalty__multi__margin``).

        Returns
        -------
        dict
            Parameter names mapped to values.
        """
        params: dict[str, Any] = super().get_params(deep=deep)
        for name, term in self._named_terms(params["penalty"]) if deep else ():
            params[f"penalty__{name}"] = term
            if hasattr(term, "get_params"):
                for key, value in term.get_params(deep=True).items():
                    params[f"penalty__{name}__{key}"] = value
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters, those of a penalty's named terms among them.

        Parameters
        ----------
        **params : dict
            Parameter names, such as ``penalty__multi__margin``, mapped to values.

        Returns
        -------
        estimator
            The estimator itself.
        """
        self._check_views_params(params)
        if "penalty" in params:
            self.penalty = params.pop("penalty")
        if not isinstance(self.penalty, LossTerm):
            nested = [key for key in params if key.startswith("penalty__")]
            if nested and not self._named_terms(self.penalty):
                raise ValueError(
                    f"Invalid parameter {nested[0]!r}: penalty={self.penalty!r} has no "
                    "parameters, set margin or divergence, or pass a list of (name, term)."
                )
            # A term is replaced before its hyperparameters are set.
            for key in sorted(nested, key=lambda key: key.count("__")):
                self._set_term_param(key, params.pop(key))
        super().set_params(**params)
        return self

    def _check_views_params(self, params: Mapping[str, Any]) -> None:
        """Refuse nested names where `views` is a name or None."""
        views = params.get("views", self.views)
        nested = [key for key in params if key.startswith("views__")]
        if nested and not isinstance(views, Views):
            raise ValueError(
                f"Invalid parameter {nested[0]!r}: views={views!r} has no parameters, pass views "
                "such as NeighborViews(n_neighbors=...)."
            )

    @staticmethod
    def _named_terms(penalty: Any) -> list[tuple[str, Any]]:
        """Pairs of a list penalty; whatever is malformed is left to fit to complain about."""
        if not isinstance(penalty, (list, tuple)):
            return []
        return [
            (entry[0], entry[1])
            for entry in penalty
            if isinstance(entry, (list, tuple)) and len(entry) == 2 and isinstance(entry[0], str)
        ]

    def _set_term_param(self, key: str, value: Any) -> None:
        _, name, *rest = key.split("__", 2)
        terms = dict(self._named_terms(self.penalty))
        if name not in terms:
            raise ValueError(
                f"Invalid parameter {key!r}: penalty has no term {name!r}, only {sorted(terms)}."
            )
        if rest:
            terms[name].set_params(**{rest[0]: value})
        else:
            self.penalty = [
                (entry, value if entry == name else term)
                for entry, term in self._named_terms(self.penalty)
            ]
