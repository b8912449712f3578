"""The exact blockwise kernel: hinge sums over same-group pairs without an n x n matrix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ._divergences import Divergence, ProductForm, pair_blocks
from ._rows import log_probabilities

# Rows and columns of a tile of the pair matrix. On a CPU it stays in a core's second-level cache;
# an accelerator wants few large products: 256 MB of float32.
CPU_TILE = (256, 512)
ACCELERATOR_TILE = (8192, 8192)
# Small groups share a tile up to this many rows: fewer calls, though cross pairs are masked out.
MERGED_ROWS = 128


class Groups(NamedTuple):
    """Rows sorted by group, and what a pair of one group weighs."""

    first: Tensor  # factor of each row as the first of a pair
    second: Tensor
    ids: Tensor  # the group of each row
    sizes: list[int]


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


def _tiles(counts: Sequence[int], height: int, width: int) -> Iterator[tuple[slice, slice, bool]]:
    """Rows and columns of tiles that cover every same-group pair; some hold other pairs too."""
    for start, stop, mixed in _row_spans(counts):
        for row in range(start, stop, height):
            rows = slice(row, min(row + height, stop))
            for column in range(start, stop, width):
                yield rows, slice(column, min(column + width, stop)), mixed


def _masked_products(
    u: Tensor, v: Tensor, right: Tensor, left: Tensor | None, groups: Groups
) -> tuple[Tensor, Tensor | None]:
    """Multiply right M^T and left M, M_ij = 1 where i != j share a group and (u^T v)_ij > 0.

    All are (c, n): with samples as columns the products of thin factors are a third faster.
    """
    for_u = torch.zeros_like(right)
    for_v = None if left is None else torch.zeros_like(left)
    n = u.shape[1]
    height, width = CPU_TILE if u.device.type == "cpu" else ACCELERATOR_TILE
    buffer = u.new_empty(min(height, n) * min(width, n))
    for rows, columns, mixed in _tiles(groups.sizes, height, width):
        shape = (rows.stop - rows.start, columns.stop - columns.start)
        tile = buffer[: shape[0] * shape[1]].view(shape)
        torch.mm(u[:, rows].T, v[:, columns], out=tile)
        offset = rows.start - columns.start
        if -shape[0] < offset < shape[1]:  # pairs i = j carry no gradient
            tile.diagonal(offset=offset).fill_(-1.0)
        tile.gt_(0)
        if mixed:
            tile.masked_fill_(groups.ids[rows, None] != groups.ids[columns], 0)
        for_u[:, rows].addmm_(right[:, columns], tile.T)
        if left is not None and for_v is not None:
            for_v[:, columns].addmm_(left[:, rows], tile)
    return for_u, for_v


class _MaskedProducts(torch.autograd.Function):
    """`_masked_products` as a function that is linear in `right` and `left`, of any order."""

    @staticmethod
    def forward(
        ctx: Any, u: Tensor, v: Tensor, right: Tensor, left: Tensor, groups: Groups
    ) -> tuple[Tensor, Tensor | None]:
        ctx.save_for_backward(u, v)
        ctx.groups = groups
        return _masked_products(u, v, right, left, groups)

    @staticmethod
    def backward(ctx: Any, by_for_u: Tensor, by_for_v: Tensor) -> tuple[Tensor | None, ...]:
        u, v = ctx.saved_tensors
        by_left, by_right = _MaskedProducts.apply(u, v, by_for_v, by_for_u, ctx.groups)  # type: ignore[no-untyped-call]
        return None, None, by_right, by_left, None


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
        ctx: Any, rows: Tensor, groups: Groups, form: ProductForm, margin: float
    ) -> Tensor:
        log_p = log_probabilities(rows.T.contiguous(), dim=0)
        u, v = form.factors(log_p, margin)
        left, right = groups.first * u, groups.second * v
        for_u, for_v = _masked_products(
            u, v, right, left if ctx.needs_input_grad[0] else None, groups
        )
        if for_v is not None:
            by_rows = _gradient_of_rows(log_p, groups.first * for_u, groups.second * for_v, form)
            ctx.save_for_backward(rows, by_rows)
            ctx.constants = groups, form, margin
        # Rounding may leave a sum of hinges that are all nearly 0 just below it.
        return (left * for_u).sum().clamp_min(0)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        rows, by_rows = ctx.saved_tensors
        if torch.is_grad_enabled():  # a second derivative is wanted: keep the graph
            groups, form, margin = ctx.constants
            a, b = groups.first, groups.second
            log_p = log_probabilities(rows.T.contiguous(), dim=0)
            u, v = form.factors(log_p, margin)
            for_u, for_v = _MaskedProducts.apply(u, v, b * v, a * u, groups)  # type: ignore[no-untyped-call]
            by_rows = _gradient_of_rows(log_p, a * for_u, b * for_v, form)
        return grad * by_rows, None, None, None


def _hinge_of(
    log_p: Tensor,
    first: Tensor,
    second: Tensor,
    groups: Groups,
    divergence: Divergence,
    margin: float,
) -> Tensor:
    """Sum the hinge over pairs of rows, one by one."""
    distinct = first != second
    first, second = first[distinct], second[distinct]
    hinge = (margin - divergence.of_pairs(log_p[first], log_p[second])).clamp_min(0)
    return (groups.first[first] * groups.second[second] * hinge).sum()


def hinge_sum(rows: Tensor, groups: Groups, divergence: Divergence, margin: float) -> Tensor:
    """Sum the hinge max(0, margin - D(p_i || p_j)) over the pairs i != j of each group."""
    if margin == 0 or len(rows) == 0:
        return (rows * 0).sum()
    form = divergence.product_form
    if form is not None:
        if not torch.is_grad_enabled():
            rows = rows.detach()  # a function of its own would not know, and compute the gradient
        return _HingeSum.apply(rows, groups, form, margin)  # type: ignore[no-any-return,no-untyped-call]
    log_p = log_probabilities(rows)
    total = (log_p * 0).sum()
    stop = 0
    for count in groups.sizes:
        start, stop = stop, stop + count
        if count > 1:
            args = (groups, divergence, margin)
            total = total + sum(pair_blocks(_hinge_of, log_p, start, stop, *args))
    return total
