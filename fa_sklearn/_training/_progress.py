"""How a fit proceeds: a bar in a terminal, else one line per epoch."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from skorch.callbacks import Callback
from tqdm import tqdm

# Together they fit into 80 columns.
_BAR = "{n_fmt}/{total_fmt}|{bar}| {elapsed}<{remaining}{postfix}"
_IN_BAR = (
    ("loss", "train_loss"),
    ("accuracy", "train_coarse_accuracy"),
    ("valid loss", "valid_loss"),
)


def terminal_bar(total: int, bar_format: str) -> Any:
    """Start a bar if standard output is a terminal."""
    if not sys.stdout.isatty():
        return None
    bar = tqdm(total=total, file=sys.stdout, dynamic_ncols=True, bar_format=bar_format)
    if (bar.ncols or 1) < 1:  # a pseudo terminal of no size would show nothing
        bar.dynamic_ncols, bar.ncols, bar.nrows = None, 80, None
    return bar


class ProgressLine(Callback):
    """Tell epoch, time left, losses and coarse accuracy on standard output."""

    def on_train_begin(self, net: Any, X: Any = None, y: Any = None, **kwargs: Any) -> None:
        """Start the clock."""
        self.start_ = time.perf_counter()
        self.first_row_ = len(net.history)
        self.n_timed_ = 0
        self.bar_ = terminal_bar(net.planned_epochs, _BAR)

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        """Tell what the epoch brought."""
        done, row = len(net.history) - self.first_row_, net.history[-1]
        self.n_timed_ += 1  # fewer than done where a fit was resumed
        if self.bar_ is not None:
            self.bar_.set_postfix_str(_render(row, _IN_BAR), refresh=False)
            self.bar_.update(done - self.bar_.n)
            return
        seconds = (time.perf_counter() - self.start_) / self.n_timed_
        left = tqdm.format_interval(seconds * (net.planned_epochs - done))
        print(f"epoch {done}/{net.planned_epochs}  {left} left  {summarize(row)}", flush=True)

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
    shown = [("loss", "train_loss"), *(named if len(named) > 1 else []), *_IN_BAR[1:]]
    return _render(row, [*shown, ("valid accuracy", "valid_coarse_accuracy")])


def _render(row: Mapping[str, Any], shown: Sequence[tuple[str, str]]) -> str:
    return "  ".join(f"{name} {row[key]:.4f}" for name, key in shown if key in row)
