"""The example of one fit on several processes, as its first line says to start it."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_one_line_starts_two_ranks():
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2"]
    # A free port instead of torchrun's usual one, which another job may have.
    command += ["--rdzv-backend=c10d", "--rdzv-endpoint=localhost:0"]
    command += ["-m", "examples.distributed_fit", "--epochs=2", "--samples=300"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split("  ")[0] for line in lines[:2]] == ["epoch 1/2", "epoch 2/2"]
    assert lines[2] == "2 ranks on cpu"
    assert len(lines) == 5
    assert all(0 <= float(line.split()[-1]) <= 1 for line in lines[3:])
