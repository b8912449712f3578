"""What every loss does first: check rows and weights, and leave reduced precision behind."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from numbers import Real
from typing import Any

import torch
from sklearn.utils._param_validation import Interval, validate_parameter_constraints
from torch import Tensor

# Log-probabilities below this are as good as minus infinity, but finite: 0 * log 0 stays 0.
LOG_FLOOR = -1e30
# Of a margin or a weight of a term: no divergence is larger, and float32 ends soon after.
FACTORS = Interval(Real, 0, -LOG_FLOOR, closed="both")


def _describe(value: object) -> str:
    return str(value.dtype) if isinstance(value, Tensor) else type(value).__name__


def check_rows(rows: Tensor, name: str) -> Tensor:
    """Return a 2-D floating-point tensor in float32 or float64, or say what is wrong with it."""
    if not isinstance(rows, Tensor) or not rows.is_floating_point():
        raise TypeError(f"{name} must be a floating-point torch.Tensor, got {_describe(rows)}.")
    if rows.ndim != 2 or rows.shape[1] == 0:
        raise ValueError(
            f"{name} must be two-dimensional, with at least one column, "
            f"got shape {tuple(rows.shape)}."
        )
    return rows if rows.dtype == torch.float64 else rows.float()


def check_views(h: Tensor, h_view: Tensor) -> tuple[Tensor, Tensor]:
    """Return the rows of both views in one dtype, or say what is wrong with them."""
    h, h_view = check_rows(h, "h"), check_rows(h_view, "h_view")
    if h.shape != h_view.shape:
        raise ValueError(
            f"h_view must have the shape of h, {tuple(h.shape)}, got {tuple(h_view.shape)}."
        )
    return h, h_view.to(h)


def _check_length(values: Tensor, name: str, rows: Tensor) -> None:
    if values.shape != rows.shape[:1]:
        raise ValueError(
            f"{name} must have one entry per row, shape ({len(rows)},), got {tuple(values.shape)}."
        )


def check_weights(sample_weight: Tensor | None, rows: Tensor) -> Tensor | None:
    """Return sample weights as (n,) in the dtype of `rows`, or None."""
    if sample_weight is None:
        return None
    if not isinstance(sample_weight, Tensor):
        raise TypeError(f"sample_weight must be a torch.Tensor, got {_describe(sample_weight)}.")
    _check_length(sample_weight, "sample_weight", rows)
    weights = sample_weight.detach().to(rows)
    if weights.device.type == "cpu" and (weights < 0).any():
        raise ValueError("sample_weight must not be negative.")
    return weights


def check_labels(y: Tensor, rows: Tensor) -> Tensor:
    """Return labels if they are integers, one per row."""
    if not isinstance(y, Tensor) or y.is_floating_point() or y.is_complex():
        raise TypeError(f"y must hold integer labels in a torch.Tensor, got {_describe(y)}.")
    _check_length(y, "y", rows)
    return y


def check_parameter(value: Any, name: str, constraint: Any, caller: str) -> None:
    """Refuse a hyperparameter that is outside scikit-learn's `constraint`."""
    validate_parameter_constraints({name: [constraint]}, {name: value}, caller)


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
