"""Settings of the test processes, and the fixtures that more than one folder needs."""

import os
import random

# Read once, when the libraries load: the tests already run in several processes.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

import numpy as np
import pytest
import torch

torch.set_num_threads(1)
# Numba, which pynndescent is compiled by, cannot read what ray makes of print.
os.environ["RAY_TQDM_PATCH_PRINT"] = "0"


@pytest.fixture
def untouched_global_generators():
    """Fail the test when it leaves a global random generator in another state.

    A whole module asks for it by `pytestmark = pytest.mark.usefixtures(...)`.
    """
    python_before = random.getstate()
    kind, keys, *rest = np.random.get_state(legacy=True)
    torch_before = torch.get_rng_state()
    yield
    assert random.getstate() == python_before, "Python's global generator was used"
    kind_now, keys_now, *rest_now = np.random.get_state(legacy=True)
    assert (kind_now, rest_now) == (kind, rest), "NumPy's global generator was used"
    assert np.array_equal(keys_now, keys), "NumPy's global generator was reseeded"
    assert torch.equal(torch.get_rng_state(), torch_before), "torch's global generator was used"
