"""rename, merge, cut and match_names against what labels alone say."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.cluster import HDBSCAN, KMeans
from sklearn.datasets import make_blobs
from sklearn.exceptions import NotFittedError

from fa_sklearn import FineClassFinder, load

X, _ = make_blobs([60, 50, 40, 30, 20, 45, 35, 25], 3, cluster_std=1.5, random_state=1)
Y = np.array(["a", "b"])[(np.arange(len(X)) >= 200).astype(int)]
RNG = np.random.default_rng(0)
PERM = RNG.permutation(len(X))
X, Y = X[PERM], Y[PERM]
NOISY = HDBSCAN(min_cluster_size=20, min_samples=5, copy=True)
FOUND = [
    FineClassFinder("passthrough", n_repeats=2, random_state=0, **params).fit(X, Y)
    for params in ({"n_clusters": 5}, {"clusterer": NOISY})
]


def copy_of(finder):
    return pickle.loads(pickle.dumps(finder))


def check(finder, original, owner):
    """`owner` maps each name that fit gave to the name that it should have now."""
    expected = np.array([owner[label] for label in original.labels_])
    assert finder.labels_.tolist() == expected.tolist()
    assert finder.predict(X, coarse=Y).tolist() == expected.tolist()
    assert finder.predict(X).tolist() == [owner[label] for label in original.predict(X)]
    assert {*finder.classes_} == {*owner.values()}
    assert len({*finder.classes_}) == len(finder.classes_) == len(finder.parents_)
    before, after = original.predict_proba(X), finder.predict_proba(X)
    for k, name in enumerate(finder.classes_):
        parts = [i for i, old in enumerate(original.classes_) if owner[old] == name]
        np.testing.assert_allclose(after[:, k], before[:, parts].sum(axis=1))
        assert {*original.parents_[parts]} == {finder.parents_[k]}
        own = finder.labels_ == name
        np.testing.assert_allclose(finder.cluster_centers_[k], X[own].mean(axis=0))
        assert finder.summary_["size"][k] == own.sum()
    for c, label in enumerate(finder.coarse_classes_.tolist()):
        known = {owner[name] for name, parent in zip(original.classes_, original.parents_,
                 strict=True) if parent == c and not name.endswith("?")}  # fmt: skip
        assert finder.n_clusters_[label] == len(known)
    shares = np.bincount(finder.parents_, weights=finder.summary_["share"])
    np.testing.assert_allclose(shares, 1)


@given(data=st.data(), k=st.integers(0, 1))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_any_sequence_of_merges_and_names(data, k):
    original = FOUND[k]
    finder, owner = copy_of(original), {name: name for name in original.classes_.tolist()}
    for step in range(data.draw(st.integers(1, 5))):
        c = data.draw(st.integers(0, 1))
        own = finder.classes_[finder.parents_ == c].tolist()
        if len(own) > 1 and data.draw(st.booleans()):
            merged = data.draw(st.lists(st.sampled_from(own), min_size=2, unique=True))
            name = data.draw(st.sampled_from([None, f"new {step}", merged[-1]]))
            assert finder.merge(merged, name) is finder
            owner = {old: (name or merged[0]) if now in merged else now
                     for old, now in owner.items()}  # fmt: skip
        else:
            names = {own[0]: own[-1], own[-1]: own[0]} if step % 2 else {own[0]: f"named {step}"}
            assert finder.rename(names) is finder
            owner = {old: names.get(now, now) for old, now in owner.items()}
        check(finder, original, owner)


@pytest.mark.parametrize("original", FOUND, ids=["kmeans", "hdbscan"])
@pytest.mark.parametrize("number", [1, 2, 3, 99])
def test_cut(original, number):
    finder = copy_of(original)
    renamed = {original.classes_[0]: "b/0", "b/0": "x"}  # a name that cut would give to another
    finder.rename(renamed).cut({"b": number})
    assert finder.n_clusters_["b"] == min(number, original.n_clusters_["b"])
    assert finder.n_clusters_["a"] == original.n_clusters_["a"]
    centers = original.cluster_centers_[original.parents_ == 1][: original.n_clusters_["b"]]
    groups = fcluster(linkage(centers, "average"), number, "maxclust")
    names = original.classes_[original.parents_ == 1][: len(groups)]
    owner = {name: renamed.get(name, name) for name in original.classes_.tolist()}
    for group in np.unique(groups):
        members = names[groups == group]
        labels = {*finder.labels_[np.isin(original.labels_, members)]}
        assert len(labels) == 1
        owner |= dict.fromkeys(members.tolist(), labels.pop())
    check(finder, original, owner)
    assert finder.cut(99).n_clusters_ == original.n_clusters_


def test_noise_can_be_merged():
    original = FOUND[1]
    noise = [name for name in original.classes_ if name.endswith("?")]
    assert noise
    finder = copy_of(original)
    coarse = noise[0][0]
    first = f"{coarse}/0"
    owner = {name: name for name in original.classes_.tolist()}
    check(finder.merge([first, noise[0]]), original, owner | {noise[0]: first})
    assert finder.n_clusters_ == original.n_clusters_


def test_match_names_takes_the_names_of_the_same_classes():
    other = FineClassFinder("passthrough", n_clusters=5, n_repeats=0, random_state=7).fit(X, Y)
    previous = copy_of(FOUND[0]).rename({"a/0": "first", "b/3": "third"})
    finder = copy_of(other).match_names(previous, X, Y)
    owner = {}
    for now, old in zip(finder.labels_, other.labels_, strict=True):
        assert owner.setdefault(old, now) == now
    check(finder, other, owner)
    shared = {*finder.classes_} & {*previous.classes_}
    for name in shared:
        ours, theirs = finder.labels_ == name, previous.labels_ == name
        assert (ours & theirs).sum() * 2 >= (ours | theirs).sum()
    same = copy_of(FOUND[0]).match_names(previous, X, Y)
    assert same.labels_.tolist() == previous.labels_.tolist()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda f: f.rename({"a/0": "a/1"}), "several fine classes the name 'a/1'"),
        (lambda f: f.rename({"a/0": "x", "b/0": "x"}), "several fine classes the name 'x'"),
        (lambda f: f.rename({"c/0": "x"}), "no fine class 'c/0'"),
        (lambda f: f.merge(["a/0", "b/0"]), "different coarse classes"),
        (lambda f: f.merge(["a/0", "a/1"], "b/0"), "several fine classes the name 'b/0'"),
        (lambda f: f.merge(["a/0"]), "needs two fine classes"),
        (lambda f: f.merge("a/0"), "needs two fine classes"),
        (lambda f: f.merge(["a/0", "a/0"]), "needs two fine classes"),
        (lambda f: f.merge([]), "needs two fine classes"),
        (lambda f: f.cut({"c": 1}), "'c', which is no coarse label"),
        (lambda f: f.cut(0), "whole numbers from 1, got 0"),
        (lambda f: f.cut({"a": 1.5}), r"whole numbers from 1, got 1\.5"),
    ],
    ids=range(12),
)
def test_refusals_change_nothing(call, message):
    finder = copy_of(FOUND[0])
    with pytest.raises(ValueError, match=message):
        call(finder)
    check(finder, FOUND[0], {name: name for name in finder.classes_.tolist()})


def test_names_after_a_file(tmp_path):
    original = FOUND[0]
    original.save(tmp_path / "finder")
    finder = load(tmp_path / "finder")
    owner = {name: name for name in original.classes_.tolist()}
    finder.rename({"a/0": "first"}).merge(["first", "a/1"]).cut({"b": 5})
    check(finder, original, owner | {"a/0": "first", "a/1": "first"})


@pytest.mark.parametrize("name", ["rename", "merge", "cut", "match_names", "is_outlier"])
def test_before_fit(name):
    with pytest.raises(NotFittedError):
        getattr(FineClassFinder(), name)(*([{}, X] if name == "match_names" else [{}]))


def test_quality_against_a_recomputation():
    finder = FOUND[0]
    repeats = np.where(finder._repeats >= 0, finder.classes_[finder._repeats], "")
    np.testing.assert_array_equal(finder.agreement_, (repeats == finder.labels_).mean(axis=0))
    np.testing.assert_array_equal(finder.borderline_, (repeats != finder.labels_).any(axis=0))
    for k, name in enumerate(finder.classes_):
        own = finder.labels_ == name
        jaccard = [(own & (r == name)).sum() / (own | (r == name)).sum() for r in repeats]
        assert finder.summary_["stability"][k] == pytest.approx(np.mean(jaccard))
    frame = finder.summary_.to_frame()
    assert frame["class"].tolist() == finder.classes_.tolist()


def test_clusters_are_those_of_the_clusterer_alone():
    finder = FineClassFinder(
        "passthrough", n_clusters={"a": 4, "b": 2}, clusterer=KMeans(random_state=5), n_repeats=0
    ).fit(X, Y)
    for label, count in (("a", 4), ("b", 2)):
        own = Y == label
        alone = KMeans(count, random_state=5).fit_predict(X[own])
        sizes = np.bincount(alone)
        expected = [f"{label}/{np.argsort(-sizes, kind='stable').tolist().index(k)}"
                    for k in alone]  # fmt: skip
        assert finder.labels_[own].tolist() == expected
