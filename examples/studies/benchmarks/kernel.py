"""L_multi forward and backward: tiling, one product, the same compiled, ours, bare products."""

from __future__ import annotations

import itertools
import shutil
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from examples.studies import _markdown as markdown
from fa_sklearn.losses import MultilayerLoss
from fa_sklearn.losses._divergences import DIVERGENCES

from ._measure import available_bytes, compare, log_log_slope, peak_mib
from ._report import Goal, ratio, seconds

MARGIN = 1.0
N_GROUPS = 2
TILE = {"cpu": (256, 512), "cuda": (8192, 8192)}  # rows and columns, as in our kernel
OURS, TILING, ONE_PRODUCT = "ours", "tiling", "one product"
COMPILED, PRODUCTS = "one product, compiled", "three bare products"
# What `reason_to_skip` gives before the amount, and what the page says.
REASONS = {"would take": "would take too long", "needs": "needs too much memory"}


class Settings(NamedTuple):
    """What a size measures."""

    cases: tuple[tuple[int, int], ...]
    compiled: tuple[tuple[int, int], ...]
    repeats: int
    longest: float  # seconds of a call; a contender predicted to take more is skipped


GRID = tuple((n, k) for k in (15, 32, 128) for n in (512, 1024, 2048, 4096, 8192, 16384))
SETTINGS = {
    "full": Settings(GRID, GRID[:6], 5, 3.0),
    "quick": Settings(((512, 15), (1024, 32), (8192, 32)), ((512, 15),), 3, 5.0),
    "smoke": Settings(((64, 5),), (), 1, 1.0),
}


def pair_weights(y: Tensor) -> Tensor:
    """2 / N_s^2 for pairs of one group, 0 for others."""
    same = (y[:, None] == y).float()
    return 2 * same / same.sum(dim=1, keepdim=True).square()


def tiling(h: Tensor, y: Tensor) -> Tensor:
    """L_multi as the paper computes it: every pair side by side, (n^2, k)."""
    n = len(h)
    log_p = torch.log_softmax(h.repeat_interleave(n, dim=0), dim=1)
    log_q = torch.log_softmax(h.repeat(n, 1), dim=1)
    divergence = (log_p.exp() * (log_p - log_q)).sum(dim=1)
    return (pair_weights(y).flatten() * (MARGIN - divergence).clamp_min(0)).sum()


def one_product(h: Tensor, y: Tensor) -> Tensor:
    """L_multi from the matrix P log P^T, differentiated by autograd."""
    log_p = torch.log_softmax(h, dim=1)
    p = log_p.exp()
    divergence = (p * log_p).sum(dim=1, keepdim=True) - p @ log_p.T
    return (pair_weights(y) * (MARGIN - divergence).clamp_min(0)).sum()


def ours(h: Tensor, y: Tensor) -> Tensor:
    """L_multi of this package."""
    return MultilayerLoss(MARGIN)(h, y)


def group_blocks(counts: list[int], height: int, width: int) -> list[tuple[slice, slice]]:
    """Rows and columns of the tiles that cover all pairs of a group, groups in order."""
    blocks, start = [], 0
    for stop in itertools.accumulate(counts):
        blocks += [
            (slice(row, min(row + height, stop)), slice(column, min(column + width, stop)))
            for row in range(start, stop, height)
            for column in range(start, stop, width)
        ]
        start = stop
    return blocks


def bare_products(h: Tensor, y: Tensor) -> Callable[[], None]:
    """Three matrix products over the blocks of our kernel, and nothing else."""
    rows = h.detach()[torch.argsort(y, stable=True)]
    form = DIVERGENCES["kl"].product_form
    assert form is not None
    u, v = form.factors(torch.log_softmax(rows.T.contiguous(), dim=0), MARGIN)
    right, left = torch.zeros_like(v), torch.zeros_like(u)
    blocks = group_blocks(torch.bincount(y).tolist(), *TILE[h.device.type])
    largest = max((r.stop - r.start) * (c.stop - c.start) for r, c in blocks)
    buffer = u.new_empty(largest)

    def run() -> None:
        for row, column in blocks:
            shape = (row.stop - row.start, column.stop - column.start)
            tile = buffer[: shape[0] * shape[1]].view(shape)
            torch.mm(u[:, row].T, v[:, column], out=tile)
            right[:, row].addmm_(v[:, column], tile.T, beta=0)
            left[:, column].addmm_(u[:, row], tile, beta=0)

    return run


