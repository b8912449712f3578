"""Where the data home is and what clearing it deletes."""

from pathlib import Path

import pytest

from fa_sklearn.datasets import clear_data_home, fetch_cifar10, get_data_home

from .originals import MODULES


def test_argument_goes_before_environment_before_default(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.delenv("FA_SKLEARN_DATA", raising=False)
    assert get_data_home() == str(tmp_path / "fa_sklearn_data")
    monkeypatch.setenv("FA_SKLEARN_DATA", "")
    assert get_data_home() == str(tmp_path / "fa_sklearn_data")
    monkeypatch.setenv("FA_SKLEARN_DATA", str(tmp_path / "environment"))
    assert get_data_home() == str(tmp_path / "environment")
    assert get_data_home(tmp_path / "argument" / "deep") == str(tmp_path / "argument" / "deep")
    assert get_data_home("~/tilde") == str(tmp_path / "tilde")
    assert all(Path(tmp_path, name).is_dir() for name in ("environment", "argument", "tilde"))


def test_clear_deletes_the_cache_files_only(tmp_path):
    caches = [tmp_path / module.DATASET.filename for module in MODULES.values()]
    others = [tmp_path / "mine.npz", tmp_path / "sequences.tar.gz"]
    for path in caches + others:
        path.touch()
    clear_data_home(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted(others)
    clear_data_home(tmp_path)
    clear_data_home(tmp_path / "not_there")
    assert not (tmp_path / "not_there").exists()


@pytest.mark.parametrize("function", [get_data_home, clear_data_home])
def test_data_home_of_a_wrong_type(function):
    with pytest.raises(TypeError, match="data_home must be a str, a path or None, got 3"):
        function(3)
    with pytest.raises(TypeError, match="data_home must be"):
        fetch_cifar10(data_home=b"bytes")
