"""Fetching originals from a server on this machine: whole, cut, changed, absent, unreachable."""

import socket
from dataclasses import replace
from http.client import IncompleteRead

import numpy as np
import pytest

from fa_sklearn.datasets._cache import RemoteFile, verify

from .originals import FETCHERS, MODULES, make_original, pack


@pytest.fixture(params=sorted(FETCHERS))
def original(request):
    return make_original(request.param)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    """Let the downloader try again at once."""
    monkeypatch.setattr("sklearn.datasets._base.time.sleep", lambda seconds: None)


# It warns at each attempt that fails, and the error at the end is what is looked at.
pytestmark = pytest.mark.filterwarnings("ignore:Retry downloading")


def _listing(folder):
    return sorted(path.name for path in folder.rglob("*"))


def test_good_download(original, server, tmp_path, monkeypatch):
    server.serve(original.archive)
    dataset = original.install(monkeypatch, server.url)
    home = tmp_path / "new" / "home"
    bunch = original.fetch(data_home=home)
    original.assert_equal(bunch)
    assert bunch.y_train.dtype == np.int64
    assert _listing(home) == [dataset.filename]

    server.serve(b"", status=404)
    original.assert_equal(original.fetch(data_home=home, download_if_missing=False))


def test_environment_names_the_data_home(original, server, tmp_path, monkeypatch):
    server.serve(original.archive)
    dataset = original.install(monkeypatch, server.url)
    monkeypatch.setenv("FA_SKLEARN_DATA", str(tmp_path))
    original.assert_equal(original.fetch())
    assert _listing(tmp_path) == [dataset.filename]


def test_original_put_into_the_data_home(original, tmp_path, monkeypatch):
    dataset = original.install(monkeypatch, "http://not.used.invalid/original.tar.gz")
    archive = tmp_path / dataset.remote.filename
    archive.write_bytes(original.archive)
    original.assert_equal(original.fetch(data_home=tmp_path, download_if_missing=False))
    assert _listing(tmp_path) == sorted([archive.name, dataset.filename])


def test_changed_original_in_the_data_home(original, tmp_path, monkeypatch):
    dataset = original.install(monkeypatch, "http://not.used.invalid/original.tar.gz")
    archive = tmp_path / dataset.remote.filename
    archive.write_bytes(original.archive[:-1])
    with pytest.raises(OSError, match="digest|checksum"):
        original.fetch(data_home=tmp_path)
    assert _listing(tmp_path) == [archive.name]


def _assert_fails(original, home, reason):
    with pytest.raises(OSError, match=reason) as caught:
        original.fetch(data_home=home)
    message = str(caught.value)
    dataset = MODULES[original.name].DATASET
    for needed in (dataset.filename, dataset.remote.filename, dataset.remote.url, str(home)):
        assert needed in message
    assert "FA_SKLEARN_DATA" in message
    assert caught.value.__cause__ is not None
    assert _listing(home) == []


def test_truncated_download(original, server, tmp_path, monkeypatch):
    half = original.archive[: len(original.archive) // 2]
    server.serve(half, announced=len(original.archive))
    original.install(monkeypatch, server.url)
    _assert_fails(original, tmp_path, rf"only {len(half)} out of {len(original.archive)} bytes")


def test_truncated_download_of_unannounced_length(original, server, tmp_path, monkeypatch):
    server.serve(original.archive[:-9])
    original.install(monkeypatch, server.url)
    _assert_fails(original, tmp_path, "digest|checksum")


def test_tampered_download(original, server, tmp_path, monkeypatch):
    tampered = bytearray(original.archive)
    tampered[len(tampered) // 2] ^= 1
    server.serve(bytes(tampered))
    original.install(monkeypatch, server.url)
    _assert_fails(original, tmp_path, "digest|checksum")


def test_server_error(original, server, tmp_path, monkeypatch):
    server.serve(b"Not here", status=404)
    original.install(monkeypatch, server.url)
    _assert_fails(original, tmp_path, "404")


def test_offline(original, tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with socket.socket() as closed_again:
        closed_again.bind(("127.0.0.1", 0))
        port = closed_again.getsockname()[1]
    original.install(monkeypatch, f"http://127.0.0.1:{port}/original.tar.gz")
    _assert_fails(original, tmp_path, "could not be made")


def test_connection_that_breaks_off(original, tmp_path, monkeypatch):
    def break_off(url, path):
        path.write_bytes(b"abc")
        raise IncompleteRead(b"abc", 10)

    monkeypatch.setattr("sklearn.datasets._base.urlretrieve", break_off)
    original.install(monkeypatch, "http://not.used.invalid/original.tar.gz")
    _assert_fails(original, tmp_path, "IncompleteRead")


@pytest.mark.parametrize("content", [b"no archive", pack({"readme.txt": b"nothing else"})])
def test_unexpected_content_with_the_right_digest(
    original, content, server, tmp_path, monkeypatch
):
    other = replace(original, archive=content)
    server.serve(content)
    other.install(monkeypatch, server.url)
    _assert_fails(other, tmp_path, "could not be made")


def test_interrupt_leaves_nothing(original, tmp_path, monkeypatch):
    def interrupt(url, path):
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr("sklearn.datasets._base.urlretrieve", interrupt)
    with pytest.raises(KeyboardInterrupt):
        original.fetch(data_home=tmp_path)
    assert _listing(tmp_path) == []


def test_download_not_wanted(original, tmp_path):
    home = tmp_path / "not_there"
    with pytest.raises(FileNotFoundError, match="FA_SKLEARN_DATA"):
        original.fetch(data_home=home, download_if_missing=False)
    assert not home.exists()


def test_stroke_numbers_beyond_8_bits(server, tmp_path, monkeypatch):
    original = make_original("mnist_strokes")
    files = {"sequences/trainimg-0-inputdata.txt": b"1 2 0 0\n128 0 1 1\n"}
    original = replace(original, archive=pack(files))
    server.serve(original.archive)
    original.install(monkeypatch, server.url)
    _assert_fails(original, tmp_path, "does not fit into 8 bits")


def test_git_blob_digest_is_git_s_own(tmp_path):
    """The id that git documents for a file with this content."""
    path = tmp_path / "file"
    path.write_bytes(b"what is up, doc?")
    git_id = "bd9dbf5aae1a3862dd1526723246b20206e5fc37"
    verify(RemoteFile("file", "", "git-blob", git_id), path)


def test_digests_have_their_algorithms_length():
    for module in MODULES.values():
        remote = module.DATASET.remote
        n_digits = {"git-blob": 40, "sha256": 64}[remote.algorithm]
        assert len(remote.digest) == n_digits
        assert int(remote.digest, 16) > 0
        assert remote.url.startswith("https://")
        assert remote.filename.endswith((".tar.gz", ".tgz", ".json"))
