"""Two gloo ranks against one process: gradients, nets, stopping, and the death of a rank."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from fa_sklearn._training._distributed import group_is_up, is_first_rank, shared_seed
from fa_sklearn.modules import MLP
from tests.training.distributed_fits import (
    GRADIENTS,
    RUNS,
    describe,
    fit,
    fit_in_steps,
    table,
)

ROOT = Path(__file__).parents[2]
LIMIT_SECONDS = 300


def start_ranks(folder, task):
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    return [
        subprocess.Popen(
            [sys.executable, "-m", "tests.training.distributed_worker", str(rank), folder, task],
            cwd=ROOT,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]


def end(processes):
    """Wait for all; one that hangs fails the test and is not left behind."""
    try:
        errors = [process.communicate(timeout=LIMIT_SECONDS)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    return [process.returncode for process in processes], errors


@pytest.fixture(scope="module")
def ranks(tmp_path_factory):
    """What each of two ranks got."""
    folder = tmp_path_factory.mktemp("ranks")
    codes, errors = end(start_ranks(folder, "compare"))
    assert codes == [0, 0], "\n".join(errors)
    return [pickle.loads((folder / f"{rank}.pickle").read_bytes()) for rank in range(2)]


def assert_close(found, expected, tolerance):
    """Compare dicts of arrays, relative to the largest entry where that is above 1."""
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        scale = max(1.0, np.abs(value).max())
        np.testing.assert_allclose(
            found[name], value, rtol=0, atol=tolerance * scale, err_msg=name
        )


def assert_same(first, second):
    """Compare what two ranks hold, bit by bit."""
    assert first["history"] == second["history"]
    for name, value in first["state"].items():
        np.testing.assert_array_equal(value, second["state"][name], err_msg=name)


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_are_those_of_one_process(ranks, name):
    expected = describe(fit(GRADIENTS[name]), GRADIENTS[name]()[1])
    assert len(expected["gradients"]) > 1
    assert max(np.abs(value).max() for value in expected["gradients"][0].values()) > 1e-3
    for result in ranks:
        found = result["gradients"][name]
        assert len(found["gradients"]) == len(expected["gradients"])
        for step, expected_step in zip(found["gradients"], expected["gradients"], strict=True):
            assert_close(step, expected_step, 1e-5)
        assert_close(found["history"], expected["history"], 1e-5)
        assert_close(found["state"], expected["state"], 1e-5)
    assert_same(*(result["gradients"][name] for result in ranks))


@pytest.mark.parametrize("name", RUNS)
def test_a_run_ends_like_one_process(ranks, name):
    estimator = fit(RUNS[name])
    expected = describe(estimator, RUNS[name]()[1])
    for result in ranks:
        found = result["runs"][name]
        assert found["n_iter"] == expected["n_iter"]
        scale = max(1.0, expected["representation"].max())
        np.testing.assert_allclose(
            found["representation"], expected["representation"], rtol=0, atol=1e-4 * scale
        )
        assert_close(found["history"], expected["history"], 1e-4)
        assert found["own_attributes"] == expected["own_attributes"]
    assert_same(*(result["runs"][name] for result in ranks))


def test_all_ranks_stop_together(ranks):
    stopped = [result["runs"]["early-stopping"]["n_iter"] for result in ranks]
    assert stopped[0] == stopped[1] < 60
    assert [result["stopped"] for result in ranks] == [2, 2]


@pytest.mark.parametrize("name", RUNS)
def test_the_net_is_usable_without_a_group(ranks, name):
    estimator = pickle.loads(ranks[1]["pickles"][name])
    X, y = RUNS[name]()[1:3]
    assert not group_is_up()
    found = ranks[0]["runs"][name]["representation"]
    np.testing.assert_allclose(estimator.transform(X), found, rtol=0, atol=1e-5)
    before = estimator.n_iter_
    assert estimator.set_params(early_stopping=False).partial_fit(X, y).n_iter_ == before + 1


def test_the_module_keeps_its_class(ranks):
    assert type(pickle.loads(ranks[0]["pickles"]["table"]).net_.module_) is MLP


def test_partial_fit_and_warm_start(ranks):
    expected = describe(fit_in_steps(), table()[0])
    for result in ranks:
        assert result["steps"]["n_iter"] == expected["n_iter"] == 4
        assert_close(result["steps"]["state"], expected["state"], 1e-4)


def test_without_a_seed_rank_0_draws_it(ranks):
    assert_same(*(result["unseeded"] for result in ranks))
    seeded = ranks[0]["runs"]["table"]["state"]
    assert not np.array_equal(ranks[0]["unseeded"]["state"]["fc1.weight"], seeded["fc1.weight"])


def test_ranks_draw_different_numbers_for_the_same_net(ranks):
    drawn = [result["drawn"] for result in ranks]
    assert len(drawn[0]) == len(drawn[1]) > 10
    trained = [numbers[:-2] for numbers in drawn]  # the last two are predictions
    assert not set(trained[0]) & set(trained[1])
    assert len(set(trained[0])) == len(trained[0])
    assert_same(*(result["noisy"] for result in ranks))


def test_only_rank_0_prints(ranks):
    assert len(ranks[0]["printed"].splitlines()) == 4
    assert ranks[1]["printed"] == ""


def test_a_fit_inside_a_fit_is_refused(ranks):
    for result in ranks:
        assert result["nested"].startswith("RuntimeError: Two fits")


def test_other_data_on_one_rank_is_refused_by_all(ranks):
    for result in ranks:
        assert result["different"].startswith("ValueError: X, y or sample_weight of rank 1")


def test_other_parameters_on_one_rank_are_refused_by_all(ranks):
    for result in ranks:
        assert result["other-margin"].startswith("ValueError: lr, alpha or penalty of rank 1")


def test_batch_normalisation_on_cpus_and_batches_smaller_than_the_ranks_are_refused(ranks):
    for result in ranks:
        assert result["normalised"].startswith("ValueError: VGG has batch normalisation")
        assert result["few"].startswith("ValueError: A batch of 1 samples cannot be split")


def test_global_generators_stay(ranks):
    assert all(result["global_generator_untouched"] for result in ranks)


def test_a_killed_rank_ends_the_others(tmp_path):
    codes, errors = end(start_ranks(tmp_path, "die"))
    assert codes[1] < 0
    assert codes[0] > 0
    assert "RuntimeError: Another process of this fit has ended" in errors[0]


def test_without_a_group_nothing_is_shared():
    assert not group_is_up()
    assert is_first_rank()
    assert shared_seed(7, torch.device("cpu")) == 7
    assert shared_seed(None, torch.device("cpu")) is None
