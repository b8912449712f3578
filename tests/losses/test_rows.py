"""Full float32 in the products, whichever switch for TF32 the user has turned."""

import pytest
import torch

from fa_sklearn.losses._rows import full_float32_products, torch_has_fp32_precision

SWITCHES = torch.backends.cuda.matmul


@pytest.fixture
def tf32():
    name, value = "allow_tf32", True
    if torch_has_fp32_precision():
        name, value = "fp32_precision", "tf32"
    before = getattr(SWITCHES, name)
    setattr(SWITCHES, name, value)
    yield name, value
    setattr(SWITCHES, name, before)


def test_tf32_is_off_inside_and_back_afterwards(tf32):
    name, value = tf32
    with full_float32_products():
        assert getattr(SWITCHES, name) in (False, "ieee")
    assert getattr(SWITCHES, name) == value


def test_tf32_is_back_after_an_error(tf32):
    name, value = tf32
    with pytest.raises(KeyError), full_float32_products():
        raise KeyError
    assert getattr(SWITCHES, name) == value
