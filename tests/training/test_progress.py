"""The progress of a fit, in a log and in a terminal."""

import copy
import io
import os
import pickle
import re
import sys
from types import SimpleNamespace

import pytest
from skorch.history import History

from fa_sklearn import ForcedApartClassifier
from fa_sklearn._training import ProgressLine


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def run(monkeypatch):
    """Drive the callback as a fit would, and return what it printed."""

    def run(stream, max_epochs, epochs, earlier=0, **values):
        net = SimpleNamespace(history=History(), planned_epochs=max_epochs)
        for _ in range(earlier):
            net.history.new_epoch()
        line = ProgressLine()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", stream)
            line.on_train_begin(net)
            for epoch in range(epochs):
                net.history.new_epoch()
                net.history.record("train_task_loss", 1 / (epoch + 1))
                net.history.record("train_loss", 2 / (epoch + 1))
                for name, value in values.items():
                    net.history.record(name, value)
                net.history.record("dur", 0.1)
                line.on_epoch_end(net)
            line.on_train_end(net)
        return stream.getvalue()

    return run


def test_a_log_gets_a_line_per_epoch_without_control_characters(run):
    lines = run(io.StringIO(), 4, 4).splitlines()
    assert len(lines) == 4
    for epoch, line in enumerate(lines, 1):
        assert line.isprintable()
        assert re.match(rf"epoch {epoch}/4  \d\d:\d\d left  loss {2 / epoch:.4f}", line)
    assert "  00:00 left  " in lines[-1]
    assert "dur" not in lines[0]


def test_the_parts_of_the_loss_are_told_where_there_are_several(run):
    assert "task" not in run(io.StringIO(), 1, 1)
    line = run(io.StringIO(), 1, 1, train_multi_loss=0.25, valid_multi_loss=3.0, valid_loss=0.5)
    assert line.endswith("  loss 2.0000  task 1.0000  multi 0.2500  valid loss 0.5000\n")


def test_the_coarse_accuracy_is_told_where_there_is_one(run):
    line = run(io.StringIO(), 1, 1, train_coarse_accuracy=0.75, valid_coarse_accuracy=0.5)
    assert line.endswith("  loss 2.0000  accuracy 0.7500  valid accuracy 0.5000\n")


def test_a_terminal_gets_one_live_line(run):
    text = run(Terminal(), 3, 3)
    assert text.count("\n") == 1 and text.endswith("\n")
    last = text.rstrip("\n").split("\r")[-1]
    assert "3/3" in last and "loss 0.6667" in last


def test_the_line_that_stays_tells_of_a_fit_that_stopped_early(run):
    last = run(Terminal(), 10, 4).rstrip("\n").split("\r")[-1]
    assert "4/10" in last and "loss 0.5000" in last


def test_a_fit_without_an_epoch_prints_nothing_into_a_log(run):
    assert run(io.StringIO(), 3, 0) == ""


def test_training_that_goes_on_counts_from_its_own_start(run):
    assert "epoch 1/2" in run(io.StringIO(), 2, 2, earlier=5).splitlines()[0]


def test_a_net_can_be_copied_in_the_middle_of_its_fit(monkeypatch):
    line = ProgressLine()
    monkeypatch.setattr(sys, "stdout", Terminal())
    line.on_train_begin(SimpleNamespace(history=History(), planned_epochs=1))
    for copied in (copy.deepcopy(line), pickle.loads(pickle.dumps(line))):
        assert copied.bar_ is None
    line.on_train_end(None)


def test_a_fit_prints_a_line_per_epoch(capsys):
    X = [[0.0], [1.0]] * 5
    ForcedApartClassifier(max_epochs=2, verbose=1, random_state=0).fit(X, [0, 1] * 5)
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition("  ")[0] for line in lines] == ["epoch 1/2", "epoch 2/2"]


def test_a_pseudo_terminal_without_a_width_shows_the_bar_in_80_columns(run):
    reader, writer = os.openpty()
    stream = Terminal()
    stream.fileno = lambda: writer
    values = {"train_multi_loss": 0.25, "train_coarse_accuracy": 0.75, "valid_loss": 12.25}
    last = run(stream, 100, 100, **values).rstrip("\n").split("\r")[-1]
    os.close(reader)
    os.close(writer)
    assert len(last) <= 80
    assert "100/100" in last
    assert last.endswith("loss 0.0200  accuracy 0.7500  valid loss 12.2500")
