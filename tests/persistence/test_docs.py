"""docs/saving.md: its table names the parameters that load takes."""

import inspect
import re
from pathlib import Path

from fa_sklearn import load

TEXT = (Path(__file__).parents[2] / "docs" / "saving.md").read_text(encoding="utf-8")


def test_table_names_what_load_takes():
    section = TEXT.split("### What is code stays yours")[1].split("###")[0]
    rows = re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE)
    assert set(rows) == set(inspect.signature(load).parameters) - {"path"}
