"""What came out of a fit: warn where it cannot learn or learnt nothing, and name the remedy."""

from __future__ import annotations

import math
import warnings

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

from .._inputs import Indices, TableSamples
from .._training import ForcedApartNet, LabelledSamples
from ..losses import (
    pairwise_divergence,
)
from ..losses._term import MarginTerm

# A fit of fewer steps was not meant to learn.
_FEWEST_STEPS = 20
# How many samples to look at: the look must cost little compared with the fit.
_MOST_SAMPLES = 512
_FEWEST_SAMPLES = 50
_SHARE_OF_PASSES = 0.02
# Healthy fits vary by .3 of the representation's size and more; in kelvins, sensors by .01.
_CONSTANT = 0.05
# How far an accuracy must go from the most frequent label's share to 1, and from which share on
# the other labels are rare.
_LEAST_SKILL = 0.05
_RARE = 0.8
# One column of a standardised table explains up to .7 of a representation; of a raw one, .99.
_ONE_COLUMN = 0.75
_UNEQUAL_SPREAD = 20.0
# Two rows whose softmax has nothing in common.
_APART = torch.tensor([[0.0, -1e30], [-1e30, 0.0]], dtype=torch.float64)


def warn_of_outcome(
    net: ForcedApartNet, data: LabelledSamples, columns: NDArray[np.object_] | None
) -> None:
    """Look at some training samples through a trained net, and warn of what went wrong."""
    if len(net.history) * math.ceil(len(data) / net.batch_size) < _FEWEST_STEPS:
        return
    rows = _choose(data, len(net.history))
    if data.y is None:
        logits, h = None, net.embed(data.samples, rows)
    else:
        logits, h = net.compute(data.samples, net.infer, rows)
    if net._warned and not h.any():
        return  # dead, and told so in the epoch that it died
    # What comes first is the cause of what comes later.
    nothing = _constant(h)
    if nothing is None and isinstance(data.samples, TableSamples):
        nothing = _one_column(h, data.samples.take(rows).X.numpy(), columns)
    if nothing is None and logits is not None and data.y is not None:
        known = data.y[rows] >= 0
        y = data.y[rows[known]]
        weight = None if data.sample_weight is None else data.sample_weight[rows[known]]
        nothing = _majority(logits[known], y, weight)
    for message in (nothing, *_unreachable_margins(net)):
        if message is not None:
            warnings.warn(message, ConvergenceWarning, stacklevel=2)


def _choose(data: LabelledSamples, n_epochs: int) -> Indices:
    """Draw samples that have weight, the same ones each time."""
    rows = data.weighted_rows
    n_rows = min(_MOST_SAMPLES, max(_FEWEST_SAMPLES, int(_SHARE_OF_PASSES * n_epochs * len(rows))))
    if len(rows) > n_rows:
        rows = np.random.default_rng(0).choice(rows, n_rows, replace=False, shuffle=False)
    return rows


def _constant(h: NDArray[np.float32]) -> str | None:
    size = np.linalg.norm(h, axis=1).mean()
    spread = np.linalg.norm(h - h.mean(axis=0), axis=1).mean()
    if len(h) < 2 or spread >= _CONSTANT * size and size > 0:
        return None
    return (
        "The representation is nearly the same for all samples, which leaves nothing to cluster: "
        "bring the columns of X to mean 0 and one scale, or change lr or alpha."
    )


def _one_column(
    h: NDArray[np.float32], X: NDArray[np.float32], names: NDArray[np.object_] | None
) -> str | None:
    h, X = h - h.mean(axis=0), X - X.mean(axis=0)
    spread = X.std(axis=0)
    varying = np.flatnonzero(spread)
    if len(varying) < 2:
        return None
    X, spread = X[:, varying] / spread[varying], spread[varying]
    explained = np.square(h.T @ X).sum(axis=0) / len(h) / np.square(h).sum()
    largest = int(explained.argmax())
    ratio = spread[largest] / np.median(spread)
    if explained[largest] < _ONE_COLUMN or ratio < _UNEQUAL_SPREAD:
        return None
    column = varying[largest]
    name = column if names is None else repr(names[column])
    return (
        f"The representation follows one column of X: column {name}, whose standard deviation "
        f"is {ratio:,.0f} times the median one, explains {explained[largest]:.0%} of it. Scale X, "
        "as with StandardScaler."
    )


def _majority(
    logits: NDArray[np.float32], y: NDArray[np.int64], weight: NDArray[np.float32] | None
) -> str | None:
    if len(y) == 0:
        return None
    predicted = logits[:, 0] > 0 if logits.shape[1] == 1 else logits.argmax(axis=1)
    accuracy = np.average(predicted == y, weights=weight)
    largest = np.average(y == np.bincount(y, weight).argmax(), weights=weight)
    if largest == 1 or accuracy - largest >= _LEAST_SKILL * (1 - largest):
        return None
    balance = 'class_weight="balanced", ' if largest > _RARE else ""
    return (
        f"The coarse labels were not learnt: {accuracy:.0%} of the training samples are predicted "
        f"well, and {largest:.0%} have the most frequent label. Try {balance}a scaled X, more "
        "max_epochs, or another lr or alpha."
    )


def _unreachable_margins(net: ForcedApartNet) -> list[str]:
    """Compare margins with the largest divergence there is."""
    found = []
    for name, term in net.terms.items():
        if isinstance(term, MarginTerm) and term.weight > 0 and net.alpha > 0:
            most = pairwise_divergence(_APART, divergence=term.divergence).max().item()
            if term.margin > most:
                found.append(
                    f"No pair reached margin={term.margin} of the penalty {name!r}, whose "
                    f"divergence is {most:.2g} at most: lower margin."
                )
    return found
