"""The same seed, the same bits: anywhere, in any company, and global generators left alone."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pytest
import torch
from sklearn.base import clone
from torch import nn
from torch.nn import functional as F

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier

pytestmark = pytest.mark.usefixtures("untouched_global_generators")

DRAWS = {
    "Dropout": nn.Dropout(0.5),
    "AlphaDropout": nn.AlphaDropout(0.5),
    "FeatureAlphaDropout": nn.FeatureAlphaDropout(0.5),
    "RReLU": nn.RReLU(),
    "F.dropout": lambda H: F.dropout(H, 0.5),
    "F.dropout1d": lambda H: F.dropout1d(H[None], 0.5)[0],
    "F.gumbel_softmax": F.gumbel_softmax,
    "randn_like": lambda H: H + torch.randn_like(H),
    "rand": lambda H: H * torch.rand(H.shape),
    "randint": lambda H: H * torch.randint(3, H.shape),
    "randperm": lambda H: H[:, torch.randperm(H.shape[1])],
    "bernoulli": lambda H: H * torch.bernoulli(torch.full_like(H, 0.5)),
    "uniform_": lambda H: H * torch.empty_like(H).uniform_(),
    "normal": lambda H: H + torch.normal(torch.zeros_like(H), 1.0),
    "Normal.sample": lambda H: H + torch.distributions.Normal(0.0, 1.0).sample(H.shape),
    "multinomial": lambda H: H[:, torch.multinomial(torch.ones(H.shape[1]), H.shape[1])],
    "attention": lambda H: F.scaled_dot_product_attention(
        H[None], H[None], H[None], dropout_p=0.5
    )[0],
}
INITIALISERS = {
    "uniform_": nn.init.uniform_,
    "orthogonal_": nn.init.orthogonal_,
    "trunc_normal_": nn.init.trunc_normal_,
    "kaiming_normal_": nn.init.kaiming_normal_,
    "xavier_uniform_": nn.init.xavier_uniform_,
    "copy_ randn": lambda weight: weight.data.copy_(torch.randn(weight.shape)),
}


class UserModule(nn.Module):
    """A user's net with dropout as a layer and as a function, and numbers of its own."""

    def __init__(
        self, input_shape, n_components, n_outputs=None, *, draw="Dropout", init="uniform_"
    ):
        super().__init__()
        self.draw = draw
        self.layer = nn.Dropout(0.2)
        self.hidden = nn.Linear(*input_shape, 8)
        INITIALISERS[init](self.hidden.weight)
        self.fc1 = nn.Linear(8, n_components)
        self.decoder = nn.Linear(n_components, n_outputs or input_shape[0])

    @property
    def representation_weight(self):
        return self.fc1.weight

    def decode(self, representation, lengths=None):
        return self.decoder(representation)

    def forward(self, X, lengths=None):
        H = torch.tanh(self.hidden(X))
        if self.training:
            H = F.dropout(self.layer(DRAWS[self.draw](H)), 0.2)
        representation = torch.relu(self.fc1(H) + 1)
        return self.decode(representation), representation


class UserAutoencoder(UserModule):
    """The same with the signature of an autoencoder."""

    def __init__(self, input_shape, n_components, *, draw="Dropout", init="uniform_"):
        super().__init__(input_shape, n_components, draw=draw, init=init)


USER_MODULES = {ForcedApartClassifier: UserModule, ForcedApartAutoencoder: UserAutoencoder}


def objects(items):
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array


def data(kind):
    """Thirty samples of a kind of input, and a binary label."""
    rng = np.random.default_rng(0)
    lengths = rng.integers(2, 7, size=30)
    X = {
        "table": lambda: rng.normal(size=(30, 6)),
        "sequence": lambda: objects([rng.normal(size=(length, 3)) for length in lengths]),
        "image": lambda: rng.integers(0, 256, size=(30, 16, 16, 3), dtype=np.uint8),
        "tokens": lambda: objects([rng.integers(2, 9, size=length) for length in lengths]),
        "text": lambda: [" ".join(rng.choice(list("pqrst"), length)) for length in lengths],
    }[kind]()
    return X, np.arange(30) % 2


