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
    """Six small representations of 60 samples, as `fit_member` keeps them."""
    rng = np.random.default_rng(0)
    y = np.arange(60) % 10
    split = Split(np.zeros((60, 1)), y)
    monkeypatch.setattr(_members, "load", lambda dataset: {"validation": split, "test": split})
    monkeypatch.setattr(_members, "get_data_home", lambda: tmp_path)
    centres = rng.random((6, 10, 4)).astype(np.float32)
    kept = []
    for seed in _members.SEEDS:
        h = centres[seed][y] + rng.random((60, 4)).astype(np.float32)
        file = _members._member_file("cifar10", seed)
        file.parent.mkdir(exist_ok=True)
        np.savez(file, validation=h, test=h[::-1].copy(), accuracy=0.9)
        kept.append(h)
    return y, kept


def test_unions_share_no_net_and_are_scaled_one_by_one(members):
    y, kept = members
    groups = _members.score("cifar10")["groups"]
    assert [(group["count"], group["first"]) for group in groups] == [
        *((1, first) for first in range(6)),
        *((2, first) for first in (0, 2, 4)),
        *((3, first) for first in (0, 3)),
        (6, 0),
    ]
    union = np.hstack([h / np.linalg.norm(h, axis=1, keepdims=True) for h in kept[3:]])
    labels = KMeans(10, n_init=10, random_state=3).fit_predict(union)
    group = next(group for group in groups if (group["count"], group["first"]) == (3, 3))
    expected = adjusted_mutual_info_score(y, labels, average_method="max")
    assert group["validation"]["unit rows"] == pytest.approx(expected)
    assert group["test"] != group["validation"]
