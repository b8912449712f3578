"""The exact blockwise kernel: hinge sums over same-group pairs without an n x n matrix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from ._divergences import Divergence, ProductForm
from ._rows import log_probabilities

# Rows and columns of a tile of the pair matrix. On a CPU it stays in a core's second-level cache;
# an accelerator wants few large products: 256 MB of float32.
CPU_TILE = (256, 512)
ACCELERATOR_TILE = (8192, 8192)
# Small groups share a tile up to this many rows: fewer calls, though cross pairs are masked out.
MERGED_ROWS = 128
# Elements of one (pairs, k) tensor when a divergence is not a matrix product.
PAIR_ELEMENTS = 1 << 22


class _Block(NamedTuple):
    """Rows and columns of one tile; `mixed` tiles hold pairs of different groups to mask."""

    rows: slice
    columns: slice
    mixed: bool


def _tile_shape(device: torch.device) -> tuple[int, int]:
    return CPU_TILE if device.type == "cpu" else ACCELERATOR_TILE


def _row_spans(counts: Sequence[int]) -> Iterator[tuple[int, int, bool]]:
    """Split rows sorted by group into spans: a large group alone, small neighbours together."""
    start = stop = members = 0
    for count in counts:
        if members and stop - start + count > MERGED_ROWS:
            yield start, stop, members > 1
            start, members = stop, 0
        stop += count
        members += 1
    if members:
        yield start, stop, members > 1


def _blocks(counts: Sequence[int], height: int, width: int) -> Iterator[_Block]:
    """Tiles that together cover every same-group pair of rows sorted by group."""
    for start, stop, mixed in _row_spans(counts):
        for row in range(start, stop, height):
            rows = slice(row, min(row + height, stop))
            for column in range(start, stop, width):
                yield _Block(rows, slice(column, min(column + width, stop)), mixed)


def _drop_diagonal(tile: Tensor, block: _Block) -> None:
    """Make the pairs i = j of a tile inactive: they carry no gradient."""
    offset = block.rows.start - block.columns.start
    if -tile.shape[0] < offset < tile.shape[1]:
        tile.diagonal(offset=offset).fill_(-1.0)


def _masked_products(
    u: Tensor, v: Tensor, right: Tensor, left: Tensor | None, groups: Tensor, counts: Sequence[int]
) -> tuple[Tensor, Tensor | None]:
    """Multiply right M^T and left M, M_ij = 1 where i != j share a group and (u^T v)_ij > 0.

    All are (c, n): with samples as columns the products of thin factors are a third faster.
    """
    for_u = torch.zeros_like(right)
    for_v = None if left is None else torch.zeros_like(left)
    n = u.shape[1]
    height, width = _tile_shape(u.device)
    buffer = u.new_empty(min(height, n) * min(width, n))
    for block in _blocks(counts, height, width):
        rows, columns, mixed = block
        shape = (rows.stop - rows.start, columns.stop - columns.start)
        tile = buffer[: shape[0] * shape[1]].view(shape)
        torch.mm(u[:, rows].T, v[:, columns], out=tile)
        _drop_diagonal(tile, block)
        tile.gt_(0)
        if mixed:
            tile.masked_fill_(groups[rows, None] != groups[columns], 0)
        for_u[:, rows].addmm_(right[:, columns], tile.T)
        if left is not None and for_v is not None:
            for_v[:, columns].addmm_(left[:, rows], tile)
    return for_u, for_v


class _MaskedProducts(torch.autograd.Function):
    """`_masked_products` as a function that is linear in `right` and `left`, of any order."""

    @staticmethod
    def forward(
        ctx: Any,
        u: Tensor,
        v: Tensor,
        right: Tensor,
        left: Tensor,
        groups: Tensor,
        counts: Sequence[int],
    ) -> tuple[Tensor, Tensor]:
        ctx.save_for_backward(u, v, groups)
        ctx.counts = counts
        for_u, for_v = _masked_products(u, v, right, left, groups, counts)
        assert for_v is not None
        return for_u, for_v

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        u, v, groups = ctx.saved_tensors
        by_for_u, by_for_v = grads
        by_left, by_right = _MaskedProducts.apply(u, v, by_for_v, by_for_u, groups, ctx.counts)  # type: ignore[no-untyped-call]
        return None, None, by_right, by_left, None, None


def _gradient_of_rows(log_p: Tensor, by_u: Tensor, by_v: Tensor, form: ProductForm) -> Tensor:
    """Follow the gradients of U and V back through the log-softmax, to (n, k)."""
    by_log_p = form.gradient(log_p, by_u, by_v)
    return (by_log_p - log_p.exp() * by_log_p.sum(dim=0)).T.contiguous()


class _HingeSum(torch.autograd.Function):
    """sum_ij a_i b_j max(0, (u^T v)_ij) over pairs i != j of one group, gradient in the same pass.

    The hinge is linear wherever it is active, so its sum and the gradients of U and V follow from
    the products of the 0/1 matrix of active pairs with the factors themselves.
    """

    @staticmethod
    def forward(
        ctx: Any,
        rows: Tensor,
        a: Tensor,
        b: Tensor,
        groups: Tensor,
        counts: Sequence[int],
        form: ProductForm,
        margin: float,
    ) -> Tensor:
        wants_gradient = ctx.needs_input_grad[0]
        log_p = log_probabilities(rows.T.contiguous(), dim=0)
        u, v = form.factors(log_p, margin)
        a_u = a * u
        for_u, for_v = _masked_products(
            u, v, b * v, a_u if wants_gradient else None, groups, counts
        )
        if for_v is not None:
            by_rows = _gradient_of_rows(log_p, a * for_u, b * for_v, form)
            ctx.save_for_backward(rows, a, b, groups, by_rows)
            ctx.constants = counts, form, margin
        # Rounding may leave a sum of hinges that are all nearly 0 just below it.
        return (a_u * for_u).sum().clamp_min(0)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        rows, a, b, groups, by_rows = ctx.saved_tensors
        if torch.is_grad_enabled():  # a second derivative is wanted: keep the graph
            counts, form, margin = ctx.constants
            log_p = log_probabilities(rows.T.contiguous(), dim=0)
            u, v = form.factors(log_p, margin)
            for_u, for_v = _MaskedProducts.apply(u, v, b * v, a * u, groups, counts)  # type: ignore[no-untyped-call]
            by_rows = _gradient_of_rows(log_p, a * for_u, b * for_v, form)
        return grads[0] * by_rows, *[None] * 6


def _block_sum(
    log_p: Tensor,
    a: Tensor,
    b: Tensor,
    rows: tuple[int, int],
    columns: tuple[int, int],
    divergence: Divergence,
    margin: float,
) -> Tensor:
    """Sum the hinge of a block of rows against a block of columns, pair by pair."""
    index = torch.arange(max(rows[1], columns[1]), device=log_p.device)
    first = index[rows[0] : rows[1]].repeat_interleave(columns[1] - columns[0])
    second = index[columns[0] : columns[1]].repeat(rows[1] - rows[0])
    distinct = first != second
    first, second = first[distinct], second[distinct]
    hinge = (margin - divergence.of_pairs(log_p[first], log_p[second])).clamp_min(0)
    return (a[first] * b[second] * hinge).sum()


def _pairwise_sum(
    log_p: Tensor,
    a: Tensor,
    b: Tensor,
    counts: Sequence[int],
    divergence: Divergence,
    margin: float,
) -> Tensor:
    """Sum the hinge of a divergence that is not a matrix product, in blocks."""
    total = (log_p * 0).sum()
    start = 0
    for count in counts:
        stop = start + count
        if count < 2:
            start = stop
            continue
        width = min(count, _tile_shape(log_p.device)[1])
        height = max(1, PAIR_ELEMENTS // (width * log_p.shape[1]))
        for row in range(start, stop, height):
            for column in range(start, stop, width):
                total = total + checkpoint(
                    _block_sum,
                    log_p,
                    a,
                    b,
                    (row, min(row + height, stop)),
                    (column, min(column + width, stop)),
                    divergence,
                    margin,
                    use_reentrant=False,
                    preserve_rng_state=False,
                )
        start = stop
    return total


def hinge_sum(
    rows: Tensor,
    a: Tensor,
    b: Tensor,
    groups: Tensor,
    counts: Sequence[int],
    divergence: Divergence,
    margin: float,
) -> Tensor:
    """Sum a_i b_j max(0, margin - D(p_i || p_j)) over the ordered pairs i != j of each group."""
    if margin == 0 or len(rows) == 0:
        return (rows * 0).sum()
    form = divergence.product_form
    if form is None:
        return _pairwise_sum(log_probabilities(rows), a, b, counts, divergence, margin)
    if not torch.is_grad_enabled():
        rows = rows.detach()  # a function of its own would not know, and compute the gradient
    result: Tensor = _HingeSum.apply(rows, a, b, groups, counts, form, margin)  # type: ignore[no-untyped-call]
    return result