COMMON = {"n_components": 5, "max_epochs": 2, "batch_size": 8, "lr": 0.01, "random_state": 0}
RNN = {"hidden_size": 6}
CASES = {
    "table": (ForcedApartClassifier, "table", {"module_params": {"hidden_sizes": (9,)}}),
    "table dropout": (ForcedApartClassifier, "table", {"module_params": {"dropout": 0.5}}),
    "early stopping": (ForcedApartClassifier, "table", {"early_stopping": True}),
    "sequence": (ForcedApartClassifier, "sequence", {"module_params": RNN}),
    "gru dropout": (
        ForcedApartClassifier,
        "sequence",
        {"module_params": {**RNN, "cell": "gru", "num_layers": 2, "dropout": 0.5}},
    ),
    "image": (ForcedApartClassifier, "image", {"module_params": {"width": 0.0625}, "lr": 1e-3}),
    "tokens": (ForcedApartClassifier, "tokens", {"module_params": RNN}),
    "text": (ForcedApartClassifier, "text", {"module_params": RNN}),
    "auto table": (ForcedApartAutoencoder, "table", {"module_params": {"hidden_sizes": (9,)}}),
    "auto early stopping": (ForcedApartAutoencoder, "table", {"early_stopping": True}),
    "auto sequence": (ForcedApartAutoencoder, "sequence", {"module_params": RNN}),
    "auto image": (
        ForcedApartAutoencoder,
        "image",
        {"module_params": {"width": 0.0625}, "lr": 1e-3},
    ),
}
# What a worker process can import; the user's modules stay in this one.
PORTABLE = {
    name: (cls(**{**COMMON, **options}), kind) for name, (cls, kind, options) in CASES.items()
}
USERS = {
    cls.__name__ + "'s user module": (cls(module, **COMMON), "table")
    for cls, module in USER_MODULES.items()
}
every_case = pytest.mark.parametrize(
    ("estimator", "kind"), [*PORTABLE.values(), *USERS.values()], ids=[*PORTABLE, *USERS]
)


def represent(estimator, kind):
    return clone(estimator).fit_transform(*data(kind))


@every_case
def test_the_same_seed_gives_the_same_bits(estimator, kind):
    first = represent(estimator, kind)
    assert first.any()
    np.testing.assert_array_equal(represent(estimator, kind), first)
    np.testing.assert_array_equal(represent(pickle.loads(pickle.dumps(estimator)), kind), first)
    np.testing.assert_array_equal(represent(copy.deepcopy(estimator), kind), first)


@every_case
def test_different_seeds_differ(estimator, kind):
    other = clone(estimator).set_params(random_state=1)
    assert not np.array_equal(represent(other, kind), represent(estimator, kind))


@every_case
def test_seeds_of_the_global_generators_do_not_matter(estimator, kind):
    with borrowed_global_generators():
        torch.manual_seed(1)
        np.random.seed(1)
        first = represent(estimator, kind)
        torch.manual_seed(2)
        np.random.seed(2)
        np.testing.assert_array_equal(represent(estimator, kind), first)


def test_workers_compute_the_same_bits():
    serial = [represent(estimator, kind) for estimator, kind in PORTABLE.values()]
    with joblib.parallel_config("loky", n_jobs=2, inner_max_num_threads=1):
        parallel = joblib.Parallel()(
            joblib.delayed(clone(estimator).fit_transform)(*data(kind))
            for estimator, kind in PORTABLE.values()
        )
    for name, mine, other in zip(PORTABLE, serial, parallel, strict=True):
        np.testing.assert_array_equal(other, mine, err_msg=name)


@every_case
def test_a_fit_in_parts_goes_on_the_same_after_pickling(estimator, kind):
    X, y = data(kind)
    if estimator.early_stopping:
        estimator = clone(estimator).set_params(early_stopping=False)
    first = clone(estimator).partial_fit(X, y)
    second = pickle.loads(pickle.dumps(first))
    np.testing.assert_array_equal(
        second.partial_fit(X, y).transform(X), first.partial_fit(X, y).transform(X)
    )


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_the_mlp_has_the_same_bits_at_any_thread_count(estimator_class, dropout):
    """Layers and batches are large enough for torch to split the work."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(1200, 64)), np.arange(1200) % 3
    estimator = estimator_class(max_epochs=2, batch_size=600, random_state=0)
    estimator.set_params(module_params={"hidden_sizes": (256,)})
    if dropout:
        estimator.set_params(module=USER_MODULES[estimator_class], module_params=None)
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        one = clone(estimator).fit_transform(X, y)
        torch.set_num_threads(2)
        two = clone(estimator).fit_transform(X, y)
    finally:
        torch.set_num_threads(threads)
    np.testing.assert_array_equal(two, one)


THREADED = {
    **USERS,
    **{name: PORTABLE[name] for name in ("table dropout", "auto table", "image")},
    # torch keeps the weights that autocast has rounded in one place for all threads.
    "gru in bf16": (
        ForcedApartClassifier(**COMMON, precision="bf16", module_params={**RNN, "cell": "gru"}),
        "sequence",
    ),
}


@pytest.mark.parametrize(("estimator", "kind"), THREADED.values(), ids=THREADED)
def test_fits_in_threads_do_not_disturb_each_other(estimator, kind):
    """Four at once, each with its own seed."""
    jobs = [clone(estimator).set_params(random_state=seed, max_epochs=4) for seed in range(12)]
    serial = [represent(job, kind) for job in jobs]
    with ThreadPoolExecutor(4) as pool:
        threaded = list(pool.map(lambda job: represent(job, kind), jobs))
    for mine, other in zip(serial, threaded, strict=True):
        np.testing.assert_array_equal(other, mine)


@every_case
def test_random_state_may_be_a_generator(estimator, kind):
    """A RandomState is an int's equal when new, and moves on with each fit."""
    by_int = represent(estimator, kind)
    X, y = data(kind)
    shared = np.random.RandomState(0)
    by_generator = clone(estimator)
    by_generator.random_state = shared
    np.testing.assert_array_equal(by_generator.fit_transform(X, y), by_int)
    assert not np.array_equal(by_generator.fit_transform(X, y), by_int)


