"""Searches on joblib's dask and ray backends: the serial results, bounded threads, killed workers.

Each engine runs two local workers. What the workers need is defined inside functions, so that it
travels by value: they cannot import the tests.
"""

import contextlib
import os
import secrets
import shutil
import signal
import tempfile
import threading

import joblib
import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from skorch.callbacks import Callback

from fa_sklearn import FineClassFinder, ForcedApartClassifier
from fa_sklearn.metrics import ami_score

SECONDS = 240  # far more than a search takes, starting the workers on a busy machine included
N_WORKERS = 2


def finish_in_time(function):
    """Result or error of a function that must not hang; its thread is left behind if it does."""
    outcome = {}

    def run():
        try:
            outcome["result"] = function()
        except BaseException as error:
            outcome["error"] = error

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(SECONDS)
    assert not thread.is_alive(), f"still running after {SECONDS} s"
    if "error" in outcome:
        raise outcome["error"]
    return outcome["result"]


class DaskEngine:
    """Two worker processes of one thread, restarted when they die."""

    survives = ()

    def __init__(self, folder):
        import dask
        import distributed

        # Importing torch keeps a worker from answering; on a busy machine longer than 30 s.
        self._config = dask.config.set(
            {"temporary-directory": folder, "distributed.comm.timeouts.tcp": f"{SECONDS}s"}
        )
        self.lost_worker_errors = (
            distributed.KilledWorker,
            distributed.client.FutureCancelledError,
        )
        self._cluster = distributed.LocalCluster(
            n_workers=N_WORKERS,
            threads_per_worker=1,
            processes=True,
            dashboard_address="127.0.0.1:0",
            local_directory=folder,
        )
        self._client = distributed.Client(self._cluster)

    def wait(self):
        """Until all workers are up: joblib runs in this process when one core is left."""
        self._client.wait_for_workers(N_WORKERS, timeout=SECONDS)

    def plain(self, X, y, cv):
        return joblib.parallel_config("dask")

    def surviving(self, X, y, cv):
        """Every worker holds a copy of the data, so that none is lost with a worker."""
        return joblib.parallel_config(
            "dask", scatter=[X, y, *(part for fold in cv for part in fold)]
        )

    def close(self):
        self._client.close()
        self._cluster.close()
        self._config.__exit__(None, None, None)


class RayEngine:
    """Two actors, which ray is told to restart or not; each is lent one of two devices."""

    survives = ("surviving",)

    def __init__(self, folder):
        import ray
        from ray.util.joblib import register_ray

        self.lost_worker_errors = (ray.exceptions.ActorDiedError,)
        self._shutdown = ray.shutdown
        register_ray()
        ray.init(
            "local",
            num_cpus=N_WORKERS,
            num_gpus=N_WORKERS,
            include_dashboard=False,
            log_to_driver=False,
            _temp_dir=folder,
        )

    def wait(self):
        """Nothing: each search starts actors of its own."""

    def plain(self, X, y, cv):
        options = {"num_gpus": 1}
        return joblib.parallel_config("ray", n_jobs=N_WORKERS, ray_remote_args=options)

    def surviving(self, X, y, cv):
        options = {"max_restarts": 2, "max_task_retries": 2}
        return joblib.parallel_config("ray", n_jobs=N_WORKERS, ray_remote_args=options)

    def close(self):
        self._shutdown()


