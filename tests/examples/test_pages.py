"""The pages of results show what the committed results say."""

import re

import pytest

from examples._markdown import renew_blocks
from examples.paper import _page as paper
from examples.recipes import _page as recipes
from examples.selection import _page as selection
from examples.tables import _page as tables


@pytest.mark.parametrize(
    ("module", "name"),
    [(module, name) for module in (paper, recipes, selection, tables) for name in module.BLOCKS],
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
