"""Views of samples: which pairs a fit gets, and the term that compares them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from torch import Tensor

from .._inputs import Indices
from .._training import LabelledSamples
from ..losses import ConsistencyLoss, LossTerm
from ..losses._penalty import Penalty, resolve_penalty
from ..losses._term import HingeTerm
from ..views import AugmentedViews, NeighborViews, Views
from ..views._registry import resolve_views


def resolve_terms(
    penalty: Penalty,
    margin: float | None,
    divergence: str | Callable[..., Tensor],
    views: str | Views | None,
) -> dict[str, LossTerm]:
    """Turn `penalty`, `margin`, `divergence` and `views` into the terms of the penalty.

    Parameters
    ----------
    penalty : None, str, LossTerm or list of (str, LossTerm)
        As `resolve_penalty` takes it, like the next two.
    margin : float or None
        Of a penalty that is a name.
    divergence : str or callable
        Of a penalty that is a name. The consistency that `views` bring has that of the only term
        with a margin, else this one.
    views : str, Views or None
        What a second view of a sample is.

    Returns
    -------
    dict of str to LossTerm
        Empty without a penalty. A term that compares views and weighs 0 is left out: no second
        view is made for it.

    Raises
    ------
    TypeError
        If the penalty is of another type.
    ValueError
        If a name is unknown or taken, a parameter stands beside a term that has its own, or a term
        compares views and there are none.
    """
    terms = resolve_penalty(penalty, margin, divergence)
    comparing = [name for name, term in terms.items() if _compares_views(term)]
    if views is None:
        if comparing:
            raise ValueError(
                f"penalty term {comparing[0]!r} compares two views of a sample: set views, as in "
                "views='neighbors'."
            )
        return terms
    resolve_views(views)  # a misspelt name is an error beside any penalty
    if terms and not comparing:
        if "consistency" in terms:
            raise ValueError(
                "penalty term 'consistency' compares no views, and views adds a term of this "
                "name: give yours another one."
            )
        terms["consistency"] = ConsistencyLoss(_divergence_of(terms, divergence))
    return {name: term for name, term in terms.items() if name not in comparing or term.weight}


def _divergence_of(
    terms: dict[str, LossTerm], divergence: str | Callable[..., Tensor]
) -> str | Callable[..., Tensor]:
    """Divergence of the one term that pushes apart, so that both measure alike."""
    hinges = [term for term in terms.values() if isinstance(term, HingeTerm)]
    return hinges[0].divergence if len(hinges) == 1 else divergence


def _compares_views(term: LossTerm) -> bool:
    return "h_view" in term.inputs


def read_by_views(X: Any, views: str | Views | None) -> Any:
    """Tell what of raw X views may look at, beside the validated samples.

    Parameters
    ----------
    X : array-like or list
        What the user handed to fit.
    views : str, Views or None
        The estimator's parameter.

    Returns
    -------
    array-like, list or None
        X for a transformer and for views of the user's own, else None.
    """
    if views is None or isinstance(views, str) or type(views) is AugmentedViews:
        return None
    if type(views) is NeighborViews and views.transformer is None:
        return None
    return X


def pair_samples(
    views: str | Views | None,
    X: Any,
    training: LabelledSamples,
    validation: LabelledSamples | None,
    terms: Iterable[LossTerm],
    seed: int,
) -> tuple[LabelledSamples, LabelledSamples | None]:
    """Give the samples of a fit their second views.

    Parameters
    ----------
    views : str, Views or None
        The estimator's parameter.
    X : array-like or list
        What the user handed to fit.
    training : LabelledSamples
        The same, validated: those that are trained on.
    validation : LabelledSamples or None
        Those that are set aside.
    terms : iterable of LossTerm
        The penalty's terms.
    seed : int
        Of what the views draw before the first batch.

    Returns
    -------
    tuple of (LabelledSamples, LabelledSamples or None)
        Both sets; unchanged without views, and where nothing would look at the second one.
    """
    if views is None:
        return training, validation
    views = resolve_views(views)
    if views.first_is_sample and not any(map(_compares_views, terms)):
        return training, validation
    parts = [_counted_rows(data) for data in (training, validation) if data is not None]
    pairing = views.pair(X, training.samples, parts, training.y, seed)
    training = replace(training, pairing=pairing)
    return training, None if validation is None else replace(validation, pairing=pairing)


def _counted_rows(data: LabelledSamples) -> Indices:
    """Rows whose weight is not 0: the others may influence nothing."""
    if data.sample_weight is None:
        return data.rows
    return data.rows[data.sample_weight[data.rows] > 0]
