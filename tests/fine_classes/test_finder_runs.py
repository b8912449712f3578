"""FineClassFinder: seeds, processes, threads, Ctrl-C, progress, pickles and searches."""

import os
import pickle
import pty
import signal
import subprocess
import sys
import threading
import warnings

import joblib
import numpy as np
import pytest
import sklearn
from scipy.sparse import random_array
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.cluster import HDBSCAN, KMeans
from sklearn.datasets import make_blobs
from sklearn.decomposition import PCA
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch.callbacks import Callback

from fa_sklearn import FineClassFinder, ForcedApartClassifier
from fa_sklearn.fine_classes import _inputs as inputs
from fa_sklearn.metrics import ami_scorer, fine_label_scorer, within_class_modularity_score
from fa_sklearn.model_selection import ModularityScorer, coarse_accuracy_scorer

NET = {"max_epochs": 3, "random_state": 0, "module_params": {"hidden_sizes": (8,)}}
X, FINE = make_blobs([90, 60, 40, 80, 50], 6, random_state=3)
Y = np.where(FINE < 3, "fraud", "fine")
RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def python_hears_sigint():
    """A shell that starts tests in the background has them ignore SIGINT."""
    earlier = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, earlier)


def make(estimator="passthrough", **params):
    return FineClassFinder(estimator, **{"n_repeats": 2, "random_state": 0, **params})


def assert_same(one, other):
    np.testing.assert_array_equal(one.labels_, other.labels_)
    np.testing.assert_array_equal(one.agreement_, other.agreement_)
    np.testing.assert_array_equal(one.cluster_centers_, other.cluster_centers_)
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))
    assert one.candidates_ == other.candidates_


ESTIMATORS = [
    "passthrough",
    PCA(3),
    make_pipeline(StandardScaler(), ForcedApartClassifier(**{**NET, "random_state": None})),
]


@pytest.mark.usefixtures("untouched_global_generators")
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=["passthrough", "pca", "net"])
def test_the_same_seed_gives_the_same_bits(estimator):
    first = make(estimator).fit(X, Y)
    assert_same(make(estimator).fit(X, Y), first)
    assert_same(first.fit(X, Y), make(estimator).fit(X, Y))
    states = [np.random.RandomState(3) for _ in range(2)]
    assert_same(*(make(estimator, random_state=state).fit(X, Y) for state in states))


@pytest.mark.usefixtures("untouched_global_generators")
@pytest.mark.parametrize("estimator", [None, make_pipeline(ForcedApartClassifier(**NET))])
def test_the_table_in_which_clusters_are_judged_follows_the_seed(estimator, monkeypatch):
    def only_inputs(X, kind):
        return {"inputs": inputs.default_candidates(X, kind)["inputs"]}

    monkeypatch.setattr("fa_sklearn.fine_classes._finder.default_candidates", only_inputs)
    wide = random_array((len(Y), 600), density=0.05, format="csr", rng=0)  # a random SVD
    one, other = (
        make(estimator, n_clusters=2, n_repeats=0).fit(wide, Y)._table.transform(wide)
        for _ in range(2)
    )
    assert one.shape[1] < 600
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("backend", ["loky", "threading"])
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=["passthrough", "pca", "net"])
def test_several_processes_give_the_same_bits(estimator, backend):
    serial = make(estimator).fit(X, Y)
    with joblib.parallel_config(backend):
        assert_same(make(estimator, n_jobs=2).fit(X, Y), serial)


def test_large_tables_reach_the_processes_as_memory_maps():
    large = np.tile(X, (60, 2))  # joblib maps what is larger than 1 MB
    y = np.tile(Y, 60)
    params = {"n_clusters": 2, "n_repeats": 2}
    serial, parallel = (
        make(ESTIMATORS[2], n_jobs=n_jobs, **params).fit(large, y) for n_jobs in (None, 2)
    )
    np.testing.assert_array_equal(parallel.labels_, serial.labels_)
    np.testing.assert_array_equal(parallel.agreement_, serial.agreement_)


def test_clone_and_nested_parameters():
    finder = FineClassFinder(ForcedApartClassifier(), clusterer=KMeans())
    copy = clone(finder.set_params(estimator__alpha=0.7, clusterer__n_init=3))
    assert copy.estimator.alpha == 0.7 and copy.clusterer.n_init == 3
    fitted = make(ForcedApartClassifier(**NET)).fit(X, Y)
    assert not hasattr(clone(fitted), "labels_")
    assert_same(clone(fitted).fit(X, Y), fitted)
    assert not hasattr(fitted.estimator, "net_"), "fit works on a copy"


@pytest.mark.parametrize("clusterer", [None, HDBSCAN(copy=True)])
def test_pickle_and_joblib(tmp_path, clusterer):
    finder = make(clusterer=clusterer).fit(X, Y)
    finder.rename({finder.classes_[0]: "x"})
    assert_same(pickle.loads(pickle.dumps(finder)), finder)
    joblib.dump(finder, tmp_path / "finder")
    assert_same(joblib.load(tmp_path / "finder", mmap_mode="r"), finder)


