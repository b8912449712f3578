"""One line that tells how a fit proceeds."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Mapping
from typing import Any, TextIO

from skorch.callbacks import Callback


class ProgressLine(Callback):
    """Print epoch, time left and losses: one live line in a terminal, a line an epoch in a log.

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
        self.n_timed_ += 1  # fewer than done where a fit was resumed
        done = len(net.history) - self.first_epoch_
        elapsed = time.perf_counter() - self.start_
        left = elapsed / self.n_timed_ * (net.planned_epochs - done)
        self.losses_ = f"epoch {done}/{net.planned_epochs}", losses(net.history[-1])
        self._print(f"{clock(left)} left")

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
        # Without an epoch there is no line; early stopping leaves one that speaks of time left.
        if self.n_timed_ and stream.isatty():
            self._print(f"took {clock(time.perf_counter() - self.start_)}")
            stream.write("\n")
            stream.flush()

    def _print(self, when: str) -> None:
        """Print the last epoch's line, over the one before where that can be erased."""
        stream = self.stream or sys.stdout
        epoch, values = self.losses_
        text = f"{epoch}  {when}  {values}"
        if stream.isatty():
            # A line that wraps cannot be erased.
            width = shutil.get_terminal_size().columns - 1
            stream.write(f"\r\x1b[K{text[:width]}")
        else:
            stream.write(f"{text}\n")
        stream.flush()


def losses(row: Mapping[str, Any]) -> str:
    """Render an epoch: the loss and the parts it mixes, the coarse accuracy, the validation.

    Parameters
    ----------
    row : mapping of str to object
        The epoch in the history.

    Returns
    -------
    str
        Names and values.
    """
    parts = [name for name in row if name.startswith("train_") and name.endswith("_loss")]
    parts.remove("train_loss")
    named = [(name.removeprefix("train_").removesuffix("_loss"), name) for name in parts]
    # A single part is the total itself.
    shown = [("loss", "train_loss"), *(named if len(named) > 1 else [])]
    shown.append(("accuracy", "train_coarse_accuracy"))
    shown += [("valid loss", "valid_loss"), ("valid accuracy", "valid_coarse_accuracy")]
    shown = [(name, key) for name, key in shown if key in row]
    return "  ".join(f"{name} {row[key]:.4f}" for name, key in shown)


def clock(seconds: float) -> str:
    """Format seconds as minutes:seconds.

    Parameters
    ----------
    seconds : float
        A duration.

    Returns
    -------
    str
        Such as "2:05".
    """
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
