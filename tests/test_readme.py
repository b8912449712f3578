"""The README: its code runs, its files exist, its table is the one that the demo writes."""

import re
from pathlib import Path

import pytest

from examples import demo

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", TEXT, flags=re.DOTALL | re.MULTILINE)
LINKS = re.findall(r"\]\(([^)\s]+)\)", TEXT)


def test_code_blocks_run_one_after_the_other(capsys):
    namespace = {}
    for block in BLOCKS:
        exec(compile(block, "README.md", "exec"), namespace)
    ami, best_params = capsys.readouterr().out.splitlines()
    digits, score = namespace["digits"], namespace["ami_score"]
    assert float(ami) > score(digits.y_test, digits.y_test >= 5)
    assert set(eval(best_params)) == set(namespace["search"].param_grid)
    assert len(namespace["clusters"]) == len(namespace["X"])


@pytest.mark.parametrize("link", [link for link in LINKS if "://" not in link])
def test_linked_file_exists(link):
    assert (ROOT / link).is_file()


def test_table_has_a_line_for_each_method():
    table = TEXT.split(demo.TABLE_START)[1].split(demo.TABLE_END)[0]
    names = [line.split("|")[1].strip() for line in table.strip().splitlines() if "|" in line]
    assert names[3:] == [method.name for method in demo.METHODS]
