"""Nested parameters: module__hidden_sizes, penalty__multi__margin, views__n_neighbors."""

from __future__ import annotations

from typing import Any, Self

from sklearn.base import BaseEstimator

# Whose names are the keys of another parameter.
_OPTIONS = {"module": "module_params", "optimizer": "optimizer_params"}
_REMEDIES = {
    "penalty": "set margin or divergence, or pass a list of (name, term)",
    "views": "pass views such as NeighborViews(n_neighbors=...)",
}


class NestedParameters(BaseEstimator):
    """An estimator whose nested parameters are also options in a dict and terms in a list."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters of the estimator.

        Parameters
        ----------
        deep : bool, default=True
            Whether to add those inside others: options of the net and the optimizer
            (``module__hidden_sizes``), a penalty's named terms (``penalty__multi``) and the
            hyperparameters of terms and views (``penalty__multi__margin``).

        Returns
        -------
        dict
            Parameter names mapped to values.
        """
        params: dict[str, Any] = super().get_params(deep=deep)
        for prefix in ("penalty", *_OPTIONS) if deep else ():
            for name, value in self._parts(prefix).items():
                params[f"{prefix}__{name}"] = value
                if hasattr(value, "get_params") and not isinstance(value, type):
                    for key, part in value.get_params(deep=True).items():
                        params[f"{prefix}__{name}__{key}"] = part
        return params

    def set_params(self, **params: Any) -> Self:
        # What is replaced is replaced before its parts are set.
        for key in sorted(params, key=lambda key: key.count("__")):
            if not self._set_part(key, params[key]):
                super().set_params(**{key: params[key]})
        return self

    def _parts(self, prefix: str) -> dict[str, Any]:
        """Terms or options by name; whatever is malformed is left to fit to complain about."""
        parts = getattr(self, _OPTIONS.get(prefix, prefix))
        if isinstance(parts, dict):
            return parts
        return {
            part[0]: part[1]
            for part in (parts if isinstance(parts, (list, tuple)) else ())
            if isinstance(part, (list, tuple)) and len(part) == 2 and isinstance(part[0], str)
        }

    def _set_part(self, key: str, value: Any) -> bool:
        """Set what scikit-learn cannot; False leaves the key to it."""
        prefix, _, path = key.partition("__")
        if not path or prefix not in (*_OPTIONS, *_REMEDIES):
            return False
        if prefix in _REMEDIES and hasattr(getattr(self, prefix), "set_params"):
            return False
        parts = self._parts(prefix)
        name, _, rest = path.partition("__")
        if prefix in _OPTIONS:
            setattr(self, _OPTIONS[prefix], {**parts, path: value})
        elif not parts:
            raise ValueError(
                f"Invalid parameter {key!r}: {prefix}={getattr(self, prefix)!r} has no "
                f"parameters, {_REMEDIES[prefix]}."
            )
        elif name not in parts:
            raise ValueError(
                f"Invalid parameter {key!r}: {prefix} has no term {name!r}, only {sorted(parts)}."
            )
        elif rest:
            parts[name].set_params(**{rest: value})
        else:
            setattr(self, prefix, list({**parts, name: value}.items()))
        return True
