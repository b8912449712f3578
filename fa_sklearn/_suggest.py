"""A hint at the name that was meant, for errors about unknown names."""

import difflib
from collections.abc import Iterable

# Low enough that one right letter of three ("rmm" for "rnn") still finds its name.
_SIMILARITY = 0.3


def suggest(name: str, choices: Iterable[str]) -> str:
    """Say "did you mean 'x'? Choose one of 'x', 'y'", without the question if nothing is near."""
    choices = list(choices)
    near = difflib.get_close_matches(name.lower(), choices, n=1, cutoff=_SIMILARITY)
    start = f"did you mean {near[0]!r}? Choose" if near else "choose"
    return f"{start} one of {', '.join(repr(choice) for choice in choices)}"
