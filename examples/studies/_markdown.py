"""Numbers and tables in Markdown, and pages whose tables are renewed between markers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

DOCS = Path(__file__).parents[2] / "docs"
NONE = "—"
END = "<!-- end -->"


def number(value: float | None, form: str = ".3f") -> str:
    """Format a number, or its absence."""
    return NONE if value is None else format(value, form)


def spread(values: Sequence[float] | NDArray[np.float64], digits: int = 3) -> str:
    """Mean and sample standard deviation; the value where there is one; a dash for none."""
    if len(values) < 2:
        return number(*values, form=f".{digits}f") if len(values) else NONE
    return f"{np.mean(values):.{digits}f} ± {np.std(values, ddof=1):.{digits}f}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Render a table: the first column to the left, the others to the right."""
    rule = ["---"] + ["---:"] * (len(header) - 1)
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, rule, *rows))


def renew_blocks(page: Path, blocks: Mapping[str, Callable[[], str]]) -> None:
    """Write each block anew, between the marker of its name and the next end marker."""
    text = page.read_text(encoding="utf-8")
    for name, make in blocks.items():
        start = f"<!-- {name} -->"
        before, found_start, rest = text.partition(start)
        shown, found_end, after = rest.partition(END)
        if not (found_start and found_end) or "<!-- " in shown:
            raise ValueError(f"{page} must hold the lines {start!r} and {END!r}")
        text = f"{before}{start}\n{make()}\n{END}{after}"
    page.write_text(text, encoding="utf-8")
