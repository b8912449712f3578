"""Crops of images, nets that are fitted once, the choice, and several nets side by side."""

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_mutual_info_score

from examples.studies._record import ended_rounds
from examples.studies.paper._data import Split
from examples.studies.recipes import _fits, _members, _study
from examples.studies.recipes._crops import N_PIXELS, crop_and_mirror
from examples.studies.recipes._recipes import SPACES, Recipe


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
def members(monkeypatch):
    """Small representations of 60 samples, as `represent` returns them."""
    rng = np.random.default_rng(0)
    y = np.arange(60) % 10
    split = Split(np.zeros((60, 1)), y)
    monkeypatch.setattr(_members, "load", lambda dataset: {"validation": split, "test": split})
    kept = [
        rng.random((10, 4)).astype(np.float32)[y] + rng.random((60, 4)).astype(np.float32)
        for _ in range(_members.N_NETS["the recipe"])
    ]

    def represent(dataset, recipe, seed):
        h = kept[seed]
        return {"validation": h, "test": h[::-1].copy(), "accuracy": 0.8 + 0.1 * (seed % 2)}

    monkeypatch.setattr(_members, "represent", represent)
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


class Net:
    """An estimator that represents samples by themselves, plus its seed."""

    def __init__(self, seed):
        self.seed = seed

    def transform(self, X):
        return X + self.seed

    def score(self, X, y):
        return float(len(y))


def test_a_net_is_fitted_once_for_whoever_asks(tmp_path, monkeypatch):
    X = np.arange(6.0)[:, None]
    splits = {
        name: Split(X[:n], np.zeros(n, int)) for name, n in (("train", 6), ("validation", 4))
    }
    splits["test"] = Split(X[:3], np.zeros(3, int))
    fitted = []

    def fit(experiment, recipe, train, seed):
        fitted.append((recipe, len(train.y), seed))
        return Net(seed)

    monkeypatch.setattr(_fits, "fit", fit)
    monkeypatch.setattr(_fits, "load", lambda dataset: splits)
    monkeypatch.setattr(_fits, "get_data_home", lambda: tmp_path)
    strong, weak = Recipe(multi=1.0), Recipe(multi=0.5)
    for recipe, seed in [(strong, 1), (strong, 2), (strong, 1), (weak, 1)]:
        kept = _fits.represent("strokes", recipe, seed)
        np.testing.assert_array_equal(kept["validation"], X[:4] + seed)
        np.testing.assert_array_equal(kept["test"], X[:3] + seed)
        assert kept["accuracy"] == 3
    assert fitted == [(strong, 6, 1), (strong, 6, 2), (weak, 6, 1)]
    assert np.isnan(_fits.represent("strokes-autoencoder", weak, 1)["accuracy"])


def test_the_choice_keeps_the_coarse_accuracy(monkeypatch):
    def trial(recipe, accuracy, ami):
        return {
            "recipe": recipe._asdict(),
            "accuracy": accuracy,
            "ami": {space: ami / (i + 1) for i, space in enumerate(SPACES)},
        }

    trials = [
        trial(Recipe(), 0.9, 0.2),
        trial(Recipe(multi=1.0), 0.896, 0.5),
        trial(Recipe(multi=2.0), 0.894, 0.7),
    ]
    baseline = {"baseline": [{"scores": {"accuracy": 0.85}}]}
    monkeypatch.setattr(_study, "read", lambda kind, dataset: trials)
    monkeypatch.setattr(_study, "read_trials", lambda dataset: baseline)
    assert _study.choose("cifar10", "ami") == (Recipe(multi=1.0), SPACES[0])
    baseline["baseline"][0]["scores"]["accuracy"] = 0.91
    assert _study.choose("cifar10", "ami") == (Recipe(), SPACES[0])


def test_what_learnt_the_shared_space_is_not_judged_by_it(monkeypatch):
    by_paths, drawn = Recipe(consistency=1.0), Recipe(consistency=1.0, drawn=True)
    trials = [
        {"recipe": recipe._asdict(), "accuracy": None}
        | {name: dict.fromkeys(SPACES, score) for name in ("ami", "modularity")}
        for recipe, score in ((by_paths, 0.9), (drawn, 0.7), (Recipe(multi=1.0), 0.5))
    ]
    monkeypatch.setattr(_study, "read", lambda kind, dataset: trials)
    assert _study.choose("strokes", "modularity")[0] == drawn
    assert _study.choose("strokes", "ami")[0] == by_paths
    del trials[1]
    assert _study.choose("strokes", "modularity")[0] == by_paths


def test_earlier_rounds_stay_with_their_trials_and_test_scores():
    found = {
        dataset: [
            tuple(len(_study.read(kind, dataset, ended["round"])) for kind in ("trial", "cell"))
            for ended in ended_rounds(_study.RESULTS, dataset)
        ]
        for dataset in ("strokes", "strokes-autoencoder", "cifar10", "dbpedia-tfidf")
    }
    assert found["strokes"][:2] == [(6, 0), (6, 9)]
    assert found["strokes-autoencoder"][:1] == [(6, 9)]
    assert found["dbpedia-tfidf"][:1] == [(6, 3)]


def test_a_choice_among_earlier_trials_is_theirs():
    spaces = {"representation": 0.4, "unit rows": 0.5}
    trials = [
        {
            "recipe": {"multi": 1.0, "alpha": alpha},
            "accuracy": None,
            "ami": spaces | {"unit rows": u},
        }
        for alpha, u in ((0.1, 0.5), (0.9, 0.6))
    ]
    assert _study.choose("strokes", "ami", trials) == (Recipe(multi=1.0, alpha=0.9), "unit rows")
