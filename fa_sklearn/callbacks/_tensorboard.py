"""Losses and representations in TensorBoard."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from skorch.callbacks import Callback

from .._training import UNLABELLED, BatchIterator, LabelledSamples, OwnRandomness

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


def _name_of(code: int) -> str:
    return "no coarse class" if code == UNLABELLED else f"coarse class {code}"


class TensorBoardLogger(Callback):
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

    writer_: SummaryWriter | None = None

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
        self.writer_ = SummaryWriter(self.run_dir_)

    def on_epoch_end(
        self, net: Any, dataset_train: Any = None, dataset_valid: Any = None, **kwargs: Any
    ) -> None:
        """Log the epoch's losses and coarse accuracy.

        Parameters
        ----------
        net : NeuralNet
            The net in training.
        dataset_train, dataset_valid : object
            Not used.
        **kwargs : dict
            Part of skorch's callback interface.
        """
        if self.writer_ is None:
            return
        row = net.history[-1]
        for key, value in row.items():
            split, _, name = key.partition("_")
            if name.endswith(("loss", "accuracy")) and split in ("train", "valid"):
                self.writer_.add_scalar(f"{name}/{split}", value, row["epoch"])
        self.writer_.flush()

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
        if self.writer_ is None:
            return
        if self.n_embedded:
            representation, codes = self._represent(net, X)
            metadata = None if codes is None else [_name_of(code) for code in codes]
            self.writer_.add_embedding(representation, metadata, global_step=len(net.history))
        self.writer_.close()
        self.writer_ = None

    def _represent(self, net: Any, data: LabelledSamples) -> tuple[torch.Tensor, list[int] | None]:
        """Represent some of the training samples, and tell their coarse labels."""
        n_samples = min(self.n_embedded, len(data))
        rows = np.random.default_rng(0).choice(data.rows, n_samples, replace=False)
        batches = BatchIterator(
            dataclasses.replace(data, rows=rows, pairing=None), net.batch_size, net.device, None
        )
        representations, codes = [], []
        with torch.inference_mode(), net.intercept_draws(OwnRandomness(net.randomness.seed)):
            for batch in batches:
                representations.append(net.infer(batch.inputs)[1].cpu())
                codes += [] if batch.y is None else batch.y.tolist()
        return torch.cat(representations), codes or None

    def __getstate__(self) -> dict[str, Any]:
        """Leave the open files behind."""
        return {key: value for key, value in self.__dict__.items() if key != "writer_"}
