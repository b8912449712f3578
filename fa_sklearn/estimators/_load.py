"""The function that reads what save wrote."""

from __future__ import annotations

import functools
import importlib
import io
import json
import os
import zipfile
from collections.abc import Callable, Iterable, Set
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
import torch
from sklearn.base import BaseEstimator
from sklearn.utils.discovery import all_estimators

from .._training import ForcedApartNet, check_weights
from ..modules._base import check_module_arguments, check_module_class, output_check
from ._autoencoder import ForcedApartAutoencoder
from ._classifier import ForcedApartClassifier
from ._saving import FORMAT_VERSION, OWN_TYPES, TRUSTED, check_schema, name_of

_GENERATOR_WORDS = 624


def _read(data: bytes, trusted: Set[str]) -> Any:
    """Read the bytes of a file after looking at all that they name and how large they grow."""
    import skops.io  # it looks through all of scikit-learn first

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        packed = any(part.compress_type != zipfile.ZIP_STORED for part in parts)
        if packed or sum(part.file_size for part in parts) > len(data):
            raise ValueError("its parts are larger than the file itself")
        if archive.testzip() is not None:
            raise ValueError("it is damaged")
        check_schema(json.loads(archive.read("schema.json")), {})
    trusted = {*trusted, *(name_of(cls) for _, cls in all_estimators())}
    if unknown := sorted(set(skops.io.get_untrusted_types(data=data)) - trusted):
        raise ValueError(
            f"it holds {', '.join(unknown)}, which is code: if you trust it, call "
            f"load(path, trusted={unknown})"
        )
    return skops.io.loads(data, trusted=sorted(trusted))


def _restore(value: Any, trusted: Set[str] = TRUSTED) -> Any:
    """Turn back what `flatten` made."""
    if isinstance(value, (list, tuple)):
        return type(value)(_restore(each, trusted) for each in value)
    if not isinstance(value, dict):
        return value
    if "json" in value:
        return json.loads(value["json"])
    if "keys" in value:
        keys, values = (_restore(value[part], trusted) for part in ("keys", "values"))
        return dict(zip(keys, values, strict=True))
    if "class" in value:
        return _make(value, trusted)
    if "estimator" in value:
        return _make_forced_apart(value["estimator"], trusted)
    if "random_state" in value:
        kind, words, position, *rest = _restore(value["random_state"])
        if not (len(words) == _GENERATOR_WORDS and 0 <= position <= _GENERATOR_WORDS):
            raise ValueError("the state of its random generator is out of range")
        generator = np.random.RandomState(0)
        generator.set_state((kind, words, position, *rest))
        return generator
    if "missing" in value:
        return importlib.import_module("pandas").NA
    return torch.device(value["device"])


def _make(value: dict[str, Any], trusted: Set[str]) -> Any:
    """Make an object of a class and its attributes, without a call of its own."""
    cls = value["class"]
    is_estimator = isinstance(cls, type) and issubclass(cls, BaseEstimator)
    if not (is_estimator or (isinstance(cls, type) and issubclass(cls, OWN_TYPES))):
        if not (is_dataclass(cls) and name_of(cls) in trusted):
            raise ValueError(f"it holds a {cls!r}")
    attributes = _restore(value["attributes"], trusted)
    _check_names(cls, attributes)
    made = cls.__new__(cls)
    if not is_estimator:
        vars(made).update(attributes)
        return made
    if "memory" in attributes:  # another's file must not choose where pickles are read
        attributes["memory"] = None
    made.__setstate__(attributes)
    _request(made, _restore(value["requests"]))
    return made


def _check_names(cls: type, attributes: dict[str, Any]) -> None:
    """Refuse attributes in the place of methods."""
    if shadowed := [name for name in attributes if callable(getattr(cls, name, None))]:
        raise ValueError(f"it holds the attribute {shadowed[0]!r}")


def _request(estimator: Any, requests: dict[str, Any]) -> None:
    """Ask for metadata."""
    with sklearn.config_context(enable_metadata_routing=True):
        for method, names in requests.items():
            if names:
                getattr(estimator, f"set_{method}_request")(**names)


def _check_net(cls: type, net: dict[str, Any], trusted: Set[str]) -> None:
    """Look at what would be called or allocated, before it is."""
    module, arguments = net["module"], net["arguments"]
    check_module_class(module, autoencoder=cls._is_autoencoder)  # type: ignore[attr-defined]
    check_module_arguments(module, arguments, {})
    if name_of(module) in TRUSTED:  # the constructors of others may not run on meta
        if arguments.get("num_layers", 1) > len(net["weights"]):
            raise ValueError("it describes more layers than it has weights")
        with torch.device("meta"):
            check_weights(module(**arguments), net["weights"])
    factory = net["parameters"]["optimizer"]
    factory = factory.func if isinstance(factory, functools.partial) else factory
    if not (isinstance(factory, type) and issubclass(factory, torch.optim.Optimizer)):
        kind = factory if hasattr(factory, "__name__") else type(factory)
        if name_of(kind) not in trusted - TRUSTED:
            raise ValueError("its optimizer is none")


