"""A whole estimator: its parameters, what it learnt, and what the user must hand over again."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from typing import Any

import numpy as np
import sklearn
import torch
from sklearn.utils.validation import check_is_fitted

from .._version import __version__
from ..modules._checks import check_module_class
from ._atomic import write_atomically
from ._container import STUMBLES, NotOurFormatError, pack, read_bytes, unpack
from ._net import NetPlan, encode_net
from ._reader import encode_reader, restore_reader
from ._values import CodeError, Decoder, Encoder, given

_DOCUMENT_KEYS = {"estimator", "versions", "params", "reader", "fitted", "settings", "net"}


def save_estimator(
    estimator: Any, path: str | os.PathLike[str], code_parameters: tuple[str, ...]
) -> None:
    """Write a fitted estimator to one file.

    Parameters
    ----------
    estimator : BaseForcedApart
        A fitted estimator.
    path : str or path-like
        Where to.
    code_parameters : tuple of str
        Which parameters `load` can be handed, where the file cannot hold them.

    Raises
    ------
    NotFittedError
        If it is not fitted.
    TypeError
        If a parameter can neither be written nor handed over.
    OSError
        If the file cannot be written.
    """
    check_is_fitted(estimator)
    estimator._resolve_terms()
    encoder = Encoder()
    document = {
        "estimator": type(estimator).__name__,
        "versions": {
            "fa_sklearn": __version__,
            "python": platform.python_version(),
            "scikit-learn": sklearn.__version__,
            "torch": str(torch.__version__),
        },
        "params": _encode_params(estimator, encoder, code_parameters),
        "reader": encode_reader(estimator, encoder),
        "fitted": _encode_fitted(estimator, encoder),
        "settings": _encode_settings(estimator),
        "net": encode_net(estimator.net_, encoder),
    }
    _check_own_module(estimator)
    write_atomically(path, pack(document, encoder.tensors))


def _check_own_module(estimator: Any) -> None:
    """Refuse two modules of the user's own: `load` takes one."""
    trained = estimator.net_.module.func
    if isinstance(estimator.module, type) and estimator.module is not trained:
        raise ValueError(
            f"module={estimator.module.__name__} was set after fit trained "
            f"{trained.__name__}: fit again before save."
        )


def _encode_params(
    estimator: Any, encoder: Encoder, code_parameters: tuple[str, ...]
) -> dict[str, Any]:
    params: dict[str, Any] = {}
    for name, value in estimator.get_params(deep=False).items():
        try:
            if name == "divergence":
                params[name] = encoder.encode_divergence(value)
            else:
                params[name] = encoder.encode(value, name)
        except CodeError as error:
            if name not in code_parameters:
                raise TypeError(f"save cannot write the parameter {error}.") from error
            params[name] = given(name, value)
    return params


def _encode_fitted(estimator: Any, encoder: Encoder) -> dict[str, Any]:
    return {
        "classes_": encoder.encode(getattr(estimator, "classes_", None), "classes_"),
        "n_iter_": estimator.n_iter_,
        "split_seed": estimator._split_seed,
    }


def _encode_settings(estimator: Any) -> dict[str, Any]:
    """Write what set_output and the metadata requests were told."""
    requests = {}
    if "_metadata_request" in vars(estimator):
        for method in ("fit", "partial_fit", "score"):
            requests[method] = dict(getattr(estimator._metadata_request, method).requests)
    output = getattr(estimator, "_sklearn_output_config", {})
    return {"output": dict(output), "requests": requests}


def read_estimator(
    path: str | os.PathLike[str], classes: Mapping[str, type], code: Mapping[str, Any]
) -> Any:
    """Read an estimator that `save_estimator` wrote.

    Parameters
    ----------
    path : str or path-like
        The file.
    classes : mapping of str to type
        The estimators by name.
    code : mapping of str to object
        What the user hands over, by parameter; None is nothing.

    Returns
    -------
    BaseForcedApart
        The fitted estimator.

    Raises
    ------
    ValueError
        If the file is not one of ours, damaged, or needs other code than it was given.
    OSError
        If it cannot be read.
    """
    handed = {name: value for name, value in code.items() if value is not None}
    data = read_bytes(path)
    try:
        document, tensors = unpack(data)
        needed = _needed(document)
    except NotOurFormatError as error:
        raise ValueError(f"{str(path)!r} cannot be loaded: {error}.") from error
    _check_code(path, needed, handed)
    try:
        if not isinstance(document, dict) or document.keys() != _DOCUMENT_KEYS:
            raise NotOurFormatError("its document does not have the entries that save writes")
        cls = classes.get(document["estimator"])
        if cls is None:
            raise NotOurFormatError(f"it holds the unknown estimator {document['estimator']!r}")
        if "module" in handed:
            check_module_class(handed["module"], autoencoder=cls._is_autoencoder)  # type: ignore[attr-defined]
        return _restore(cls, document, Decoder(tensors, handed))
    except NotOurFormatError as error:
        raise ValueError(f"{str(path)!r} cannot be loaded: {error}.") from error


