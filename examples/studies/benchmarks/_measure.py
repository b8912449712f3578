"""Interleaved timing, peak memory, the description of the machine, and the rows of results."""

from __future__ import annotations

import ctypes
import gc
import math
import os
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.profiler import ProfilerActivity, profile

from examples.studies._record import append_row, machine, today

Contenders = Mapping[str, Callable[[], object]]
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h


def device() -> torch.device:
    """Where nets are trained: what `device="auto"` of the estimators chooses."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def keep_freed_memory() -> None:
    """Tell glibc to keep memory that is freed, as far as it lets itself be told.

    Otherwise how fast a contender allocates depends on what its predecessors freed.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    for option, value in ((_M_TRIM_THRESHOLD, 1 << 30), (_M_MMAP_THRESHOLD, 32 << 20)):
        mallopt(option, value)


# -- timing -----------------------------------------------------------------------------------


def _seconds(call: Callable[[], object], number: int) -> float:
    start = time.perf_counter()
    for _ in range(number):
        call()
    return (time.perf_counter() - start) / number


def compare(
    contenders: Contenders,
    reference: str,
    repeats: int,
    *,
    warm_up: Contenders | None = None,
    shortest: float = 0.0,
) -> dict[str, Any]:
    """Time contenders side by side.

    Parameters
    ----------
    contenders : mapping of str to callable
        What to time. A round calls each once, every round in another order, so that whatever
        slows the machine down for a while slows all of them.
    reference : str
        The contender that ratios are relative to.
    repeats : int
        Rounds that count.
    warm_up : mapping of str to callable, optional
        Called once each before the first round; default: the contenders themselves.
    shortest : float
        Seconds that a measurement lasts at least: shorter calls are repeated inside.

    Returns
    -------
    dict
        ``seconds`` (medians), ``runs`` (every round), ``ratios`` (contender / reference within a
        round: median, lowest, highest) and ``cpu_share`` (CPU time of this process per wall time:
        below 1 with one thread, something else took the core).
    """
    number = dict.fromkeys(contenders, 1)
    for name, call in (warm_up or contenders).items():
        taken = _seconds(call, 1)
        if warm_up is None and taken < shortest:
            number[name] = math.ceil(shortest / max(taken, 1e-6))
    runs: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    wall, cpu = time.perf_counter(), time.process_time()
    for turn in range(repeats):
        gc.collect()
        gc.disable()
        try:
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                runs[name].append(_seconds(contenders[name], number[name]))
        finally:
            gc.enable()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    ratios = {
        name: [own / other for own, other in zip(values, runs[reference], strict=True)]
        for name, values in runs.items()
        if name != reference
    }
    return {
        "seconds": {name: statistics.median(values) for name, values in runs.items()},
        "runs": runs,
        "reference": reference,
        "ratios": {
            name: {
                "median": statistics.median(values),
                "lowest": min(values),
                "highest": max(values),
            }
            for name, values in ratios.items()
        },
        "cpu_share": cpu / wall,
    }


def log_log_slope(x: list[float], seconds: list[float]) -> float:
    """Exponent p of the power law seconds ~ x^p through the points."""
    return float(np.polyfit(np.log(x), np.log(seconds), 1)[0])


# -- memory -----------------------------------------------------------------------------------


def peak_mib(call: Callable[[], object], where: torch.device) -> float:
    """Most memory that torch held at once for one call, in MiB, beside what it held before."""
    if where.type == "cuda":
        torch.cuda.synchronize(where)
        before = torch.cuda.memory_allocated(where)
        torch.cuda.reset_peak_memory_stats(where)
        call()
        return float(torch.cuda.max_memory_allocated(where) - before) / 2**20
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as recorded:
        call()
    events = [e for e in recorded.profiler.kineto_results.events() if e.name() == "[memory]"]
    changes = [e.nbytes() for e in sorted(events, key=lambda event: event.start_ns())]
    return float(max(np.cumsum(changes), default=0)) / 2**20


def available_bytes(where: torch.device) -> int:
    """Memory that can be had now."""
    if where.type == "cuda":
        return int(torch.cuda.mem_get_info(where)[0])
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


# -- the rows --------------------------------------------------------------------------------


def record(name: str, size: str, run: Callable[[str], dict[str, Any]], table: Path) -> None:
    """Run a benchmark and add its row."""
    header = {
        "benchmark": name,
        "size": size,
        "date": today(),
        "load_average": round(os.getloadavg()[0], 2),
        "machine": machine(),
    }
    start = time.perf_counter()
    measured = run(size)
    seconds = round(time.perf_counter() - start, 1)
    append_row(table, {**header, "wall_seconds": seconds, **measured})
