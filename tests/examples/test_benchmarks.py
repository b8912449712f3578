"""The benchmarks run, in a size whose times mean nothing, and write what they document."""

import importlib

import pytest
import torch

from examples.studies._record import read_rows
from examples.studies.benchmarks import __main__ as command
from examples.studies.benchmarks._measure import compare, log_log_slope, peak_mib, record
from examples.studies.benchmarks._report import Goal, write_report

HEADER = {"benchmark", "size", "date", "load_average", "machine", "wall_seconds", "cases"}
MACHINE = {
    *("cpu", "cpu_capability", "cpu_bfloat16", "cores", "threads", "memory_gib", "gpu", "system"),
    "versions",
}
TIMES = {"seconds", "runs", "reference", "ratios", "cpu_share"}
KERNEL = TIMES | {"n", "k", "device", "peak_mib", "compile_seconds", "skipped"}
PEERS = {"method", "input", "coarse_labels", "ami", "seconds", "runs"}
CASE = {
    "kernel": KERNEL,
    "fit": TIMES | {"task", "precision", "auto_precision", "device"},
    "penalty": TIMES | {"task", "precision", "device"},
    "search": TIMES | {"search", "task", "candidates"},
    "scaling": TIMES | {"sweep", "data", "n_samples", "values", "slope", "device"},
    "neighbors": TIMES | {"n", "d", "k", "peak_gib"},
    "peers": PEERS,
}


def load(name):
    return importlib.import_module(f"examples.studies.benchmarks.{name}")


@pytest.mark.parametrize("name", command.NAMES)
def test_smallest_size_runs_and_has_the_documented_keys(name, tmp_path, monkeypatch):
    monkeypatch.setenv("FA_SKLEARN_DATA", str(tmp_path))  # synthetic images
    module = load(name)
    table = tmp_path / "results.jsonl"
    record(name, "smoke", module.run, table)
    (result,) = read_rows(table)
    assert result.keys() >= HEADER
    assert result["machine"].keys() == MACHINE
    assert result["cases"]
    for case in result["cases"]:
        assert case.keys() == CASE[name]
    page = tmp_path / "performance.md"
    write_report(table, {name: (module.render, module.goals)}, page)
    text = page.read_text()
    assert text.index("## Goals") < text.index("## Machine")
    assert all(goal.what in text for goal in module.goals(result))


def test_command_writes_the_results_and_the_page(tmp_path, monkeypatch):
    threads = torch.get_num_threads()
    for variable in command.THREAD_VARIABLES:
        monkeypatch.setenv(variable, "1")
    output, page = tmp_path / "results.jsonl", tmp_path / "page.md"
    try:
        command.main(["kernel", "--smoke", "--output", str(output), "--report", str(page)])
    finally:
        torch.set_num_threads(threads)
    assert [row["benchmark"] for row in read_rows(output, size="smoke")] == ["kernel"]
    assert "## The pairwise kernel" in page.read_text()


def test_compare_interleaves_and_relates_rounds():
    order = []
    calls = {name: lambda name=name: order.append(name) for name in ("a", "b", "c")}
    times = compare(calls, "a", 3)
    assert order[3:] == ["a", "b", "c", "b", "c", "a", "c", "a", "b"]
    assert times["ratios"].keys() == {"b", "c"}
    per_round = [b / a for a, b in zip(times["runs"]["a"], times["runs"]["b"], strict=True)]
    assert times["ratios"]["b"]["median"] == sorted(per_round)[1]


def test_slope_of_a_power_law():
    x = [1.0, 2.0, 4.0]
    assert log_log_slope(x, [3 * value**1.5 for value in x]) == pytest.approx(1.5)


def test_peak_memory_is_that_of_the_largest_moment():
    def call():
        first = torch.zeros(1 << 18)  # 1 MiB
        del first
        kept = torch.zeros(1 << 19)  # 2 MiB
        return torch.cat([kept, kept])  # 4 MiB more

    assert peak_mib(call, torch.device("cpu")) == pytest.approx(6, abs=0.1)


def test_goal_has_a_direction():
    assert Goal("", 2.1, 2, True).met and not Goal("", 2.1, 2, False).met


def test_cases_that_were_not_run_are_listed_by_reason():
    skipped = [
        {"tiling": "would take about 3 s", "one product, compiled": "no C++ compiler here"},
        {"tiling": "needs about 34 GiB, 18 GiB are free"},
        {"tiling": "needs about 135 GiB, 18 GiB are free"},
    ]
    cases = [{"n": 1024 << i, "k": 15, "skipped": which} for i, which in enumerate(skipped)]
    assert load("kernel").reason_lines(cases) == [
        "- would take too long: tiling, k=15, N=1024 (3 s)",
        "- no C++ compiler here: one product, compiled, k=15, N=1024",
        "- needs too much memory: tiling, k=15, N=2048 (34 GiB), 4096 (135 GiB)",
    ]
    assert load("kernel").reason_lines([{"n": 64, "k": 5, "skipped": {}}]) == []


def test_every_contender_of_the_kernel_computes_the_same_loss():
    kernel = load("kernel")
    generator = torch.Generator().manual_seed(1)
    h = torch.randn(30, 4, generator=generator, dtype=torch.float64)
    y = torch.arange(30) % 3
    expected = kernel.ours(h, y)
    for function in (kernel.tiling, kernel.one_product):
        torch.testing.assert_close(function(h, y), expected, rtol=1e-6, atol=0)
