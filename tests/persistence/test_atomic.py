"""Files appear whole or not at all."""

import os
import signal
import subprocess
import sys

import pytest

from fa_sklearn import _atomic, load
from fa_sklearn._atomic import write_atomically

# The module alone: the whole package takes seconds to import.
IMPORT = f"""
import importlib.util, os, resource, signal, sys
spec = importlib.util.spec_from_file_location("_atomic", {_atomic.__file__!r})
_atomic = importlib.util.module_from_spec(spec)
spec.loader.exec_module(_atomic)
"""
# A limit on the size of a file stands for a full disk: the write fails half way through.
FULL_DISK = """
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    _atomic.write_atomically(sys.argv[1], b"new" * 1000)
except OSError as error:
    print(*error.__notes__)
"""
KILLED = """
_atomic.os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)
_atomic.write_atomically(sys.argv[1], b"new" * 1000)
"""


def run(code, path):
    command = [sys.executable, "-c", IMPORT + code, str(path)]
    return subprocess.run(command, capture_output=True, text=True)


def test_a_new_file_and_a_replaced_one(tmp_path):
    for data in (b"first", b"second, longer", b""):
        write_atomically(tmp_path / "file", data)
        assert (tmp_path / "file").read_bytes() == data
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("before", [None, b"earlier"])
def test_a_full_disk_leaves_the_earlier_file(tmp_path, before):
    path = tmp_path / "file"
    if before is not None:
        path.write_bytes(before)
    done = run(FULL_DISK, path)
    assert "Nothing was saved" in done.stdout, done.stderr
    assert (path.read_bytes() if path.exists() else None) == before
    assert len(os.listdir(tmp_path)) == (before is not None)


def test_a_killed_process_leaves_the_earlier_file_and_nothing_hidden(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"earlier")
    assert run(KILLED, path).returncode == -signal.SIGKILL
    assert path.read_bytes() == b"earlier"
    (left,) = set(os.listdir(tmp_path)) - {"file"}
    assert left.startswith("file.") and left.endswith(".part")


def test_an_interrupt_leaves_the_earlier_file(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(b"earlier")

    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(_atomic.os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"earlier"
    assert os.listdir(tmp_path) == ["file"]


def test_a_symbolic_link_is_replaced_and_its_target_is_not(tmp_path, make):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"somebody else's")
    link.symlink_to(target)
    estimator = make()
    estimator.save(link)
    assert target.read_bytes() == b"somebody else's"
    assert not link.is_symlink()
    target.unlink()
    target.symlink_to(link)
    assert load(target).get_params() == estimator.get_params()


def test_paths_may_be_relative_and_point_upwards(tmp_path, make, monkeypatch):
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    make().save("../saved")
    load("../saved")
    assert sorted(os.listdir(tmp_path)) == ["inner", "saved"]


def test_permissions_are_those_of_any_new_file(tmp_path):
    (tmp_path / "plain").write_bytes(b"")
    write_atomically(tmp_path / "file", b"")
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o660])
def test_a_replaced_file_keeps_its_mode(tmp_path, mode):
    path = tmp_path / "file"
    path.write_bytes(b"earlier")
    path.chmod(mode)
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == mode


def test_devices_and_pipes_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", os.devnull):
        with pytest.raises(OSError, match="is a device or a pipe: pass the name of a file"):
            write_atomically(path, b"")
    assert os.listdir(tmp_path) == ["pipe"]
    assert not os.path.isfile(os.devnull)


def test_folders_are_refused(tmp_path):
    with pytest.raises(IsADirectoryError, match="is a folder: pass the name of a file"):
        write_atomically(tmp_path, b"")
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "missing" / "file", b"")
    assert os.listdir(tmp_path) == []
