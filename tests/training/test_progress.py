"""The progress line, in a log and in a terminal."""

import io
import re
from types import SimpleNamespace

from skorch.history import History

from fa_sklearn._training import ProgressLine


class Terminal(io.StringIO):
    def isatty(self):
        return True


def run(stream, max_epochs, epochs, earlier=0):
    """Drive the callback as a fit would."""
    net = SimpleNamespace(history=History(), planned_epochs=max_epochs)
    for _ in range(earlier):
        net.history.new_epoch()
    line = ProgressLine(stream)
    line.on_train_begin(net)
    for epoch in range(epochs):
        net.history.new_epoch()
        net.history.record("train_task_loss", 1 / (epoch + 1))
        net.history.record("train_loss", 2 / (epoch + 1))
        net.history.record("dur", 0.1)
        line.on_epoch_end(net)
    line.on_train_end(net)
    return stream.getvalue()


def test_a_log_gets_a_line_an_epoch_without_control_characters():
    lines = run(io.StringIO(), 4, 4).splitlines()
    assert len(lines) == 4
    for epoch, line in enumerate(lines, 1):
        assert line.isprintable()
        assert f"{epoch}/4" in line
        assert f"train_task_loss {1 / epoch:.4f}" in line and f"train_loss {2 / epoch:.4f}" in line
        assert re.search(r"\d+ s left$", line)
    assert lines[-1].endswith(" 0 s left")
    assert "dur" not in lines[0]


def test_a_terminal_gets_one_live_line():
    text = run(Terminal(), 3, 3)
    assert text.count("\n") == 1 and text.endswith("\n")
    updates = text.rstrip("\n").split("\r")[1:]
    assert len(updates) == 3
    assert all(update.startswith("\x1b[K") for update in updates), "leftovers must be erased"


def test_training_that_goes_on_counts_from_its_own_start():
    assert "epoch 1/2" in run(io.StringIO(), 2, 2, earlier=5).splitlines()[0]


def test_standard_output_is_looked_up_when_printing(capsys):
    net = SimpleNamespace(history=History(), planned_epochs=1)
    line = ProgressLine()
    line.on_train_begin(net)
    net.history.new_epoch()
    net.history.record("train_loss", 0.5)
    line.on_epoch_end(net)
    line.on_train_end(net)
    assert "train_loss 0.5000" in capsys.readouterr().out
