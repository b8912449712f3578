"""The progress line, in a log and in a terminal."""

import io
import os
import re
from types import SimpleNamespace

from skorch.history import History

from fa_sklearn._training import ProgressLine


class Terminal(io.StringIO):
    def isatty(self):
        return True


def run(stream, max_epochs, epochs, earlier=0, **losses):
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
        for name, value in losses.items():
            net.history.record(name, value)
        net.history.record("dur", 0.1)
        line.on_epoch_end(net)
    line.on_train_end(net)
    return stream.getvalue()


def test_a_log_gets_a_line_an_epoch_without_control_characters():
    lines = run(io.StringIO(), 4, 4).splitlines()
    assert len(lines) == 4
    for epoch, line in enumerate(lines, 1):
        assert line.isprintable()
        assert re.match(rf"epoch {epoch}/4  \d+:\d\d left  loss {2 / epoch:.4f}", line)
    assert "  0:00 left  " in lines[-1]
    assert "dur" not in lines[0]


def test_the_parts_of_the_loss_are_told_where_there_are_several():
    assert "task" not in run(io.StringIO(), 1, 1)
    line = run(io.StringIO(), 1, 1, train_multi_loss=0.25, valid_multi_loss=3.0, valid_loss=0.5)
    assert line.endswith("  loss 2.0000  task 1.0000  multi 0.2500  valid loss 0.5000\n")


def test_the_coarse_accuracy_is_told_where_there_is_one():
    line = run(io.StringIO(), 1, 1, train_coarse_accuracy=0.75, valid_coarse_accuracy=0.5)
    assert line.endswith("  loss 2.0000  accuracy 0.7500  valid accuracy 0.5000\n")


def test_a_terminal_gets_one_live_line():
    text = run(Terminal(), 3, 3)
    assert text.count("\n") == 1 and text.endswith("\n")
    updates = text.rstrip("\n").split("\r")[1:]
    assert len(updates) == 4, "three epochs, and the line that stays"
    assert all(update.startswith("\x1b[K") for update in updates), "leftovers must be erased"


def test_the_line_that_stays_tells_what_a_fit_took_that_stopped_early():
    last = run(Terminal(), 10, 4).rstrip("\n").split("\r")[-1]
    assert re.match(r"\x1b\[Kepoch 4/10  took \d+:\d\d  loss 0.5000$", last)


def test_a_terminal_gets_no_line_that_wraps(monkeypatch):
    monkeypatch.setattr(
        "fa_sklearn._training._progress.shutil.get_terminal_size",
        lambda: os.terminal_size((40, 24)),
    )
    many = {f"train_term{i}_loss": 1.0 for i in range(9)}
    updates = run(Terminal(), 2, 2, **many).rstrip("\n").split("\r")[1:]
    assert {len(update.removeprefix("\x1b[K")) for update in updates} == {39}


def test_a_fit_without_an_epoch_prints_nothing():
    assert run(Terminal(), 3, 0) == ""


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
    assert "loss 0.5000" in capsys.readouterr().out
