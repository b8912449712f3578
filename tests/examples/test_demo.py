"""The demo: its methods, its table and its picture, on a few strokes."""

import numpy as np
import pytest
from PIL import Image
from sklearn.utils import Bunch

from examples import demo
from fa_sklearn.datasets import load_stroke_digits


@pytest.fixture(scope="module")
def strokes():
    data = load_stroke_digits()
    return demo.prepare(
        Bunch(
            X_train=data.X_train[:400],
            y_train=data.y_train[:400],
            X_test=data.X_test[:200],
            y_test=data.y_test[:200],
        )
    )


def test_the_drawings_are_those_of_the_rows(strokes):
    assert strokes.images.shape == (400, 28, 28, 1)
    assert strokes.X.shape == (400, demo.N_COMPONENTS)
    np.testing.assert_array_equal(strokes.coarse_test == "5-9", strokes.digit_test > 4)
    # Principal components of the training rows: their means are 0.
    np.testing.assert_allclose(strokes.X.mean(axis=0), 0, atol=1e-4)


def test_a_method_is_scored_and_drawn(strokes, tmp_path, monkeypatch):
    names = ["KMeans", "KMeans inside the predicted label"]
    monkeypatch.setattr(demo, "METHODS", {name: demo.METHODS[name] for name in names})
    (plain, _), (inside, finder) = demo.run(strokes)
    assert demo.cells(plain)[:2] == ["KMeans", "10"]
    assert demo.cells(plain)[3] == "—"
    assert demo.cells(inside)[1] == "5 + 5"
    assert inside["accuracy"] == np.mean(
        finder.predict_coarse(strokes.X_test) == strokes.coarse_test
    )
    demo.draw(finder, strokes, tmp_path / "figures" / "demo.png")
    with Image.open(tmp_path / "figures" / "demo.png") as drawn:
        assert drawn.size == (1100, 500)
