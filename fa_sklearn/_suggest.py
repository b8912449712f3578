"""Errors about unknown names and options hint at the one that was meant."""

import difflib
import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

# Low enough that one right letter of three ("rmm" for "rnn") still finds its name.
_SIMILARITY = 0.3


def suggest(name: str, choices: Iterable[str]) -> str:
    """Say "did you mean 'x'? Choose one of 'x', 'y'", without the question if nothing is near."""
    choices = list(choices)
    near = difflib.get_close_matches(name.lower(), choices, n=1, cutoff=_SIMILARITY)
    start = f"did you mean {near[0]!r}? Choose" if near else "choose"
    return f"{start} one of {', '.join(repr(choice) for choice in choices)}"


def check_options(
    source: str, options: Mapping[str, Any], taker: Callable[..., Any], reserved: Collection[str]
) -> None:
    """Refuse options that the estimator sets itself, and those that `taker` does not take."""
    accepted = inspect.signature(taker).parameters
    takes_any = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in accepted.values())
    for name in options:
        if not isinstance(name, str):
            raise TypeError(f"{source} must map option names to values, found {name!r}")
        if name in reserved:
            raise TypeError(f"{source} must not hold {name!r}: the estimator sets it")
        if name not in accepted and not takes_any:
            known = [option for option in accepted if option not in reserved]
            raise TypeError(
                f"{source} has the unknown option {name!r} for "
                f"{getattr(taker, '__name__', taker)}: {suggest(name, known)}"
            )