def _build(content: Any, trusted: Set[str]) -> Any:
    """Make the estimator."""
    if not isinstance(content, dict) or "format_version" not in content:
        raise ValueError("it is a skops file, but not one that save wrote")
    if content["format_version"] != FORMAT_VERSION:
        raise ValueError(
            f"it has format version {content['format_version']!r}, and this fa_sklearn reads "
            f"version {FORMAT_VERSION}: load it with the fa_sklearn that wrote it, or a newer one"
        )
    if "object" in content:
        return _restore(content["object"], trusted)
    return _make_forced_apart(content, trusted)


def _make_forced_apart(content: dict[str, Any], trusted: Set[str]) -> Any:
    """Make a classifier or an autoencoder."""
    classes = (ForcedApartAutoencoder, ForcedApartClassifier)
    cls: Any = {each.__name__: each for each in classes}[content["estimator"]]
    parameters = {name: _restore(value, trusted) for name, value in content["parameters"].items()}
    estimator = cls(**{**parameters, "checkpoint_dir": None})
    fitted = _restore(content["fitted"], trusted)
    _check_names(cls, fitted)
    vars(estimator).update(fitted)
    settings = _restore(content["settings"])
    if settings["output"]:
        estimator.set_output(transform=settings["output"]["transform"])
    _request(estimator, settings["requests"])
    if content["net"] is None:
        return estimator
    net = _restore(content["net"], trusted)
    arguments = net["arguments"]
    if tuple(arguments["input_shape"]) != tuple(estimator._reader.input_shape):
        raise ValueError("its net reads another shape of X than its estimator")
    if arguments.get("n_outputs") != estimator._module_arguments().get("n_outputs"):
        raise ValueError("its net has another number of outputs than there are labels")
    _check_net(cls, net, trusted)
    net["parameters"] |= {
        "module": functools.partial(net.pop("module"), **net.pop("arguments")),
        "task": estimator._make_task(),
        "callbacks": estimator._make_callbacks(),
        "check_output": output_check(arguments),
    }
    estimator.net_ = ForcedApartNet.__new__(ForcedApartNet)
    estimator.net_.__setstate__({**net, "callbacks": None})
    return estimator


def load(
    path: str | os.PathLike[str],
    *,
    trusted: Iterable[str | type | Callable[..., Any]] = (),
) -> Any:
    """Read an estimator that its method ``save`` wrote.

    It behaves as the saved one did: equal predictions and parameters, and the next `partial_fit`
    gives the same weights. Trained on a device that is missing here, it runs on the CPU, with a
    warning. Read more in :doc:`/saving`.

    Parameters
    ----------
    path : str or path-like
        The file.
    trusted : iterable of type, function or str, default=()
        Classes and functions of your own that the estimator was made of, or their names: a module,
        a loss term, a divergence, views, an optimizer, callbacks. The error names those that are
        missing. They are imported under the names that they had.

    Returns
    -------
    ForcedApartClassifier, ForcedApartAutoencoder or FineClassFinder
        The fitted estimator. Each `checkpoint_dir` and `memory` is None.

    Raises
    ------
    ValueError
        If the file was not written by ``save``, is damaged or of an unknown format version, or if
        it names code that is not trusted; the message says which.
    OSError
        If the file cannot be read.

    Notes
    -----
    Security: without `trusted` nothing but fa_sklearn's own classes, scikit-learn's estimators and
    optimizers of torch is made of a file, so one from an untrusted source can be loaded. Its
    content is still another's: a forged estimator predicts what its author wants. What you trust
    is imported, and runs with arguments from the file. Pickle and joblib files are refused; to
    unpickle one runs what its author put there.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> import fa_sklearn
    >>> X, y = np.random.default_rng(0).normal(size=(40, 3)), np.arange(40) % 2
    >>> net = fa_sklearn.ForcedApartClassifier(max_epochs=1, random_state=0).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     net.save(Path(folder) / "net.skops")
    ...     loaded = fa_sklearn.load(Path(folder) / "net.skops")
    >>> bool((loaded.transform(X) == net.transform(X)).all())
    True
    """
    path = Path(path)
    if path.exists() and not path.is_file():  # reading a device or a pipe might never end
        raise ValueError(f"{str(path)!r} is not a regular file: pass the file that save wrote.")
    data = path.read_bytes()
    if isinstance(trusted, (str, type)) or callable(trusted):
        trusted = [trusted]
    names = TRUSTED.union(each if isinstance(each, str) else name_of(each) for each in trusted)
    try:
        return _build(_read(data, names), names)
    except Exception as error:  # a forged file can make anything stumble
        reason = error if isinstance(error, (ValueError, zipfile.BadZipFile)) else repr(error)
        raise ValueError(f"{str(path)!r} cannot be loaded: {reason}.") from error
