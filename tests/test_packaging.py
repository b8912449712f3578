"""What `pip install` gives to users, and what importing the package costs them."""

import email
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

import pytest

import fa_sklearn

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "fa_sklearn"
MAX_WHEEL_BYTES = 1_000_000
OPTIONAL = {"matplotlib", "PIL", "pandas", "polars", "pooch", "requests"} | {
    *("onnx", "onnxruntime", "onnxscript", "pynndescent"),
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    # A copy: building in place would leave outputs in the tree and pack stale ones.
    work = tmp_path_factory.mktemp("wheel")
    junk = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "dist")
    source = shutil.copytree(ROOT, work / "source", ignore=junk)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--no-build-isolation", "--no-index", "-w", str(work), str(source)]
    subprocess.run(command, check=True, cwd=work)
    (path,) = work.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def names(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def members_of(names, folder):
    return [name for name in names if PurePosixPath(name).parent == PurePosixPath(folder)]


def test_wheel_carries_every_file_of_the_package(names):
    files = (path for path in PACKAGE.rglob("*") if path.is_file())
    expected = {path.relative_to(ROOT).as_posix() for path in files if path.suffix != ".pyc"}
    packed = {name for name in names if name.startswith("fa_sklearn/")}
    assert packed == expected
    assert "fa_sklearn/py.typed" in packed


def test_wheel_carries_only_the_package(names):
    tops = {PurePosixPath(name).parts[0] for name in names}
    assert tops == {"fa_sklearn", f"fa_sklearn-{fa_sklearn.__version__}.dist-info"}


def test_wheel_is_small(wheel):
    assert wheel.stat().st_size < MAX_WHEEL_BYTES


def test_bundled_data_come_with_their_licence_and_description(wheel, names):
    data = members_of(names, "fa_sklearn/datasets/data")
    assert any(name.endswith(".npz") for name in data)
    assert members_of(names, "fa_sklearn/datasets/descr")
    with zipfile.ZipFile(wheel) as archive:
        texts = [archive.read(name).decode() for name in data if not name.endswith(".npz")]
    assert any("CC BY-SA" in text for text in texts)


def test_metadata(wheel, names):
    (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
    with zipfile.ZipFile(wheel) as archive:
        fields = email.message_from_bytes(archive.read(metadata))
        licences = [name for name in names if name.endswith(".dist-info/licenses/LICENSE")]
        assert [archive.read(name) for name in licences] == [(ROOT / "LICENSE").read_bytes()]
    assert fields["Name"] == "fa-sklearn"
    assert fields["Version"] == fa_sklearn.__version__
    assert fields["License-Expression"] == "BSD-3-Clause"


def test_import_loads_no_optional_package():
    # The dependencies come first: what they load themselves is not ours to avoid.
    code = """
import json, sys
import scipy.sparse, skorch, skorch.callbacks, sklearn.pipeline, torch
before = set(sys.modules)
import fa_sklearn
print(json.dumps(sorted({name.partition(".")[0] for name in set(sys.modules) - before})))
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment
    )
    loaded = set(json.loads(done.stdout))
    assert "fa_sklearn" in loaded
    assert not loaded & OPTIONAL
