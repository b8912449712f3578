"""The tables of results: rows are added, the latest of a key counts, nothing is lost silently."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from examples.studies._record import (
    TABLE,
    append_row,
    current_round,
    ended_rounds,
    latest,
    read_rows,
)

STUDIES = Path(__file__).parents[2] / "examples" / "studies"


def test_rows_come_back_as_they_were_added(tmp_path):
    table = tmp_path / "a" / TABLE
    assert read_rows(table) == []
    rows = [{"name": "x", "value": 0.1 + 0.2, "nested": {"é": [1, None]}}, {"name": "y"}]
    for row in rows:
        append_row(table, row)
    assert read_rows(table) == rows
    assert [json.loads(line) for line in table.read_text().splitlines()] == rows
    assert read_rows(table, name="y") == rows[1:]
    assert read_rows(table, nested={"é": [1, None]}) == rows[:1]


def test_the_latest_row_of_a_key_counts_in_the_place_of_the_first():
    rows = [{"k": 1, "v": "a"}, {"k": 2, "v": "b"}, {"k": 1, "v": "c"}]
    assert latest(rows, "k") == [rows[2], rows[1]]


def test_a_row_that_was_cut_off_is_named(tmp_path):
    table = tmp_path / TABLE
    append_row(table, {"whole": True})
    with table.open("a") as file:
        file.write('{"who')
    with pytest.raises(ValueError, match=f"Line 2 of .*{TABLE} is not a whole row: remove it"):
        read_rows(table)


def test_a_round_ends_for_its_data_set_only(tmp_path):
    table = tmp_path / TABLE
    ended = {"kind": "round", "dataset": "x", "round": 1, "reason": "better"}
    append_row(table, {"kind": "cell", "dataset": "x", "round": 1})
    assert current_round(table, "x") == 1
    append_row(table, ended)
    assert (current_round(table, "x"), current_round(table, "y")) == (2, 1)
    assert ended_rounds(table, "x") == [ended] and ended_rounds(table, "y") == []


def test_writers_share_a_table(tmp_path):
    table = tmp_path / TABLE

    def add_many(name):
        for i in range(200):
            append_row(table, {"name": name, "i": i, "text": "x" * 3000})

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(add_many, "ab"))
    for name in "ab":
        assert [row["i"] for row in read_rows(table, name=name)] == list(range(200))


def test_a_study_has_one_table_of_results():
    studies = {
        folder.name
        for folder in STUDIES.iterdir()
        if folder.is_dir() and folder.name != "__pycache__"
    }
    assert {path.parent.name for path in STUDIES.rglob(TABLE)} == studies
    for path in STUDIES.rglob(TABLE):
        text = path.read_text()
        assert text.endswith("\n") and len(read_rows(path)) == text.count("\n")
