"""Scores against one parameter of a search, in curves by its other parameters."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._near_match import near_match_hint


class Candidate(NamedTuple):
    """Parameters and scores of one candidate of a search."""

    params: Mapping[str, Any]
    rank: tuple[int, float]
    mean: float
    std: float


@dataclass
class SearchCurves:
    """Mean scores in the best candidate of each curve at each value of the parameter."""

    values: NDArray[np.float64]
    means: dict[str, NDArray[np.float64]]
    stds: dict[str, NDArray[np.float64]]
    unset: dict[str, float]


def read_candidates(cv_results: Mapping[str, Any], metric: str) -> list[Candidate]:
    """Read the candidates whose scores are numbers."""
    means, stds = cv_results[f"mean_test_{metric}"], cv_results[f"std_test_{metric}"]
    iterations = cv_results.get("iter", np.zeros(len(means), dtype=int))
    return [
        Candidate(params, (int(iteration), float(mean)), float(mean), float(std))
        for params, iteration, mean, std in zip(
            cv_results["params"], iterations, means, stds, strict=True
        )
        if np.isfinite(mean)
    ]


def choose_metric(cv_results: Mapping[str, Any], metric: str | None, refit: Any) -> str:
    """Choose the score to draw."""
    prefix = "mean_test_"
    known = [key.removeprefix(prefix) for key in cv_results if key.startswith(prefix)]
    if metric is None:
        if len(known) == 1:
            return known[0]
        if refit in known:
            return str(refit)
        raise ValueError(f"The search has the scores {', '.join(known)}: pass metric=.")
    if metric not in known:
        raise ValueError(f"Unknown metric {metric!r}: {near_match_hint(metric, known)}.")
    return metric


def varied_parameters(all_params: Sequence[Mapping[str, Any]]) -> list[str]:
    """Find the parameters that differ between the candidates."""
    names = dict.fromkeys(name for params in all_params for name in params)
    return [
        name
        for name in names
        if len({_show(params[name]) if name in params else None for params in all_params}) > 1
    ]


def choose_parameter(
    all_params: Sequence[Mapping[str, Any]], ending: str, name: str | None
) -> str:
    """Choose the parameter to draw scores against."""
    known = list(dict.fromkeys(name for params in all_params for name in params))
    if name is not None:
        _check_known(name, ending, known)
        return name
    found = [name for name in known if name.endswith(ending)]
    if len(found) > 1:
        varied = varied_parameters(all_params)
        found = [name for name in found if name in varied] or found
    if not found:
        raise ValueError(
            f"The search has no parameter that ends in {ending!r}, only {', '.join(known)}: "
            f"pass {ending}= with the name of the one to draw."
        )
    if len(found) > 1:
        raise ValueError(
            f"The search has the parameters {', '.join(found)}: pass one of them as {ending}=."
        )
    return found[0]


def choose_curves(
    all_params: Sequence[Mapping[str, Any]], parameter: str, by: str | Iterable[str] | None
) -> list[str]:
    """Choose the parameters whose combinations of values get a curve each."""
    if by is None:
        return [name for name in varied_parameters(all_params) if name != parameter]
    names = [by] if isinstance(by, str) else list(by)
    known = list(dict.fromkeys(name for params in all_params for name in params))
    for name in names:
        _check_known(name, "by", known)
    return names


def make_curves(
    candidates: Sequence[Candidate], parameter: str, by: Sequence[str]
) -> SearchCurves:
    """Keep the best candidate of each curve at each value of the parameter."""
    best: dict[str, dict[float | None, Candidate]] = {}
    for candidate in candidates:
        value = candidate.params.get(parameter)
        of_curve = best.setdefault(_describe(candidate.params, by), {})
        key = None if value is None else float(value)
        if key not in of_curve or candidate.rank > of_curve[key].rank:
            of_curve[key] = candidate
    set_values = {value for of_curve in best.values() for value in of_curve if value is not None}
    values = sorted(set_values)
    drawn = {name: of_curve for name, of_curve in best.items() if set(of_curve) - {None}}
    return SearchCurves(
        np.array(values),
        {name: _column(of_curve, values, "mean") for name, of_curve in drawn.items()},
        {name: _column(of_curve, values, "std") for name, of_curve in drawn.items()},
        {name: of_curve[None].mean for name, of_curve in best.items() if None in of_curve},
    )


def _column(
    of_curve: Mapping[float | None, Candidate], values: Sequence[float], field: str
) -> NDArray[np.float64]:
    return np.array([getattr(of_curve.get(value), field, np.nan) for value in values])


def _check_known(name: str, argument: str, known: Sequence[str]) -> None:
    if name not in known:
        raise ValueError(
            f"{argument} names {name!r}, which the search does not set: "
            f"{near_match_hint(name, known)}."
        )


def _describe(params: Mapping[str, Any], by: Sequence[str]) -> str:
    if not by:
        return "best candidate"
    short = [name.rpartition("__")[2] for name in by]
    shown = [
        f"{last if short.count(last) == 1 else name}={_show(params[name])}"
        for name, last in zip(by, short, strict=True)
        if name in params
    ]
    return ", ".join(shown) or "others"


def _show(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
