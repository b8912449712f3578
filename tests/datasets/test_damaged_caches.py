"""Cache files that are not what they should be."""

import pickle
import zipfile

import numpy as np
import pytest

from fa_sklearn.datasets import (
    fetch_cifar10,
    fetch_clinc150,
    fetch_dbpedia14,
    fetch_mnist_strokes,
    fetch_newsgroups20,
)

from .originals import FETCHERS


def _strokes():
    X = np.ones((4, 5, 4), dtype=np.int8)
    X[:, 3:] = 0
    lengths = np.full(4, 3, dtype=np.int16)
    return _both(X=X, lengths=lengths, y=np.array([0, 3, 9, 1], dtype=np.int8))


def _images():
    X = np.zeros((4, 32, 32, 3), dtype=np.uint8)
    return _both(X=X, y=np.array([0, 3, 9, 1], dtype=np.uint8))


def _texts():
    return _both(X=np.array(["a", "b", "cé", ""]), y=np.array([0, 3, 13, 1], dtype=np.uint8))


def _text_bytes():
    X = np.frombuffer("abcé".encode(), dtype=np.uint8)
    lengths = np.array([1, 1, 3, 0], dtype=np.int32)
    return _both(X=X, lengths=lengths, y=np.array([0, 3, 13, 1], dtype=np.uint8))


def _intents():
    X = np.array(["a", "b", "cé", ""])
    return _both(X=X, y=np.array(["yes", "no", "alarm", "yes"]))


def _posts():
    X = np.frombuffer("abcé".encode(), dtype=np.uint8)
    lengths = np.array([1, 1, 3, 0], dtype=np.int32)
    y = np.array(["sci.med", "sci.med", "alt.atheism", "rec.autos"])
    return _both(X=X, lengths=lengths, y=y)


def _both(**arrays):
    return {
        f"{key}_{split}": array for split in ("train", "test") for key, array in arrays.items()
    }


KINDS = {
    "strokes": (fetch_mnist_strokes, "mnist_strokes.npz", _strokes),
    "images": (fetch_cifar10, "cifar10.npz", _images),
    "texts": (fetch_dbpedia14, "dbpedia14.npz", _texts),
    "text_bytes": (fetch_dbpedia14, "dbpedia14.npz", _text_bytes),
    "intents": (fetch_clinc150, "clinc150.npz", _intents),
    "posts": (fetch_newsgroups20, "newsgroups20.npz", _posts),
}
DAMAGE = {
    "y too short": ("y_train", lambda y: y[:-1]),
    "y empty": ("y_test", lambda y: y[:0]),
    "y of floats": ("y_test", lambda y: np.zeros(y.shape)),
    "y two-dimensional": ("y_test", lambda y: y[:, None]),
    "X of another dtype": ("X_train", lambda X: np.zeros(X.shape, dtype=np.float32)),
    "X with an axis more": ("X_train", lambda X: X[None]),
    "X too short": ("X_train", lambda X: X[:-1]),
}
DAMAGE_OF_CODES = {
    "y too large": ("y_test", lambda y: y + 99),
    "y negative": ("y_train", lambda y: y.astype(np.int16) - 1),
}
DAMAGE_OF_NAMES = {
    "y unknown": ("y_test", lambda y: np.char.add(y, "?")),
    "y of bytes": ("y_train", lambda y: y.astype(bytes)),
    "y of codes": ("y_train", lambda y: np.arange(len(y))),
}
DAMAGE_OF_LENGTHS = {
    "lengths too large": ("lengths_train", lambda lengths: lengths + 9),
    "lengths negative": ("lengths_train", lambda lengths: -lengths - 1),
    "lengths too few": ("lengths_train", lambda lengths: lengths[:-1]),
    "lengths of floats": ("lengths_test", lambda lengths: lengths * 1.0),
    "lengths shifted": ("lengths_test", lambda lengths: lengths - np.array([1, 0, 0, 0])),
}
CASES = [(kind, damage) for kind in KINDS for damage in DAMAGE.values()]
for some, damages in (
    (("strokes", "images", "texts", "text_bytes"), DAMAGE_OF_CODES),
    (("intents", "posts"), DAMAGE_OF_NAMES),
    (("strokes", "text_bytes", "posts"), DAMAGE_OF_LENGTHS),
):
    CASES += [(kind, damage) for kind in some for damage in damages.values()]
