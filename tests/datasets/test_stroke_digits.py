"""The bundled sample: its form, and that it is what its README says."""

from importlib.resources import files

import numpy as np
import pytest

from fa_sklearn.datasets import fetch_mnist_strokes, load_stroke_digits

N_PER_DIGIT = {"train": 500, "test": 200}


@pytest.fixture(scope="module")
def digits():
    return load_stroke_digits()


@pytest.mark.parametrize("split", N_PER_DIGIT)
def test_form(digits, split):
    X, y = digits[f"X_{split}"], digits[f"y_{split}"]
    assert X.dtype == object
    assert X.shape == y.shape
    assert y.dtype == np.int64
    np.testing.assert_array_equal(np.bincount(y), np.full(10, N_PER_DIGIT[split]))
    assert np.any(np.diff(y) < 0), "sorted rows would give folds of one class"
    for sequence in X:
        assert sequence.dtype == np.float32
        assert sequence.ndim == 2
        assert sequence.shape[1] == len(digits.feature_names)
        ends = sequence[:, 3]
        assert ends[-1] == 1
        assert ends.sum() == 1
        assert set(np.unique(sequence[:, 2])) <= {0, 1}


def test_pen_stays_on_the_image(digits):
    for sequence in digits.X_test:
        positions = np.cumsum(sequence[:, :2], axis=0)
        assert positions.min() >= 0
        assert positions.max() <= 28


def test_names_and_description(digits):
    assert digits.target_names == [str(digit) for digit in range(10)]
    assert len(digits.feature_names) == 4
    assert "Edwin D. de Jong" in digits.DESCR
    assert "ShareAlike 3.0" in digits.DESCR
    assert digits.X_train is digits["X_train"]


def test_calls_do_not_share_memory():
    first, second = load_stroke_digits(), load_stroke_digits()
    first.X_train[0][:] = 99
    first.target_names.append("eleven")
    assert not np.any(second.X_train[0] == 99)
    assert len(load_stroke_digits().target_names) == 10


def test_notices_and_size():
    data = files("fa_sklearn.datasets") / "data"
    notice = (data / "stroke_digits.LICENSE.txt").read_text(encoding="utf-8")
    for needed in ("Edwin D. de Jong", "Yann LeCun", "by-sa/3.0", "Changes"):
        assert needed in notice
    assert sum(len(entry.read_bytes()) for entry in data.iterdir() if entry.is_file()) < 300_000


def test_sample_is_drawn_as_the_readme_says(digits, data_home):
    full = fetch_mnist_strokes(data_home=data_home, download_if_missing=False)
    rng = np.random.RandomState(0)
    for split, n in N_PER_DIGIT.items():
        y = full[f"y_{split}"]
        drawn = [rng.permutation(np.flatnonzero(y == digit))[:n] for digit in range(10)]
        rows = np.sort(np.concatenate(drawn))
        np.testing.assert_array_equal(digits[f"y_{split}"], y[rows])
        for got, row in zip(digits[f"X_{split}"], rows, strict=True):
            assert got.tobytes() == full[f"X_{split}"][row].tobytes()
            assert got.shape == full[f"X_{split}"][row].shape
