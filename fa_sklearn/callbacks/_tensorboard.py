"""Losses and representations in TensorBoard."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from typing import TYPE_CHECKING, Any

import numpy as np
from skorch.callbacks import Callback, TensorBoard

from .._training import UNLABELLED, LabelledSamples

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


def _tag_of(key: str) -> str:
    """Put training and validation into one chart."""
    split, _, name = key.partition("_")
    return f"{name}/{split}" if split in ("train", "valid") else key


def _name_of(code: int) -> str:
    return "no coarse class" if code == UNLABELLED else f"coarse class {code}"


class TensorBoardLogger(TensorBoard):
    """Log each epoch's losses and coarse accuracy, and the representation at the end.

    The curves are the task loss, each term of the penalty, their mixture and the coarse accuracy,
    training and validation in one chart each; the embedding projector gets the representation of
    training samples with their coarse labels. Needs the extra ``tensorboard``. Read more in
    :doc:`/watching`.

    Parameters
    ----------
    log_dir : str or path-like
        A folder. Each fit writes into a new folder of its own there, so that the fits of a search
        do not mix: ``tensorboard --logdir LOG_DIR`` shows them side by side.
    n_embedded : int, default=2000
        Training samples in the projector, drawn at random; 0 leaves it out.

    Attributes
    ----------
    run_dir_ : str
        The folder of the last fit.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.datasets import load_iris
    >>> from fa_sklearn import ForcedApartClassifier
    >>> from fa_sklearn.callbacks import TensorBoardLogger
    >>> X, y = load_iris(return_X_y=True)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     logger = TensorBoardLogger(folder)
    ...     net = ForcedApartClassifier(max_epochs=2, callbacks=[logger]).fit(X, y > 0)
    >>> net.net_.history[:, "train_multi_loss"][0] > 0
    True
    """

    writer: SummaryWriter | None = None
    # Arguments of skorch's callback, and its event that no curve needs.
    close_after_train = True
    keys_ignored = None
    on_batch_end = Callback.on_batch_end

    def __init__(self, log_dir: str | os.PathLike[str], *, n_embedded: int = 2000) -> None:
        self.log_dir = log_dir
        self.n_embedded = n_embedded

    def on_train_begin(self, net: Any, X: Any = None, y: Any = None, **kwargs: Any) -> None:
        """Open the fit's folder.

        Parameters
        ----------
        net : NeuralNet
            The net in training.
        X, y : object
            Not used.
        **kwargs : dict
            Part of skorch's callback interface.

        Raises
        ------
        ImportError
            If tensorboard is not installed.
        """
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise ImportError(
                "TensorBoardLogger needs tensorboard: pip install 'fa-sklearn[tensorboard]'."
            ) from error
        os.makedirs(self.log_dir, exist_ok=True)
        self.run_dir_ = tempfile.mkdtemp(prefix="fit-", dir=self.log_dir)
        self.writer = SummaryWriter(self.run_dir_)
        self.key_mapper = _tag_of

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        """Log the epoch's losses and coarse accuracy.

        Parameters
        ----------
        net : NeuralNet
            The net in training.
        **kwargs : dict
            Part of skorch's callback interface.
        """
        super().on_epoch_end(net, **kwargs)
        if self.writer is not None:
            self.writer.flush()

    def on_train_end(self, net: Any, X: Any = None, y: Any = None, **kwargs: Any) -> None:
        """Log the representation and close the files.

        Parameters
        ----------
        net : NeuralNet
            The net in training.
        X : LabelledSamples
            What it was trained on.
        y : object
            Not used.
        **kwargs : dict
            Part of skorch's callback interface.
        """
        if self.writer is not None and self.n_embedded:
            data = self._draw(X)
            names = None if data.y is None else [_name_of(code) for code in data.y[data.rows]]
            self.writer.add_embedding(net.forward(data)[1], names, global_step=len(net.history))
        super().on_train_end(net)
        self.writer = None

    def _draw(self, data: LabelledSamples) -> LabelledSamples:
        """Draw some of the training samples."""
        n_samples = min(self.n_embedded, len(data))
        rows = np.random.default_rng(0).choice(data.rows, n_samples, replace=False)
        return dataclasses.replace(data, rows=rows)

    def _get_param_names(self) -> list[str]:
        """Name what __init__ takes: skorch's takes the open files too."""
        return ["log_dir", "n_embedded"]

    def __getstate__(self) -> dict[str, Any]:
        """Leave the open files behind."""
        return {key: value for key, value in self.__dict__.items() if key != "writer"}
