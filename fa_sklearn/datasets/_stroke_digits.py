"""The bundled sample of the MNIST pen strokes."""

from importlib.resources import files

import numpy as np
from sklearn.utils import Bunch

from ._base import load_descr
from ._mnist_strokes import FEATURE_NAMES, TARGET_NAMES, split_rows


def load_stroke_digits() -> Bunch:
    """Load the bundled sample of handwritten digits as pen strokes (classification).

    5,000 training and 2,000 test sequences, the same number of each digit, drawn from the data
    set that :func:`fetch_mnist_strokes` fetches whole. It needs no network.

    ========================  =================
    Classes                   10
    Training samples          500 a class
    Test samples              200 a class
    Steps a sample            13 to 117
    Features a step           4
    ========================  =================

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        A dictionary whose keys are attributes too:

        X_train : ndarray of shape (5000,), dtype object
            The sequences, each a float32 array of shape (T_i, 4): the pen's movement to the
            right and downwards in pixels, and whether a stroke and the digit end here (0 or 1).
        y_train : ndarray of shape (5000,), dtype int64
            The digits.
        X_test : ndarray of shape (2000,), dtype object
            The test sequences.
        y_test : ndarray of shape (2000,), dtype int64
            The test digits.
        target_names : list of str
            The names of the classes.
        feature_names : list of str
            The names of the four features.
        DESCR : str
            What the data is, where it comes from and its licence.

    Examples
    --------
    >>> from fa_sklearn.datasets import load_stroke_digits
    >>> digits = load_stroke_digits()
    >>> digits.X_train.shape, digits.X_train[0].shape
    ((5000,), (41, 4))
    >>> digits.y_train[:5]
    array([4, 1, 0, 3, 8])
    """
    arrays = {}
    source = files(__package__) / "data" / "stroke_digits.npz"
    with source.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        for split in ("train", "test"):
            values, lengths = stored[f"values_{split}"].T, stored[f"lengths_{split}"]
            arrays[f"X_{split}"] = split_rows(values, lengths)
            arrays[f"y_{split}"] = stored[f"y_{split}"].astype(np.int64)
    return Bunch(
        **arrays,
        target_names=list(TARGET_NAMES),
        feature_names=list(FEATURE_NAMES),
        DESCR=load_descr("stroke_digits"),
    )