CASES += [(kind, (key, None)) for kind, (*_, make) in KINDS.items() for key in make()]


@pytest.mark.parametrize("kind", KINDS)
def test_undamaged(kind, tmp_path):
    fetch, filename, make = KINDS[kind]
    np.savez(tmp_path / filename, **make())
    bunch = fetch(data_home=tmp_path)
    assert len(bunch.X_train) == len(bunch.y_test) == 4
    assert "X_val" not in bunch


@pytest.mark.parametrize("kind, damage", CASES)
def test_damaged_array(kind, damage, tmp_path):
    fetch, filename, make = KINDS[kind]
    key, change = damage
    arrays = make()
    if change is None:
        del arrays[key]
    else:
        arrays[key] = change(arrays[key])
    path = tmp_path / filename
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match="is damaged .*: delete it and fetch it again") as caught:
        fetch(data_home=tmp_path)
    assert str(path) in str(caught.value)
    assert path.exists()


def test_validation_split_is_checked_too(tmp_path):
    arrays = _texts() | {"X_val": np.array(["one", "two"]), "y_val": np.array([4])}
    np.savez(tmp_path / "dbpedia14.npz", **arrays)
    with pytest.raises(ValueError, match="y_val"):
        fetch_dbpedia14(data_home=tmp_path)
    np.savez(tmp_path / "dbpedia14.npz", **(arrays | {"y_val": np.array([4, 5])}))
    bunch = fetch_dbpedia14(data_home=tmp_path)
    assert bunch.X_val.tolist() == ["one", "two"]
    assert bunch.y_val.tolist() == [4, 5]


def test_both_forms_of_text_give_the_same(tmp_path):
    bunches = []
    for make in (_texts, _text_bytes):
        np.savez(tmp_path / "dbpedia14.npz", **make())
        bunches.append(fetch_dbpedia14(data_home=tmp_path))
    assert bunches[0].X_train.tolist() == bunches[1].X_train.tolist() == ["a", "b", "cé", ""]
    assert all(bunch.X_train.dtype == object for bunch in bunches)


def test_sequences_of_one_length_stay_an_object_array(tmp_path):
    np.savez(tmp_path / "mnist_strokes.npz", **_strokes())
    X = fetch_mnist_strokes(data_home=tmp_path).X_train
    assert X.shape == (4,)
    assert X.dtype == object
    assert all(sequence.shape == (3, 4) for sequence in X)


@pytest.mark.parametrize("name", FETCHERS)
@pytest.mark.parametrize("content", [b"", b"no zip", pickle.dumps({"X_train": [1]})])
def test_no_npz_file(name, content, tmp_path):
    (tmp_path / f"{name}.npz").write_bytes(content)
    with pytest.raises(ValueError, match="is damaged"):
        FETCHERS[name](data_home=tmp_path)


def test_object_arrays_are_not_unpickled(tmp_path):
    arrays = _texts() | {"X_train": np.array(["a", "b", "c", "d"], dtype=object)}
    np.savez(tmp_path / "dbpedia14.npz", **arrays)
    with pytest.raises(ValueError, match="is damaged .*allow_pickle"):
        fetch_dbpedia14(data_home=tmp_path)


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_flipped_and_lost_bytes(compression, tmp_path):
    """Whatever is broken, the error names the file; a harmless bit changes nothing."""
    path = tmp_path / "mnist_strokes.npz"
    save = np.savez if compression == zipfile.ZIP_STORED else np.savez_compressed
    save(path, **_strokes())
    whole = path.read_bytes()
    wanted = np.concatenate(list(fetch_mnist_strokes(data_home=tmp_path).X_train))
    rng = np.random.default_rng(0)
    for position in rng.choice(len(whole), size=200, replace=False):
        flipped = bytearray(whole)
        flipped[position] ^= 1 << rng.integers(8)
        for broken in (bytes(flipped), whole[:position]):
            path.write_bytes(broken)
            try:
                bunch = fetch_mnist_strokes(data_home=tmp_path)
            except ValueError as error:
                assert str(path) in str(error)
            else:
                np.testing.assert_array_equal(np.concatenate(list(bunch.X_train)), wanted)
