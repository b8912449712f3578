"""Tables in Markdown, and pages whose tables are renewed between markers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Render a table: the first column to the left, the others to the right."""
    rule = ["---"] + ["---:"] * (len(header) - 1)
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, rule, *rows))


def replace_between(text: str, start: str, end: str, content: str) -> str:
    """Put content between a marker and the next end marker."""
    before, found_start, rest = text.partition(start)
    _, found_end, after = rest.partition(end)
    if not (found_start and found_end):
        raise ValueError(f"the page must hold the lines {start!r} and {end!r}")
    return f"{before}{start}\n{content}\n{end}{after}"
