"""Ctrl-C in a fit, by real signals, and what callbacks ask for by the same exception."""

import os
import pickle
import signal
import threading
import warnings

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from skorch.callbacks import Callback, Checkpoint

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4)).astype(np.float32)
Y = np.arange(60) % 2
BOTH = pytest.mark.parametrize("estimator", [ForcedApartClassifier, ForcedApartAutoencoder])
BATCHES = 4
ARMED = {"now": True}


@pytest.fixture(autouse=True)
def python_hears_sigint():
    """A shell that starts tests in the background has them ignore SIGINT."""
    earlier = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, earlier)


class Press(Callback):
    """Send SIGINT to this process, or ask to stop, at the n-th of an event."""

    def __init__(self, event, n, ask=False):
        self.event = event
        self.n = n
        self.ask = ask

    def initialize(self):
        self.count_ = 0
        return self

    def heard(self, event):
        self.count_ += event == self.event
        if event == self.event and self.count_ == self.n and ARMED["now"]:
            if self.ask:
                raise KeyboardInterrupt
            os.kill(os.getpid(), signal.SIGINT)

    def on_epoch_begin(self, net, **kwargs):
        self.heard("epoch begin")

    def on_batch_begin(self, net, **kwargs):
        self.heard("batch begin")

    def on_grad_computed(self, net, named_parameters, **kwargs):
        self.heard("gradient")

    def on_batch_end(self, net, **kwargs):
        self.heard("batch end")

    def on_epoch_end(self, net, **kwargs):
        self.heard("epoch end")


class Ends(Callback):
    """Count the ends of training, and the rows of the history then."""

    def on_train_end(self, net, **kwargs):
        self.rows_ = len(net.history)


def make(estimator, *callbacks, **params):
    settings = {"max_epochs": 6, "batch_size": 15, "random_state": 0, **params}
    return estimator(callbacks=list(callbacks), **settings)


# Each comes in the third epoch, or where noted at the end of the second.
MOMENTS = [
    ("epoch begin", 3),
    ("batch begin", 2 * BATCHES + 1),
    ("gradient", 2 * BATCHES + 2),
    ("batch end", 3 * BATCHES),
    ("epoch end", 3),
]


@BOTH
@pytest.mark.parametrize(("event", "n"), MOMENTS)
def test_the_weights_of_the_last_finished_epoch_are_kept(estimator, event, n):
    model = make(estimator, Press(event, n), Ends())
    with pytest.warns(UserWarning, match="Training was interrupted in epoch 3 of 6"):
        assert model.fit(X, Y) is model
    expected = make(estimator, max_epochs=2).fit(X, Y)
    np.testing.assert_array_equal(model.transform(X), expected.transform(X))
    assert model.n_iter_ == 2 == dict(model.net_.callbacks_)["Ends"].rows_
    assert model.net_.history[:, "train_loss"] == expected.net_.history[:, "train_loss"]
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copy.transform(X), expected.transform(X))


@BOTH
@pytest.mark.parametrize("event", ["epoch begin", "batch begin", "gradient", "epoch end"])
def test_before_the_first_finished_epoch_it_is_passed_on(estimator, event):
    model = make(estimator, Press(event, 1))
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y)
    with pytest.raises(NotFittedError):
        model.transform(X)


@BOTH
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_an_earlier_fit_is_not_lost(estimator, method):
    model = make(estimator, warm_start=True).fit(X, Y)
    before, rows = model.transform(X), len(model.net_.history)
    model.set_params(callbacks=[Press("batch end", 3)])
    with pytest.raises(KeyboardInterrupt):
        getattr(model, method)(X, Y)
    np.testing.assert_array_equal(model.transform(X), before)
    assert len(model.net_.history) == rows
    model.set_params(callbacks=None).fit(X, Y)
    assert model.n_iter_ == rows + 6


@pytest.mark.parametrize("event", ["batch begin", "epoch end"])
def test_callbacks_that_look_for_a_best_epoch_find_none_before_the_first(tmp_path, event):
    best = Checkpoint(dirname=tmp_path, load_best=True)
    model = make(ForcedApartClassifier, Press(event, 1), best, early_stopping=True)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y)
    assert not hasattr(model, "net_")
    model = make(ForcedApartClassifier, warm_start=True).fit(X, Y)
    before = model.transform(X)
    model.set_params(callbacks=[Press(event, 1), best], early_stopping=True)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y)
    np.testing.assert_array_equal(model.transform(X), before)


