"""The kernel and a fit on a GPU, against the same on the CPU."""

import numpy as np
import pytest
import torch

from fa_sklearn import ForcedApartClassifier

from .calls import multilayer_loss

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")


def value_and_gradient(h, y, divergence):
    h = h.detach().requires_grad_()
    loss = multilayer_loss(h, y, 1.0, divergence)
    (gradient,) = torch.autograd.grad(loss, h)
    return loss.item(), gradient.cpu()


@pytest.mark.parametrize("divergence", ["kl", "jeffreys", "hellinger", "js"])
@pytest.mark.parametrize("n", [3, 700, 20_000])
def test_equals_the_cpu(n, divergence):
    if divergence == "js":
        n = min(n, 700)
    generator = torch.Generator().manual_seed(0)
    h = torch.randn(n, 16, generator=generator)
    y = torch.randint(0, 3, (n,), generator=generator)
    expected, gradient = value_and_gradient(h.double(), y, divergence)
    found, on_gpu = value_and_gradient(h.cuda(), y.cuda(), divergence)
    assert found == pytest.approx(expected, rel=1e-5)
    torch.testing.assert_close(on_gpu.double(), gradient, rtol=1e-4, atol=1e-7)


def test_a_large_batch_needs_memory_for_its_rows_and_one_tile():
    h = torch.randn(65_536, 128, device="cuda", requires_grad=True)
    y = torch.arange(65_536, device="cuda") % 2
    torch.cuda.reset_peak_memory_stats()
    multilayer_loss(h, y).backward()
    assert torch.cuda.max_memory_allocated() < 2 << 30
    assert torch.isfinite(h.grad).all()


def test_tf32_does_not_reach_the_kernel():
    h, y = torch.randn(512, 64, device="cuda"), torch.arange(512, device="cuda") % 2
    expected = multilayer_loss(h, y)
    torch.backends.cuda.matmul.allow_tf32 = True
    try:
        assert multilayer_loss(h, y).item() == expected.item()
        assert torch.backends.cuda.matmul.allow_tf32
    finally:
        torch.backends.cuda.matmul.allow_tf32 = False


def test_a_fit_starts_from_the_weights_of_the_cpu():
    X = np.random.default_rng(0).normal(size=(500, 8)).astype(np.float32)
    settings = {"random_state": 0, "max_epochs": 2}
    on_cpu = ForcedApartClassifier(device="cpu", **settings).fit(X, X[:, 0] > 0)
    on_gpu = ForcedApartClassifier(device="cuda", **settings).fit(X, X[:, 0] > 0)
    np.testing.assert_allclose(on_gpu.transform(X), on_cpu.transform(X), rtol=1e-3, atol=1e-4)
