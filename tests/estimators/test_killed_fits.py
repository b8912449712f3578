"""A fit that is killed, again and again, ends as if nothing had happened."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

SERVER = Path(__file__).with_name("killable_fits.py")
KILLS = 4  # of each of the six cases
FINISHED = 0


class Fits:
    """The server's other end."""

    def __init__(self, folder):
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def start(self, case, checkpoint_dir=None, entropy=None):
        request = {
            "case": case,
            "checkpoint_dir": checkpoint_dir and str(checkpoint_dir),
            "outcome": str(self.folder / "outcome"),
            "entropy": entropy,
        }
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def status(self):
        return int(self.process.stdout.readline())

    def finish(self, case, checkpoint_dir=None, entropy=None):
        self.start(case, checkpoint_dir, entropy)
        assert self.status() == FINISHED
        return torch.load(self.folder / "outcome", weights_only=False)


@pytest.fixture(scope="module")
def fits(tmp_path_factory):
    server = Fits(tmp_path_factory.mktemp("fits"))
    yield server
    server.process.stdin.close()
    server.process.wait()
    server.process.stdout.close()


def headers(folder):
    """What the checkpoints in a folder say of themselves."""
    found = []
    for path in sorted(folder.glob("*.checkpoint")):
        with contextlib.suppress(FileNotFoundError):
            found.append(json.loads(path.read_bytes()[64:].partition(b"\n")[0]))
    return found


def epochs_kept(folder):
    """Epochs of all fits in a folder that need not be done again."""
    return sum(header["epochs"] for header in headers(folder))


def wait_for(epochs, folder):
    deadline = time.monotonic() + 60
    while epochs_kept(folder) < epochs:
        assert time.monotonic() < deadline, "the fit makes no progress"
        time.sleep(0.001)


def assert_same(first, second, where="outcome"):
    assert type(first) is type(second), where
    if isinstance(first, dict):
        assert list(first) == list(second), where
        for key in first:
            assert_same(first[key], second[key], f"{where}[{key!r}]")
    elif isinstance(first, (list, tuple)):
        assert len(first) == len(second), where
        for position, (one, other) in enumerate(zip(first, second, strict=True)):
            assert_same(one, other, f"{where}[{position}]")
    elif isinstance(first, torch.Tensor):
        assert first.dtype == second.dtype and torch.equal(first, second), where
    elif isinstance(first, np.ndarray):
        assert first.dtype == second.dtype and np.array_equal(first, second), where
    elif not callable(first) and hasattr(first, "__dict__"):
        assert_same(vars(first), vars(second), where)
    else:
        assert first == second, where


@pytest.mark.parametrize(
    "case", ["dropout", "early_stopping", "callbacks", "no_seed", "warm_start", "neighbours"]
)
def test_killed_four_times_and_still_the_same_bits(fits, tmp_path, case):
    chance = random.Random(case)
    folder = tmp_path / "checkpoints"
    reference = None if case == "no_seed" else fits.finish(case)
    total = 60 if reference is None else len(reference["history"])
    entropies, killed_at = set(), []
    for kill in range(KILLS):
        fit = fits.start(case, folder)
        wait_for(chance.randrange(kill * total, (kill + 1) * total) // (KILLS + 1) + 1, folder)
        time.sleep(chance.uniform(0, 0.02))
        os.kill(fit, signal.SIGKILL)
        assert fits.status() == -signal.SIGKILL
        killed_at.append(epochs_kept(folder))
        entropies |= {header.get("entropy") for header in headers(folder)}
    assert all(0 < epochs < total for epochs in killed_at), "a kill came before or after the fit"
    assert killed_at == sorted(killed_at)
    resumed = fits.finish(case, folder)
    if reference is None:
        assert len(entropies) == 1
        reference = fits.finish(case, entropy=entropies.pop())
        assert not list(folder.glob("*.checkpoint*"))
    assert resumed["jitter reaches the net"]
    assert_same(resumed, reference)
