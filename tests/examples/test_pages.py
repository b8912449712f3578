"""The pages of results show what the committed results say."""

import importlib
import re
import statistics

import pytest

from examples import demo
from examples.studies import comparison
from examples.studies._markdown import DOCS, renew_blocks, spread
from examples.studies.backbones import __main__ as backbones
from examples.studies.benchmarks import __main__ as benchmarks
from examples.studies.benchmarks._report import write_report
from examples.studies.leaderboard import _readme as leaderboard
from examples.studies.paper import _page as paper
from examples.studies.recipes import _page as recipes
from examples.studies.selection import _page as selection
from examples.studies.tables import _page as tables

MODULES = (paper, recipes, selection, tables, comparison, demo, leaderboard)


@pytest.mark.parametrize(
    ("module", "name"),
    [(module, name) for module in MODULES for name in module.BLOCKS],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_block_is_the_one_of_the_committed_results(module, name):
    text = module.PAGE.read_text(encoding="utf-8")
    shown = re.search(f"<!-- {name} -->\n(.*?)\n<!-- end -->", text, flags=re.DOTALL)
    assert shown.group(1) == module.BLOCKS[name]()


def test_blocks_are_renewed_and_the_rest_is_kept(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- x -->\nold\n<!-- end -->\nb\n<!-- y -->\n<!-- end -->\nc\n")
    renew_blocks(page, {"y": lambda: "second", "x": lambda: "first"})
    assert page.read_text() == (
        "a\n<!-- x -->\nfirst\n<!-- end -->\nb\n<!-- y -->\nsecond\n<!-- end -->\nc\n"
    )
    before = page.read_text()
    page.write_text(before.replace("first\n<!-- end -->", "first"))
    with pytest.raises(ValueError, match="must hold the lines '<!-- x -->'"):
        renew_blocks(page, {"x": lambda: "third"})
    page.write_text(before)
    with pytest.raises(ValueError, match="must hold the lines '<!-- z -->'"):
        renew_blocks(page, {"x": lambda: "third", "z": lambda: "none"})
    assert page.read_text() == before


def test_pages_that_are_written_whole_are_those_of_the_committed_results(tmp_path):
    assert (DOCS / "backbones.md").read_text(encoding="utf-8") == backbones.page()
    modules = {
        name: importlib.import_module(f"examples.studies.benchmarks.{name}")
        for name in benchmarks.NAMES
    }
    renders = {name: (module.render, module.goals) for name, module in modules.items()}
    write_report(benchmarks.RESULTS, renders, tmp_path / "performance.md")
    assert (DOCS / "performance.md").read_text() == (tmp_path / "performance.md").read_text()


def test_a_spread_is_the_sample_standard_deviation_and_one_run_has_none():
    values = [0.25, 0.5, 0.875]
    assert spread(values) == f"{statistics.mean(values):.3f} ± {statistics.stdev(values):.3f}"
    assert spread([0.5]) == "0.500"
    assert spread([]) == "—"
