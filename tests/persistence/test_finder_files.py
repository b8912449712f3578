"""save and load of a FineClassFinder, and forged files of one."""

import os

import numpy as np
import pytest
import skops.io
from sklearn.cluster import HDBSCAN, AgglomerativeClustering, BisectingKMeans, MiniBatchKMeans
from sklearn.datasets import make_blobs
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier, RandomTreesEmbedding
from sklearn.exceptions import NotFittedError
from sklearn.mixture import GaussianMixture
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import fa_sklearn.fine_classes._inputs as inputs
from fa_sklearn import FineClassFinder, ForcedApartAutoencoder, ForcedApartClassifier, load

NET = {"max_epochs": 2, "random_state": 0, "module_params": {"hidden_sizes": (8,)}}
BISECTING = [
    "sklearn.cluster._bisect_k_means._BisectingTree",
    "sklearn.cluster._kmeans._kmeans_single_lloyd",
]


@pytest.fixture(scope="module")
def blobs():
    X, fine = make_blobs([90, 60, 40, 80, 50], 6, random_state=3)
    return X, np.where(fine < 3, 1, 0)


@pytest.fixture
def short(monkeypatch):
    """The default candidates with nets of two epochs."""
    original = inputs.default_candidates

    def shortened(X, kind):
        candidates = original(X, kind)
        for estimator in candidates.values():
            for name in estimator.get_params():
                if name.endswith("net__max_epochs"):
                    estimator.set_params(**{name: 2})
        return candidates

    monkeypatch.setattr("fa_sklearn.fine_classes._finder.default_candidates", shortened)


def make(estimator="passthrough", **params):
    return FineClassFinder(estimator, **{"n_repeats": 1, "random_state": 0, **params})


def times_two(X):
    return 2 * X


def assert_same(loaded, finder, X):
    for method in ("predict", "predict_proba", "predict_coarse", "transform", "is_outlier"):
        before, after = getattr(finder, method)(X), getattr(loaded, method)(X)
        np.testing.assert_array_equal(after, before)
        assert after.dtype == before.dtype
    assert vars(loaded).keys() == vars(finder).keys()
    for column, values in finder.summary_.items():
        np.testing.assert_array_equal(loaded.summary_[column], values)
    np.testing.assert_array_equal(loaded.labels_, finder.labels_)
    np.testing.assert_array_equal(loaded.agreement_, finder.agreement_)
    assert loaded.n_clusters_ == finder.n_clusters_
    assert [*map(type, loaded.n_clusters_)] == [*map(type, finder.n_clusters_)]
    assert loaded.candidates_ == finder.candidates_


CASES = {
    "passthrough": (make(), {}),
    "pca": (make(PCA(2), clusterer=GaussianMixture()), {}),
    "no predict": (make(PCA(2), clusterer=AgglomerativeClustering()), {}),
    "noise": (make(clusterer=HDBSCAN(copy=True)), {}),
    "net": (make(ForcedApartClassifier(**NET)), {}),
    "function": (make(make_pipeline(FunctionTransformer(np.arctan), PCA(2))), {}),
    "function of one's own": (
        make(make_pipeline(FunctionTransformer(times_two), PCA(2))),
        {"trusted": [times_two]},
    ),
    "nets side by side": (
        make(
            Pipeline(
                [
                    ("scale", StandardScaler()),
                    (
                        "nets",
                        FeatureUnion(
                            [
                                ("a", ForcedApartClassifier(**NET)),
                                ("b", make_pipeline(PCA(3), ForcedApartAutoencoder(**NET))),
                            ]
                        ),
                    ),
                ]
            ),
            clusterer=MiniBatchKMeans(n_init=2),
            random_state=np.random.RandomState(0),
            n_clusters={0: 2, 1: 3},
        ),
        {},
    ),
    "bisecting": (make(clusterer=BisectingKMeans(), n_clusters=3), {"trusted": BISECTING}),
}


