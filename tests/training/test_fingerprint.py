"""Fits that differ have different names, and one fit has one name in every process."""

import collections
import enum
import os
import subprocess
import sys
import textwrap
import threading

import numpy as np
import pytest
import torch
from skorch.callbacks import LRScheduler
from torch import nn

from fa_sklearn._training._fingerprint import fingerprint
from fa_sklearn.losses import MultilayerLoss

A = np.arange(12, dtype=np.float32).reshape(3, 4)


def name(value):
    return fingerprint({"value": value})


def scale_by(factor):
    return lambda x: x * factor


def make_class(factor, constant=1):
    class Made:
        CONSTANT = constant

        def times(self, x):
            return x * 2 if factor == 2 else x * 3

    if factor == 3:
        Made.times = lambda self, x: x * 3
    return Made


def reading(constant, source="lambda x: x * FACTOR"):
    """A function of a module that holds a constant."""
    return eval(source, {"__name__": "own", "FACTOR": constant})


def changed(array, index, value):
    copy = array.copy()
    copy[index] = value
    return copy


def nested(depth):
    return [] if depth == 0 else [nested(depth - 1)]


first, second = (lambda a, b: a - b), (lambda a, b: b - a)  # noqa: E731


DIFFERENT = {
    "numbers": [1, 1.0, True, "1", b"1", None, 2, 0.1 + 0.2, 0.3, 1 + 0j, np.float64(1)],
    "containers": [[], (), {}, set(), [[]], [0], (0,), {0}, {0: 0}, [1, 2], [2, 1], [12], ["12"]],
    "dicts": [{"a": 1}, {"a": 2}, {"b": 1}, {"a": 1, "b": 1}, {"a": {"b": 1}}, {1: "a"}],
    "arrays": [
        *(A, A.T, A.reshape(4, 3), A.astype(np.float64), A.view(np.int32), A[:2], A.tolist()),
        *(changed(A, (0, 0), -0.0), changed(A, (2, 3), 12), A[0], A[:0], np.array(1.0)),
        *(A.astype(object), np.array(["a", "b"]), np.array(["a", "c"])),
    ],
    "tensors": [torch.ones(2), torch.ones(2, dtype=torch.bfloat16), torch.zeros(2), np.ones(2)],
    "functions": [
        *(first, second, lambda a, b: a - b - 1, lambda a, b=1: a - b, lambda a, *, b=2: a - b),
        *(scale_by(2), scale_by(3), len, max, np.exp, np.log, torch.relu, nn.functional.gelu),
    ],
    "functions of constants": [
        *(reading(2), reading(3), reading(2.0), reading("2"), reading(np.float32(2))),
        *(reading((2, 3)), reading((2, 4)), reading((2, (3, "a"))), reading((2, (3, "b")))),
    ],
    "nested functions of constants": [
        reading(constant, f"lambda x: {code}")
        for code in ("(lambda: x * FACTOR)", "[FACTOR for y in x]")
        for constant in (2, 3)
    ],
    "classes": [make_class(2), make_class(3), make_class(2, 5), nn.ReLU, nn.GELU, int],
    "constants of classes": [
        make_class(2, constant)
        for constant in [
            *((1, 2), (1, 3), [1, 2], [1, 3], {"a": 1}, {"a": 2}, {"b": 1}, {1, 2}, np.int8(1)),
            *({"a": (1, [2])}, {"a": (1, [3])}, frozenset("ab"), (), [], {}),
        ]
    ],
    "objects": [
        *(MultilayerLoss(), MultilayerLoss(margin=0.5), make_class(2)(), make_class(3)()),
        *(LRScheduler("StepLR", step_size=1), LRScheduler("StepLR", step_size=2)),
        *(nn.Linear(2, 2), nn.Linear(2, 2), torch.device("cpu"), torch.device("cuda")),
        *(np.random.RandomState(0), np.random.RandomState(1), range(3), slice(3)),
    ],
    "subclasses": [
        *({"a": 1}, collections.OrderedDict(a=1), collections.OrderedDict(a=2)),
        *(collections.defaultdict(int, a=1), collections.defaultdict(list, a=1)),
        *(np.ma.array([1, 2], mask=[0, 1]), np.ma.array([1, 2], mask=[1, 0]), np.array([1, 2])),
        *(enum.Enum("E", "a b").a, enum.Enum("E", "a b").b, enum.IntEnum("F", "a").a),
    ],
    "depths": [nested(depth) for depth in range(4)],
}


@pytest.mark.parametrize("kind", DIFFERENT)
def test_what_differs_has_different_names(kind):
    values = DIFFERENT[kind]
    assert len({name(value) for value in values}) == len(values)


@pytest.mark.parametrize(
    ("value", "equal"),
    [
        (A, A.copy()),
        (A, np.asfortranarray(A)),
        (A, np.repeat(A, 2, axis=0)[::2]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ([A, A], [A, A.copy()]),
        (scale_by(2), scale_by(2)),
        (make_class(2), make_class(2)),
        (make_class(2, {"a": [1]}), make_class(2, {"a": [1]})),
        (make_class(2, [threading.Lock()]), make_class(2, [threading.Lock()])),
        (reading(2), reading(2)),
        (reading([2]), reading([2, 3])),
        (reading(2, "lambda x: x"), reading(3, "lambda x: x")),
        (MultilayerLoss(margin=0.5), MultilayerLoss(margin=0.5)),
    ],
)
def test_equal_values_have_one_name(value, equal):
    assert name(value) == name(equal)


def test_every_byte_of_a_large_array_counts():
    large = np.zeros((1 << 12, 1 << 12), dtype=np.float32)  # four blocks
    names = {name(large)}
    for row in (0, 1023, 1024, 4095):
        names.add(name(changed(large, (row, -1), 1e-45)))
    assert len(names) == 5


def test_a_memory_map_has_the_name_of_what_is_in_it(tmp_path):
    np.save(tmp_path / "a.npy", A)
    assert name(np.load(tmp_path / "a.npy", mmap_mode="r")) == name(A)


def test_cycles_end():
    first, second = [1], [2]
    first.append(first)
    second.append(second)
    assert name(first) != name(second)


def test_parts_keep_their_values_apart():
    assert fingerprint({"a": 1, "b": 2}) != fingerprint({"a": 2, "b": 1})


def test_an_object_that_shows_nothing_is_refused_by_name(tmp_path):
    with open(tmp_path / "a", "w") as file:
        for value in (file, [file], threading.Lock(), (item for item in [])):
            with pytest.raises(TypeError, match="checkpoint_dir .*, but value cannot"):
                name(value)


def test_the_name_is_the_same_in_every_process(tmp_path):
    script = tmp_path / "names.py"
    script.write_text(
        textwrap.dedent(
            """
            from skorch.callbacks import LRScheduler
            from fa_sklearn._training._fingerprint import fingerprint

            class Own:
                LIMIT = 3

                def check(self, x):
                    return x in {"a", "b", "c"} and super().__hash__()

            print(fingerprint({
                "set": {"a", "b", "c"},
                "class": Own,
                "object": Own(),
                "callback": LRScheduler("StepLR", step_size=2),
                "function": lambda x: x in {"u", "v", "w"},
            }))
            """
        )
    )
    names = {
        subprocess.run(
            [sys.executable, script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(names) == 1
