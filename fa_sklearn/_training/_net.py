"""The skorch net that trains on the task loss plus the penalty's terms."""

from __future__ import annotations

import contextlib
import copy
import functools
import inspect
import signal
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.utils import ClassifierTags, Tags
from skorch import NeuralNet
from skorch.callbacks import Callback, Checkpoint, EpochTimer, TrainEndCheckpoint
from skorch.helper import predefined_split
from skorch.history import History
from skorch.utils import to_numpy
from torch import Tensor, nn

from .._inputs import Indices, Inputs, Samples
from ..losses import LossTerm
from ._batches import Batch, BatchIterator, LabelledSamples, prediction_rows
from ._checkpoint import FitCheckpoints
from ._distributed import Ranks, Step, joined_ranks, normalizes_over_batch
from ._epoch import CoarseAccuracy, EpochLosses, NotFiniteError, TrainingMonitor
from ._pickling import fill_optimizer, fill_weights, named_tensors, pack_state, to_array
from ._randomness import OwnRandomness
from ._resolve import available_device, available_dtype
from ._tasks import task_mean

CheckOutput = Callable[..., object]
ComputeBatch = Callable[[Inputs], Sequence[Tensor]]
# Rows whose outputs are looked at when a fit ends.
CHECKED_ROWS = 32
DECODED_ROWS = 512
BATCH_EVENTS = ("on_batch_begin", "on_batch_end", "on_grad_computed")


def needs_batch_events(callbacks: Iterable[Callback]) -> bool:
    """Whether a callback hears of batches, or names files after the last: telling costs time."""
    return any(
        isinstance(callback, (Checkpoint, TrainEndCheckpoint))
        or getattr(type(callback), event, None) is not getattr(Callback, event)
        for callback in callbacks
        for event in BATCH_EVENTS
    )


@dataclass
class _Fit:
    """What a net knows until a fit ends."""

    checkpoints: FitCheckpoints | None
    first_row: int = 0  # in the history
    n_saved: int = 0  # epochs that checkpoints hold
    finished: tuple[int, dict[str, Any]] | None = None  # rows of the history, and weights
    pressed: bool = False  # Ctrl-C
    interrupted: bool = False


@contextlib.contextmanager
def noticing_ctrl_c(fit: Any) -> Iterator[Any]:
    """Set `fit.pressed` on SIGINT, which skorch's callbacks do not send when they ask to stop.

    Python delivers signals to the main thread only: in other threads nothing is noticed.
    """
    earlier = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(earlier):
        yield fit
        return

    def handle(number: int, frame: FrameType | None) -> None:
        try:
            earlier(number, frame)
        except KeyboardInterrupt:
            fit.pressed = True
            raise

    signal.signal(signal.SIGINT, handle)
    try:
        yield fit
    finally:
        signal.signal(signal.SIGINT, earlier)


