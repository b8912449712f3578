"""What every kind of input offers to training: validated samples, and batches of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

Indices = NDArray[np.int64]
FLOAT32_MAX = float(np.finfo(np.float32).max)


class PartOfInputs(NamedTuple):
    """Rows of a batch that are padded to less than the others, and the steps of the longest."""

    rows: Tensor
    steps: int


class Inputs(NamedTuple):
    """A batch as the nets take it."""

    X: Tensor  # (n, d), (n, T, d), (n, C, H, W) float32, or (n, T) int64
    lengths: Tensor | None  # (n,) int64, valid steps of each row, where rows differ in length
    # Where padding all rows to the longest is a waste: those that go through the net together.
    parts: tuple[PartOfInputs, ...] = ()

    def to(self, device: torch.device) -> Inputs:
        """Move the batch to a device."""
        lengths = self.lengths
        if lengths is not None:
            lengths = lengths.to(device, non_blocking=True)
        parts = [PartOfInputs(rows.to(device), steps) for rows, steps in self.parts]
        return Inputs(self.X.to(device, non_blocking=True), lengths, tuple(parts))

    def split(self) -> list[Inputs]:
        """Return the parts as batches of their own."""
        assert self.lengths is not None
        return [Inputs(self.X[rows, :steps], self.lengths[rows]) for rows, steps in self.parts]

    def join(self, values: Sequence[Tensor]) -> Tensor:
        """Join what was computed of the parts, sequences padded with 0, in the order of X."""
        if values[0].ndim == 3:
            longest = max(value.shape[1] for value in values)
            values = [F.pad(value, (0, 0, 0, longest - value.shape[1])) for value in values]
        order = torch.cat([part.rows for part in self.parts]).argsort()
        return torch.cat(list(values))[order]


class Samples(Protocol):
    """Validated samples, read a batch at a time."""

    prediction_rows: int  # how many make a batch where no gradient is kept

    @property
    def lengths(self) -> NDArray[np.int64] | None:
        """Steps of each sample, or None where all are alike."""

    def __len__(self) -> int: ...

    def take(self, rows: Indices) -> Inputs:
        """Batch of the given rows, on the CPU."""


class Pairing(Protocol):
    """Two views of each sample of a batch, made anew in each epoch; see docs/extending.md.

    It may have a method ``refresh(epochs, represent)``, which is called before each epoch of
    training; a checkpoint then keeps what ``__getstate__`` returns.
    """

    draws: bool  # whether torch draws random numbers for them

    def first(self, samples: Samples, rows: Indices) -> Inputs:
        """Make the view that is classified or reconstructed, tensors on the CPU."""

    def second(
        self, samples: Samples, rows: Indices, uniform: NDArray[np.float64] | None
    ) -> Inputs:
        """Make the view that the first is compared with, row by row, chosen by numbers in [0, 1).

        What is made of rows that were in no part of `Views.pair` counts nowhere. Without numbers,
        training only watches its progress.
        """


class Reader(ABC):
    """Validates one kind of X, and remembers from fit what later X must look like."""

    input_shape: tuple[int | None, ...]  # of a sample as the nets see it; None where it varies
    n_features: int  # columns of a table, features of a step, channels of an image, 1 of tokens

    @abstractmethod
    def read(self, X: Any, name: str, *, reset: bool) -> Samples:
        """Validate X for the estimator of this name; with `reset` it defines what later X is."""

    def columns(self, X: Any) -> Any:
        """Return a table that has the features of X as columns, and their names."""
        return np.empty((0, self.n_features))

    def check_lengths(self, lengths: ArrayLike | None, n: int) -> NDArray[np.int64] | None:
        """Validate the steps that n reconstructions are wanted in; None where there are none."""
        if lengths is not None:
            raise ValueError("lengths is for sequences only: leave it out.")
        return None

    def inverse_transform(self, X: NDArray[np.float32], lengths: ArrayLike | None) -> NDArray[Any]:
        """Turn reconstructions of the net into what the user's X looks like."""
        return X

    def _check_n_features(self, found: int, unit: str, name: str) -> None:
        """Compare with fit what scikit-learn itself does not look at."""
        if found != self.n_features:
            raise ValueError(
                f"X has {found} features per {unit}, but {name} is expecting {self.n_features} "
                "features as input."
            )


def as_array(values: Any, name: str) -> NDArray[Any]:
    """Turn nested lists into an array; a memory map stays one."""
    try:
        array: NDArray[Any] = np.asanyarray(values)
    except ValueError:
        raise ValueError(
            f"{name} is ragged: all its rows must have the same length. Pass sequences as (T, d) "
            "arrays, token ids as 1-D integer arrays."
        ) from None
    if not isinstance(array, np.ma.MaskedArray):
        return array
    if np.ma.is_masked(array):
        raise ValueError(
            f"Input {name} contains NaN or infinity, or masked values: impute or drop them."
        )
    data: NDArray[Any] = array.data
    return data


def as_arrays(X: Any, name: str) -> list[NDArray[Any]]:
    """Turn each of at least one sample into an array."""
    if len(X) == 0:
        raise ValueError(
            f"Found array with 0 sample(s) while a minimum of 1 is required by {name}."
        )
    return [as_array(item, f"X[{position}]") for position, item in enumerate(X)]


def as_float32(values: NDArray[Any], name: str) -> NDArray[Any]:
    """Convert finite numbers that float32 can hold, and refuse others; a memory map stays one."""
    if not isinstance(values, np.memmap):
        try:
            with np.errstate(over="ignore"):
                values = values.astype(np.float32, copy=False)
        except (TypeError, ValueError):
            raise ValueError(f"X holds values that are not numbers, as {name} needs.") from None
    # Neither makes a mask of X's size, and both are NaN where X holds one.
    low, high = values.min(initial=0), values.max(initial=0)
    if not (-FLOAT32_MAX <= low and high <= FLOAT32_MAX):
        raise ValueError(
            f"Input X contains NaN or infinity, or a value too large for float32; {name} needs "
            "finite numbers: impute, drop or scale them."
        )
    return values