def test_x_is_neither_written_nor_looked_at_after_fit():
    for clusterer in (None, HDBSCAN(copy=True)):
        own = np.array(X)
        own.setflags(write=False)
        finder = make(clusterer=clusterer).fit(own, Y)
        before = finder.predict(X)
        own.setflags(write=True)
        own[:] = 0
        np.testing.assert_array_equal(finder.predict(X), before)


def test_memory_maps(tmp_path):
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    for estimator in ESTIMATORS:
        assert_same(make(estimator).fit(mapped, Y), make(estimator).fit(X, Y))


def test_threads_can_predict_at_the_same_time():
    finder = make(ForcedApartClassifier(**NET)).fit(X, Y)
    expected, found = finder.predict_proba(X), [None] * 4

    def run(i):
        found[i] = finder.predict_proba(X)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in found:
        np.testing.assert_array_equal(each, expected)


# -- searches ---------------------------------------------------------------------------------


def test_searches_by_fine_labels():
    cv = KFold(2, shuffle=True, random_state=0)
    finder = make(n_repeats=0)
    grid = {"n_clusters": [1, {"fraud": 3, "fine": 2}]}
    with sklearn.config_context(enable_metadata_routing=True):
        search = GridSearchCV(finder, grid, scoring=fine_label_scorer("ami"), cv=cv,
                              error_score="raise").fit(X, Y, fine_labels=FINE)  # fmt: skip
    assert search.best_params_["n_clusters"] == {"fraud": 3, "fine": 2}
    assert search.best_score_ > 0.9
    net = ForcedApartClassifier(**NET, label_groups=lambda k: k < 3)
    finder = make(net, n_clusters=2, n_repeats=0)
    grid = {"estimator__alpha": [0.1, 0.9]}
    search = GridSearchCV(finder, grid, scoring=ami_scorer, cv=cv, error_score="raise")
    assert np.isfinite(search.fit(X, FINE).best_score_)


@pytest.mark.parametrize("in_a_pipeline", [False, True])
def test_searches_without_fine_labels(in_a_pipeline):
    finder = make(n_repeats=0)
    name = "n_clusters"
    if in_a_pipeline:
        finder, name = make_pipeline(StandardScaler(), finder), "fineclassfinder__n_clusters"
    grid = {name: [1, {"fraud": 3, "fine": 2}]}
    scorer = ModularityScorer(min_accuracy=0.9)
    cv = KFold(2, shuffle=True, random_state=0)
    search = GridSearchCV(finder, grid, scoring=scorer, cv=cv, error_score="raise").fit(X, Y)
    assert search.best_params_[name] == {"fraud": 3, "fine": 2}
    fitted = search.best_estimator_
    last = fitted[-1] if in_a_pipeline else fitted
    inputs = fitted[:-1].transform(X) if in_a_pipeline else X
    accuracy = (last.predict_coarse(inputs) == Y).mean()
    for each in (fitted, search):
        assert coarse_accuracy_scorer(each, X, Y) == accuracy
        expected = within_class_modularity_score(X, fitted.predict(X), Y)
        assert ModularityScorer()(each, X, Y) == pytest.approx(expected)


def test_scorers_read_y_as_the_finder_does():
    partly = Y.astype("U9")
    partly[::3] = "?"
    finder = make(unlabeled="?", n_repeats=0).fit(X, partly)
    known = partly != "?"
    accuracy = (finder.predict_coarse(X[known]) == Y[known]).mean()
    assert coarse_accuracy_scorer(finder, X, partly) == accuracy
    expected = within_class_modularity_score(X[known], finder.predict(X[known]), Y[known])
    assert ModularityScorer()(finder, X, partly) == pytest.approx(expected)
    groups = ForcedApartClassifier(**NET, label_groups=lambda k: "fraud" if k < 3 else "fine")
    finder = make(groups, n_clusters=2, n_repeats=0).fit(X, FINE)
    assert coarse_accuracy_scorer(finder, X, FINE) == (finder.predict_coarse(X) == Y).mean()
    expected = within_class_modularity_score(X, finder.predict(X), Y)
    assert ModularityScorer()(finder, X, FINE) == pytest.approx(expected)
    without = make(n_clusters=5, n_repeats=0).fit(X)
    expected = within_class_modularity_score(X, without.predict(X))
    assert ModularityScorer()(without, X) == pytest.approx(expected)


# -- Ctrl-C -----------------------------------------------------------------------------------

FITS = {"count": 0, "press": 0}


