"""Devices and precision."""

import pytest
import torch
from torch import nn

from fa_sklearn._training import (
    bfloat16_failure,
    has_fast_bfloat16,
    resolve_device,
    resolve_precision,
)
from fa_sklearn._training._resolve import _layer_failure

CPU = torch.device("cpu")


def test_auto_is_the_gpu_where_there_is_one():
    expected = "cuda" if torch.cuda.is_available() else "cpu"
    assert resolve_device("auto").type == expected


@pytest.mark.parametrize("device", ["cpu", CPU])
def test_the_cpu(device):
    assert resolve_device(device) == CPU


@pytest.mark.parametrize("device", ["gpu", "", "cuda:x", "cuda:-2"])
def test_what_is_no_device(device):
    with pytest.raises(ValueError, match="device="):
        resolve_device(device)


@pytest.mark.parametrize("device", ["cuda", "cuda:0", "cuda:3", torch.device("cuda:1"), "mps"])
def test_a_device_that_is_not_here(device, monkeypatch):
    for backend in (torch.cuda, torch.mps):
        monkeypatch.setattr(backend, "is_available", lambda: False)
    with pytest.raises(ValueError, match="device=.* is not available .* 'cpu'"):
        resolve_device(device)


def test_a_gpu_beyond_the_last(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert resolve_device("cuda:1") == torch.device("cuda:1")
    with pytest.raises(ValueError, match="device='cuda:2' is not available"):
        resolve_device("cuda:2")


def test_auto_with_a_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert resolve_device("auto").type == "cuda"


class Net(nn.Module):
    """Its layers, and whether "auto" may compute it in bfloat16."""

    def __init__(self, *layers, may_reduce=True):
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.keeps_accuracy_in_bfloat16 = may_reduce


@pytest.mark.parametrize("may_reduce", [False, True])
def test_precision_asked_for_is_given(may_reduce):
    net = Net(nn.Linear(2, 3), may_reduce=may_reduce)
    assert resolve_precision("bf16", net, CPU) == torch.bfloat16
    assert resolve_precision("float32", net, CPU) == torch.float32


@pytest.mark.parametrize(
    ("capabilities", "fast"),
    [({}, False), ({"amx_bf16": True}, True), ({"avx512_bf16": True}, True), ({"avx2": 1}, False)],
)
def test_auto_precision_follows_the_cpu(capabilities, fast, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    assert has_fast_bfloat16(CPU) is fast
    expected = torch.bfloat16 if fast else torch.float32
    assert resolve_precision("auto", Net(), CPU) == expected
    assert resolve_precision("auto", Net(may_reduce=False), CPU) == torch.float32
    assert resolve_precision("auto", nn.Linear(2, 3), CPU) == torch.float32


@pytest.mark.parametrize(("capability", "fast"), [((7, 5), False), ((8, 0), True), ((9, 0), True)])
def test_auto_precision_follows_the_gpu(capability, fast, monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert has_fast_bfloat16(torch.device("cuda")) is fast


# -- what the processor can do ----------------------------------------------------------------


LAYERS = {
    "linear": (nn.Linear(3, 5), (4, 3)),
    "convolution": (nn.Conv2d(3, 5, 3), (4, 3, 8, 9)),
    "rnn": (nn.RNN(3, 5), (6, 4, 3)),
    "gru": (nn.GRU(3, 5, 2), (6, 4, 3)),
    "lstm": (nn.LSTM(3, 5, bidirectional=True), (6, 4, 3)),
}


def works_in_bfloat16(layer, shape):
    with torch.autocast("cpu", torch.bfloat16):
        try:
            layer(torch.ones(shape))
        except RuntimeError:
            return False
    return True


@pytest.mark.parametrize(("layer", "shape"), LAYERS.values(), ids=LAYERS)
@pytest.mark.parametrize("gradients", [True, False])
def test_what_is_said_of_a_layer_is_true(layer, shape, gradients):
    """Also where a net is loaded without gradients, and without a random number."""
    state = torch.get_rng_state()
    _layer_failure.cache_clear()
    with torch.inference_mode(not gradients):
        failure = bfloat16_failure(nn.Sequential(layer), CPU)
    assert (failure is None) is works_in_bfloat16(layer, shape)
    assert torch.equal(torch.get_rng_state(), state)
