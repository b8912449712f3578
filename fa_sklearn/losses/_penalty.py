"""The penalty by name, as a term, or as a list of named terms: one registry, one resolution."""

from __future__ import annotations

from collections.abc import Sequence

from .._suggest import suggest
from ._covariance import DeCovLoss, XCovLoss
from ._divergences import RowwiseDivergence, resolve_divergence
from ._forced_apart import MultilayerLoss, SingleLayerLoss
from ._rows import FACTORS, check_parameter
from ._term import LossTerm, MarginTerm
from ._two_views import ConsistencyLoss, ContrastLoss

TERMS: dict[str, type[LossTerm]] = {
    "single": SingleLayerLoss,
    "multi": MultilayerLoss,
    "decov": DeCovLoss,
    "xcov": XCovLoss,
    "consistency": ConsistencyLoss,
    "contrast": ContrastLoss,
}
"""The loss terms by the name that ``penalty`` takes."""

INPUTS = frozenset({"layer_weight", "h", "h_view", "y", "y_prob", "sample_weight"})
Penalty = str | LossTerm | Sequence[tuple[str, LossTerm]] | None
"""What ``penalty`` may be: a name, a term, a list of (name, term) pairs, or None."""


def _check_terms(terms: Sequence[tuple[str, LossTerm]]) -> dict[str, LossTerm]:
    """Names and terms of a list of (name, term)."""
    result: dict[str, LossTerm] = {}
    for entry in terms:
        if not (isinstance(entry, (tuple, list)) and len(entry) == 2):
            raise TypeError(f"penalty must be a list of (name, term) pairs, found {entry!r}.")
        name, term = entry
        if not isinstance(name, str) or name in ("", "task", *result) or "__" in name:
            raise ValueError(
                f"penalty has a term named {name!r}: use a non-empty string other than 'task' "
                "without double underscores, and each only once."
            )
        if not isinstance(term, LossTerm):
            raise TypeError(
                f"penalty term {name!r} must be a loss term such as MultilayerLoss(), "
                f"got {term!r}."
            )
        if not term.inputs or not INPUTS.issuperset(term.inputs):
            raise ValueError(
                f"penalty term {name!r} must name in `inputs` what it reads, some of "
                f"{sorted(INPUTS)}; found {tuple(term.inputs)}."
            )
        check_parameter(getattr(term, "weight", 1.0), "weight", FACTORS, f"penalty term {name!r}")
        result[name] = term
    return result


def _terms_of(
    penalty: Penalty, margin: float | None, divergence: str | RowwiseDivergence
) -> dict[str, LossTerm]:
    """Named terms of a name, a term or a list."""
    if penalty is None:
        return {}
    if isinstance(penalty, str):
        if penalty not in TERMS:
            raise ValueError(
                f"Unknown penalty {penalty!r}: {suggest(penalty, TERMS)}, "
                "or pass None, a loss term or a list of (name, term)."
            )
        term = TERMS[penalty]()
        if hasattr(term, "divergence"):
            term.divergence = divergence
        if isinstance(term, MarginTerm):
            default = getattr(resolve_divergence(divergence), term._default_margin)
            term.margin = default if margin is None else margin
        return {penalty: term}
    if margin is not None or divergence != "kl":
        given = "margin" if margin is not None else "divergence"
        raise ValueError(
            f"{given} only configures penalty='single' or 'multi': with a loss term, set it on "
            f"the term itself, as in MultilayerLoss({given}=...)."
        )
    if isinstance(penalty, LossTerm):
        registered = {cls: name for name, cls in TERMS.items()}
        return _check_terms([(registered.get(type(penalty), "penalty"), penalty)])
    return _check_terms(penalty)


def resolve_penalty(
    penalty: Penalty,
    margin: float | None,
    divergence: str | RowwiseDivergence,
    *,
    has_views: bool,
    consistency_weight: float = 1.0,
) -> dict[str, LossTerm]:
    """Turn these parameters into named terms; views add a consistency where no term is one."""
    resolve_divergence(divergence)  # a misspelt name is an error with any penalty
    terms = _terms_of(penalty, margin, divergence)
    comparing = [name for name, term in terms.items() if "h_view" in term.inputs]
    if comparing and not has_views:
        raise ValueError(
            f"penalty term {comparing[0]!r} compares two views of a sample: set views, as in "
            "views='neighbors'."
        )
    if has_views and terms and not comparing:
        if "consistency" in terms:
            raise ValueError(
                "penalty term 'consistency' compares no views, and views adds a term of this "
                "name: give yours another one."
            )
        # That of the one term that pushes apart, so that both measure alike.
        hinges = [term for term in terms.values() if isinstance(term, MarginTerm)]
        own = hinges[0].divergence if len(hinges) == 1 else divergence
        terms["consistency"] = ConsistencyLoss(own, consistency_weight)
    # No second view is made for a term that compares views and weighs 0.
    return {name: term for name, term in terms.items() if name not in comparing or term.weight}