@pytest.fixture(scope="module", params=[DaskEngine, RayEngine], ids=["dask", "ray"])
def running_engine(request):
    # A short path: ray puts sockets there, whose names must fit into 107 bytes.
    folder = tempfile.mkdtemp(prefix="fa-")
    with pytest.MonkeyPatch.context() as patch:
        # The engines themselves must bound the threads, not what the tests were started with.
        for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
            patch.delenv(variable, raising=False)
        # Nothing of ray's in the home directory, and nothing reported to its makers.
        token = os.path.join(folder, "token")
        with open(token, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN_PATH", token)
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        # In the main thread: ray's processes end with the thread that started them.
        started = request.param(folder)
        yield started
        started.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def engine(running_engine):
    running_engine.wait()
    return running_engine


@pytest.fixture(scope="module")
def cv(X, fine):
    return list(StratifiedKFold(2, shuffle=True, random_state=0).split(X, fine))


@pytest.fixture(scope="module")
def make_search(groups, cv):
    """Maker of a search that records threads and processes, and may kill its first worker."""

    tests = os.getpid()

    class Watch(Callback):
        def __init__(self, marker=None):
            self.marker = marker

        def on_epoch_end(self, net, **kwargs):
            net.history.record("threads", torch.get_num_threads())
            if self.marker is None or os.getpid() == tests:
                return
            with contextlib.suppress(FileExistsError), open(self.marker, "x") as file:
                print(os.getpid(), file=file, flush=True)
                os.kill(os.getpid(), signal.SIGKILL)

    def score(pipeline, X, y):
        history = pipeline[0].net_.history
        return {
            "ami": ami_score(y, pipeline.predict(X)),
            "loss": history[-1, "train_loss"],
            "threads": max(history[:, "threads"]),
            "process": os.getpid(),
            "device": int(os.environ.get("CUDA_VISIBLE_DEVICES") or -1),
        }

    def make(marker=None):
        net = ForcedApartClassifier(
            label_groups=groups,
            module_params={"hidden_sizes": (12,)},
            n_components=5,
            max_epochs=3,
            batch_size=32,
            lr=0.01,
            random_state=0,
            device="cpu",
            callbacks=[Watch(marker)],
        )
        grid = {
            "forcedapartclassifier__alpha": [0.1, 0.9],
            "forcedapartclassifier__penalty": ["single", "multi"],
        }
        pipeline = make_pipeline(net, KMeans(4, n_init=1, random_state=0))
        return GridSearchCV(pipeline, grid, scoring=score, refit="ami", cv=cv, error_score="raise")

    return make


@pytest.fixture(scope="module")
def serial(make_search, X, fine):
    return make_search().fit(X, fine)


def run(make_search, backend, X, y, cv, marker=None):
    def fit():
        with backend(X, y, cv):  # joblib keeps the choice of a backend per thread
            return make_search(marker).fit(X, y)

    return finish_in_time(fit)


def per_fold(search, name):
    return np.array([search.cv_results_[f"split{fold}_test_{name}"] for fold in (0, 1)])


def assert_same_results(search, serial):
    assert len(np.unique(per_fold(serial, "loss"))) == 8, "the fits must differ from each other"
    for name in ("ami", "loss"):
        np.testing.assert_array_equal(per_fold(search, name), per_fold(serial, name))
    assert search.best_params_ == serial.best_params_
    assert os.getpid() not in per_fold(search, "process"), "the fits ran in this process"


def test_results_are_the_serial_ones_and_threads_are_bounded(
    engine, make_search, serial, cv, X, fine
):
    search = run(make_search, engine.plain, X, fine, cv)
    assert_same_results(search, serial)
    assert (per_fold(search, "threads") == 1).all()
    if isinstance(engine, RayEngine):
        assert set(per_fold(search, "device").ravel()) == {0, 1}, "one device a worker"


def test_the_repeats_of_a_finder_are_the_serial_ones(engine, cv, X, fine, coarse):
    net = ForcedApartClassifier(max_epochs=3, batch_size=32, device="cpu")
    finder = FineClassFinder(net, n_clusters=2, n_repeats=3, random_state=0)
    serial = clone(finder).fit(X, coarse)

    def fit():
        with engine.plain(X, coarse, cv):
            return finder.fit(X, coarse)

    found = finish_in_time(fit)
    np.testing.assert_array_equal(found.labels_, serial.labels_)
    np.testing.assert_array_equal(found.agreement_, serial.agreement_)
    assert found.n_fits_ == 4


@pytest.mark.parametrize("setup", ["plain", "surviving"])
def test_a_killed_worker_never_gives_wrong_results_or_a_hang(
    engine, setup, make_search, serial, cv, X, fine, tmp_path
):
    """Ray goes on where it is told so; dask may have lost the data that the worker held."""
    marker = tmp_path / "killed"
    try:
        search = run(make_search, getattr(engine, setup), X, fine, cv, marker)
    except engine.lost_worker_errors as error:
        assert str(error)
        assert setup not in engine.survives
    else:
        assert_same_results(search, serial)
        assert int(marker.read_text()) not in per_fold(search, "process")
    assert marker.read_text(), "no worker was killed"
