"""A hint at the name that was meant, for errors about unknown names."""

import difflib
from collections.abc import Iterable

# Low enough that one right letter of three ("rmm" for "rnn") still finds its name.
_SIMILARITY = 0.3


def near_match_hint(name: str, choices: Iterable[str]) -> str:
    """Say which choice an unknown name is nearest to, and what the choices are.

    Parameters
    ----------
    name : str
        What was asked for.
    choices : iterable of str
        What there is.

    Returns
    -------
    str
        "did you mean 'x'? Choose one of 'x', 'y'", without the question if nothing is near.

    Examples
    --------
    >>> from fa_sklearn._near_match import near_match_hint
    >>> near_match_hint("mutli", ["multi", "single"])
    "did you mean 'multi'? Choose one of 'multi', 'single'"
    """
    choices = list(choices)
    near = difflib.get_close_matches(name.lower(), choices, n=1, cutoff=_SIMILARITY)
    start = f"did you mean {near[0]!r}? Choose" if near else "choose"
    return f"{start} one of {', '.join(repr(choice) for choice in choices)}"
