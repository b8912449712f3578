"""What every loss does first: check rows and weights, and leave reduced precision behind."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from numbers import Real

import torch
from torch import Tensor

# Log-probabilities below this are as good as minus infinity, but finite: 0 * log 0 stays 0.
LOG_FLOOR = -1e30
# Of a margin or a weight of a term: no divergence is larger, and float32 ends soon after.
MAX_FACTOR = -LOG_FLOOR


def check_rows(rows: Tensor, name: str) -> Tensor:
    """Return a 2-D floating-point tensor in float32 or float64, or say what is wrong with it."""
    if not isinstance(rows, Tensor) or not rows.is_floating_point():
        found = rows.dtype if isinstance(rows, Tensor) else type(rows).__name__
        raise TypeError(f"{name} must be a floating-point torch.Tensor, got {found}.")
    if rows.ndim != 2 or rows.shape[1] == 0:
        raise ValueError(
            f"{name} must be two-dimensional, with at least one column, "
            f"got shape {tuple(rows.shape)}."
        )
    return rows if rows.dtype == torch.float64 else rows.float()


def check_weights(sample_weight: Tensor | None, rows: Tensor) -> Tensor | None:
    """Return sample weights as (n,) in the dtype of `rows`, or None."""
    if sample_weight is None:
        return None
    if not isinstance(sample_weight, Tensor):
        raise TypeError(
            f"sample_weight must be a torch.Tensor, got {type(sample_weight).__name__}."
        )
    if sample_weight.shape != rows.shape[:1]:
        raise ValueError(
            f"sample_weight must have one entry per row, shape ({len(rows)},), "
            f"got {tuple(sample_weight.shape)}."
        )
    weights = sample_weight.detach().to(rows)
    if weights.device.type == "cpu" and (weights < 0).any():
        raise ValueError("sample_weight must not be negative.")
    return weights


def check_labels(y: Tensor, h: Tensor) -> Tensor:
    """Return labels if they are integers, one per row of `h`."""
    if not isinstance(y, Tensor):
        raise TypeError(f"y must be a torch.Tensor of integer labels, got {type(y).__name__}.")
    if y.is_floating_point() or y.is_complex():
        raise TypeError(f"y must hold integer labels, got dtype {y.dtype}.")
    if y.shape != h.shape[:1]:
        raise ValueError(
            f"y must have one label per row of h, shape ({len(h)},), got {tuple(y.shape)}."
        )
    return y


def positive(values: Tensor) -> Tensor:
    """Return values with zeros raised to the smallest normal number, to divide by."""
    return values.clamp_min(torch.finfo(values.dtype).tiny)


def check_margin(margin: float) -> float:
    """Return the margin as a float, or say what is wrong with it."""
    if isinstance(margin, bool) or not isinstance(margin, Real):
        raise TypeError(f"margin must be a number, got {margin!r}.")
    value = float(margin)
    if not 0 <= value <= MAX_FACTOR:
        raise ValueError(
            f"margin must be finite and not below 0, at most {MAX_FACTOR:g}, got {margin!r}."
        )
    return value


def log_probabilities(logits: Tensor, dim: int = 1) -> Tensor:
    """Log-softmax along a dimension, finite for any finite input."""
    return torch.log_softmax(logits, dim=dim).clamp_min(LOG_FLOOR)


@contextlib.contextmanager
def exact_arithmetic(rows: Tensor) -> Iterator[None]:
    """Switch autocast and TF32 off: the hinge needs every bit of float32."""
    full = full_float32_products() if rows.device.type == "cuda" else contextlib.nullcontext()
    with torch.autocast(rows.device.type, enabled=False), full:
        yield


@contextlib.contextmanager
def full_float32_products() -> Iterator[None]:
    """Switch TF32 off in matrix products on CUDA, through whichever switch this torch has."""
    switches = torch.backends.cuda.matmul
    name: str = "allow_tf32"
    exact: str | bool = False
    if torch_has_fp32_precision():
        name, exact = "fp32_precision", "ieee"
    before = getattr(switches, name)
    if before == exact:
        yield
        return
    setattr(switches, name, exact)
    try:
        yield
    finally:
        setattr(switches, name, before)


def torch_has_fp32_precision() -> bool:
    """Whether torch has the switch that replaces `allow_tf32`; reading the old one may raise."""
    try:
        return isinstance(torch.backends.cuda.matmul.fp32_precision, str)
    except AttributeError:
        return False
