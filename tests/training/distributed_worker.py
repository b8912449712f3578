"""One rank: `python -m tests.training.distributed_worker RANK FOLDER TASK`."""

import contextlib
import io
import os
import pickle
import signal
import sys
from datetime import timedelta
from pathlib import Path

import torch
from skorch.callbacks import Callback

from tests.training.distributed_fits import (
    GRADIENTS,
    RUN,
    RUNS,
    SMALL_TABLE,
    VGG,
    Noisy,
    classifier,
    describe,
    fit,
    fit_in_steps,
    images,
    table,
)

RANK = int(sys.argv[1])


class StopOnRankOne(Callback):
    """Ask to stop after the second epoch, on one rank."""

    def on_epoch_end(self, net, **kwargs):
        if RANK == 1 and len(net.history) == 2:
            raise KeyboardInterrupt


class DieOnRankOne(Callback):
    """End the process of one rank in the middle of an epoch."""

    def on_batch_end(self, net, **kwargs):
        if RANK == 1 and len(net.history) == 2:
            os.kill(os.getpid(), signal.SIGKILL)


class FitAgain(Callback):
    """Start a second fit inside the first."""

    def on_epoch_begin(self, net, **kwargs):
        fit_table(callbacks=None)


def fit_table(**params):
    return fit(lambda: classifier(table(), **SMALL_TABLE, **{**RUN, **params}))


def error_of(action):
    try:
        action()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def fit_other_rows():
    X, y = table(37 + RANK)
    return classifier((X, y), **SMALL_TABLE)[0].fit(X, y)


def captured(action):
    stream = io.StringIO()
    with contextlib.redirect_stdout(stream):
        action()
    return stream.getvalue()


def compare():
    """Do all that is compared."""
    before = torch.get_rng_state()
    result = {"gradients": {}, "runs": {}, "pickles": {}}
    for name, case in GRADIENTS.items():
        result["gradients"][name] = describe(fit(case), case()[1])
    for name, case in RUNS.items():
        estimator = fit(case)
        result["runs"][name] = describe(estimator, case()[1])
        result["pickles"][name] = pickle.dumps(estimator)
    result["normalised"] = error_of(lambda: fit(lambda: classifier(images(), **VGG, **RUN)))
    result["few"] = error_of(lambda: fit_table(batch_size=1))
    result["other-margin"] = error_of(lambda: fit_table(margin=1.0 + RANK))
    result["steps"] = describe(fit_in_steps(), table()[0])
    result["unseeded"] = describe(fit_table(random_state=None), table()[0])
    result["stopped"] = fit_table(callbacks=[StopOnRankOne()], max_epochs=6).n_iter_
    result["printed"] = captured(lambda: fit_table(verbose=1))
    result["nested"] = error_of(lambda: fit_table(callbacks=[FitAgain()]))
    result["different"] = error_of(fit_other_rows)
    noisy = fit_table(module=Noisy)
    result["noisy"] = describe(noisy, table()[0])
    result["drawn"] = list(Noisy.drawn)
    result["global_generator_untouched"] = torch.equal(before, torch.get_rng_state())
    return result


def main():
    folder, task = Path(sys.argv[2]), sys.argv[3]
    torch.set_num_threads(1)
    torch.distributed.init_process_group(
        "gloo",
        init_method=(folder / "rendezvous").as_uri(),
        rank=RANK,
        world_size=2,
        timeout=timedelta(seconds=60),
    )
    if task == "die":
        fit_table(callbacks=[DieOnRankOne()], max_epochs=1000)
        return
    (folder / f"{RANK}.pickle").write_bytes(pickle.dumps(compare()))
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main()
