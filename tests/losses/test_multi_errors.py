"""What multilayer_loss refuses, and that it names the parameter."""

import numpy as np
import pytest
import torch

from .calls import multilayer_loss


@pytest.mark.parametrize(
    "bad, error",
    [
        (torch.zeros(3), ValueError),
        (torch.zeros(2, 3, 4), ValueError),
        (torch.zeros(2, 3, dtype=torch.int64), TypeError),
        (np.zeros((2, 3)), TypeError),
    ],
)
def test_wrong_activations_are_refused(bad, error):
    with pytest.raises(error, match=r"\bh\b"):
        multilayer_loss(bad)


@pytest.mark.parametrize(
    "bad, error",
    [
        (torch.zeros(2, dtype=torch.int64), ValueError),
        (torch.zeros(0, dtype=torch.int64), ValueError),
        (torch.zeros(3, 1, dtype=torch.int64), ValueError),
        (torch.zeros((), dtype=torch.int64), ValueError),
        (torch.zeros(3), TypeError),
        ("abc", TypeError),
    ],
)
def test_wrong_labels_are_refused(bad, error):
    with pytest.raises(error, match=r"\by\b"):
        multilayer_loss(torch.zeros(3, 4), bad)


@pytest.mark.parametrize(
    "bad, error",
    [
        (torch.ones(2), ValueError),
        (torch.ones(3, 1), ValueError),
        ("abc", TypeError),
    ],
)
def test_wrong_weights_are_refused(bad, error):
    with pytest.raises(error, match=r"\bsample_weight\b"):
        multilayer_loss(torch.zeros(3, 4), sample_weight=bad)


@pytest.mark.parametrize(
    "margin, error",
    [(-1.0, ValueError), (float("nan"), ValueError), ("1", TypeError), (None, TypeError)],
)
def test_a_wrong_margin_is_refused(margin, error):
    with pytest.raises(error, match=r"\bmargin\b"):
        multilayer_loss(torch.zeros(2, 3), margin=margin)


@pytest.mark.parametrize("parameter, bad", [("divergence", "kll"), ("normalization", "groups")])
def test_unknown_names_are_refused(parameter, bad):
    with pytest.raises(ValueError, match=rf"\b{parameter}\b"):
        multilayer_loss(torch.zeros(2, 3), **{parameter: bad})
