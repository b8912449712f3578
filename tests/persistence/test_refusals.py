"""Files that save did not write: refused with a clear error, and never executed."""

import functools
import io
import json
import os
import pickle
import struct
import subprocess
import sys
import zipfile

import joblib
import numpy as np
import pytest
import skops.io
import torch
from torch import nn

from fa_sklearn import ForcedApartClassifier, load
from fa_sklearn.modules import MLP, TextRNN

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
    with pytest.raises(ValueError, match=REFUSED):
        load(path)
    assert not trace.exists()
    if write is pickled:  # the bomb is one
        pickle.loads(path.read_bytes())
        assert trace.exists()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 7,
        struct.pack("<Q", 4) + b"null",
        skops.io.dumps({"a": 1}),
        skops.io.dumps([1, 2]),
        skops.io.dumps(ForcedApartClassifier()),
    ],
    ids=range(6),
)
def test_other_files_are_refused(tmp_path, data):
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(ValueError, match=REFUSED):
        load(tmp_path / "file")


@pytest.mark.parametrize("version", [1, 3, "2", None])
def test_other_versions_are_refused(saved, forge, version):
    forged = forge(saved, lambda content: content.update(format_version=version), raw=True)
    with pytest.raises(ValueError, match=f"format version {version!r}.*reads version 2"):
        load(forged)


def test_every_truncation_is_refused(saved, tmp_path):
    data, path = saved.read_bytes(), tmp_path / "cut"
    for size in [*range(0, len(data), 997), len(data) - 1]:
        path.write_bytes(data[:size])
        with pytest.raises(ValueError, match=REFUSED):
            load(path)


def test_flipped_bits_are_refused_or_change_nothing(saved, tmp_path, X):
    """In the dates of a zip file, say, nothing depends on them."""
    data, path = saved.read_bytes(), tmp_path / "flipped"
    expected = load(saved).transform(X)
    rng, refused = np.random.default_rng(0), 0
    for position in rng.integers(len(data), size=150):
        flipped = bytearray(data)
        flipped[position] ^= 1 << int(rng.integers(8))
        path.write_bytes(flipped)
        try:
            loaded = load(path)
        except ValueError as error:
            assert REFUSED in str(error)
            refused += 1
        else:
            np.testing.assert_array_equal(loaded.transform(X), expected)
    assert refused > 130


WEIGHT = "fc1.weight"


def edit(part, key, value):
    return lambda content: content[part].update({key: value})


def edit_weight(name, value):
    return lambda content: content["net"]["weights"].update({name: value})


def edit_setting(key, value):
    return lambda content: content["net"]["parameters"].update({key: value})


def edit_argument(key, value):
    return lambda content: content["net"]["arguments"].update({key: value})


def drop_weight(content):
    del content["net"]["weights"][WEIGHT]


def edit_moment(key, value):
    return lambda content: content["net"]["optimizer_state"]["state"][0].update({key: value})


def one_group_more(content):
    content["net"]["optimizer_state"]["param_groups"] *= 2


def state_of_torch(content):
    content["net"]["parameters"]["randomness"]["states"]["cpu:0"][:100] = 255