class ForcedApartNet(NeuralNet):
    """Train a module that returns (output, representation), and record every loss.

    The loss of a batch is (1 - alpha) task + alpha sum_t weight_t term_t. `module` and `task` make
    the module and, of (output, inputs, y), the loss of each sample; the forward pass computes in
    `dtype`, the losses in float32. `randomness` draws weights and dropout, `rng` the order of the
    samples; `check_output` looks at what the module returns first.
    """

    callbacks_: list[tuple[str, Callback]]
    module_: Any
    criterion_: Any
    optimizer_: Any
    device: torch.device
    _monitor: TrainingMonitor | None
    _losses: EpochLosses
    _ranks: Ranks | None = None
    _step: Step | None = None
    _tells_batches = False
    _fit: _Fit | None = None
    _partly_labelled = False

    def __init__(
        self,
        module: Callable[[], nn.Module],
        task: Callable[[], nn.Module],
        *,
        terms: Mapping[str, LossTerm],
        alpha: float,
        optimizer: Callable[..., torch.optim.Optimizer],
        lr: float,
        max_epochs: int,
        batch_size: int,
        callbacks: Sequence[Any],
        device: torch.device,
        dtype: torch.dtype,
        channels_last: bool,
        randomness: OwnRandomness,
        rng: np.random.Generator,
        check_output: CheckOutput,
    ) -> None:
        super().__init__(
            module,
            criterion=task,
            optimizer=optimizer,
            lr=lr,
            max_epochs=max_epochs,
            batch_size=batch_size,
            callbacks=list(callbacks),
            train_split=None,
            device=device,
            verbose=1,  # callbacks that print were asked for
        )
        self.task = task
        self.set_penalty(terms, alpha)
        self.dtype = dtype
        self.channels_last = channels_last
        self.randomness = randomness
        self.rng = rng
        self.check_output = check_output

    @property
    def _default_callbacks(self) -> list[tuple[str, Callback]]:
        return [("epoch_timer", EpochTimer())]

    def initialize(self) -> ForcedApartNet:
        """Make module, task and optimizer; every random number is the net's own."""
        with self.randomness:
            super().initialize()
        if self.channels_last:
            self.module_.to(memory_format=torch.channels_last)
        self._checked = self._warned = False
        return self

    def initialize_optimizer(self) -> ForcedApartNet:
        """Make the optimizer of all weights, if the user's callable does."""
        try:
            self.optimizer_ = self.optimizer(self.module_.parameters(), lr=self.lr)
        except TypeError as error:
            raise TypeError(f"optimizer must take the parameters and lr: {error}.") from error
        if not isinstance(self.optimizer_, torch.optim.Optimizer):
            raise TypeError(
                "optimizer must return a torch.optim.Optimizer, "
                f"got {type(self.optimizer_).__name__}."
            )
        return self

    def set_lr(self, lr: float) -> None:
        """Change the learning rate of a net that goes on."""
        self.lr = lr
        for group in self.optimizer_.param_groups:
            group["lr"] = lr
            group.pop("initial_lr", None)  # a scheduler's of an earlier fit

    def set_penalty(self, terms: Mapping[str, LossTerm], alpha: float) -> None:
        """Set what is added to the task loss."""
        self.terms = dict(terms)
        self.alpha = alpha
        self._needs = {key for term in self.terms.values() for key in term.inputs}

    # -- pickling -----------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        """Plain values, arrays and classes: the same net gives the same bytes on any device."""
        parameters = {
            name: getattr(self, name) for name in inspect.signature(type(self)).parameters
        }
        parameters |= {"device": str(self.device), "dtype": str(self.dtype).removeprefix("torch.")}
        parameters |= {"randomness": self.randomness.__getstate__()}
        parameters |= {"rng": self.rng.bit_generator.state}
        if not hasattr(self, "module_"):
            return {"parameters": parameters}
        weights = self.module_.named_parameters()
        return {
            "parameters": parameters,
            "weights": {
                name: to_array(part) for name, part in named_tensors(self.module_).items()
            },
            "frozen": [name for name, weight in weights if not weight.requires_grad],
            "optimizer_state": pack_state(self.optimizer_.state_dict()),
            "history": self.history.to_list(),
            "callbacks": self.callbacks_,
            "checked": self._checked,
            "warned": self._warned,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Make the net again, on the CPU and in float32 where need be, and fill it."""
        parameters = dict(state["parameters"])
        callbacks, randomness = parameters["callbacks"], parameters["randomness"]
        rng = np.random.default_rng(0)
        rng.bit_generator.state = parameters["rng"]
        parameters["device"] = available_device(torch.device(parameters["device"]))
        parameters["dtype"] = {"float32": torch.float32, "bfloat16": torch.bfloat16}[
            parameters["dtype"]
        ]
        parameters |= {"callbacks": [], "randomness": OwnRandomness(0), "rng": rng}
        self.__init__(**parameters)  # type: ignore[misc]
        if "weights" in state:
            self.initialize()
            if state["callbacks"] is not None:  # a pickle's, initialized before
                self.callbacks_ = state["callbacks"]
            self.dtype = available_dtype(self.dtype, self.module_, self.device)
            fill_weights(self.module_, state["weights"])
            for name, weight in self.module_.named_parameters():
                weight.requires_grad_(name not in state["frozen"])
            fill_optimizer(self.optimizer_, state["optimizer_state"])
            self.history_ = History(state["history"])
            self._checked, self._warned = state["checked"], state["warned"]
            self._losses, self._monitor = EpochLosses(), None
            self._set_training(False)
        self.callbacks = callbacks
        self.randomness.__setstate__(randomness)

    # -- training -----------------------------------------------------------------------------

    def train_on(
        self,
        training: LabelledSamples,
        validation: LabelledSamples | None = None,
        epochs: int | None = None,
        checkpoints: FitCheckpoints | None = None,
    ) -> None:
        """Train further by skorch's `partial_fit`, and see to what an interrupt leaves.

        `checkpoints` hold epochs that were done before, and keep each that is done.
        """
        self.planned_epochs = self.max_epochs if epochs is None else epochs
        self.train_split = None if validation is None else predefined_split(validation)
        self._fit = fit = _Fit(checkpoints)
        try:
            with joined_ranks(self.device) as self._ranks, noticing_ctrl_c(fit):
                if self._ranks is not None:
                    self._ranks.check_alike(self._identity(training, validation))
                    self._step = self._ranks.wrap(self.module_, self._losses_of)
                self.partial_fit(training, epochs=self.planned_epochs)
        except BaseException:
            self._go_back(fit)
            raise
        finally:
            self._fit = self._ranks = self._step = self._monitor = self.train_split = None
            self._losses = EpochLosses()
            self._set_training(False)
        if fit.interrupted:
            self._answer_interrupt(fit)
        self._check_finite(training)

    def fit_loop(
        self, X: LabelledSamples, y: None = None, epochs: int | None = None, **fit_params: Any
    ) -> ForcedApartNet:
        """Run the epochs, those that checkpoints hold excepted."""
        fit = self._running
        fit.first_row = len(self.history)
        self._partly_labelled = X.has_unlabelled
        if fit.checkpoints is not None:
            epochs = len(fit.checkpoints.resume(self, X.pairing, self.planned_epochs))
        fit.n_saved = len(self.history) - fit.first_row
        self._keep_epoch()
        super().fit_loop(X, y, epochs=epochs, **fit_params)
        return self

    def get_dataset(self, X: Any, y: None = None) -> LabelledSamples:
        """Take what the estimator's reader makes of X, with or without labels."""
        if isinstance(X, LabelledSamples):
            return X
        if not hasattr(X, "take") or not hasattr(X, "lengths"):
            raise TypeError(
                "net_ reads no raw X: call transform, predict or score of the estimator."
            )
        return LabelledSamples(X, None, None, np.arange(len(X)))

    def get_iterator(self, dataset: LabelledSamples, training: bool = False) -> BatchIterator:
        """Make the batches of an epoch, or of a prediction."""
        return BatchIterator(
            dataset,
            self.batch_size,
            self.device,
            self.rng if training else None,
            self._ranks,
            paired="h_view" in self._needs,
        )

    def run_single_epoch(
        self,
        iterator: BatchIterator | None,
        training: bool,
        prefix: str,
        step_fn: Callable[..., Any],
        **fit_params: Any,
    ) -> None:
        """Run one epoch and record its losses; callbacks hear of batches if one needs to."""
        if iterator is None:
            return
        pairing = iterator.data.pairing
        if training and (refresh := getattr(pairing, "refresh", None)) is not None:
            # The epoch that begins has its row.
            refresh(len(self.history) - 1, functools.partial(self._represent_rows, iterator.data))
        tell = needs_batch_events(callback for _, callback in self.callbacks_)
        self._tells_batches = tell
        self._set_training(training)
        self._monitor = TrainingMonitor(self.terms) if training else None
        self._losses = EpochLosses(self._ranks)
        accuracy = CoarseAccuracy(iterator.data, self.criterion_.predict, self._ranks)
        sizes: list[float] = []
        randomness = self.randomness
        if self._ranks is not None:
            randomness = self._ranks.randomness(randomness.seed, len(self.history), training)
        with randomness if pairing and pairing.draws else self.intercept_draws(randomness):
            for batch in iterator:
                if tell:
                    self.notify("on_batch_begin", batch=batch, training=training)
                step = step_fn(batch)
                sizes.append(batch.total_weight)
                if batch.y is not None:
                    accuracy.add(batch.rows, step["y_pred"][0])
                if tell:
                    self.history.record_batch(f"{prefix}_loss", step["loss"].item())
                    self.history.record_batch(f"{prefix}_batch_size", batch.n_rows)
                    self.notify("on_batch_end", batch=batch, training=training, **step)
        self.history.record(f"{prefix}_batch_count", len(sizes))
        self._losses.write(self.history, prefix, sizes, 1 - self.alpha if self.terms else 1.0)
        if iterator.data.y is not None:
            self.history.record(f"{prefix}_coarse_accuracy", accuracy.compute())
        if self._ranks is not None and training:
            self._ranks.copy_buffers(self.module_)
        if self._monitor is not None and not self._warned:
            self._warned = self._monitor.warn(len(self.history))

    def _represent_rows(self, data: LabelledSamples, rows: Indices) -> NDArray[np.float32]:
        """Compute representations in the middle of a fit."""
        self._check_finite(data)
        return self.embed(data.samples, rows)

    def train_step_single(self, batch: Batch, **fit_params: Any) -> dict[str, Any]:
        """Compute loss and gradient of one batch."""
        step = (self._step or self._losses_of)(batch)
        torch.autograd.backward(step["loss"])
        return step

    def validation_step(self, batch: Batch, **fit_params: Any) -> dict[str, Any]:
        """Compute the loss of one batch."""
        with torch.no_grad():
            return self._losses_of(batch)

    def _losses_of(self, batch: Batch) -> dict[str, Any]:
        """Mix task loss and penalty by alpha; without a penalty, the task loss alone."""
        self._losses.begin(batch)
        output, own = self.infer(batch.inputs)
        each = self._gather(self.criterion_(output, batch.inputs, batch.y), batch)
        h, y, weight = (self._gather(rows, batch) for rows in (own, batch.y, batch.weight))
        task, total = task_mean(each, y, weight, partly_labelled=self._partly_labelled)
        self._losses.add("task_loss", task, total)
        loss, values = task, {}
        available: dict[str, Tensor | None] = {"h": h}
        if self.terms:
            available |= {"y": y, "sample_weight": weight}
            if batch.view is not None:
                available["h_view"] = self._gather(self.represent(batch.view), batch)
            if "layer_weight" in self._needs:
                available["layer_weight"] = self.module_.representation_weight
            if "y_prob" in self._needs:
                y_prob = self.criterion_.prediction(output, batch.inputs)
                available["y_prob"] = self._gather(y_prob, batch)
            loss = (1 - self.alpha) * task
            for name, term in self.terms.items():
                values[name] = value = _evaluate(name, term, available)
                self._losses.add(f"{name}_loss", value)
                loss = torch.add(loss, value, alpha=self.alpha * term.weight)
        if self._monitor is not None:
            self._monitor.observe(h, values, available)
        self._losses.add("loss", loss)
        return {"loss": loss, "y_pred": (output, own)}

    def _gather(self, rows: Any, batch: Batch) -> Any:
        """Rows of all ranks: each has its own, and all have the losses of the whole batch."""
        if rows is None or self._ranks is None:
            return rows
        return self._ranks.gather(rows, batch.n_rows)

    def _identity(
        self, training: LabelledSamples, validation: LabelledSamples | None
    ) -> dict[str, object]:
        """Tell what all ranks must have alike."""
        return {
            "X, y or sample_weight": training.digest(),
            "The validation set": validation and validation.digest(),
            "batch_size": self.batch_size,
            "max_epochs": self.planned_epochs,
            "lr, alpha or penalty": repr((self.lr, self.alpha, self.terms)),
            "The order of the samples": repr(self.rng.bit_generator.state),
        }

    # -- what an interrupt leaves -------------------------------------------------------------

    @property
    def _running(self) -> _Fit:
        assert self._fit is not None, "a fit begins with train_on"
        return self._fit

    def on_epoch_begin(self, net: NeuralNet, **kwargs: Any) -> None:
        """Keep what the epoch before has come to, its callbacks included."""
        if len(self.history) > self._running.first_row:
            self._keep_epoch()
        super().on_epoch_begin(net, **kwargs)

    def on_train_end(self, net: NeuralNet, **kwargs: Any) -> None:
        """Go back to the last finished epoch where the one after it was interrupted."""
        fit = self._running
        n_done = len(self.history) - fit.first_row
        # Only at an epoch's end may a callback ask to stop: its timer has noted the time by then.
        cut_off = n_done > 0 and "dur" not in self.history[-1]
        fit.interrupted = cut_off or (fit.pressed and n_done < self.planned_epochs)
        if not fit.interrupted:
            self._keep_epoch(stopped=n_done < self.planned_epochs)
            return
        self._go_back(fit)
        if len(self.history) == fit.first_row:  # callbacks would look for a best epoch
            raise KeyboardInterrupt

    def _go_back(self, fit: _Fit) -> None:
        """Go back to the last finished epoch, or to where the fit began."""
        if fit.finished is not None:
            n_rows, weights = fit.finished
            del self.history[n_rows:]
            self.module_.load_state_dict(weights)

    def _keep_epoch(self, *, stopped: bool = False) -> None:
        """Copy the weights, and write them to the checkpoints if an epoch was done."""
        fit = self._running
        fit.finished = len(self.history), copy.deepcopy(self.module_.state_dict())
        n_done = len(self.history) - fit.first_row
        if fit.checkpoints is not None and n_done > fit.n_saved:
            fit.n_saved = n_done
            fit.checkpoints.save(self, n_done, stopped=stopped)

    def _answer_interrupt(self, fit: _Fit) -> None:
        n_done = len(self.history) - fit.first_row
        remedy = "a fit with warm_start=True goes on from there"
        if fit.checkpoints is not None:
            fit.checkpoints.unfinished = True
            remedy = "the same fit goes on from its checkpoint"
        warnings.warn(
            f"Training was interrupted in epoch {n_done + 1} of {self.planned_epochs}: it ends as "
            f"if epoch {n_done} had been its last; {remedy}.",
            UserWarning,
            stacklevel=4,
        )

    def _check_finite(self, data: LabelledSamples) -> None:
        """Look at what shows in no recorded loss: the last update of the weights."""
        finite = all(bool(w.square().sum().isfinite()) for w in self.module_.parameters())
        if finite:
            head = data.subset(data.rows[: min(CHECKED_ROWS, self.batch_size)])
            finite = all(bool(part.isfinite().all()) for part in self.forward(head))
        if not finite:
            raise NotFiniteError(
                "The net's weights or outputs are no longer finite: lower lr or scale X."
            )

    def notify(self, method_name: str, **kwargs: Any) -> None:
        """Tell callbacks; when one of a rank asks to stop, all ranks do."""
        if method_name == "on_grad_computed" and not self._tells_batches:
            return
        if self._ranks is None or method_name != "on_epoch_end":
            super().notify(method_name, **kwargs)
            return
        stopped = False
        try:
            super().notify(method_name, **kwargs)
        except KeyboardInterrupt:
            stopped = True
        if self._ranks.any(stopped):
            raise KeyboardInterrupt

    # -- forward ------------------------------------------------------------------------------

    def infer(self, x: Inputs, **fit_params: Any) -> tuple[Tensor, Tensor]:
        """Output and representation of a batch, both float32."""
        if x.parts and not normalizes_over_batch(self.module_):
            outputs, representations = zip(*map(self.infer, x.split()), strict=True)
            return x.join(outputs), x.join(representations)
        result = self._call(self.module_, x)
        if not self._checked:
            self.check_output(self.module_, result, x.X, lengths=x.lengths)
            self._checked = True
        output, representation = result
        return output.float(), representation.float()

    def represent(self, x: Inputs) -> Tensor:
        """Representation of a batch, float32, without the rest of the net where it knows how."""
        if x.parts and not normalizes_over_batch(self.module_):
            return x.join([self.represent(part) for part in x.split()])
        if callable(getattr(self.module_, "represent", None)):
            return self._call(self.module_.represent, x).float()  # type: ignore[no-any-return]
        return self.infer(x)[1]

    def _call(self, function: Callable[..., Any], x: Inputs) -> Any:
        with self.autocast():
            return function(x.X) if x.lengths is None else function(x.X, x.lengths)

    def autocast(self) -> contextlib.AbstractContextManager[Any]:
        """Compute in `dtype` inside this context."""
        if self.dtype == torch.float32:
            return contextlib.nullcontext()
        # The cache of cast weights is shared by all threads: fits would read each other's.
        return torch.autocast(self.device.type, dtype=self.dtype, cache_enabled=False)

    def intercept_draws(self, randomness: OwnRandomness) -> contextlib.AbstractContextManager[Any]:
        """Redirect random draws to `randomness`, unless the module says that it makes none."""
        if getattr(self.module_, "deterministic_forward", False):
            return contextlib.nullcontext()
        return randomness

    # -- prediction ---------------------------------------------------------------------------

    def compute(
        self, samples: Samples, function: ComputeBatch, rows: Indices | None = None
    ) -> list[NDArray[np.float32]]:
        """Compute arrays (n, ...) of samples, or of some rows of them, in their order."""
        rows = np.arange(len(samples)) if rows is None else rows
        found = self._compute(samples, function, rows)
        return [_check_numbers(values, "X") for values in found]

    def embed(self, samples: Samples, rows: Indices | None = None) -> NDArray[np.float32]:
        """Compute representations of samples, or of some rows of them."""
        return self.compute(samples, lambda x: [self.represent(x)], rows)[0]

    def _compute(
        self, samples: Samples, function: ComputeBatch, rows: Indices, training: bool = False
    ) -> list[NDArray[np.float32]]:
        self._set_training(training)
        # A module that draws numbers draws the same ones at each call.
        randomness = self.intercept_draws(OwnRandomness(self.randomness.seed))
        lengths = None if samples.lengths is None else samples.lengths[rows]
        largest = max(samples.prediction_rows, self.batch_size)
        visited, found = [], []
        for places in prediction_rows(len(rows), lengths, largest):
            inputs = samples.take(rows[places]).to(self.device)
            with torch.inference_mode(), randomness:
                found.append([values.cpu().numpy() for values in function(inputs)])
            visited.append(places)
        return [_in_order(visited, parts) for parts in zip(*found, strict=True)]

    def decode(
        self, representation: NDArray[np.float32], lengths: NDArray[np.int64] | None
    ) -> NDArray[np.float32]:
        """Reconstruct samples from representations."""
        self._set_training(False)
        visited, found = [], []
        for rows in prediction_rows(len(representation), lengths, DECODED_ROWS):
            h = torch.from_numpy(representation[rows]).to(self.device)
            steps = None if lengths is None else torch.from_numpy(lengths[rows]).to(self.device)
            with torch.inference_mode(), self.autocast():
                found.append(self.module_.decode(h, steps).float().cpu().numpy())
            visited.append(rows)
        return _check_numbers(_in_order(visited, found), "The representation")

    def forward_iter(
        self, X: Any, training: bool = False, device: str = "cpu"
    ) -> Iterator[tuple[Tensor, ...]]:
        """Yield output and representation of all samples at once, in their order."""
        data = self.get_dataset(X)
        found = self._compute(data.samples, self.infer, data.rows, training)
        yield tuple(torch.from_numpy(values).to(device) for values in found)

    def predict_proba(self, X: Any) -> NDArray[np.float32]:
        """Probability of each coarse label, or the reconstructions of an autoencoder."""
        return to_numpy(self.criterion_.predict_proba(self.forward(X)[0]))  # type: ignore[no-any-return]

    def predict(self, X: Any) -> NDArray[Any]:
        """Codes of the most probable coarse labels, or reconstructions."""
        return to_numpy(self.criterion_.predict(self.forward(X)[0]))  # type: ignore[no-any-return]

    @property
    def classes_(self) -> NDArray[np.int64]:
        """Codes of the coarse labels, which scikit-learn's scorers ask for."""
        return np.arange(self.criterion_.n_classes)

    def __sklearn_tags__(self) -> Tags:
        """Be a classifier to scikit-learn's scorers where there are labels."""
        tags = super().__sklearn_tags__()
        if hasattr(getattr(self, "criterion_", None), "n_classes"):
            tags.estimator_type, tags.classifier_tags = "classifier", ClassifierTags()
        return tags


def _evaluate(name: str, term: LossTerm, available: Mapping[str, Tensor | None]) -> Tensor:
    """Hand a term what it reads; one of the user's own may return anything."""
    value: Any = term(**{key: available[key] for key in term.inputs})
    if not isinstance(value, Tensor) or value.ndim:
        raise TypeError(f"penalty term {name!r} must return a scalar tensor.")
    return value


def _in_order(visited: Sequence[Indices], parts: Sequence[NDArray[Any]]) -> NDArray[np.float32]:
    """Put batches together, each at its rows; sequences are padded to the longest of all."""
    shape = np.max([values.shape[1:] for values in parts], axis=0)
    result = np.zeros((sum(map(len, visited)), *shape), dtype=np.float32)
    for rows, values in zip(visited, parts, strict=True):
        result[:, : values.shape[1]][rows] = values
    return result


def _check_numbers(values: NDArray[np.float32], source: str) -> NDArray[np.float32]:
    """Refuse what is no number: only inputs far beyond those of the fit overflow in a net."""
    finite = np.isfinite(values).reshape(len(values), -1).all(axis=1)
    if not finite.all():
        raise ValueError(
            f"{source} contains values too large for the net: what it makes of sample "
            f"{int(finite.argmin())} is not finite. Scale it as in fit."
        )
    return values
