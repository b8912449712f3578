"""docs/saving.md: its code runs, and its table names the parameters that load takes."""

import inspect
import re
from pathlib import Path

from fa_sklearn import load

TEXT = (Path(__file__).parents[2] / "docs" / "saving.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", TEXT, flags=re.DOTALL | re.MULTILINE)


def test_code_blocks_run_one_after_the_other(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    namespace = {}
    for block in BLOCKS:
        exec(compile(block, "saving.md", "exec"), namespace)
    X, net = namespace["X"], namespace["net"]
    assert namespace["representation"].shape == net.transform(X).shape
    assert abs(namespace["probabilities"] - net.predict_proba(X)).max() < 1e-5


def test_table_names_what_load_takes():
    section = TEXT.split("### What is code stays yours")[1].split("###")[0]
    rows = re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE)
    assert set(rows) == set(inspect.signature(load).parameters) - {"path"}
