"""Devices and precision."""

import pytest
import torch

from fa_sklearn._training import has_fast_bfloat16, resolve_device, resolve_precision

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


@pytest.mark.parametrize("may_reduce", [False, True])
def test_precision_asked_for_is_given(may_reduce):
    assert resolve_precision("bf16", CPU, may_reduce) == torch.bfloat16
    assert resolve_precision("float32", CPU, may_reduce) == torch.float32


@pytest.mark.parametrize(
    ("capabilities", "fast"),
    [({}, False), ({"amx_bf16": True}, True), ({"avx512_bf16": True}, True), ({"avx2": 1}, False)],
)
def test_auto_precision_follows_the_cpu(capabilities, fast, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    assert has_fast_bfloat16(CPU) is fast
    expected = torch.bfloat16 if fast else torch.float32
    assert resolve_precision("auto", CPU, True) == expected
    assert resolve_precision("auto", CPU, False) == torch.float32


@pytest.mark.parametrize(("capability", "fast"), [((7, 5), False), ((8, 0), True), ((9, 0), True)])
def test_auto_precision_follows_the_gpu(capability, fast, monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert has_fast_bfloat16(torch.device("cuda")) is fast
