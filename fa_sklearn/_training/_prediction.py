"""Apply a trained net to samples, without gradient, in large batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .._inputs import Indices, Inputs, Samples, split_by_length
from ._batches import batch_rows
from ._net import ForcedApartNet
from ._randomness import OwnRandomness

DECODED_ROWS = 512

Applied = TypeVar("Applied")


def _apply(
    net: ForcedApartNet, samples: Samples, compute: Callable[[Inputs], Applied]
) -> Iterator[tuple[Indices, Inputs, Applied]]:
    """Yield row numbers, inputs and what is computed of them, batch by batch."""
    net._set_training(False)
    largest = max(samples.prediction_rows, net.batch_size)
    # A module that draws numbers draws the same ones at each call.
    randomness = net.intercept_draws(OwnRandomness(net.randomness.seed))
    lengths = samples.lengths
    for batch in batch_rows(np.arange(len(samples)), lengths, largest, None):
        # What a sample gives does not depend on the others: those far longer go by themselves.
        for part in [slice(None)] if lengths is None else split_by_length(lengths[batch]):
            rows = batch[part]
            inputs = samples.take(rows).to(net.device)
            with torch.inference_mode(), randomness:
                applied = compute(inputs)
            yield rows, inputs, applied


def _finite(values: NDArray[np.float32], source: str) -> NDArray[np.float32]:
    """Refuse what is no number: only inputs far beyond those of the fit overflow in a net."""
    finite = np.isfinite(values).reshape(len(values), -1).all(axis=1)
    if not finite.all():
        raise ValueError(
            f"{source} contains values too large for the net: what it makes of sample "
            f"{int(finite.argmin())} is not finite. Scale it as in fit."
        )
    return values


def _gather(
    net: ForcedApartNet, samples: Samples, compute: Callable[[Inputs], Tensor]
) -> NDArray[np.float32]:
    batches = [(rows, values.cpu().numpy()) for rows, _, values in _apply(net, samples, compute)]
    result = np.empty((len(samples), *batches[0][1].shape[1:]), dtype=np.float32)
    for rows, values in batches:
        result[rows] = values
    return _finite(result, "X")


def compute_outputs(net: ForcedApartNet, samples: Samples) -> NDArray[np.float32]:
    """Compute the output of each sample."""
    return _gather(net, samples, lambda inputs: net.infer(inputs)[0])


def compute_representations(net: ForcedApartNet, samples: Samples) -> NDArray[np.float32]:
    """Compute the representation of each sample."""
    return _gather(net, samples, net.represent)


def compute_logits_and_representations(
    net: ForcedApartNet, samples: Samples
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Compute both in one pass."""
    both = _gather(net, samples, lambda inputs: torch.cat(net.infer(inputs), dim=1))
    n_outputs = both.shape[1] - len(net.module_.representation_weight)
    return both[:, :n_outputs], both[:, n_outputs:]


def compute_reconstruction_errors(net: ForcedApartNet, samples: Samples) -> NDArray[np.float32]:
    """Compute the squared Frobenius distance between each sample and its reconstruction."""
    errors = np.empty(len(samples), dtype=np.float32)
    for rows, inputs, (output, _) in _apply(net, samples, net.infer):
        errors[rows] = net.criterion_(output, inputs, None).cpu().numpy()
    return _finite(errors, "X")


def decode(
    net: ForcedApartNet, representation: NDArray[np.float32], lengths: NDArray[np.int64] | None
) -> NDArray[np.float32]:
    """Reconstruct samples from representations."""
    net._set_training(False)
    n = len(representation)
    result = None
    for start in range(0, n, DECODED_ROWS):
        batch = np.arange(start, min(start + DECODED_ROWS, n))
        for part in [slice(None)] if lengths is None else split_by_length(lengths[batch]):
            rows = batch[part]
            steps = None if lengths is None else torch.from_numpy(lengths[rows]).to(net.device)
            with torch.inference_mode(), net.autocast():
                decoded = net.module_.decode(
                    torch.from_numpy(representation[rows]).to(net.device), steps
                )
            values = decoded.float().cpu().numpy()
            if result is None:
                shape = values.shape[1:] if lengths is None else (max(lengths), *values.shape[2:])
                result = np.zeros((n, *shape), dtype=np.float32)
            padded = result if lengths is None else result[:, : values.shape[1]]
            padded[rows] = values
    assert result is not None
    return _finite(result, "The representation")
