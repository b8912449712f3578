"""Many fits in one process: memory stays flat, and threads do not disturb each other."""

import gc
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import psutil

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier

WARM_UP, FITS = 20, 200
MAX_GROWTH = 20e6  # bytes
COMMON = {"n_components": 4, "max_epochs": 1, "batch_size": 16, "random_state": 0}


def objects(items):
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array


def cases():
    """An estimator of each built-in net, and data for it."""
    rng = np.random.default_rng(0)
    lengths = rng.integers(2, 6, size=24)
    table = rng.normal(size=(24, 5))
    sequences = objects([rng.normal(size=(length, 3)) for length in lengths])
    images = rng.integers(0, 256, size=(24, 16, 16, 3), dtype=np.uint8)
    texts = [" ".join(rng.choice(list("pqrst"), length)) for length in lengths]
    narrow, recurrent = {"width": 0.0625}, {"hidden_size": 6}
    return [
        (ForcedApartClassifier, {}, table),
        (ForcedApartClassifier, {"module_params": recurrent}, sequences),
        (ForcedApartClassifier, {"module_params": narrow}, images),
        (ForcedApartClassifier, {"module_params": recurrent}, texts),
        (ForcedApartAutoencoder, {}, table),
        (ForcedApartAutoencoder, {"module_params": recurrent}, sequences),
        (ForcedApartAutoencoder, {"module_params": narrow}, images),
    ]


def represent(case, **changes):
    estimator_class, options, X = case
    estimator = estimator_class(**{**COMMON, **options, **changes})
    return estimator.fit(X, np.arange(len(X)) % 2).transform(X)


def fit_many(nets, count):
    for index in range(count):
        represent(nets[index % len(nets)])
    gc.collect()


def test_memory_stays_flat_over_many_fits():
    nets = cases()
    process = psutil.Process()
    tracemalloc.start()
    try:
        fit_many(nets, WARM_UP)
        traced_before, resident_before = (
            tracemalloc.get_traced_memory()[0],
            process.memory_info().rss,
        )
        fit_many(nets, FITS)
        traced, resident = tracemalloc.get_traced_memory()[0], process.memory_info().rss
    finally:
        tracemalloc.stop()
    growth = {"traced": traced - traced_before, "resident": resident - resident_before}
    print(growth)
    assert max(growth.values()) < MAX_GROWTH, growth


def test_fits_of_every_net_in_four_threads_equal_the_serial_ones():
    nets = cases()
    jobs = [(nets[index % len(nets)], index) for index in range(50)]
    serial = [represent(case, random_state=seed) for case, seed in jobs]
    assert len({rows.tobytes() for rows in serial}) == len(jobs), "the fits must differ"
    with ThreadPoolExecutor(4) as pool:
        threaded = list(pool.map(lambda job: represent(job[0], random_state=job[1]), jobs))
    for mine, other in zip(serial, threaded, strict=True):
        np.testing.assert_array_equal(other, mine)