def needed_bytes(name: str, n: int, k: int) -> int:
    """Roughly what a contender holds at once: some N^2 k tensors, some N^2, or little."""
    return {TILING: 9 * n * n * k, ONE_PRODUCT: 7 * n * n, COMPILED: 7 * n * n}.get(name, 0) * 4


def predicted_seconds(name: str, n: int, done: list[dict[str, Any]]) -> float:
    """Time of the last smaller case of the same k, scaled with N^2."""
    times = [(case["n"], case["seconds"][name]) for case in done if name in case["seconds"]]
    return max(times, default=(1, 0.0))[1] * (n / max(times, default=(n, 0))[0]) ** 2


def reason_to_skip(
    name: str, n: int, k: int, done: list[dict[str, Any]], settings: Settings, where: torch.device
) -> str | None:
    """Why a contender is not run, None if it is."""
    if name == COMPILED:
        if shutil.which("g++") is None and where.type == "cpu":
            return "no C++ compiler here"
        if (n, k) not in settings.compiled:
            return "not compiled in this size of the benchmark"
    needed, there = needed_bytes(name, n, k), available_bytes(where)
    if needed > 0.8 * there:
        return f"needs about {needed / 2**30:.0f} GiB, {there / 2**30:.0f} GiB are free"
    expected = predicted_seconds(name, n, done)
    if expected > settings.longest:
        return f"would take about {expected:.0f} s"
    return None


def measure_case(
    n: int, k: int, done: list[dict[str, Any]], settings: Settings, where: torch.device
) -> dict[str, Any]:
    """Time all contenders that fit on one batch of n representations of size k."""
    generator = torch.Generator().manual_seed(0)
    # What FC1 and its ReLU give: about half zeros.
    h = torch.randn(n, k, generator=generator).clamp_min(0).to(where).requires_grad_()
    y = (torch.randperm(n, generator=generator) % N_GROUPS).to(where)
    functions = {OURS: ours, ONE_PRODUCT: one_product, COMPILED: one_product, TILING: tiling}
    skipped, contenders, values, compile_seconds = {}, {}, {}, None
    for name, function in functions.items():
        reason = reason_to_skip(name, n, k, done, settings, where)
        if reason is not None:
            skipped[name] = reason
            continue
        if name == COMPILED:
            torch.compiler.reset()
            function = torch.compile(function, dynamic=False)

        def call(function: Any = function) -> None:
            h.grad = None
            function(h, y).backward()
            if where.type == "cuda":
                torch.cuda.synchronize(where)

        start = time.perf_counter()
        call()
        if name == COMPILED:
            compile_seconds = time.perf_counter() - start
        values[name] = h.grad.clone()
        contenders[name] = call
    for gradient in values.values():
        # Pairs at the margin may count in one and not in the other.
        torch.testing.assert_close(gradient, values[OURS], rtol=1e-3, atol=1e-3 / n)
    products = bare_products(h, y)

    def run_products() -> None:
        products()
        if where.type == "cuda":
            torch.cuda.synchronize(where)

    contenders[PRODUCTS] = run_products
    times = compare(contenders, OURS, settings.repeats, shortest=0.05)
    memory = {}
    for name, call in contenders.items():
        h.grad = None
        memory[name] = peak_mib(call, where)
    return {
        "n": n,
        "k": k,
        "device": where.type,
        **times,
        "peak_mib": memory,
        "compile_seconds": compile_seconds,
        "skipped": skipped,
    }


def slopes(cases: list[dict[str, Any]]) -> dict[str, float]:
    """Exponents of N in the time of each contender that has three sizes."""
    found = {}
    for name in (OURS, PRODUCTS, ONE_PRODUCT, COMPILED, TILING):
        points = [(case["n"], case["seconds"][name]) for case in cases if name in case["seconds"]]
        if len(points) >= 3:
            found[name] = log_log_slope(*map(list, zip(*points, strict=True)))
    return found


