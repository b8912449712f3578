"""A fitted estimator as an ONNX file: from X as the user has it to what transform returns."""

from __future__ import annotations

import contextlib
import copy
import json
import logging
import os
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from ._atomic import write_atomically

OPSET = 18
_TORCH_LOGGER = "torch.onnx._internal.exporter._registration"
_UNKNOWN_TOKEN = 1
# ONNX's order of the gates, as positions in torch's.
_GATES = {"LSTM": (0, 3, 1, 2), "GRU": (1, 0, 2)}


class RecurrentOperator(nn.Module):
    """A time-major LSTM or GRU of one direction; the exporter would write out its steps."""

    def __init__(self, layer: nn.RNNBase) -> None:
        super().__init__()
        self.operator = "LSTM" if isinstance(layer, nn.LSTM) else "GRU"
        self.hidden_size = layer.hidden_size
        self.num_layers = layer.num_layers
        gates = _GATES[self.operator]
        for i in range(layer.num_layers):
            parts = {}
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
                of_gates = getattr(layer, f"{name}_l{i}").detach().chunk(len(gates))
                parts[name] = torch.cat([of_gates[gate] for gate in gates])
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
    """Put operators in the place of recurrent layers; the module can then only be exported."""
    for name, child in module.named_children():
        if isinstance(child, nn.LSTM | nn.GRU):
            if child.bias and not (child.bidirectional or child.batch_first or child.proj_size):
                setattr(module, name, RecurrentOperator(child))
        else:
            replace_recurrent_layers(child)


class ExportedNet(nn.Module):
    """The net in float32 on the CPU, with what its reader does to a batch."""

    def __init__(self, estimator: Any) -> None:
        super().__init__()
        self.net = copy.deepcopy(estimator.net_.module_).cpu().eval()
        self.kind = estimator._kind
        self.is_classifier = hasattr(estimator, "classes_")
        self.task = copy.deepcopy(estimator.net_.criterion_)
        reader = estimator._reader
        self.is_uint8 = getattr(reader, "is_uint8", False)
        self.n_tokens = getattr(reader, "n_tokens", 0)
        self.mean = torch.from_numpy(np.array(getattr(reader, "mean", 0.0), dtype=np.float32))
        self.scale = torch.from_numpy(np.array(getattr(reader, "scale", 1.0), dtype=np.float32))

    def forward(self, X: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, ...]:
        """Return the representation and, of a classifier, the probabilities."""
        if self.is_uint8:
            X = (X.float() - self.mean) / self.scale
        if self.kind == "image":
            X = X.permute(0, 3, 1, 2)
        if self.kind == "tokens":
            X = torch.where(X < self.n_tokens, X, _UNKNOWN_TOKEN)
        output, representation = self.net(X) if lengths is None else self.net(X, lengths)
        if not self.is_classifier:
            return (representation,)
        return representation, self.task.predict_proba(output)


def _example(estimator: Any, n: int, steps: int) -> tuple[Tensor, ...]:
    """Draw samples of the estimator's kind from a generator of their own."""
    rng = np.random.default_rng(0)
    shape, kind = estimator._reader.input_shape, estimator._kind
    if kind == "image":
        size = (n, *shape[1:], shape[0])
        if estimator._reader.is_uint8:
            return (torch.from_numpy(rng.integers(256, size=size, dtype=np.uint8)),)
        return (torch.from_numpy(rng.normal(size=size).astype(np.float32)),)
    if kind == "table":
        return (torch.from_numpy(rng.normal(size=(n, *shape)).astype(np.float32)),)
    lengths = torch.from_numpy(rng.permutation(np.linspace(1, steps, n).astype(np.int64)))
    if kind == "tokens":
        return torch.from_numpy(rng.integers(1, shape[1] + 2, size=(n, steps))), lengths
    return torch.from_numpy(rng.normal(size=(n, steps, shape[1])).astype(np.float32)), lengths


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep torch's notes about its own parts from users, who can do nothing about them."""
    logger = logging.getLogger(_TORCH_LOGGER)
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        logger.setLevel(level)


def _import_onnxruntime() -> Any:
    try:
        import onnx  # noqa: F401
        import onnxruntime
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "export_onnx needs onnx, onnxruntime and onnxscript: install them with "
            "pip install 'fa-sklearn[onnx]'."
        ) from error
    if not hasattr(torch.onnx, "ops"):
        raise ImportError(f"export_onnx needs torch 2.8 or later, found {torch.__version__}.")
    return onnxruntime


def _to_model(estimator: Any, net: ExportedNet) -> Any:
    """Let torch write the net as an ONNX model."""
    outputs = ["representation", "probabilities"][: 1 + net.is_classifier]
    axes = {"X": {0: "n_samples"}}
    if estimator._kind in ("sequence", "tokens"):
        axes = {"X": {0: "n_samples", 1: "n_steps"}, "lengths": {0: "n_samples"}}
    exported = copy.deepcopy(net)
    replace_recurrent_layers(exported)
    with _quiet():
        program = torch.onnx.export(
            exported,
            _example(estimator, 3, 5),
            input_names=[*axes],
            output_names=outputs,
            dynamic_shapes=tuple(axes.values()),
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    # What the numbers mean: labels, and tokens in the order of their ids, from 2.
    notes = {"estimator": type(estimator).__name__}
    if net.is_classifier:
        notes["classes"] = json.dumps(estimator.classes_.tolist(), default=str)
    if estimator.token_sequencer_ is not None:
        notes["vocabulary"] = json.dumps(list(estimator.token_sequencer_.vocabulary_))
    del model.metadata_props[:]
    for key, value in notes.items():
        model.metadata_props.add(key=key, value=value)
    return model


def _verify(onnxruntime: Any, model: bytes, net: ExportedNet, estimator: Any) -> None:
    """Compare the model with the net, on other numbers of samples and steps than it was traced."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    for n, steps in ((1, 1), (7, 11)):
        samples = _example(estimator, n, steps)
        with torch.inference_mode():
            expected = net(*samples)
        arrays = (part.numpy() for part in samples)
        found = session.run(None, dict(zip(("X", "lengths"), arrays, strict=False)))
        for values, wanted in zip(found, expected, strict=True):
            if values.shape != wanted.shape or not np.allclose(
                values, wanted, rtol=1e-4, atol=1e-5
            ):
                raise ValueError("onnxruntime does not compute what the net does")


def export_estimator(estimator: Any, path: str | os.PathLike[str]) -> None:
    """Write transform, and predict_proba of a classifier, as an ONNX file."""
    check_is_fitted(estimator)
    onnxruntime = _import_onnxruntime()
    net = ExportedNet(estimator)
    try:
        data: bytes = _to_model(estimator, net).SerializeToString()
        _verify(onnxruntime, data, net, estimator)
    except Exception as error:
        reason = next((line for line in str(error).splitlines() if line.strip()), repr(error))
        raise ValueError(
            f"module {type(net.net).__name__} cannot be exported to ONNX ({reason}): its forward "
            "must be of operations that torch.onnx.export knows, for any number of samples and "
            "steps; use save to keep the estimator as it is."
        ) from error
    write_atomically(path, data)
