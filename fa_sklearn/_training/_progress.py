"""How a fit proceeds: a bar in a terminal, else one line per epoch."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any

from skorch.callbacks import Callback
from tqdm import tqdm


class ProgressLine(Callback):
    """Tell epoch, time left, losses and coarse accuracy on standard output."""

    def on_train_begin(self, net: Any, X: Any = None, y: Any = None, **kwargs: Any) -> None:
        """Start the clock."""
        self.start_ = time.perf_counter()
        self.first_row_ = len(net.history)
        self.n_timed_ = 0
        self.bar_ = None
        if sys.stdout.isatty():
            self.bar_ = tqdm(
                total=net.planned_epochs, unit="epoch", file=sys.stdout, dynamic_ncols=True
            )
            if (self.bar_.ncols or 1) < 1:  # a pseudo terminal of no size would show nothing
                self.bar_.dynamic_ncols, self.bar_.ncols, self.bar_.nrows = None, 80, None

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        """Tell what the epoch brought."""
        done, values = len(net.history) - self.first_row_, summarize(net.history[-1])
        self.n_timed_ += 1  # fewer than done where a fit was resumed
        if self.bar_ is not None:
            self.bar_.set_postfix_str(values, refresh=False)
            self.bar_.update(done - self.bar_.n)
            return
        seconds = (time.perf_counter() - self.start_) / self.n_timed_
        left = tqdm.format_interval(seconds * (net.planned_epochs - done))
        print(f"epoch {done}/{net.planned_epochs}  {left} left  {values}", flush=True)

    def on_train_end(self, net: Any, X: Any = None, y: Any = None, **kwargs: Any) -> None:
        """Leave the bar behind."""
        if self.bar_ is not None:
            self.bar_.close()
            self.bar_ = None

    def __getstate__(self) -> dict[str, Any]:
        """Leave the terminal out."""
        return {**self.__dict__, "bar_": None}


def summarize(row: Mapping[str, Any]) -> str:
    """Render an epoch: the loss and the parts it mixes, the coarse accuracy, the validation."""
    parts = [name for name in row if name.startswith("train_") and name.endswith("_loss")]
    parts.remove("train_loss")
    named = [(name.removeprefix("train_").removesuffix("_loss"), name) for name in parts]
    # A single part is the total itself.
    shown = [("loss", "train_loss"), *(named if len(named) > 1 else [])]
    shown.append(("accuracy", "train_coarse_accuracy"))
    shown += [("valid loss", "valid_loss"), ("valid accuracy", "valid_coarse_accuracy")]
    return "  ".join(f"{name} {row[key]:.4f}" for name, key in shown if key in row)
