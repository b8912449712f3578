"""The fetchers on the real data in the folder that FA_SKLEARN_DATA names."""

import numpy as np
import pytest

from fa_sklearn.datasets import (
    fetch_cifar10,
    fetch_clinc150,
    fetch_dbpedia14,
    fetch_mnist_strokes,
    fetch_newsgroups20,
)


def test_mnist_strokes(data_home):
    strokes = fetch_mnist_strokes(download_if_missing=False)
    with np.load(data_home / "mnist_strokes.npz") as stored:
        for split, n in (("train", 60_000), ("test", 10_000)):
            X, y = strokes[f"X_{split}"], strokes[f"y_{split}"]
            assert X.shape == y.shape == (n,)
            assert y.dtype == np.int64
            np.testing.assert_array_equal(y, stored[f"y_{split}"])
            padded, lengths = stored[f"X_{split}"], stored[f"lengths_{split}"]
            for i in range(n):
                assert len(X[i]) == lengths[i]
            for i in range(0, n, 97):
                assert X[i].dtype == np.float32
                np.testing.assert_array_equal(X[i], padded[i, : lengths[i]])
            assert all(sequence[-1, 3] == 1 for sequence in X)
    assert "Edwin D. de Jong" in strokes.DESCR


@pytest.fixture(scope="module")
def images(data_home):
    return fetch_cifar10(data_home=data_home, download_if_missing=False)


@pytest.mark.parametrize("split, n", [("train", 50_000), ("test", 10_000)])
def test_cifar10(images, split, n):
    X, y = images[f"X_{split}"], images[f"y_{split}"]
    assert X.shape == (n, 32, 32, 3)
    assert X.dtype == np.uint8
    assert y.dtype == np.int64
    np.testing.assert_array_equal(np.bincount(y), np.full(10, n // 10))
    assert len(images.target_names) == 10
    assert "Krizhevsky" in images.DESCR


def test_cifar10_channels_come_last(images):
    """Neighbouring pixels resemble each other more than the colours of one pixel do."""
    X = images.X_test[:500].astype(np.float64)
    steps = [np.abs(np.diff(X, axis=axis)).mean() for axis in (1, 2, 3)]
    assert max(steps[:2]) < steps[2]


def test_dbpedia14(data_home):
    abstracts = fetch_dbpedia14(data_home=data_home, download_if_missing=False)
    assert {"X_val", "y_val"} <= set(abstracts)
    seen = []
    for split in ("train", "val", "test"):
        X, y = abstracts[f"X_{split}"], abstracts[f"y_{split}"]
        assert X.dtype == object
        assert X.shape == y.shape
        assert y.dtype == np.int64
        assert set(y.tolist()) == set(range(len(abstracts.target_names)))
        assert all(type(text) is str and text for text in X)
        seen.append(set(X.tolist()))
    assert not (seen[0] & seen[1] or seen[0] & seen[2] or seen[1] & seen[2])
    assert "14,000" in abstracts.DESCR


@pytest.mark.parametrize(
    "name, word",
    [("Village", "village"), ("Film", "film"), ("Album", "album"), ("Plant", "plant")],
)
def test_dbpedia14_names_fit_the_classes(data_home, name, word):
    abstracts = fetch_dbpedia14(data_home=data_home, download_if_missing=False)
    has_word = np.array([word in text for text in abstracts.X_test])
    shares = [has_word[abstracts.y_test == c].mean() for c in range(len(abstracts.target_names))]
    assert abstracts.target_names[int(np.argmax(shares))] == name


@pytest.mark.parametrize("fetch", [fetch_clinc150, fetch_newsgroups20])
def test_texts_with_two_labels(fetch, data_home):
    texts = fetch(data_home=data_home, download_if_missing=False)
    path = data_home / f"{fetch.__name__.removeprefix('fetch_')}.npz"
    with np.load(path) as stored:
        for split in ("train", "test"):
            X, y, coarse = (texts[f"{name}_{split}"] for name in ("X", "y", "coarse"))
            assert X.dtype == object
            assert X.shape == y.shape == coarse.shape
            assert y.dtype == coarse.dtype == np.int64
            for codes, names, field in (
                (y, texts.target_names, f"y_{split}"),
                (coarse, texts.coarse_names, f"coarse_{split}"),
            ):
                # Names that are written beside the texts, also those of the groups.
                np.testing.assert_array_equal(np.array(names)[codes], stored[field])
                assert set(codes.tolist()) == set(range(len(names)))


def test_clinc150_has_fifteen_intents_in_each_domain(data_home):
    utterances = fetch_clinc150(data_home=data_home, download_if_missing=False)
    pairs = set(zip(utterances.coarse_train, utterances.y_train, strict=True))
    domains = [domain for domain, _ in pairs]
    np.testing.assert_array_equal(np.bincount(domains), np.full(10, 15))
    assert "18,000" in utterances.DESCR
