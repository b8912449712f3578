"""LSTM and GRU layers as ONNX's own operators, which read sequences of any length."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

# ONNX's order of the gates, as positions in torch's.
_GATES = {"LSTM": (0, 3, 1, 2), "GRU": (1, 0, 2)}


def _reorder(weight: Tensor, gates: tuple[int, ...]) -> Tensor:
    parts = weight.detach().chunk(len(gates))
    return torch.cat([parts[gate] for gate in gates])


class RecurrentOperator(nn.Module):
    """A time-major `torch.nn.LSTM` or `torch.nn.GRU` of one direction, for the exporter only.

    The exporter would write torch's layers out step by step, for one length of sequence.

    Parameters
    ----------
    layer : torch.nn.LSTM or torch.nn.GRU
        What to stand for.
    """

    def __init__(self, layer: nn.RNNBase) -> None:
        super().__init__()
        self.operator = "LSTM" if isinstance(layer, nn.LSTM) else "GRU"
        self.hidden_size = layer.hidden_size
        self.num_layers = layer.num_layers
        gates = _GATES[self.operator]
        for i in range(layer.num_layers):
            parts = {
                part: _reorder(getattr(layer, f"{part}_l{i}"), gates)
                for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            }
            self.register_buffer(f"W{i}", parts["weight_ih"][None])
            self.register_buffer(f"R{i}", parts["weight_hh"][None])
            self.register_buffer(f"B{i}", torch.cat([parts["bias_ih"], parts["bias_hh"]])[None])

    def forward(
        self, X: Tensor, state: Tensor | tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, None]:
        """Return the outputs (T, n, hidden_size) of the last layer; the last state is left out."""
        states = state if isinstance(state, tuple) else () if state is None else (state,)
        attributes: dict[str, Any] = {"hidden_size": self.hidden_size}
        if self.operator == "GRU":
            attributes["linear_before_reset"] = 1
        for i in range(self.num_layers):
            inputs = [X, *(getattr(self, f"{part}{i}") for part in "WRB")]
            if states:
                inputs += [None, *(part[i : i + 1] for part in states)]
            outputs = torch.onnx.ops.symbolic(
                self.operator,
                inputs,
                attributes,
                dtype=X.dtype,
                shape=(X.shape[0], 1, X.shape[1], self.hidden_size),
            )
            X = outputs.squeeze(1)
        return X, None


def replace_recurrent_layers(module: nn.Module) -> None:
    """Put operators in the place of the recurrent layers that they can stand for.

    Parameters
    ----------
    module : nn.Module
        Changed in place; it can be exported then, and no longer be called.
    """
    for name, child in module.named_children():
        if isinstance(child, nn.LSTM | nn.GRU):
            if child.bias and not (child.bidirectional or child.batch_first or child.proj_size):
                setattr(module, name, RecurrentOperator(child))
        else:
            replace_recurrent_layers(child)