def _needed(document: Any) -> dict[str, str]:
    """Find every parameter whose value is code, and what it was called."""
    needed = {}
    waiting = [document]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if part.get("type") == "given":
                needed[str(part.get("name"))] = str(part.get("about"))
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
    return needed


def _check_code(
    path: str | os.PathLike[str], needed: Mapping[str, str], handed: Mapping[str, Any]
) -> None:
    if missing := sorted(needed.keys() - handed.keys()):
        saved = " and ".join(f"{name}={needed[name]}" for name in missing)
        call = ", ".join(f"{name}=..." for name in missing)
        raise ValueError(
            f"{str(path)!r} was saved with {saved}, which is code and not in the file: "
            f"call load(path, {call}) with what fit was given."
        )
    if extra := sorted(handed.keys() - needed.keys()):
        raise ValueError(
            f"{str(path)!r} needs no {extra[0]}: leave {extra[0]}= out, or set it with "
            "set_params on what load returns."
        )


def _restore(cls: type, document: Mapping[str, Any], decoder: Decoder) -> Any:
    """Make the estimator: first all that is data, then what runs the user's own code."""
    try:
        estimator = _restore_params(cls, document["params"], decoder)
        restore_reader(estimator, document["reader"], decoder)
        _restore_fitted(estimator, document["fitted"], decoder)
        _restore_settings(estimator, document["settings"])
        plan = NetPlan(document["net"], decoder)
        _check_agreement(estimator, plan, decoder)
        terms = estimator._resolve_terms()
    except NotOurFormatError:
        raise
    except STUMBLES as error:
        raise NotOurFormatError(f"it holds what save does not write ({error!r})") from error
    estimator.net_ = plan.build(
        estimator._make_task(),
        terms,
        estimator._make_callbacks(),
        estimator.optimizer_params or {},
    )
    return estimator


def _restore_params(cls: type, written: Mapping[str, Any], decoder: Decoder) -> Any:
    estimator = cls()
    params = {name: decoder.decode(value) for name, value in written.items()}
    unknown = params.keys() - estimator.get_params(deep=False).keys()
    if unknown:
        raise NotOurFormatError(f"{cls.__name__} has no parameter {min(unknown)!r}")
    return cls(**params)


def _restore_fitted(estimator: Any, written: Mapping[str, Any], decoder: Decoder) -> None:
    estimator.n_iter_ = int(written["n_iter_"])
    estimator._split_seed = int(written["split_seed"])
    classes = decoder.decode(written["classes_"])
    if estimator._is_autoencoder != (classes is None):
        raise NotOurFormatError("its labels do not fit its estimator")
    if classes is not None:
        if not isinstance(classes, np.ndarray) or classes.ndim != 1 or len(classes) == 0:
            raise NotOurFormatError("its labels are no list")
        estimator.classes_ = classes


def _restore_settings(estimator: Any, written: Mapping[str, Any]) -> None:
    if written["output"]:
        estimator.set_output(transform=written["output"]["transform"])
    with sklearn.config_context(enable_metadata_routing=True):
        for method, requests in written["requests"].items():
            if requests:
                getattr(estimator, f"set_{method}_request")(**requests)


def _check_agreement(estimator: Any, plan: NetPlan, decoder: Decoder) -> None:
    """Compare the parts of the file that must speak of the same data."""
    if tuple(plan.arguments["input_shape"]) != tuple(estimator._reader.input_shape):
        raise NotOurFormatError("its net reads another shape of X than its estimator")
    if plan.arguments.get("n_outputs") != estimator._module_arguments().get("n_outputs"):
        raise NotOurFormatError("its net has another number of outputs than there are labels")
    if extra := sorted(decoder.tensors.keys() - decoder.used):
        raise NotOurFormatError(f"it holds the tensor {extra[0]!r}, which nothing uses")
