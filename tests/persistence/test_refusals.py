"""Files that save did not write: refused with a clear error, and never executed."""

import io
import json
import os
import pickle
import struct
import zipfile

import joblib
import numpy as np
import pytest
import safetensors.torch
import torch

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier, load
from fa_sklearn._persistence import _container
from fa_sklearn.modules import MLP

REFUSED = "cannot be loaded"


class Bomb:
    """Leaves a trace when it is unpickled."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return (os.mkdir, (str(self.trace),))


def pickled(bomb):
    return pickle.dumps(bomb)


def by_joblib(bomb):
    buffer = io.BytesIO()
    joblib.dump(bomb, buffer)
    return buffer.getvalue()


def by_torch(bomb):
    buffer = io.BytesIO()
    torch.save(bomb, buffer)
    return buffer.getvalue()


def object_array(bomb):
    buffer = io.BytesIO()
    np.savez(buffer, array=np.array([bomb], dtype=object))
    return buffer.getvalue()


def zipped(bomb):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("../../data.pkl", pickle.dumps(bomb))
    return buffer.getvalue()


def after_a_length(bomb):
    data = pickle.dumps(bomb)
    return struct.pack("<Q", len(data)) + data


@pytest.mark.parametrize(
    "write", [pickled, by_joblib, by_torch, object_array, zipped, after_a_length]
)
def test_pickles_are_refused_and_not_executed(tmp_path, write):
    trace, path = tmp_path / "trace", tmp_path / "bomb"
    path.write_bytes(write(Bomb(trace)))
    with pytest.raises(ValueError, match="no safetensors file"):
        load(path)
    assert not trace.exists()
    if write is pickled:  # the bomb is one
        pickle.loads(path.read_bytes())
        assert trace.exists()


def test_pickles_inside_a_document_stay_text(saved, forge, tmp_path):
    trace = tmp_path / "trace"

    def change(document, tensors):
        document["params"]["module"] = pickle.dumps(Bomb(trace)).decode("latin-1")
        data = np.frombuffer(pickle.dumps(Bomb(trace)), dtype=np.uint8).copy()
        tensors["generators.cpu:0"] = torch.from_numpy(data)

    with pytest.raises(ValueError, match=REFUSED):
        load(forge(saved, change))
    assert not trace.exists()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 7,
        struct.pack("<Q", 2**63),
        struct.pack("<Q", 4) + b"null",
        struct.pack("<Q", 2) + b"{}",
        struct.pack("<Q", 200_000) + b"[" * 200_000,
        safetensors.torch.save({"a": torch.zeros(2)}),
        safetensors.torch.save({"a": torch.zeros(2)}, {"format": "pt"}),
        safetensors.torch.save({}, {"format": "fa_sklearn", "format_version": "1"}),
    ],
    ids=range(9),
)
def test_other_files_are_refused(tmp_path, data):
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(ValueError, match=REFUSED):
        load(tmp_path / "file")


@pytest.mark.parametrize("version", ["0", "2", "1.0", ""])
def test_other_versions_are_refused(saved, tmp_path, version):
    data = saved.read_bytes()
    tensors = safetensors.torch.load(data)
    metadata = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
    metadata["format_version"] = version
    path = tmp_path / "other"
    path.write_bytes(safetensors.torch.save(tensors, metadata))
    with pytest.raises(ValueError, match=f"format version '{version}'.*reads version '1'"):
        load(path)


def test_every_truncation_is_refused(saved, tmp_path):
    data, path = saved.read_bytes(), tmp_path / "cut"
    for size in [*range(0, len(data), 997), len(data) - 1]:
        path.write_bytes(data[:size])
        with pytest.raises(ValueError, match=REFUSED):
            load(path)
    path.write_bytes(data + b"\0")
    with pytest.raises(ValueError, match=REFUSED):
        load(path)


def test_flipped_bits_are_refused(saved, tmp_path):
    data, path = saved.read_bytes(), tmp_path / "flipped"
    rng = np.random.default_rng(0)
    header = range(0, 8 + int.from_bytes(data[:8], "little"), 61)
    positions = [*range(8), *header, *rng.integers(len(data), size=300), len(data) - 1]
    for position in positions:
        flipped = bytearray(data)
        flipped[position] ^= 1 << int(rng.integers(8))
        path.write_bytes(flipped)
        with pytest.raises(ValueError, match=REFUSED):
            load(path)


def test_a_changed_checksum_is_refused(saved, tmp_path):
    data = saved.read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    checksum = header["__metadata__"]["sha256"].encode()
    assert data.count(checksum) == 1
    for other in (b"0" * 64, checksum.upper().replace(b"A", b"B"), checksum[::-1]):
        (tmp_path / "changed").write_bytes(data.replace(checksum, other))
        with pytest.raises(ValueError, match="checksum does not match"):
            load(tmp_path / "changed")


WEIGHT = "module.fc1.weight"


def edit_net(key, value):
    return lambda document, tensors: document["net"].update({key: value})


def edit_tensor(name, value):
    return lambda document, tensors: tensors.update({name: value})


def edit_params(key, value):
    return lambda document, tensors: document["params"].update({key: value})


def edit_reader(key, value):
    return lambda document, tensors: document["reader"].update({key: value})


def options(value):
    return edit_net("options", {"type": "dict", "keys": list(value), "values": [*value.values()]})


def drop_weight(document, tensors):
    del tensors[WEIGHT]


def drop_moment(document, tensors):
    del tensors[next(name for name in tensors if name.endswith("exp_avg"))]


def reshape_moment(document, tensors):
    name = next(name for name in tensors if name.endswith("exp_avg"))
    tensors[name] = torch.zeros(3)


def rename_moment(document, tensors):
    names = [name for name in tensors if name.endswith(("exp_avg", "exp_avg_sq"))]
    tensors["../../etc/passwd"] = tensors.pop(names[0])


FORGERIES = {
    "missing weight": drop_weight,
    "extra weight": edit_tensor("module.extra", torch.zeros(2)),
    "extra tensor": edit_tensor("nobody.uses.this", torch.zeros(2)),
    "path as name": edit_tensor("../../outside", torch.zeros(2)),
    "path as weight": edit_tensor("module./etc/passwd", torch.zeros(2)),
    "renamed moment": rename_moment,
    "wrong shape": edit_tensor(WEIGHT, torch.zeros(4, 8)),
    "transposed": edit_tensor(WEIGHT, torch.zeros(7, 4)),
    "scalar weight": edit_tensor(WEIGHT, torch.zeros(())),
    "empty weight": edit_tensor(WEIGHT, torch.zeros(0)),
    "wrong dtype": edit_tensor(WEIGHT, torch.zeros(4, 7, dtype=torch.float64)),
    "integer weight": edit_tensor(WEIGHT, torch.zeros(4, 7, dtype=torch.int32)),
    "missing moment": drop_moment,
    "moment of another shape": reshape_moment,
    "huge layer": options({"hidden_sizes": [10**15]}),
    "huge width": options({"hidden_sizes": [2**62, 2**62]}),
    "negative layer": options({"hidden_sizes": [-1]}),
    "many layers": options({"num_layers": 10**12}),
    "unknown option": options({"command": "rm -rf /"}),
    "dotted module": edit_net("module", {"type": "module", "name": "os.system"}),
    "module by string": edit_net("module", "os.system"),
    "builtin as module": edit_net("module", {"type": "optimizer", "name": "SGD"}),
    "other module": edit_net("module", {"type": "module", "name": "TextRNN"}),
    "unknown optimizer": edit_net("optimizer", "eval"),
    "dotted optimizer": edit_net("optimizer", {"type": "optimizer", "name": "../Adam"}),
    "underscored optimizer": edit_net("optimizer", {"type": "optimizer", "name": "__builtins__"}),
    "module as optimizer": edit_net("optimizer", {"type": "module", "name": "MLP"}),
    "unknown option of an optimizer": edit_net(
        "optimizer",
        {
            "type": "optimizer_with",
            "name": "Adam",
            "options": {"type": "dict", "keys": ["x"], "values": [1]},
        },
    ),
    "unknown type": edit_params("module", {"type": "pickle", "data": "gASV"}),
    "type that is a list": edit_params("module", {"type": ["float"]}),
    "no type": edit_params("module", {}),
    "unknown parameter": edit_params("__class__", "x"),
    "unknown penalty": edit_params("penalty", "eval"),
    "unknown term": edit_params("penalty", {"type": "term", "name": "os", "params": {}}),
    "option of a term": edit_params(
        "penalty", {"type": "term", "name": "multi", "params": {"__init__": 1}}
    ),
    "unhashable key": edit_params(
        "class_weight", {"type": "dict", "keys": [[1]], "values": [1.0]}
    ),
    "keys without values": edit_params(
        "class_weight", {"type": "dict", "keys": [1, 2], "values": [1.0]}
    ),
    "scalar of an object dtype": edit_params(
        "lr", {"type": "scalar", "dtype": "object", "value": 1.0}
    ),
    "huge scalar": edit_params("lr", {"type": "scalar", "dtype": "V99999999999", "value": 1}),
    "unknown device": edit_net("device", "toaster"),
    "unknown dtype": edit_net("dtype", "__class__"),
    "no history": edit_net("history", 7),
    "generator of another kind": edit_net("order", {"type": "dict", "keys": [], "values": []}),
    "state of no generator": edit_net(
        "generators", {"type": "dict", "keys": ["cpu:0"], "values": [1]}
    ),
    "no state of the optimizer": edit_net("optimizer_state", None),
    "unknown kind of X": edit_reader("kind", "../table"),
    "kind of another reader": edit_reader("kind", "image"),
    "vocabulary of a table": edit_reader("vocabulary", ["a"]),
    "names of other features": edit_reader("feature_names_in_", ["a"]),
    "no reader": lambda document, tensors: document.pop("reader") and None,
    "more entries": lambda document, tensors: document.update(code="print()"),
    "unknown estimator": lambda document, tensors: document.update(estimator="Popen"),
    "other estimator": lambda document, tensors: document.update(
        estimator="ForcedApartAutoencoder"
    ),
    "labels of an autoencoder": lambda document, tensors: document["fitted"].update(classes_=None),
    "other labels": edit_tensor("classes_", torch.arange(5)),
    "labels as a table": edit_tensor("classes_", torch.zeros(2, 2)),
    "settings of a method": lambda document, tensors: document["settings"].update(
        requests={"save": {"path": "x"}}
    ),
}


@pytest.mark.parametrize("change", FORGERIES.values(), ids=FORGERIES)
def test_forged_documents_are_refused(saved, forge, change):
    """Their checksum is right: only the checks of the content can find them."""
    with pytest.raises(ValueError, match=REFUSED):
        load(forge(saved, change))


def test_a_forged_file_without_forgery_loads(saved, forge):
    assert isinstance(load(forge(saved, lambda document, tensors: None)), ForcedApartClassifier)


def test_deeply_nested_documents_are_refused(tmp_path, monkeypatch):
    nested = "[" * 100_000 + "]" * 100_000
    with monkeypatch.context() as patch:
        patch.setattr(_container.json, "dumps", lambda *args, **kwargs: nested)
        data = _container.pack(None, {})
    (tmp_path / "nested").write_bytes(data)
    with pytest.raises(ValueError, match="content cannot be read"):
        load(tmp_path / "nested")


def test_image_statistics_of_another_shape_are_refused(forge, tmp_path):
    X = np.random.default_rng(0).integers(256, size=(8, 8, 8, 3), dtype=np.uint8)
    estimator = ForcedApartAutoencoder(max_epochs=1, module_params={"width": 0.05}, random_state=0)
    estimator.fit(X).save(tmp_path / "saved")
    for wrong in (torch.ones(2), torch.ones(3, dtype=torch.float64), torch.ones(3, 1)):
        with pytest.raises(ValueError, match="not standardised per channel"):
            load(forge(tmp_path / "saved", edit_tensor("reader.scale", wrong)))


def test_vocabulary_of_another_size_is_refused(forge, tmp_path):
    texts = ["a b c", "c d", "e a"] * 4
    estimator = ForcedApartClassifier(max_epochs=1, random_state=0).fit(texts, [0, 1, 1] * 4)
    estimator.save(tmp_path / "saved")
    with pytest.raises(ValueError, match="vocabulary has another size"):
        load(forge(tmp_path / "saved", edit_reader("vocabulary", ["a", "b"])))


def test_no_weight_is_allocated_for_a_forged_size(saved, forge, monkeypatch):
    made = []
    original = MLP.__init__

    def spy(self, *args, **kwargs):
        original(self, *args, **kwargs)
        made.extend({parameter.device.type for parameter in self.parameters()})

    monkeypatch.setattr(MLP, "__init__", spy)
    with pytest.raises(ValueError, match="needs"):
        load(forge(saved, options({"hidden_sizes": [10**9]})))
    assert made == ["meta"]


def test_folders_devices_and_missing_files(tmp_path):
    with pytest.raises(ValueError, match="no regular file"):
        load(tmp_path)
    with pytest.raises(ValueError, match="no regular file"):
        load("/dev/zero")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="no regular file"):
        load(tmp_path / "pipe")
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "missing")


def test_reading_needs_no_pickle(saved, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("load unpickled something")

    for module, name in ((pickle, "load"), (pickle, "loads"), (torch, "load"), (joblib, "load")):
        monkeypatch.setattr(module, name, refuse)
    monkeypatch.setattr(pickle, "Unpickler", refuse)
    assert isinstance(load(saved), ForcedApartClassifier)
