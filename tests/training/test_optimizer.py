"""Optimizers by name."""

import functools

import pytest
import torch

from fa_sklearn._training import OPTIMIZERS, resolve_optimizer

CPU = torch.device("cpu")
REFERENCES = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "sgd": functools.partial(torch.optim.SGD, momentum=0.9),
    "rmsprop": torch.optim.RMSprop,
}


def descend(factory, steps=5):
    """Where some steps on a fixed bowl lead."""
    parameter = torch.nn.Parameter(torch.tensor([3.0, -2.0, 0.5]))
    optimizer = factory([parameter], lr=0.1)
    for _ in range(steps):
        optimizer.zero_grad()
        (parameter.square() * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
        optimizer.step()
    return parameter.detach()


def test_every_name_is_compared():
    assert REFERENCES.keys() == OPTIMIZERS.keys()


@pytest.mark.parametrize("name", REFERENCES)
def test_named_optimizers_step_as_torchs(name):
    found = descend(resolve_optimizer(name, CPU))
    torch.testing.assert_close(found, descend(REFERENCES[name]), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", REFERENCES)
def test_no_fused_kernels_where_torch_has_none(name):
    factory = resolve_optimizer(name, torch.device("xla"))
    torch.testing.assert_close(descend(factory), descend(REFERENCES[name]), rtol=1e-5, atol=1e-6)
    assert not factory([torch.nn.Parameter(torch.ones(1))], lr=0.1).defaults.get("fused")


@pytest.mark.parametrize(
    "factory",
    [torch.optim.Adagrad, functools.partial(torch.optim.SGD, nesterov=True, momentum=0.5)],
)
def test_callables_are_taken_as_they_are(factory):
    assert resolve_optimizer(factory, CPU) is factory


@pytest.mark.parametrize(("name", "near"), [("adan", "adam"), ("Adam", "adam"), ("SDG", "sgd")])
def test_an_unknown_name_hints_at_the_nearest(name, near):
    with pytest.raises(ValueError, match=f"optimizer '{name}': did you mean '{near}'"):
        resolve_optimizer(name, CPU)
