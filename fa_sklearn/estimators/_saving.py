"""The methods that write an estimator to a file: save and export_onnx."""

from __future__ import annotations

import functools
import io
import json
import os
import pickle
import platform
import sys
import zipfile
from collections.abc import Callable
from dataclasses import is_dataclass
from typing import Any

import numpy as np
import sklearn
import torch
from sklearn.base import BaseEstimator
from sklearn.utils._missing import is_pandas_na
from sklearn.utils.validation import check_is_fitted

from .._atomic import write_atomically
from .._inputs import READERS, Reader
from .._onnx import export_estimator
from .._version import __version__
from ..losses import LossTerm
from ..losses._penalty import TERMS
from ..modules._registry import AUTOENCODER_MODULES, CLASSIFIER_MODULES
from ..preprocessing import TokenSequencer
from ..views import AugmentedViews, Views
from ..views._registry import VIEWS

FORMAT_VERSION = 2
REBUILT = ("task", "check_output", "callbacks")  # of the net, made of the estimator's parameters
OWN_TYPES = (LossTerm, Views, Reader, TokenSequencer)
_CLASSES = [
    *CLASSIFIER_MODULES.values(),
    *AUTOENCODER_MODULES.values(),
    *TERMS.values(),
    *VIEWS.values(),
    *READERS.values(),
    *(AugmentedViews, TokenSequencer, functools.partial),
    *(cls for cls in vars(torch.optim).values() if isinstance(cls, type)),
]


def name_of(value: Any) -> str:
    """Name a class or function as files do; some of torch's know no module."""
    module = pickle.whichmodule(value, value.__name__)  # type: ignore[attr-defined]
    return f"{module}.{value.__name__}"


TRUSTED = {*map(name_of, _CLASSES)}  # fine_classes adds its own
# Without those of skops that take states of NumPy's generators unchecked, or call what they name.
_LOADERS = frozenset(
    {"DictNode", "ListNode", "TupleNode", "SetNode", "JsonNode", "NdArrayNode"}
) | {*("TypeNode", "FunctionNode", "PartialNode", "ObjectNode", "DTypeNode", "SliceNode")}


def check_schema(node: Any, sizes: dict[Any, int]) -> int:
    """Refuse values that no file holds, and parts that are repeated by reference; count parts."""
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    size = 1 + sum(check_schema(child, sizes) for child in children)
    if isinstance(node, dict) and "__loader__" in node:
        kind = f"{node.get('__module__')}.{node.get('__class__')}"
        if node["__loader__"] not in _LOADERS:
            raise TypeError(f"a {kind} is not what a file can hold")
        if sizes.setdefault(node.get("__id__"), size) != size and node.get("__id__") is not None:
            raise ValueError("it repeats a part by reference")
    return size


def _is_json(value: Any) -> bool:
    """Whether JSON gives a value back as it was."""
    if type(value) is dict:
        return all(type(key) is str for key in value) and all(map(_is_json, value.values()))
    if type(value) is list:
        return all(map(_is_json, value))
    return value is None or type(value) in (bool, int, float, str)


def flatten(value: Any) -> Any:
    """Turn a value into what skops gives back as it was; `restore` reads it."""
    if _is_json(value):
        return {"json": json.dumps(value)}
    if type(value) in (list, tuple):
        return type(value)(map(flatten, value))
    if isinstance(value, dict):  # skops makes strings of all keys
        return {"keys": flatten([*value]), "values": flatten([*value.values()])}
    if isinstance(value, SavingMixin):
        return {"estimator": _content(value)}
    if isinstance(value, BaseEstimator):
        state = {**value.__getstate__()}
        state.pop("_metadata_request", None)
        if "memory" in state:  # a folder, as checkpoint_dir is
            state["memory"] = None
        requests = flatten(_requests(value))
        return {"class": type(value), "attributes": flatten(state), "requests": requests}
    if isinstance(value, OWN_TYPES) or (is_dataclass(value) and name_of(type(value)) in TRUSTED):
        return {"class": type(value), "attributes": flatten(vars(value))}
    if isinstance(value, np.random.RandomState):
        return {"random_state": flatten(tuple(value.get_state()))}
    if isinstance(value, torch.device):
        return {"device": str(value)}
    if is_pandas_na(value):
        return {"missing": "pandas.NA"}
    if isinstance(value, torch.Tensor):
        raise TypeError("a torch.Tensor is not what a file can hold")
    return value


def _pack(content: Any) -> bytes:
    """Make the bytes of a file, and check that they can be loaded."""
    import skops.io  # it looks through all of scikit-learn first

    data: bytes = skops.io.dumps(content)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        check_schema(json.loads(archive.read("schema.json")), {})
    for name in set(skops.io.get_untrusted_types(data=data)) - TRUSTED:
        module, _, attribute = name.rpartition(".")
        if not hasattr(sys.modules.get(module), attribute):
            raise TypeError(f"{name} is not at the top level of a module, where load looks for it")
    return data


