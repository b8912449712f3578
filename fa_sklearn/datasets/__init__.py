"""Data sets of the paper, and a bundled sample of one that needs no network."""

from ._base import clear_data_home, get_data_home
from ._cifar10 import fetch_cifar10
from ._dbpedia14 import fetch_dbpedia14
from ._mnist_strokes import fetch_mnist_strokes, load_stroke_digits

__all__ = [
    "clear_data_home",
    "fetch_cifar10",
    "fetch_dbpedia14",
    "fetch_mnist_strokes",
    "get_data_home",
    "load_stroke_digits",
]
