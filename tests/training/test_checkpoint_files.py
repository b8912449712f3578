"""The folder of one fit's checkpoints: who may use it, what it keeps, how it ends."""

import errno
import threading
import warnings

import pytest
import torch

from fa_sklearn._training import _checkpoint_files, _lock
from fa_sklearn._training._checkpoint_files import CheckpointFolder


@pytest.fixture
def folder(tmp_path):
    opened = CheckpointFolder(tmp_path, "name")
    yield opened
    opened.close()


def names(folder):
    return sorted(path.name for path in folder.path.glob("*.checkpoint"))


def test_the_last_two_are_kept_and_the_newest_is_read(folder):
    assert folder.load() is None
    for epoch in range(8, 12):
        folder.save({"weight": torch.full((3,), float(epoch)), "epoch": epoch}, epoch)
    assert names(folder) == ["epoch-00000010.checkpoint", "epoch-00000011.checkpoint"]
    state = folder.load()
    assert state["epoch"] == 11 and torch.equal(state["weight"], torch.full((3,), 11.0))


def test_saving_an_earlier_epoch_forgets_the_later_ones(folder):
    for epoch in (1, 3, 2):
        folder.save({"epoch": epoch}, epoch)
    assert names(folder) == ["epoch-00000001.checkpoint", "epoch-00000002.checkpoint"]


@pytest.mark.parametrize("position", range(0, 120, 7))
def test_any_changed_byte_is_noticed(folder, position):
    folder.save({"epoch": 1}, 1)
    folder.save({"epoch": 2}, 2)
    path = folder.path / names(folder)[-1]
    content = bytearray(path.read_bytes())
    content[position] ^= 0xFF
    path.write_bytes(content)
    with pytest.warns(UserWarning, match="cannot be used"):
        assert folder.load()["epoch"] == 1


def test_closing_removes_a_folder_without_checkpoints_only(tmp_path):
    empty, full = CheckpointFolder(tmp_path, "empty"), CheckpointFolder(tmp_path, "full")
    full.save({}, 1)
    empty.close()
    full.close()
    assert [path.name for path in tmp_path.iterdir()] == ["full"]


@pytest.mark.parametrize("keeps", [False, True])
def test_a_second_fit_of_the_same_kind_waits(tmp_path, keeps):
    first = CheckpointFolder(tmp_path, "name")
    first.save({"epoch": 1}, 1)
    warned, opened = threading.Event(), []

    def open_second():
        opened.append(CheckpointFolder(tmp_path, "name"))

    with warnings.catch_warnings():
        warnings.showwarning = lambda *args, **kwargs: warned.set()
        warnings.simplefilter("always")
        second = threading.Thread(target=open_second)
        second.start()
        assert warned.wait(60), "the second neither waits nor tells"
        assert not opened
        if not keeps:
            first.clear()
        first.close()
        second.join(60)
    assert (opened[0].load() is not None) == keeps
    opened[0].save({"epoch": 2}, 2)
    opened[0].close()


def test_a_file_system_without_locks_is_no_hindrance(tmp_path, monkeypatch):
    def refuse(descriptor, operation):
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(_lock.fcntl, "flock", refuse)
    folder = CheckpointFolder(tmp_path, "name")
    folder.save({"epoch": 1}, 1)
    assert folder.load()["epoch"] == 1
    folder.close()


def test_other_troubles_with_the_lock_name_the_parameter(tmp_path, monkeypatch):
    def refuse(descriptor, operation):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(_lock.fcntl, "flock", refuse)
    with pytest.raises(OSError, match="checkpoint_dir=.*Input/output error"):
        CheckpointFolder(tmp_path, "name")


def test_a_write_that_fails_midway_leaves_no_trace(folder, monkeypatch):
    folder.save({"epoch": 1}, 1)
    before = {path: path.read_bytes() for path in folder.path.iterdir()}

    class Full:
        def __init__(self, file):
            self.file = file

        def __enter__(self):
            return self

        def __exit__(self, *args):
            self.file.close()

        def write(self, content):
            self.file.write(content[:50])
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(
        _checkpoint_files, "open", lambda path, mode: Full(open(path, mode)), raising=False
    )
    with pytest.raises(OSError, match="No space left on device") as caught:
        folder.save({"epoch": 2}, 2)
    assert caught.value.errno == errno.ENOSPC
    assert {path: path.read_bytes() for path in folder.path.iterdir()} == before