FORGERIES = {
    "missing weight": drop_weight,
    "extra weight": edit_weight("extra", np.zeros(2, dtype=np.float32)),
    "wrong shape": edit_weight(WEIGHT, np.zeros((4, 8), dtype=np.float32)),
    "transposed": edit_weight(WEIGHT, np.zeros((7, 4), dtype=np.float32)),
    "scalar weight": edit_weight(WEIGHT, np.zeros((), dtype=np.float32)),
    "empty weight": edit_weight(WEIGHT, np.zeros(0, dtype=np.float32)),
    "wrong dtype": edit_weight(WEIGHT, np.zeros((4, 7))),
    "integer weight": edit_weight(WEIGHT, np.zeros((4, 7), dtype=np.int32)),
    "weight that is none": edit_weight(WEIGHT, "zeros"),
    "moment of another shape": edit_moment("exp_avg", np.zeros(3, dtype=np.float32)),
    "larger moment": edit_moment("exp_avg_sq", np.zeros((70, 60), dtype=np.float32)),
    "steps of another shape": edit_moment("step", np.zeros(7, dtype=np.float32)),
    "optimizer of more groups": one_group_more,
    "no state of the optimizer": edit("net", "optimizer_state", None),
    "huge layer": edit_argument("hidden_sizes", (10**15,)),
    "huge width": edit_argument("hidden_sizes", (2**62, 2**62)),
    "large layer": edit_argument("hidden_sizes", (10**9,)),
    "negative layer": edit_argument("hidden_sizes", (-1,)),
    "many layers": edit_argument("num_layers", 10**12),
    "unknown option": edit_argument("command", "rm -rf /"),
    "other module": edit("net", "module", TextRNN),
    "module that is an optimizer": edit("net", "module", torch.optim.SGD),
    "module that is a name": edit("net", "module", "os.system"),
    "module of an unknown class": edit("net", "module", nn.Linear),
    "function as module": edit("net", "module", os.system),
    "unknown optimizer": edit_setting("optimizer", "eval"),
    "function as optimizer": edit_setting("optimizer", os.system),
    "module as optimizer": edit_setting("optimizer", MLP),
    "large module as optimizer": edit_setting(
        "optimizer", functools.partial(MLP, input_shape=(10**6,), n_components=10**6, n_outputs=1)
    ),
    "unknown option of an optimizer": edit_setting(
        "optimizer", functools.partial(torch.optim.Adam, x=1)
    ),
    "an argument that the net lacks": edit_setting("tasks", MLP),
    "unknown device": edit_setting("device", "toaster"),
    "unknown dtype": edit_setting("dtype", "__class__"),
    "no history": edit("net", "history", 7),
    "generator of another kind": edit_setting("rng", np.random.MT19937(0).state),
    "philox out of range": edit_setting("rng", {**np.random.Philox(0).state, "buffer_pos": 10**6}),
    "generator without state": edit_setting("rng", {}),
    "state of no generator": edit_setting("randomness", {"seed": 0, "states": {"cpu:0": 1}}),
    "state of another length": edit_setting(
        "randomness", {"seed": 0, "states": {"cpu:0": np.zeros(7, dtype=np.uint8)}}
    ),
    "state that torch refuses": state_of_torch,
    "unknown parameter": edit("parameters", "__class__", "x"),
    "unknown estimator": lambda content: content.update(estimator="Popen"),
    "other estimator": lambda content: content.update(estimator="ForcedApartAutoencoder"),
    "other labels": edit("fitted", "classes_", np.arange(5)),
    "no labels": lambda content: content["fitted"].pop("classes_"),
    "no reader": lambda content: content["fitted"].pop("_reader"),
    "method of another": edit("fitted", "transform", MLP),
    "settings of a method": edit("settings", "requests", {"save": {"path": "x"}}),
}


@pytest.mark.parametrize("change", FORGERIES.values(), ids=FORGERIES)
def test_forged_contents_are_refused(saved, forge, change):
    with pytest.raises(ValueError, match=REFUSED):
        load(forge(saved, change))


def test_a_forged_file_without_forgery_loads(saved, forge):
    assert isinstance(load(forge(saved, lambda content: None)), ForcedApartClassifier)


def position(value):
    state = list(np.random.RandomState(0).get_state())
    return edit(
        "parameters", "random_state", {"random_state": (state[0], state[1], value, 0, 0.0)}
    )


def few_words(content):
    state = np.random.RandomState(0).get_state()
    content["parameters"]["random_state"] = {"random_state": (state[0], state[1][:3], 5, 0, 0.0)}


RAW_FORGERIES = {
    "position of a generator": position(10**6),
    "negative position": position(-5),
    "few words": few_words,
    "a generator that skops fills": edit("parameters", "random_state", np.random.RandomState(0)),
    "another that skops fills": edit("fitted", "rng", np.random.default_rng(0)),
    "an object of another class": edit(
        "parameters", "penalty", {"class": MLP, "attributes": {"json": "{}"}}
    ),
    "keys without values": edit("parameters", "class_weight", {"keys": [1, 2], "values": [1.0]}),
    "unhashable key": edit("parameters", "class_weight", {"keys": [[1]], "values": [1.0]}),
    "no kind": edit("parameters", "lr", {}),
    "a method": edit("parameters", "lr", MLP.mro),
}