class Pressing(TransformerMixin, BaseEstimator):
    """Sends SIGINT to this process in the n-th fit."""

    def fit(self, X, y=None):
        FITS["count"] += 1
        if FITS["count"] == FITS["press"]:
            os.kill(os.getpid(), signal.SIGINT)
        self.fitted_ = True
        return self

    def transform(self, X):
        return np.asarray(X)


@pytest.mark.parametrize(("press", "kept"), [(2, 0), (3, 1), (5, 3)])
def test_ctrl_c_during_the_repeats_keeps_the_finished_ones(press, kept):
    FITS.update(count=0, press=press)
    with pytest.warns(UserWarning, match=f"kept 1 of 1 candidates and {kept} of 4 rep") as record:
        finder = make(Pressing(), n_repeats=4).fit(X, Y)
    assert len(record) == 1
    assert finder.n_fits_ == 1 + kept
    FITS.update(count=0, press=0)
    expected = make(Pressing(), n_repeats=4).fit(X, Y)
    np.testing.assert_array_equal(finder.labels_, expected.labels_)
    np.testing.assert_array_equal(finder._repeats, expected._repeats[:kept])
    assert np.isnan(finder.agreement_).all() == (kept == 0)


def test_ctrl_c_in_the_first_fit_is_passed_on():
    FITS.update(count=0, press=1)
    before = signal.getsignal(signal.SIGINT)
    finder = make(Pressing())
    with pytest.raises(KeyboardInterrupt):
        finder.fit(X, Y)
    assert not hasattr(finder, "labels_")
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize(("press", "kept"), [(1, 0), (2, 1), (3, 2)])
def test_ctrl_c_during_the_candidates_compares_the_finished_ones(monkeypatch, press, kept):
    def three(X, kind):
        return {name: make_pipeline(Pressing(), "passthrough") for name in "abc"}

    monkeypatch.setattr("fa_sklearn.fine_classes._finder.default_candidates", three)
    FITS.update(count=0, press=press)
    if not kept:
        with pytest.raises(KeyboardInterrupt):
            make(None).fit(X, Y)
        return
    with pytest.warns(UserWarning, match=f"kept {kept} of 3 candidates and 0 of 2 repeats"):
        finder = make(None).fit(X, Y)
    assert [*finder.candidates_] == list("abc")[:kept] or kept == 1
    assert finder.candidate_ in "abc"[:kept]
    assert finder.predict(X, coarse=Y).tolist() == finder.labels_.tolist()


class PressInEpoch(Callback):
    """Sends SIGINT in the second epoch of the n-th fit."""

    def on_epoch_begin(self, net, **kwargs):
        if len(net.history) == 2:
            FITS["count"] += 1
            if FITS["count"] == FITS["press"]:
                os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize(("press", "kept"), [(1, 0), (2, 0), (3, 1)])
def test_ctrl_c_during_a_net(press, kept):
    """What a first net has learnt is kept; a repeat that is not finished says nothing."""
    net = ForcedApartClassifier(**NET, callbacks=[PressInEpoch()])
    FITS.update(count=0, press=press)
    with pytest.warns(UserWarning) as record:
        finder = make(net, n_clusters=2).fit(X, Y)
    assert [str(warning.message).partition(":")[0] for warning in record] == [
        "fit was interrupted"
    ]
    assert f"kept 1 of 1 candidates and {kept} of 2 repeats" in str(record[0].message)
    assert finder.estimator_.n_iter_ == (1 if press == 1 else 3)
    assert len(finder._repeats) == kept


def test_no_warning_without_ctrl_c():
    FITS.update(count=0, press=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        make(Pressing()).fit(X, Y)


# -- progress ---------------------------------------------------------------------------------

SCRIPT = """
import numpy as np
from fa_sklearn import FineClassFinder
X = np.random.default_rng(0).normal(size=(40, 2))
FineClassFinder("passthrough", n_repeats=3, verbose=1, n_clusters=2).fit(X, np.arange(40) % 2)
"""


def test_progress_in_a_pipe_is_a_line_for_each_fit():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True,
                          check=True)  # fmt: skip
    assert done.stdout.splitlines() == [f"FineClassFinder: fit {k} of 4" for k in (1, 2, 3, 4)]
    assert done.stderr == ""


def test_progress_in_a_terminal_is_one_bar():
    master, slave = pty.openpty()
    process = subprocess.Popen([sys.executable, "-c", SCRIPT], stdout=slave)
    os.close(slave)
    output = b""
    while True:
        try:
            part = os.read(master, 4096)
        except OSError:  # Linux says so at the end
            break
        if not part:
            break
        output += part
    assert process.wait() == 0
    os.close(master)
    text = output.decode()
    assert text.count("\n") == 1
    last = text.strip().split("\r")[-1]
    assert last.startswith("FineClassFinder: fit 4/4") and len(last) <= 80


def test_silence_by_default(capfd):
    make().fit(X, Y)
    assert capfd.readouterr() == ("", "")
