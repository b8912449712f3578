"""The blockwise kernel behind the hinge losses: block borders, precision, higher derivatives."""

import numpy as np
import pytest
import torch

from fa_sklearn.losses import pairwise_divergence

from . import dense, oracles
from .calls import multilayer_loss, single_layer_loss
from .dense import DTYPES, RTOL, value_and_gradient
from .oracles import DIVERGENCES

NORMALIZATIONS = ("group", "pairs")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_groups", [2, 3, 150])
def test_groups_larger_than_a_block_equal_the_double_loop(n_groups, dtype):
    h, y = dense.logits(700, 3, dtype), dense.labels(700, n_groups)
    expected = oracles.multi(h.numpy(), y.numpy())
    assert multilayer_loss(h, y).item() == pytest.approx(expected, rel=RTOL[dtype])


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_groups", [1, 3, 150])
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_groups_larger_than_a_block_equal_the_dense_gradient(normalization, n_groups, dtype, name):
    h, y = dense.logits(700, 4, dtype), dense.labels(700, n_groups)
    # Above every divergence, so that rounding cannot change the set of active pairs.
    margin = float(dense.divergence(h.double(), name).max()) + 1
    loss, gradient = value_and_gradient(h, y, margin, name, normalization)
    reference = h.double().requires_grad_()
    expected = dense.multi(reference, y, margin, name, normalization)
    expected.backward()
    assert loss.item() == pytest.approx(expected.item(), rel=RTOL[dtype])
    assert dense.relative_error(gradient, reference.grad) < RTOL[dtype]


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("margin", [0.3, 50.0])
def test_double_backward(margin, weighted, name):
    h, y = dense.logits(7, 3, seed=3).requires_grad_(), torch.arange(7) % 2
    w = torch.linspace(0.5, 2, 7, dtype=torch.float64) if weighted else None
    assert dense.distance_from_kink(h, margin, name, y) > 1e-4
    assert torch.autograd.gradgradcheck(
        lambda x: multilayer_loss(x, y, margin, name, sample_weight=w), (h,)
    )


@pytest.mark.parametrize("name", DIVERGENCES)
def test_a_callable_divergence_equals_the_built_in(name):
    def divergence(log_p, log_q):
        return dense.row_divergence(log_p, log_q, name)

    h, y = dense.logits(300, 4), dense.labels(300, 2)
    loss, gradient = value_and_gradient(h, y, 0.6, divergence)
    expected_loss, expected_gradient = value_and_gradient(h, y, 0.6, name)
    torch.testing.assert_close(loss, expected_loss, rtol=1e-10, atol=0)
    assert dense.relative_error(gradient, expected_gradient) < 1e-10


def gapped_logits(n, k):
    """Clusters whose divergences, within and between, leave a gap around the margin."""
    rng = np.random.default_rng(7)
    centres = np.eye(k)[rng.integers(k, size=n)] * 6
    return torch.tensor(centres + rng.uniform(-0.8, 0.8, size=(n, k)), dtype=torch.float32)


@pytest.mark.parametrize("n, k", [(2048, 32), (8192, 32)])
@pytest.mark.parametrize("active", ["all pairs", "pairs within a cluster"])
def test_float32_gradient_of_a_large_batch(active, n, k):
    margin = 50.0 if active == "all pairs" else 2.0
    h = dense.logits(n, k, torch.float32) if active == "all pairs" else gapped_logits(n, k)
    y = dense.labels(n, 2)
    expected_loss, expected, gap = dense.blockwise_kl_multi(h, y, margin)
    # No pair so near the margin that rounding could change whether it is active.
    assert gap > 1e-5
    loss, gradient = value_and_gradient(h, y, margin)
    assert loss.item() == pytest.approx(expected_loss, rel=1e-5)
    assert dense.relative_error(gradient, expected) < 1e-5


def test_the_active_pairs_of_float32_are_those_of_float64():
    h = gapped_logits(2048, 32)
    single, double = (pairwise_divergence(x) < 2.0 for x in (h, h.double()))
    assert torch.equal(single, double)
    assert 0.01 < double.double().mean() < 0.99


@pytest.mark.parametrize("name", DIVERGENCES)
def test_double_backward_of_single(name):
    weight = dense.logits(5, 3).requires_grad_()
    assert dense.distance_from_kink(weight, 0.7, name) > 1e-4
    assert torch.autograd.gradgradcheck(lambda x: single_layer_loss(x, 0.7, name), (weight,))


def test_large_groups_beside_many_small_ones():
    sizes = [300, 1, 1, 40, 256, 2, 257, 90, 90, 90, 1]
    y = torch.arange(len(sizes)).repeat_interleave(torch.tensor(sizes))
    y = y[torch.tensor(np.random.default_rng(8).permutation(len(y)))]
    h = dense.logits(len(y), 4)
    margin = float(dense.divergence(h, "kl").max()) / 2
    loss, gradient = value_and_gradient(h, y, margin)
    expected_loss, expected, _ = dense.blockwise_kl_multi(h, y, margin)
    assert loss.item() == pytest.approx(expected_loss, rel=1e-10)
    assert dense.relative_error(gradient, expected) < 1e-10


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_group_of_several_pairwise_blocks(dtype):
    h = dense.logits(700, 12, dtype)
    loss, gradient = value_and_gradient(h, None, 1.0, "js")
    reference = h.double().requires_grad_()
    expected = dense.multi(reference, None, 1.0, "js")
    expected.backward()
    assert loss.item() == pytest.approx(expected.item(), rel=RTOL[dtype])
    assert dense.relative_error(gradient, reference.grad) < RTOL[dtype]


@pytest.mark.parametrize("name", ["kl", "jeffreys", "hellinger"])
def test_nothing_of_the_size_of_all_pairs_is_kept_for_backward(name):
    kept = []

    def note(tensor):
        kept.append(tensor.numel())
        return tensor

    h = dense.logits(1500, 4).requires_grad_()
    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        multilayer_loss(h, None, 1.0, name)
    assert 0 < sum(kept) < 100 * h.numel() < 1500**2
