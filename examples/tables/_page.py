"""The tables of docs/views.md, from the result files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from examples._markdown import replace_between, table

RESULTS = Path(__file__).parent / "results"
PAGE = Path(__file__).parents[2] / "docs" / "views.md"
END = "<!-- end -->"


def read_results() -> list[dict[str, Any]]:
    """Read every result file."""
    files = sorted(RESULTS.glob("*.json"))
    return [json.loads(file.read_text(encoding="utf-8")) for file in files]


def _spread(cells: list[dict[str, Any]], key: str) -> str:
    values = np.array([cell[key] for cell in cells if cell[key] is not None])
    return f"{values.mean():.2f} ± {values.std():.2f}" if len(values) else "—"


def _best_key(method: str) -> str:
    """Distributions where the method is meant to be used with them."""
    return "ami_of_distributions" if method.startswith("neighbours") else "ami"


def score_table(results: list[dict[str, Any]]) -> str:
    """AMI of each method, a row a data set and grouping."""
    methods = list(dict.fromkeys(cell["method"] for cell in results[0]["cells"]))
    rows = []
    for result in results:
        cells = result["cells"]
        rows.append(
            [
                f"{result['dataset']}, {result['grouping']}",
                *(
                    _spread([c for c in cells if c["method"] == method], _best_key(method))
                    for method in methods
                ),
            ]
        )
    return table(["table, coarse labels", *methods], rows)


def write_page() -> Path:
    """Renew the tables between their markers."""
    results = read_results()
    text = PAGE.read_text(encoding="utf-8")
    text = replace_between(text, "<!-- scores on tables -->", END, score_table(results))
    PAGE.write_text(text, encoding="utf-8")
    return PAGE
