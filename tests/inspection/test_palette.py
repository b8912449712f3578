"""The colours of up to ten classes stay apart, also under colour vision deficiency."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib import color_sequences
from matplotlib.colors import to_hex, to_rgb

from fa_sklearn.inspection._drawing import choose_colors

# Machado, Oliveira and Fernandes (2009), full severity, on linear RGB.
VISION = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
XYZ_OF_RGB = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
)


def cielab(color, vision):
    rgb = np.array(to_rgb(color))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(VISION[vision] @ linear, 0, 1)
    xyz = XYZ_OF_RGB @ seen / XYZ_OF_RGB.sum(axis=1)
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def least_distance(colors, vision):
    points = [cielab(color, vision) for color in colors]
    return min(np.linalg.norm(a - b) for a, b in combinations(points, 2))


@pytest.mark.parametrize("vision", VISION)
def test_two_more_colours_are_no_closer_than_okabe_and_ito_s(vision):
    assert least_distance(choose_colors(10), vision) == least_distance(choose_colors(8), vision)
    assert least_distance(choose_colors(10), vision) > 15


@pytest.mark.parametrize("vision", ["protanopia", "deuteranopia"])
def test_ten_colours_are_farther_apart_than_tab10(vision):
    tab10 = least_distance(color_sequences["tab10"], vision)
    assert least_distance(choose_colors(10), vision) > 2 * tab10


@pytest.mark.parametrize("n_classes", [1, 8, 9, 10, 11, 20, 21, 100])
def test_there_is_one_colour_a_class(n_classes):
    colors = choose_colors(n_classes)
    assert len(colors) == n_classes
    assert len({to_hex(color) for color in colors}) == n_classes
