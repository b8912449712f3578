"""Which kind of input X is taken for."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from fa_sklearn._inputs import check_kind, infer_kind

TABLE = np.zeros((6, 4))
SEQUENCES = [np.zeros((2 + i % 3, 4)) for i in range(6)]
TOKENS = [np.arange(1, 3 + i % 3) for i in range(6)]
TEXTS = ["one two", "three", "four five", "six", "seven", "eight"]
IMAGES = np.zeros((6, 8, 8, 3), dtype=np.uint8)


def as_objects(items):
    """1-D object array of the items, whatever their shapes."""
    result = np.empty(len(items), dtype=object)
    result[:] = items
    return result


KINDS = {
    "array": (TABLE, "table"),
    "integers": (TABLE.astype(int), "table"),
    "nested lists": (TABLE.tolist(), "table"),
    "list of rows": (list(TABLE), "table"),
    "list of integer rows of one length": (list(TABLE.astype(int)), "table"),
    "DataFrame": (pd.DataFrame(TABLE), "table"),
    "sparse": (sparse.csr_matrix(TABLE), "table"),
    "3-D": (np.zeros((6, 5, 4)), "sequence"),
    "3-D nested lists": (np.zeros((6, 5, 4)).tolist(), "sequence"),
    "list of sequences": (SEQUENCES, "sequence"),
    "tuple of sequences": (tuple(SEQUENCES), "sequence"),
    "list of sequences of one length": (list(np.zeros((6, 5, 4))), "sequence"),
    "object array of sequences": (as_objects(SEQUENCES), "sequence"),
    "Series of sequences": (pd.Series(SEQUENCES, index=range(9, 15)), "sequence"),
    "uint8 images": (IMAGES, "image"),
    "float images": (IMAGES / 255, "image"),
    "list of images": (list(IMAGES), "image"),
    "nested lists of pixels": (IMAGES.tolist(), "image"),
    "token arrays": (TOKENS, "tokens"),
    "object array of token arrays": (as_objects(TOKENS), "tokens"),
    "object array of token arrays of one length": (as_objects([np.arange(3)] * 6), "tokens"),
    "list of str": (TEXTS, "text"),
    "array of str": (np.array(TEXTS), "text"),
    "object array of str": (as_objects(TEXTS), "text"),
    "Series of str": (pd.Series(TEXTS, index=range(9, 15)), "text"),
    "vector": (TABLE[0], "table"),
    "number": (3.0, "table"),
    "nothing": ([], "table"),
}


@pytest.mark.parametrize("name", KINDS)
def test_infer_kind(name):
    X, expected = KINDS[name]
    assert infer_kind(X) == expected


def test_a_kind_that_is_expected_passes():
    assert check_kind(TABLE, "table", "it") == "table"
    assert check_kind(TEXTS, "tokens", "it") == "text"
    assert check_kind([np.arange(3), np.arange(3)], "tokens", "it") == "tokens"


@pytest.mark.parametrize(
    ("X", "expected"),
    [
        (TABLE, "sequence"),
        (TABLE, "image"),
        (TABLE, "tokens"),
        (SEQUENCES, "table"),
        (IMAGES, "sequence"),
        (TEXTS, "table"),
        (TOKENS, "sequence"),
    ],
)
def test_another_kind_is_an_error_that_says_who_expects_what(X, expected):
    with pytest.raises(ValueError, match="^X is .*, but the net reads "):
        check_kind(X, expected, "the net")