@pytest.mark.parametrize(("finder", "code"), CASES.values(), ids=CASES)
def test_loaded_finder_is_the_saved_one(blobs, tmp_path, finder, code):
    X, y = blobs
    finder.fit(X, y).set_output(transform="default")
    finder.rename({finder.classes_[-1]: "stolen card"})
    finder.save(tmp_path / "finder")
    loaded = load(tmp_path / "finder", **code)
    assert_same(loaded, finder, X)
    for each in (finder, loaded):
        each.merge([*each.classes_[each.parents_ == 1]][:2], "both").cut(1)
    assert_same(loaded, finder, X)
    loaded.save(tmp_path / "again")
    assert_same(load(tmp_path / "again", **code), finder, X)
    assert (loaded.fit(X, y).labels_ == finder.fit(X, y).labels_).all()


RNG = np.random.default_rng(0)
KINDS = {
    "table": RNG.normal(size=(80, 60)),
    "sequences": [RNG.normal(size=(steps, 2)) for steps in RNG.integers(3, 9, 80)],
    "images": RNG.integers(0, 255, size=(80, 8, 8, 1)).astype(np.uint8),
    "texts": [" ".join(RNG.choice(list("abcdefgh"), 6)) + " word" for _ in range(80)],
    "tokens": [RNG.integers(1, 9, size=steps) for steps in RNG.integers(3, 9, 80)],
}


@pytest.mark.usefixtures("short")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("kind", KINDS)
def test_default_finder_of_every_kind(tmp_path, kind):
    X, y = KINDS[kind], np.arange(80) % 2
    if kind == "texts":
        X = [text.replace("a", "apple").replace("b", "pear") for text in X]
    finder = make(None, n_clusters=2, n_repeats=0).fit(X, y)
    finder.save(tmp_path / "finder")
    assert_same(load(tmp_path / "finder"), finder, X)


def test_no_sample_but_lonely_ones_is_in_the_file(tmp_path):
    X = np.random.default_rng(0).normal(size=(4000, 3))
    make(n_clusters=2, n_repeats=0).fit(X, np.arange(4000) % 2).save(tmp_path / "finder")
    make(n_clusters=2, n_repeats=0, clusterer=AgglomerativeClustering()).fit(
        X, np.arange(4000) % 2
    ).save(tmp_path / "neighbours")
    rows = [row.tobytes() for row in X]
    without, all_of_them = ((tmp_path / name).read_bytes() for name in ("finder", "neighbours"))
    held = np.array([row in without for row in rows])
    assert held.sum() <= 5
    assert not held[np.linalg.norm(X, axis=1) < 3].any()
    assert sum(row[:8] in all_of_them for row in rows) == len(rows)


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (RandomTreesEmbedding(3, max_depth=2), "sklearn.tree._tree.Tree is not what a file can"),
        (FunctionTransformer(lambda X: X), "not at the top level of a module"),
        (FunctionTransformer(print, inv_kw_args={"x": iter([])}), "save cannot write"),
    ],
    ids=range(3),
)
def test_what_a_file_cannot_hold_is_named_and_the_old_file_stays(
    blobs, tmp_path, estimator, message
):
    X, y = blobs
    path = tmp_path / "finder"
    make().fit(X, y).save(path)
    before = path.read_bytes()
    finder = make(n_clusters=2)
    finder.fit(X, y)._model.space.estimator = estimator.fit(X) if "print" not in repr(
        estimator) else estimator  # fmt: skip
    with pytest.raises(TypeError, match=message):
        finder.save(path)
    assert path.read_bytes() == before and [*tmp_path.iterdir()] == [path]


