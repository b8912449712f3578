"""The README: its code runs, its files exist, its tables are those that commands write."""

import re
from pathlib import Path

import pytest

from examples import demo
from examples.studies import comparison
from examples.studies._record import read_rows

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", TEXT, flags=re.DOTALL | re.MULTILINE)
TABLES = dict(re.findall(r"<!-- (.*?) -->\n(.*?)\n<!-- end -->", TEXT, flags=re.DOTALL))
LINKS = re.findall(r"\]\(([^)\s]+)\)", TEXT)


def test_code_blocks_run_one_after_the_other(capsys):
    namespace = {}
    for block in BLOCKS:
        exec(compile(block, "README.md", "exec"), namespace)
    digit, score, clusters = (namespace[name] for name in ("digit", "ami_score", "clusters"))
    shown = re.search(r"^```text\n(.*?)^```$", TEXT, flags=re.DOTALL | re.MULTILINE).group(1)
    printed, expected = (
        re.fullmatch(r"(\{.*\}) \[.*\]\nAMI (\S+)\n", text)
        for text in (capsys.readouterr().out, shown)
    )
    assert printed.group(1) == expected.group(1)
    # Scores of small nets differ a little between processors.
    assert float(printed.group(2)) == pytest.approx(float(expected.group(2)), abs=0.05)
    assert score(digit, namespace["finder"].labels_) > score(digit, clusters)


def test_the_first_example_has_eight_lines():
    assert len([line for line in BLOCKS[0].splitlines() if line]) == 8


@pytest.mark.parametrize("link", [link for link in LINKS if "://" not in link])
def test_linked_file_exists(link):
    assert (ROOT / link).exists()


def test_table_has_a_line_for_each_method():
    lines = TABLES["demo table"].splitlines()
    names = [line.split("|")[1].strip() for line in lines if "|" in line]
    assert names[2:] == list(demo.METHODS)


def test_comparison_shows_what_is_recorded():
    rows = [line.strip("| ").split(" | ") for line in comparison.make_table().splitlines()[2:]]
    found = {row[0]: row[2:] for row in rows}
    recorded = read_rows(comparison.BENCHMARKS, benchmark="peers", size="full")[-1]
    scores = {case["method"]: case["ami"] for case in recorded["cases"]}
    assert found["DEC"] == [f"{scores['DEC']:.2f}", "—", "—", "—", "—"]
    for name, case in (("net, **L_single**", "ours, L_single"), ("UMAP", "UMAP")):
        assert found[name][0] == f"{scores[case]:.2f}"
    # UMAP reads the table of the texts, which has a column of its own.
    assert [score == "—" for score in found["UMAP"]] == [False, False, False, True, False]
    assert "—" not in found["net, **L_single**"]
    assert found["net, DeCov"][0] == "—"
    assert "—" not in found["net, DeCov"][1:]
    assert all(len(row) == 1 + len(comparison.COLUMNS) for row in found.values())