@pytest.mark.parametrize("change", RAW_FORGERIES.values(), ids=RAW_FORGERIES)
def test_forged_states_of_skops_are_refused(saved, forge, change):
    with pytest.raises(ValueError, match=REFUSED):
        load(forge(saved, change, raw=True))


def rewrite(path, change, compression=zipfile.ZIP_STORED):
    """Change the schema of a file, or how it is packed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(parts["schema.json"])
    change(schema, parts)
    parts["schema.json"] = json.dumps(schema)
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def test_a_class_is_not_called_with_what_the_file_says(saved, forge):
    """skops would make MLP((10**6,), 10**6, 1), 4 TB, before anybody looks at it."""
    edited = forge(
        saved, edit("parameters", "lr", {"class": MLP, "attributes": ((9,), 9, 1)}), raw=True
    )

    def change(schema, parts):
        node = schema["content"]["parameters"]["content"]["lr"]
        name = node["content"]["class"]
        node.update({**name, "__loader__": "ConstructorFromReduceNode"})
        node["content"] = node["content"]["attributes"]

    rewrite(edited, change)
    with pytest.raises(ValueError, match=r"a fa_sklearn.modules._mlp.MLP is not what a file can"):
        load(edited)


def test_references_that_double_at_each_level_are_refused(saved):
    """Lists of two references to the list below grow to 2^40 items from a few kilobytes."""

    def change(schema, parts):
        node = {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode"}
        node |= {"content": '"x"', "__id__": 1}
        for level in range(2, 42):
            twin = {**node, "content": []} if level > 2 else node
            kind = {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode"}
            node = {**kind, "content": [node, twin], "__id__": level}
        schema["content"]["parameters"]["content"]["lr"] = node

    rewrite(saved, change)
    with pytest.raises(ValueError, match="repeats a part by reference"):
        load(saved)


def add_zeros(schema, parts):
    parts["zeros.npy"] = bytes(300_000_000)


def claim_a_size(schema, parts):
    """The header of an array promises 8 TB."""
    name = next(name for name in parts if name.endswith(".npy"))
    buffer = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": (10**12,)}
    np.lib.format.write_array_header_1_0(buffer, header)
    parts[name] = buffer.getvalue() + bytes(64)


LIMITED = """
import resource, sys
import skops.io
from fa_sklearn import load
used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    load(sys.argv[1])
except ValueError as error:
    print(error)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - used)
"""


@pytest.mark.parametrize(
    ("change", "compression", "message"),
    [
        (add_zeros, zipfile.ZIP_DEFLATED, "larger than the file itself"),
        (claim_a_size, zipfile.ZIP_STORED, REFUSED),
    ],
)
def test_a_small_file_takes_little_memory(saved, change, compression, message):
    rewrite(saved, change, compression)
    assert saved.stat().st_size < 1_000_000
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(saved)], capture_output=True, text=True, check=True
    )
    error, kilobytes = done.stdout.splitlines()
    assert message in error
    assert int(kilobytes) < 50_000


def test_deeply_nested_contents_are_refused(saved):
    def change(schema, parts):
        parts["deep"] = b"[" * 100_000 + b"]" * 100_000

    rewrite(saved, change)
    with zipfile.ZipFile(saved) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["schema.json"] = parts.pop("deep")
    with zipfile.ZipFile(saved, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    with pytest.raises(ValueError, match=REFUSED):
        load(saved)


def test_no_weight_is_allocated_for_a_forged_size(saved, forge, monkeypatch):
    forged = forge(saved, edit_argument("hidden_sizes", (10**9,)))
    made = []
    original = MLP.__init__

    def spy(self, *args, **kwargs):
        original(self, *args, **kwargs)
        made.extend({parameter.device.type for parameter in self.parameters()})

    monkeypatch.setattr(MLP, "__init__", spy)
    with pytest.raises(ValueError, match="needs"):
        load(forged)
    assert made == ["meta"]


def test_folders_devices_and_missing_files(tmp_path):
    with pytest.raises(ValueError, match="not a regular file"):
        load(tmp_path)
    with pytest.raises(ValueError, match="not a regular file"):
        load("/dev/zero")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="not a regular file"):
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