def run(size: str) -> dict[str, Any]:
    """Measure every case, on the CPU and on a GPU where there is one."""
    settings = SETTINGS[size]
    cases: list[dict[str, Any]] = []
    fits = []
    places = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
    for place in places:
        for k in sorted({k for _, k in settings.cases}):
            done: list[dict[str, Any]] = []
            for n in sorted(n for n, other in settings.cases if other == k):
                done.append(measure_case(n, k, done, settings, torch.device(place)))
                print(f"  {place} N={n} k={k}: {seconds(done[-1]['seconds'][OURS])}", flush=True)
            cases += done
            fits.append({"device": place, "k": k, "slopes": slopes(done)})
    return {"n_groups": N_GROUPS, "margin": MARGIN, "cases": cases, "scaling": fits}


def goals(result: dict[str, Any]) -> list[Goal]:
    """Collect the ratios that the kernel is to reach, on a CPU."""
    found = []
    for case in result["cases"]:
        if case["device"] != "cpu":
            continue
        where = f"N={case['n']}, k={case['k']}"
        ratios = {name: spread["median"] for name, spread in case["ratios"].items()}
        if case["n"] == 512 and case["k"] == 15 and TILING in ratios:
            found.append(Goal(f"L_multi, {where}: tiling / ours", ratios[TILING], 100, True))
        if case["n"] == 8192 and case["k"] == 32:
            if ONE_PRODUCT in ratios:
                what = f"L_multi, {where}: one product / ours"
                found.append(Goal(what, ratios[ONE_PRODUCT], 20, True))
            what = f"L_multi, {where}: ours / its three products"
            found.append(Goal(what, 1 / ratios[PRODUCTS], 2.5, False))
    return found


def reason_lines(cases: list[dict[str, Any]]) -> list[str]:
    """A line for each reason not to run a contender, with the cases that it kept out."""
    found: dict[str, dict[str, list[str]]] = {}
    for case in cases:
        for name, text in case["skipped"].items():
            reason, _, amount = text.partition(" about ")
            needed = amount.partition(",")[0]
            size = f"{case['n']} ({needed})" if needed else str(case["n"])
            sizes = found.setdefault(REASONS.get(reason, reason), {})
            sizes.setdefault(f"{name}, k={case['k']}", []).append(size)
    return [
        f"- {reason}: " + "; ".join(f"{what}, N={', '.join(n)}" for what, n in sizes.items())
        for reason, sizes in found.items()
    ]


def render(result: dict[str, Any]) -> list[str]:
    """Lines of the page."""
    names = (TILING, ONE_PRODUCT, COMPILED, PRODUCTS)
    lines = [
        "## The pairwise kernel",
        "",
        f"L_multi (KL, margin {result['margin']:g}), forward and backward, a batch of N "
        f"representations of size k under {result['n_groups']} coarse labels, float32. How many "
        "times as long as ours each alternative takes, and ours in seconds.",
        "",
        "Tiling sets all pairs of samples side by side, as the paper does. One product takes all "
        "divergences of the batch from one N × N matrix product and leaves the gradient to "
        "autograd, compiled or not. Three bare products are the matrix products that our kernel "
        "cannot do without, with nothing around them.",
        "",
    ]
    rows, memory_rows = [], []
    for case in result["cases"]:
        first = (case["device"], f"{case['n']:,}", str(case["k"]))
        cells = [
            ratio(case["ratios"][name]["median"]) if name in case["ratios"] else markdown.NONE
            for name in names
        ]
        rows.append((*first, *cells, seconds(case["seconds"][OURS])))
        peaks = [
            f"{case['peak_mib'][name]:,.1f}" if name in case["peak_mib"] else markdown.NONE
            for name in (OURS, *names[:3])
        ]
        memory_rows.append((*first, *peaks))
    lines += [
        markdown.table(("device", "N", "k", *(f"{n} / ours" for n in names), OURS), rows),
        "",
        "Peak memory in addition to the input, MiB:",
        "",
        markdown.table(("device", "N", "k", OURS, *names[:3]), memory_rows),
        "",
    ]
    slope_rows = [
        (fit["device"], str(fit["k"]), name, f"{slope:.2f}")
        for fit in result["scaling"]
        for name, slope in fit["slopes"].items()
    ]
    if slope_rows:
        lines += [
            "Exponent p of the power law time ~ N^p through all sizes:",
            "",
            markdown.table(("device", "k", "contender", "p"), slope_rows),
            "",
        ]
    if reasons := reason_lines(result["cases"]):
        lines += ["Not run:", "", *reasons, ""]
    return lines
