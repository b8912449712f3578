"""One line that tells how a fit proceeds."""

from __future__ import annotations

import sys
import time
from typing import Any, TextIO

from skorch.callbacks import Callback


class ProgressLine(Callback):
    """Print epoch, losses and time left: one live line in a terminal, a line an epoch in a log.

    Parameters
    ----------
    stream : text stream or None, default=None
        Where to print; None: standard output at the time of printing.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream

    def on_train_begin(self, net: Any, X: Any = None, y: Any = None, **kwargs: Any) -> None:
        """Start the clock.

        Parameters
        ----------
        net : NeuralNet
            The net in training.
        X, y : object
            Not used.
        **kwargs : dict
            Part of skorch's callback interface.
        """
        self.start_ = time.perf_counter()
        self.first_epoch_ = len(net.history)
        self.n_timed_ = 0

    def on_epoch_end(
        self, net: Any, dataset_train: Any = None, dataset_valid: Any = None, **kwargs: Any
    ) -> None:
        """Print what the epoch brought.

        Parameters
        ----------
        net : NeuralNet
            The net in training.
        dataset_train, dataset_valid : object
            Not used.
        **kwargs : dict
            Part of skorch's callback interface.
        """
        stream = self.stream or sys.stdout
        row = net.history[-1]
        done = len(net.history) - self.first_epoch_
        self.n_timed_ += 1  # fewer than done where a fit was resumed
        elapsed = time.perf_counter() - self.start_
        left = elapsed / self.n_timed_ * (net.planned_epochs - done)
        losses = "  ".join(
            f"{name} {value:.4f}" for name, value in row.items() if name.endswith("loss")
        )
        text = f"epoch {done}/{net.planned_epochs}  {losses}  {left:.0f} s left"
        if stream.isatty():
            stream.write(f"\r\x1b[K{text}")
        else:
            stream.write(f"{text}\n")
        stream.flush()

    def on_train_end(self, net: Any, X: Any = None, y: Any = None, **kwargs: Any) -> None:
        """Leave the live line behind.

        Parameters
        ----------
        net : NeuralNet
            The net in training.
        X, y : object
            Not used.
        **kwargs : dict
            Part of skorch's callback interface.
        """
        stream = self.stream or sys.stdout
        if stream.isatty():
            stream.write("\n")
            stream.flush()
