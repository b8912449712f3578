"""Crops of images, and the scores of several nets side by side."""

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_mutual_info_score

from examples.paper._data import Split
from examples.recipes import _members
from examples.recipes._crops import N_PIXELS, crop_and_mirror


def all_crops(image):
    """Every crop that an image (C, H, W) may become, by a loop."""
    _, height, width = image.shape
    padded = np.pad(image, ((0, 0), (N_PIXELS,) * 2, (N_PIXELS,) * 2), mode="reflect")
    shifts = range(2 * N_PIXELS + 1)
    crops = [padded[:, i : i + height, j : j + width] for i in shifts for j in shifts]
    return crops + [crop[:, :, ::-1] for crop in crops]


def test_a_crop_is_the_image_moved_and_perhaps_mirrored():
    images = np.random.default_rng(0).normal(size=(40, 2, 12, 13)).astype(np.float32)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        found = crop_and_mirror(torch.from_numpy(images), None).numpy()
    which = [
        next(i for i, crop in enumerate(all_crops(image)) if np.array_equal(crop, one))
        for image, one in zip(images, found, strict=True)
    ]
    n_shifts = (2 * N_PIXELS + 1) ** 2
    assert 10 < sum(i >= n_shifts for i in which) < 30
    assert len({i % n_shifts for i in which}) > 20


@pytest.fixture
def members(tmp_path, monkeypatch):
    """Small representations of 60 samples, as `fit_member` keeps them."""
    rng = np.random.default_rng(0)
    y = np.arange(60) % 10
    split = Split(np.zeros((60, 1)), y)
    monkeypatch.setattr(_members, "load", lambda dataset: {"validation": split, "test": split})
    monkeypatch.setattr(_members, "get_data_home", lambda: tmp_path)
    kept = []
    for seed in range(_members.N_NETS["the recipe"]):
        h = rng.random((10, 4)).astype(np.float32)[y] + rng.random((60, 4)).astype(np.float32)
        file = _members._member_file("cifar10", "the recipe", seed)
        file.parent.mkdir(exist_ok=True)
        np.savez(file, validation=h, test=h[::-1].copy(), accuracy=0.8 + 0.1 * (seed % 2))
        kept.append(h)
    return y, kept


def test_unions_share_no_net_and_are_scaled_one_by_one(members):
    y, kept = members
    unions = {
        (union["count"], union["first"]): union
        for union in _members.score("cifar10", "the recipe")
    }
    assert list(unions) == [(1, 0), (1, 1), (1, 2), (1, 3), (2, 0), (2, 2), (4, 0)]
    joined = np.hstack([h / np.linalg.norm(h, axis=1, keepdims=True) for h in kept[2:]])
    labels = KMeans(10, n_init=10, random_state=2).fit_predict(joined)
    expected = adjusted_mutual_info_score(y, labels, average_method="max")
    assert unions[2, 2]["validation"]["unit rows"] == pytest.approx(expected)
    assert unions[2, 2]["test"] != unions[2, 2]["validation"]
    assert unions[2, 2]["accuracy"] == pytest.approx(0.85)
