"""Fixtures of the backbones' tests."""

import pytest
import torch


@pytest.fixture(autouse=True)
def seeded():
    """Give every test the same weights and leave the global generator as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield
