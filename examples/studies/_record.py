"""What a study keeps: a table of results, and what it ran on.

A table is a file of JSON Lines, a result a line. Results are added at the end and never removed:
of rows with one key the latest counts. A row of the kind ``round`` ends a round of a data set: it
names the commits that held it and the reason, and what comes after is of the next round.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO, Any

import torch

PACKAGES = (
    "fa-sklearn",
    "torch",
    "skorch",
    "scikit-learn",
    "numpy",
    "clustpy",
    "umap-learn",
    "pynndescent",
    "pytorch-metric-learning",
)
TABLE = "results.jsonl"
Row = dict[str, Any]


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that are installed."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def machine() -> dict[str, Any]:
    """Describe what this runs on."""
    return {
        "cpu": _cpu_model(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "cpu_bfloat16": bool(torch.ops.mkldnn._is_mkldnn_bf16_supported()),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "system": f"{platform.system()} {platform.machine()}",
        "versions": versions(),
    }


def describe_cpu(where: dict[str, Any]) -> str:
    """Name the CPU of a `machine` and the features that results may depend on."""
    found = {True: "with bfloat16", False: "without bfloat16", None: "bfloat16 not recorded"}
    name = where.get("cpu") or where["processor"]  # the name in the first results
    return f"{name} ({where['cpu_capability']}, {found[where.get('cpu_bfloat16')]})"


def today() -> str:
    """Date of a result."""
    return datetime.now(UTC).date().isoformat()


def origin() -> dict[str, Any]:
    """Say when, on what, and with which versions a result was computed."""
    where = machine()
    found = where.pop("versions")
    return {"date": today(), "machine": where, "versions": found}


def write_whole(target: Path, write: Callable[[IO[bytes]], object]) -> Path:
    """Let a function write a file; whoever is killed in between leaves the earlier one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.partial")
    with partial.open("wb") as file:
        write(file)
    return partial.replace(target)


def write_json(target: Path, content: dict[str, Any]) -> Path:
    """Write a JSON file, whole or not at all."""
    text = json.dumps(content, indent=1) + "\n"
    return write_whole(target, lambda file: file.write(text.encode()))


def read_json(file: Path) -> dict[str, Any]:
    """Read a JSON file."""
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return content


def append_row(table: Path, row: Row) -> None:
    """Add a row to a table, in one write: several processes may share it."""
    table.parent.mkdir(parents=True, exist_ok=True)
    with table.open("ab", buffering=0) as file:
        file.write(f"{json.dumps(row)}\n".encode())


def read_rows(table: Path, **fields: Any) -> list[Row]:
    """Read the rows with these fields, the oldest first; none where there is no table."""
    if not table.exists():
        return []
    rows = []
    for i, line in enumerate(table.read_bytes().splitlines(), start=1):
        try:
            rows.append(json.loads(line))
        except ValueError as error:
            raise ValueError(
                f"Line {i} of {table} is not a whole row: remove it, and run the command again."
            ) from error
    return [row for row in rows if fields.items() <= row.items()]


def latest(rows: Iterable[Row], *key: str) -> list[Row]:
    """Return the last row of each key."""
    return list({tuple(row[field] for field in key): row for row in rows}.values())


def ended_rounds(table: Path, dataset: str) -> list[Row]:
    """Read where and why the earlier rounds of a data set ended."""
    return read_rows(table, dataset=dataset, kind="round")


def current_round(table: Path, dataset: str) -> int:
    """Count the round that new rows of a data set belong to."""
    return 1 + len(ended_rounds(table, dataset))