class Fail(Callback):
    """Raise an error, or Ctrl-C once more while the first is answered."""

    def __init__(self, event):
        self.event = event

    def on_batch_end(self, net, **kwargs):
        if self.event == "batch" and len(net.history) == 8:
            raise RuntimeError("mine")

    def on_train_end(self, net, **kwargs):
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("callbacks", "error"),
    [([Fail("batch")], RuntimeError), ([Press("gradient", 6), Fail("end")], KeyboardInterrupt)],
)
def test_a_warm_start_that_fails_keeps_the_epochs_that_it_finished(callbacks, error):
    model = make(ForcedApartClassifier, warm_start=True).fit(X, Y)
    with pytest.raises(error):
        model.set_params(callbacks=callbacks).fit(X, Y)
    expected = make(ForcedApartClassifier, warm_start=True).fit(X, Y)
    expected.set_params(max_epochs=1).fit(X, Y)
    np.testing.assert_array_equal(model.transform(X), expected.transform(X))
    assert (
        model.n_iter_ == len(model.net_.history) == len(model.net_.history[:, "train_loss"]) == 7
    )
    assert model.set_params(callbacks=None).fit(X, Y).n_iter_ == 13


def test_a_warm_start_keeps_the_epochs_that_it_finished():
    model = make(ForcedApartClassifier, warm_start=True).fit(X, Y)
    model.set_params(callbacks=[Press("batch end", BATCHES + 1)])
    with pytest.warns(UserWarning, match="interrupted in epoch 2 of 6"):
        model.fit(X, Y)
    expected = make(ForcedApartClassifier, warm_start=True).fit(X, Y)
    expected.set_params(max_epochs=1).fit(X, Y)
    np.testing.assert_array_equal(model.transform(X), expected.transform(X))
    assert model.n_iter_ == 7


@pytest.mark.parametrize(("event", "n"), MOMENTS)
def test_the_checkpoint_stays_unfinished(tmp_path, monkeypatch, event, n):
    model = make(ForcedApartClassifier, Press(event, n), checkpoint_dir=tmp_path)
    with pytest.warns(UserWarning, match="the same fit goes on from its checkpoint"):
        model.fit(X, Y)
    monkeypatch.setitem(ARMED, "now", False)
    again = make(ForcedApartClassifier, Press(event, n), checkpoint_dir=tmp_path).fit(X, Y)
    assert again.net_.history[:2, "dur"] == model.net_.history[:, "dur"], "nothing is done twice"
    assert again.n_iter_ == 6
    expected = make(ForcedApartClassifier).fit(X, Y)
    np.testing.assert_array_equal(again.transform(X), expected.transform(X))


def test_a_callback_that_asks_to_stop_ends_the_fit():
    model = make(ForcedApartClassifier, Press("epoch end", 3, ask=True))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X, Y)
    assert model.n_iter_ == 3
    expected = make(ForcedApartClassifier, max_epochs=3).fit(X, Y)
    np.testing.assert_array_equal(model.transform(X), expected.transform(X))


def test_a_callback_that_asks_to_stop_ends_the_checkpointed_fit(tmp_path):
    stop = Press("epoch end", 3, ask=True)
    model = make(ForcedApartClassifier, stop, checkpoint_dir=tmp_path).fit(X, Y)
    again = make(ForcedApartClassifier, stop, checkpoint_dir=tmp_path).fit(X, Y)
    assert again.net_.history[:, "dur"] == model.net_.history[:, "dur"], "nothing is done again"


def test_the_handler_of_the_signal_is_put_back():
    def mine(number, frame):
        raise KeyboardInterrupt("mine")

    before = signal.signal(signal.SIGINT, mine)
    try:
        with pytest.warns(UserWarning, match="interrupted in epoch 3"):
            make(ForcedApartClassifier, Press("epoch end", 3)).fit(X, Y)
        assert signal.getsignal(signal.SIGINT) is mine
        with pytest.raises(ValueError, match="lower lr"):
            make(ForcedApartClassifier, lr=1e30).fit(X, Y)
        assert signal.getsignal(signal.SIGINT) is mine
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        assert make(ForcedApartClassifier, Press("epoch end", 3)).fit(X, Y).n_iter_ == 6
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_fits_in_other_threads_leave_the_signal_alone():
    seen = []

    class See(Callback):
        def on_epoch_end(self, net, **kwargs):
            seen.append(signal.getsignal(signal.SIGINT))

    model = make(ForcedApartClassifier, See(), Press("epoch end", 3, ask=True))
    thread = threading.Thread(target=model.fit, args=(X, Y))
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGINT)] * 3
    assert model.n_iter_ == 3