def test_clones_of_a_generator_fit_alike(estimator_class):
    estimator = estimator_class(**{**COMMON, "random_state": np.random.RandomState(3)})
    X, y = data("table")
    np.testing.assert_array_equal(
        clone(estimator).fit_transform(X, y), clone(estimator).fit_transform(X, y)
    )


@every_case
def test_without_a_seed_fits_differ_and_globals_rest(estimator, kind):
    unseeded = clone(estimator).set_params(random_state=None)
    with borrowed_global_generators():
        torch.manual_seed(0)
        np.random.seed(0)
        first = represent(unseeded, kind)
        torch.manual_seed(0)
        np.random.seed(0)
        second = represent(unseeded, kind)
        unmoved = torch.Generator().manual_seed(0)
        assert torch.equal(torch.get_rng_state(), unmoved.get_state())
        assert np.random.random() == np.random.RandomState(0).random_sample()
    assert not np.array_equal(first, second)


class borrowed_global_generators:
    """Gives the global generators back as they were."""

    def __enter__(self):
        self.torch_state, self.numpy_state = torch.get_rng_state(), np.random.get_state()

    def __exit__(self, *error):
        torch.set_rng_state(self.torch_state)
        np.random.set_state(self.numpy_state)


@pytest.mark.parametrize("draw", DRAWS)
def test_whatever_a_module_draws_is_its_own(estimator_class, draw):
    estimator = estimator_class(USER_MODULES[estimator_class], **COMMON)
    estimator.set_params(module_params={"draw": draw})
    before = torch.get_rng_state()
    first = represent(estimator, "table")
    assert torch.equal(torch.get_rng_state(), before)
    with borrowed_global_generators():
        torch.manual_seed(12345)
        np.testing.assert_array_equal(represent(estimator, "table"), first)


@pytest.mark.parametrize("init", INITIALISERS)
def test_however_a_module_initialises_is_its_own(estimator_class, init):
    estimator = estimator_class(USER_MODULES[estimator_class], **COMMON)
    estimator.set_params(module_params={"init": init})
    first = represent(estimator, "table")
    with borrowed_global_generators():
        torch.manual_seed(12345)
        np.testing.assert_array_equal(represent(estimator, "table"), first)


DRAWN_ANEW = {
    "rand": lambda: torch.rand(64),
    "F.dropout": lambda: F.dropout(torch.ones(64), 0.5),
    "rand_like": lambda: torch.rand_like(torch.ones(64)),
}


@pytest.mark.parametrize("draw", DRAWN_ANEW.values(), ids=DRAWN_ANEW)
def test_numbers_are_drawn_anew_for_each_batch_and_none_in_transform(
    estimator_class, draw, monkeypatch
):
    drawn = []
    monkeypatch.setitem(DRAWS, "record", lambda H: drawn.append(tuple(draw().tolist())) or H)
    estimator = estimator_class(USER_MODULES[estimator_class], **COMMON)
    estimator.set_params(module_params={"draw": "record"})
    X, y = data("table")
    estimator.fit(X, y)
    assert len(set(drawn)) == len(drawn) == 2 * 4
    np.testing.assert_array_equal(estimator.transform(X), estimator.transform(X))
    assert len(drawn) == 2 * 4


def test_the_order_of_samples_is_shuffled_anew_each_epoch(estimator_class, monkeypatch):
    """The step is too small to change a weight, so that equal batches would give equal rows."""
    seen = []
    monkeypatch.setitem(DRAWS, "record", lambda H: seen.append(H[:, 0].tolist()) or H)
    estimator = estimator_class(USER_MODULES[estimator_class], **COMMON)
    estimator.set_params(module_params={"draw": "record"}, lr=1e-30)
    estimator.fit(*data("table"))
    first, second = (sum(seen[i : i + 4], []) for i in (0, 4))
    assert first != second
    assert sorted(first) == pytest.approx(sorted(second), abs=1e-6)
