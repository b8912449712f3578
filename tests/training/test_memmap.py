"""A memory map larger than memory should be: a fit reads batches and never loads it whole."""

import json
import subprocess
import sys

import pytest

N_ROWS, N_FEATURES = 1 << 24, 64  # 4 GiB of float32
LIMIT = 1 << 30

SCRIPT = """
import json, sys, threading, time
import numpy as np
from fa_sklearn import {estimator}

def anonymous():
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith("RssAnon"))
    return int(line.split()[1]) * 1024

baseline, peak, done = anonymous(), 0, False

def watch():
    global peak
    while not done:
        peak = max(peak, anonymous())
        time.sleep(0.01)

X = np.memmap({path!r}, dtype=np.float32, mode="r", shape=({rows}, {features}))
y = np.arange({rows}, dtype=np.int8) % 2
watcher = threading.Thread(target=watch)
watcher.start()
estimator = {estimator}(penalty=None, max_epochs=1, batch_size=16384, random_state=0)
estimator.fit(X, y)
embedding = estimator.transform(X[: 1 << 20])
done = True
watcher.join()
print(json.dumps({{"grown": peak - baseline, "batches": len(embedding)}}))
"""


@pytest.mark.slow
@pytest.mark.parametrize("estimator", ["ForcedApartClassifier", "ForcedApartAutoencoder"])
def test_fit_on_a_memmap_of_4_gib_stays_small(tmp_path, estimator):
    path = tmp_path / "table.bin"
    with open(path, "wb") as file:
        file.truncate(N_ROWS * N_FEATURES * 4)  # sparse: zeros take no disk
    script = SCRIPT.format(estimator=estimator, path=str(path), rows=N_ROWS, features=N_FEATURES)
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["grown"] < LIMIT
