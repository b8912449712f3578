"""Data sets of the paper, texts with coarse labels, and a sample that needs no network."""

from ._base import clear_data_home, get_data_home
from ._cifar10 import fetch_cifar10
from ._clinc150 import fetch_clinc150
from ._dbpedia14 import fetch_dbpedia14
from ._mnist_strokes import fetch_mnist_strokes, load_stroke_digits
from ._newsgroups20 import fetch_newsgroups20

__all__ = [
    "clear_data_home",
    "fetch_cifar10",
    "fetch_clinc150",
    "fetch_dbpedia14",
    "fetch_mnist_strokes",
    "fetch_newsgroups20",
    "get_data_home",
    "load_stroke_digits",
]
