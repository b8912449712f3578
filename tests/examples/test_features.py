"""Tables made of images and of pen strokes."""

import numpy as np
import pytest
from scipy.stats import norm

from examples.studies import _features


def moves(points):
    """The steps of a pen through points, with the two flags of a stroke."""
    points = np.asarray(points, dtype=np.float32)
    steps = np.diff(points, axis=0, prepend=np.zeros((1, 2), np.float32))
    return np.hstack([steps, np.zeros((len(points), 2), np.float32)])


@pytest.fixture
def digit():
    """A curve of 40 points that leans to no side."""
    rng = np.random.default_rng(0)
    points = np.cumsum(rng.normal(size=(40, 2)), axis=0)
    x, y = (points - points.mean(axis=0)).T
    return np.column_stack([x - y * (x @ y) / (y @ y), y])


def test_a_drawing_is_the_points_blurred(digit):
    centre = (digit.min(axis=0) + digit.max(axis=0)) / 2
    scale = 10 / np.ptp(digit, axis=0).max() * 2
    pixels = {tuple(np.floor((point - centre) * scale + 14).astype(int)) for point in digit}
    grid = np.arange(28)
    # A Gaussian by its formula; scipy ends it after four standard deviations.
    expected = sum(np.outer(norm.pdf(grid - row), norm.pdf(grid - col)) for col, row in pixels)
    drawn = _features.drawing(moves(digit))
    assert drawn.dtype == np.uint8
    np.testing.assert_allclose(drawn, 255 * expected / expected.max(), atol=0.75)


@pytest.mark.parametrize("slant", [-0.8, 0.5])
def test_place_size_and_slant_do_not_matter(digit, slant):
    upright = _features.drawing(moves(digit)).astype(float)
    x, y = digit.T
    leaning = 3 * np.column_stack([x + slant * y, y]) + 7
    changed = _features.drawing(moves(leaning)).astype(float)
    # A point on the border of two pixels may fall into either.
    assert np.corrcoef(upright.ravel(), changed.ravel())[0, 1] > 0.95


def test_a_dot_can_be_drawn():
    drawn = _features.drawing(moves([[3, 4]]))
    assert np.unravel_index(drawn.argmax(), drawn.shape) == (14, 14)
    assert _features.drawn_gradients([moves([[3, 4]])] * 2).shape == (2, 1296)


def test_edges_are_found_by_their_direction():
    images = np.zeros((3, 32, 32, 3), dtype=np.uint8)
    images[1, :, 16:, 1] = 255
    images[2, 16:, :, 2] = 255
    table = _features.oriented_gradients(images).reshape(3, 7, 7, 4, 9)
    assert not table[0].any()
    # A vertical edge has a gradient to the right, a horizontal one downwards.
    assert set(np.flatnonzero(table[1].any(axis=(0, 1, 2)))) == {0}
    assert set(np.flatnonzero(table[2].any(axis=(0, 1, 2)))) == {4}
    # Blocks of two cells beside the edge, which lies between the cells 3 and 4 of 8.
    assert np.flatnonzero(table[1].any(axis=(0, 2, 3))).tolist() == [2, 3, 4]