def _flatten_parameters(estimator: Any) -> dict[str, Any]:
    """Flatten what the user set; a folder to write to is no part of a file."""
    parameters = {}
    for name, value in estimator.get_params(deep=False).items():
        parameters[name] = None if name == "checkpoint_dir" else value
        try:
            parameters[name] = flatten(parameters[name])
            if not _is_json(value):
                _pack(parameters[name])
        except Exception as error:
            raise TypeError(
                f"save cannot write the parameter {name}={value!r}: {error}"
            ) from error
    return parameters


def _requests(estimator: Any) -> dict[str, Any]:
    """Collect the metadata that an estimator asks for, by method."""
    if "_metadata_request" not in vars(estimator):
        return {}
    return {
        method: dict(getattr(estimator._metadata_request, method).requests)
        for method in ("fit", "partial_fit", "predict", "score")
        if hasattr(estimator, f"set_{method}_request")
    }


def _content(estimator: Any) -> dict[str, Any]:
    """Collect all that a file holds of a forced-apart estimator."""
    parameters = _flatten_parameters(estimator)
    apart = {*parameters, "net_", "_sklearn_output_config", "_metadata_request"}
    fitted = {key: value for key, value in vars(estimator).items() if key not in apart}
    output = dict(getattr(estimator, "_sklearn_output_config", {}))
    content = {
        "estimator": type(estimator).__name__,
        "parameters": parameters,
        "fitted": flatten(fitted),
        "settings": flatten({"output": output, "requests": _requests(estimator)}),
        "net": None,
    }
    if hasattr(estimator, "net_"):
        net = estimator.net_.__getstate__()
        del net["callbacks"]
        module = net["parameters"].pop("module")
        kept = {key: value for key, value in net["parameters"].items() if key not in REBUILT}
        net |= {"parameters": kept, "module": module.func, "arguments": module.keywords}
        content["net"] = flatten(net)
    return content


def write_estimator(
    estimator: Any,
    path: str | os.PathLike[str],
    content_of: Callable[[Any], dict[str, Any]],
) -> None:
    """Write what a file holds of a fitted estimator, together with the versions of libraries."""
    check_is_fitted(estimator)
    name = type(estimator).__name__
    if type(estimator).__module__.partition(".")[0] != __name__.partition(".")[0]:
        raise TypeError(
            f"save cannot write {name}, which is a subclass: "
            "use pickle for an estimator class of your own."
        )
    versions = {
        "fa_sklearn": __version__,
        "python": platform.python_version(),
        "scikit-learn": sklearn.__version__,
        "torch": str(torch.__version__),
    }
    header = {"format_version": FORMAT_VERSION, "versions": versions}
    content = content_of(estimator)
    try:
        data = _pack(header | content)
    except Exception as error:
        raise TypeError(f"save cannot write this {name}: {error}") from error
    write_atomically(path, data)


class SavingMixin:
    """Adds the methods that write a fitted estimator to a file."""

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted estimator to one file, which `fa_sklearn.load` reads.

        The file is in the format of skops and holds data, and names of classes and functions, but
        no code: weights, parameters, what `fit` learnt of X and y, the history, and the state of
        the optimizer and of the random generators, so that `partial_fit` and warm starts go on as
        if nothing had happened.

        Parameters
        ----------
        path : str or path-like
            Where to, such as ``"digits.skops"``. A file there is replaced once the new one is
            whole; a symbolic link is replaced itself.

        Raises
        ------
        NotFittedError
            If `fit` has not been called.
        TypeError
            If the estimator is of a subclass, or a parameter cannot be written, such as a lambda.
        OSError
            If the file cannot be written; a file that was there is left as it was.

        Notes
        -----
        A class or function of your own is in the file by its name, which `load` is told to trust.
        `checkpoint_dir` is not in the file. Callbacks start afresh, as they do in every fit.
        """
        write_estimator(self, path, _content)

    def export_onnx(self, path: str | os.PathLike[str]) -> None:
        """Write `transform`, and `predict_proba` of a classifier, as an ONNX file.

        Parameters
        ----------
        path : str or path-like
            Where to, such as ``"digits.onnx"``. A file there is replaced once the new one is
            whole.

        Raises
        ------
        NotFittedError
            If `fit` has not been called.
        ImportError
            If the packages of the extra `onnx` are missing.
        ValueError
            If a module of your own cannot be exported. All built-in ones can.
        OSError
            If the file cannot be written.

        Notes
        -----
        The input ``X`` is what `transform` takes: (n, d) or (n, T, d) float32, (n, H, W, C) uint8
        or float32 as in `fit`, whose standardisation is in the file, or (n, T) int64 token ids.
        Sequences and tokens are right-padded with 0 and have a second input ``lengths``, (n,)
        int64. Texts become token ids by ``token_sequencer_.transform`` first; its vocabulary and
        the labels are in the file's metadata.

        The outputs are ``representation`` (n, n_components) and, of a classifier,
        ``probabilities`` (n, n_classes), computed in float32 whatever `precision` is and whatever
        `embedding` is. The file is compared with the net by onnxruntime before it is written.
        """
        export_estimator(self, path)