def test_a_killed_save_leaves_the_old_file(blobs, tmp_path, monkeypatch):
    X, y = blobs
    path = tmp_path / "finder"
    finder = make().fit(X, y)
    finder.save(path)
    before = path.read_bytes()

    def kill(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", kill)
    with pytest.raises(KeyboardInterrupt):
        finder.rename({"0/0": "a"}).save(path)
    assert path.read_bytes() == before and [*tmp_path.iterdir()] == [path]


def test_unfitted_and_derived_finders_are_refused(blobs, tmp_path):
    class Derived(FineClassFinder):
        pass

    with pytest.raises(NotFittedError):
        FineClassFinder().save(tmp_path / "finder")
    with pytest.raises(TypeError, match="Derived, which is a subclass"):
        Derived("passthrough", n_repeats=0).fit(*blobs).save(tmp_path / "finder")


def test_code_must_be_trusted(blobs, tmp_path):
    make(FunctionTransformer(times_two)).fit(*blobs).save(tmp_path / "finder")
    with pytest.raises(ValueError, match=r"holds \S*test_finder_files.times_two, which is code"):
        load(tmp_path / "finder")


def test_a_folder_of_pickles_is_not_in_the_file(blobs, tmp_path):
    X, y = blobs
    pipeline = Pipeline([("s", StandardScaler()), ("p", PCA(2))], memory=str(tmp_path / "cache"))
    make(pipeline).fit(X, y).save(tmp_path / "finder")
    assert b"cache" not in (tmp_path / "finder").read_bytes()
    assert load(tmp_path / "finder").estimator.memory is None
    forged = forge(tmp_path / "finder", lambda c: attribute(c, "estimator").update(
        memory={"json": '"elsewhere"'}))  # fmt: skip
    assert load(forged).estimator.memory is None


def attribute(content, name):
    """The attributes of the object that an attribute of the finder is."""
    keys = skops_json(content["object"]["attributes"]["keys"])
    value = content["object"]["attributes"]["values"][keys.index(name)]
    return Attributes(value["attributes"])


def skops_json(value):
    import json

    return json.loads(value["json"]) if "json" in value else value


class Attributes:
    """Changes values among flattened keys and values."""

    def __init__(self, flattened):
        self.flattened = flattened

    def update(self, **values):
        keys = skops_json(self.flattened["keys"])
        for name, value in values.items():
            if name in keys:
                self.flattened["values"][keys.index(name)] = value
            else:
                self.flattened["keys"] = {"json": str([*keys, name]).replace("'", '"')}
                self.flattened["values"].append(value)


def forge(path, change):
    content = skops.io.load(path, trusted=skops.io.get_untrusted_types(file=path))
    change(content)
    forged = path.with_name("forged")
    skops.io.dump(content, forged)
    return forged


def other_class(cls):
    return lambda content: content["object"].update({"class": cls})


FORGERIES = {
    "command": other_class(os.system),
    "class that is none of ours": other_class(dict),
    "function": lambda c: attribute(c, "_model").update(space=os.system),
    "method": lambda c: attribute(c, "_model").update(predict_inside=RandomForestClassifier),
    "reduce": lambda c: attribute(c, "estimator").update(__reduce_ex__=StandardScaler),
    "class of another": lambda c: attribute(c, "estimator").update(
        **{"steps": {"class": Exception, "attributes": {"json": "{}"}}}
    ),
    "no attributes": lambda c: c["object"].pop("attributes"),
    "attributes that are none": lambda c: c["object"].update(attributes={"json": "[1]"}),
    "nothing": lambda c: c.update(object={}),
}


@pytest.mark.parametrize("change", FORGERIES.values(), ids=FORGERIES)
def test_forged_finders_are_refused(blobs, tmp_path, change):
    X, y = blobs
    pipeline = make_pipeline(StandardScaler(), PCA(2))
    make(pipeline, n_clusters=2).fit(X, y).save(tmp_path / "finder")
    with pytest.raises(ValueError, match="cannot be loaded"):
        load(forge(tmp_path / "finder", change))


def test_a_forged_finder_without_forgery_loads(blobs, tmp_path):
    X, y = blobs
    finder = make().fit(X, y)
    finder.save(tmp_path / "finder")
    assert_same(load(forge(tmp_path / "finder", lambda content: None)), finder, X)
