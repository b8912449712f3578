"""The function that reads what save wrote."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import torch

from .._persistence import read_estimator
from ..losses._penalty import Penalty
from ..views import Views
from ._autoencoder import ForcedApartAutoencoder
from ._classifier import ForcedApartClassifier
from ._saving import check_path


def load(
    path: str | os.PathLike[str],
    *,
    module: type[torch.nn.Module] | None = None,
    module_params: dict[str, Any] | None = None,
    penalty: Penalty = None,
    divergence: Callable[..., torch.Tensor] | None = None,
    views: Views | None = None,
    optimizer: Callable[..., torch.optim.Optimizer] | None = None,
    callbacks: list[Any] | None = None,
    label_groups: Mapping[Any, Any] | Callable[[Any], Any] | None = None,
) -> Any:
    """Read an estimator that its method ``save`` wrote.

    It behaves as the saved one did: equal predictions and parameters, and the next `partial_fit`
    gives the same weights. Trained on a device that is missing here, it runs on the CPU, with a
    warning. Read more in :doc:`/saving`.

    Parameters
    ----------
    path : str or path-like
        The file.
    module : type or None, default=None
        The module class, if the file was saved with one of your own.
    module_params : dict or None, default=None
        The module's options, if they held other things than numbers, strings and containers.
    penalty : LossTerm, list of (str, LossTerm) or None, default=None
        The penalty, if it held a loss term of your own.
    divergence : callable or None, default=None
        The divergence, if it was a callable.
    views : Views or None, default=None
        The views, if they held a function, a transformer or a class of your own.
    optimizer : callable or None, default=None
        The optimizer, if it was a callable other than a class of `torch.optim` or a
        `functools.partial` of one.
    callbacks : list of skorch callbacks or None, default=None
        The callbacks, if there were any.
    label_groups : mapping or callable or None, default=None
        The groups, if they were no dict.

    Returns
    -------
    ForcedApartClassifier or ForcedApartAutoencoder
        The fitted estimator.

    Raises
    ------
    ValueError
        If the file was not written by ``save``, is damaged or of an unknown format version, or if
        it needs code that it was not given; the message says which.
    OSError
        If the file cannot be read.

    Notes
    -----
    Security: nothing in the file is executed, and no name in it is imported, so a file from an
    untrusted source can be loaded. Its content is still another's: a forged estimator predicts
    what its author wants, and a checksum finds damage, not forgery. Look at `checkpoint_dir`
    before you `fit` it again. The code that you hand over runs. Pickle and joblib files are
    refused; to unpickle one runs what its author put there.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> import fa_sklearn
    >>> X, y = np.random.default_rng(0).normal(size=(40, 3)), np.arange(40) % 2
    >>> net = fa_sklearn.ForcedApartClassifier(max_epochs=1, random_state=0).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     net.save(Path(folder) / "net.safetensors")
    ...     loaded = fa_sklearn.load(Path(folder) / "net.safetensors")
    >>> bool((loaded.transform(X) == net.transform(X)).all())
    True
    """
    check_path(path)
    classes = {cls.__name__: cls for cls in (ForcedApartAutoencoder, ForcedApartClassifier)}
    code = {
        "module": module,
        "module_params": module_params,
        "penalty": penalty,
        "divergence": divergence,
        "views": views,
        "optimizer": optimizer,
        "callbacks": callbacks,
        "label_groups": label_groups,
    }
    return read_estimator(path, classes, code)
