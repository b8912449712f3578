"""README's table of the leaderboard, on results that are made up."""

import json

import pytest

from examples.studies.leaderboard import _page, _readme
from examples.studies.leaderboard._data import SEEN, UNSEEN


@pytest.fixture
def table(tmp_path, monkeypatch):
    """Write rows of these AMIs, by data set and method, and render the block."""
    monkeypatch.setattr(_page, "RESULTS", tmp_path / "results.jsonl")

    def render(ami, skipped=()):
        rows = [
            {"dataset": d, "method": m, "seed": seed, "scores": {"table": {"ami": value + seed}}}
            for (d, m), value in ami.items()
            for seed in (0.0, 0.1)
            if (d, m) not in skipped
        ]
        _page.RESULTS.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        return _readme.readme_block()

    return render


def test_means_are_of_the_data_sets_that_all_methods_have_run(table):
    first, second = list(UNSEEN)[:2]
    seen = next(iter(SEEN))
    ami = {(d, m): 0.2 for d in (first, second, seen) for m in _readme.SHOWN}
    ami |= {(first, "finder"): 0.6, (second, "finder"): 0.4, (seen, "finder"): 0.8}
    lines = table(ami).splitlines()
    # Means of two seeds, which are 0.1 apart.
    assert lines[-3] == "| finder | 0.55 | +0.30 (+0.20 to +0.40) | 0.85 |"
    assert lines[3] == "| KMeans inside | 0.25 | — | 0.25 |"
    assert "2 data sets" in lines[-1] and "at most 2 seeds" in lines[-1]
    lines = table(ami, skipped=[(second, "UMAP inside")]).splitlines()
    assert lines[-3] == "| finder | 0.65 | +0.40 (+0.40 to +0.40) | 0.85 |"


def test_without_results_there_is_no_table(table):
    assert table({}) == "No data set has been run by all methods yet."
