"""What both estimators share: parameters, reading X, making the net, training it, transform."""

from __future__ import annotations

import contextlib
import functools
import os
import re
from abc import ABCMeta, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin, clone
from sklearn.utils import Tags, check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data

from .._inputs import (
    DESCRIPTIONS,
    READERS,
    Kind,
    Reader,
    Samples,
    TokenReader,
    check_kind,
    infer_kind,
    unpack,
)
from .._training import (
    FitCheckpoints,
    ForcedApartNet,
    LabelledSamples,
    NotFiniteError,
    OwnRandomness,
    ProgressLine,
    is_first_rank,
    resolve_device,
    resolve_optimizer,
    resolve_precision,
    shared_seed,
)
from ..losses import LossTerm
from ..losses._penalty import Penalty, resolve_penalty
from ..modules._base import check_module_arguments, output_check
from ..modules._registry import resolve_module
from ..preprocessing import TokenSequencer
from ..views import Views
from ..views._registry import read_by_views, resolve_views
from ._callbacks import best_weights_callback, copy_callbacks, has_schedule
from ._checkpointing import checkpointed
from ._defaults import defaults_of
from ._labels import split_rows
from ._outcome import warn_of_outcome
from ._parameters import NestedParameters
from ._saving import SavingMixin

# Codes of the labels, and weights.
Targets = tuple[NDArray[np.int64] | None, NDArray[np.float32] | None]
# How torch says that a tensor finds no room.
ALLOCATION = re.compile(r"allocate|out of memory|size calculation overflowed")


class BaseForcedApart(
    SavingMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    NestedParameters,
    metaclass=ABCMeta,
):
    """Base of the estimators that train a net on a task loss plus a penalty."""

    _modules: ClassVar[dict[str, type[torch.nn.Module]]]
    _is_autoencoder: ClassVar[bool]
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "module": [str, type, torch.nn.Module],
        "module_params": [dict, None],
        "n_components": [Interval(Integral, 1, None, closed="left"), None],
        "penalty": [str, LossTerm, list, tuple, None],
        "margin": [Interval(Real, 0, None, closed="left"), None],
        "alpha": [Interval(Real, 0, 1, closed="left"), None],
        "divergence": [str, callable],
        "views": [str, Views, None],
        "optimizer": [str, callable],
        "optimizer_params": [dict, None],
        "lr": [Interval(Real, 0, None, closed="neither")],
        "batch_size": [Interval(Integral, 1, None, closed="left"), None],
        "max_epochs": [Interval(Integral, 1, None, closed="left"), None],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "callbacks": [list, tuple, None],
        "device": [str, torch.device],
        "precision": [StrOptions({"auto", "float32", "bf16"})],
        "warm_start": ["boolean"],
        "checkpoint_dir": [str, os.PathLike, None],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

    net_: ForcedApartNet
    _split_seed: int  # kept by save and warm starts, unlike the seeds of a fresh net

    def __init__(
        self,
        module: str | type[torch.nn.Module] = "auto",
        *,
        module_params: dict[str, Any] | None = None,
        n_components: int | None = None,
        penalty: Penalty = "multi",
        margin: float | None = None,
        alpha: float | None = None,
        divergence: str | Callable[..., torch.Tensor] = "kl",
        views: str | Views | None = None,
        optimizer: str | Callable[..., torch.optim.Optimizer] = "adam",
        optimizer_params: dict[str, Any] | None = None,
        lr: float = 1e-3,
        batch_size: int | None = None,
        max_epochs: int | None = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 5,
        callbacks: list[Any] | None = None,
        device: str | torch.device = "auto",
        precision: str = "auto",
        warm_start: bool = False,
        checkpoint_dir: str | os.PathLike[str] | None = None,
        verbose: int | bool = 0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.module = module
        self.module_params = module_params
        self.n_components = n_components
        self.penalty = penalty
        self.margin = margin
        self.alpha = alpha
        self.divergence = divergence
        self.views = views
        self.optimizer = optimizer
        self.optimizer_params = optimizer_params
        self.lr = lr
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.callbacks = callbacks
        self.device = device
        self.precision = precision
        self.warm_start = warm_start
        self.checkpoint_dir = checkpoint_dir
        self.verbose = verbose
        self.random_state = random_state

    @abstractmethod
    def _make_task(self) -> Callable[[], torch.nn.Module]:
        """Make the factory of the task loss."""

    @abstractmethod
    def _read_targets(
        self,
        samples: Samples,
        y: Any,
        sample_weight: ArrayLike | None,
        *,
        resume: bool,
        classes: ArrayLike | None,
    ) -> Targets:
        """Codes of the labels and weights of the samples, where there are any."""

    def _module_arguments(self) -> dict[str, Any]:
        """Arguments of the module that no user sets in `module_params`."""
        n_components = self._setting("n_components")
        return {"input_shape": self._reader.input_shape, "n_components": n_components}

    def _setting(self, name: str) -> Any:
        """Value of a parameter, or what it stands for where it is None."""
        value = getattr(self, name)
        return getattr(defaults_of(self.penalty, self.views), name) if value is None else value

    # -- reading X ----------------------------------------------------------------------------

    def _read(self, X: Any, *, reset: bool = False) -> Samples:
        """Validate X; with `reset` it defines what later X must look like."""
        name = type(self).__name__
        if reset:
            self.__dict__.pop("net_", None)  # what was fitted before does not outlive a failed fit
        else:
            check_is_fitted(self)
        X = given = unpack(X)
        if reset:
            kind = self._start_reading(X)
        else:
            source = f"this {name}, fitted on {DESCRIPTIONS[self._kind]},"
            kind = check_kind(X, self._kind, source)
        if kind == "text":
            if self.token_sequencer_ is None:
                raise ValueError(
                    f"X is {DESCRIPTIONS['text']}, but this {name} reads token ids: "
                    "apply the TokenSequencer of fit first."
                )
            X = self.token_sequencer_.transform(X)
        samples = self._reader.read(X, name, reset=reset)
        # The one place where n_features_in_ and feature_names_in_ are set or compared with.
        validate_data(self, self._reader.columns(given), reset=reset, skip_check_array=True)
        return samples

    def _start_reading(self, X: Any) -> Kind:
        """Choose a reader by the module, or by X where the module follows it; return X's kind."""
        module = self._modules.get(self.module) if isinstance(self.module, str) else self.module
        expected: Kind | None = getattr(module, "input_kind", None)
        source = f"module={self.module!r}"
        kind = infer_kind(X) if expected is None else check_kind(X, expected, source)
        self._kind: Kind = "tokens" if kind == "text" else kind
        self.token_sequencer_ = TokenSequencer().fit(X) if kind == "text" else None
        self._reader: Reader = READERS[self._kind]()
        if self.token_sequencer_ is not None:
            self._reader = TokenReader(self.token_sequencer_.n_tokens_)
        return kind

    # -- training -----------------------------------------------------------------------------

    def _resolve_module(self) -> type[torch.nn.Module]:
        if self.module != "auto":
            return resolve_module(self.module, self._modules, autoencoder=self._is_autoencoder)
        for module in self._modules.values():
            if getattr(module, "input_kind", None) == self._kind:
                return module
        raise ValueError(
            f"{type(self).__name__} has no module for {DESCRIPTIONS[self._kind]}: make it a table "
            "first, as with TfidfVectorizer and TruncatedSVD, or pass a module class."
        )

    def _resolve_terms(self) -> dict[str, LossTerm]:
        """Make copies of the terms of the penalty."""
        defaults, margin = defaults_of(self.penalty, self.views), self.margin
        if margin is None and isinstance(self.divergence, str):
            margin = defaults.margins.get(self.divergence)
        terms = resolve_penalty(
            self.penalty,
            margin,
            self.divergence,
            has_views=self.views is not None,
            consistency_weight=defaults.consistency_weight,
        )
        return {name: clone(term) for name, term in terms.items()}

    def _make_net(
        self,
        module_seed: np.random.SeedSequence,
        order_seed: np.random.SeedSequence,
        n_samples: int,
    ) -> ForcedApartNet:
        """Make a fresh net for the samples that were read, of which so many train it."""
        terms = self._resolve_terms()
        module = self._resolve_module()
        arguments = self._module_arguments()
        n_components = arguments["n_components"]
        options = dict(self.module_params or {})
        check_module_arguments(module, arguments, options)
        if module in self._modules.values():  # a user's own net is left alone
            options = {**defaults_of(self.penalty, self.views).module_params, **options}
        device = resolve_device(self.device)
        net = ForcedApartNet(
            functools.partial(module, **arguments, **options),
            self._make_task(),
            terms=terms,
            alpha=float(self._setting("alpha")),
            optimizer=resolve_optimizer(self.optimizer, device, self.optimizer_params or {}),
            lr=float(self.lr),
            max_epochs=self._count_epochs(n_samples),
            batch_size=self._setting("batch_size"),
            callbacks=self._make_callbacks(),
            device=device,
            dtype=torch.float32,
            channels_last=self._kind == "image",
            randomness=OwnRandomness(int(module_seed.generate_state(1)[0])),
            rng=np.random.default_rng(order_seed),
            check_output=output_check(arguments),
        )
        try:
            net.initialize()
        except (RuntimeError, MemoryError) as error:
            if not isinstance(error, MemoryError) and not ALLOCATION.search(str(error)):
                raise
            raise ValueError(
                f"{module.__name__} is too large for the memory with "
                f"n_components={n_components} and samples of shape "
                f"{self._reader.input_shape} (for tokens: the size of the vocabulary): lower "
                "n_components, the sizes in module_params or the number of features or tokens."
            ) from error
        net.dtype = resolve_precision(self.precision, net.module_, device)
        return net

    def _count_epochs(self, n_samples: int) -> int:
        """Epochs of a fit on so many training samples."""
        if self.max_epochs is not None:
            return self.max_epochs
        defaults = defaults_of(self.penalty, self.views)
        return defaults.max_epochs(n_samples, self._setting("batch_size"))

    def _resumed_net(self, n_samples: int) -> ForcedApartNet:
        """Hand what may change between fits to the net that goes on."""
        net = self.net_
        terms = self._resolve_terms()
        net.set_penalty(terms, float(self._setting("alpha")))
        net.set_lr(float(self.lr))
        net.max_epochs = self._count_epochs(n_samples)
        net.batch_size = self._setting("batch_size")
        net.callbacks = self._make_callbacks()
        net.initialize_callbacks()
        return net

    def _make_callbacks(self) -> list[Any]:
        callbacks: list[Any] = []
        if self.early_stopping:
            callbacks.append(("early_stopping", best_weights_callback(self.n_iter_no_change)))
        if self.verbose and is_first_rank():
            callbacks.append(("progress", ProgressLine()))
        if self.callbacks:
            callbacks += copy_callbacks(self.callbacks, validates=self.early_stopping)
        return callbacks

    def _check_partial_fit(self) -> None:
        """Refuse what a single epoch on samples that come and go cannot do."""
        if self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True: set it to False.")
        if self.checkpoint_dir is not None:
            raise ValueError(
                "partial_fit does not support checkpoint_dir, as it never sees all samples: set "
                "it to None and pickle the estimator between calls."
            )
        if has_schedule(self.callbacks or ()):
            raise ValueError(
                "partial_fit does not support LRScheduler, which starts anew in each call: leave "
                "it out and set lr between calls."
            )

    def _draw_seed(self) -> int | None:
        """Seed of a fresh net; None is left to the operating system, not to global generators."""
        seed = None
        if self.random_state is not None:
            seed = check_random_state(self.random_state).randint(2**31 - 1)
        return shared_seed(seed, resolve_device(self.device))

    def _learn(
        self,
        X: Any,
        y: Any,
        sample_weight: ArrayLike | None,
        *,
        resume: bool,
        classes: ArrayLike | None = None,
        epochs: int | None = None,
    ) -> Self:
        """Validate, make a fresh net unless this resumes an earlier fit, and train it."""
        resume = resume and hasattr(self, "net_")
        samples = self._read(X, reset=not resume)
        codes, weight = self._read_targets(
            samples, y, sample_weight, resume=resume, classes=classes
        )
        data = LabelledSamples(samples, codes, weight, np.arange(len(samples)))
        return self._train(X, data, resume=resume, epochs=epochs)

    def _train(self, X: Any, data: LabelledSamples, *, resume: bool, epochs: int | None) -> Self:
        """Train a fresh net or go on with the fitted one; only a trained net becomes `net_`."""
        X = None if self.views is None else read_by_views(X, self.views)
        net = seed = None
        if resume:
            split_seed = self._split_seed
            training, validation = self._split(data, split_seed)
            net = self._resumed_net(len(training))
        else:
            seed = self._draw_seed()
        context: contextlib.AbstractContextManager[FitCheckpoints | None]
        context = contextlib.nullcontext()
        if self.checkpoint_dir is not None:
            context = checkpointed(self, X, data, seed, net)
        with context as checkpoints:
            if net is None:
                entropy = np.random.SeedSequence(seed)
                if checkpoints is not None:
                    entropy = checkpoints.seed_sequence(seed)
                module_seed, order_seed, last = entropy.spawn(3)
                split_seed = int(last.generate_state(1)[0])
                training, validation = self._split(data, split_seed)
                net = self._make_net(module_seed, order_seed, len(training))
            if self.views is not None:
                training, validation = self._pair(X, training, validation, net.terms, split_seed)
            try:
                net.train_on(training, validation, epochs, checkpoints)
            except NotFiniteError:
                self.__dict__.pop("net_", None)  # no weights are left to go back to
                raise
            finally:
                if resume:  # a fit that fails keeps the epochs that it finished
                    self.n_iter_ = len(net.history)
        self.net_, self._split_seed = net, split_seed
        self.n_iter_ = len(net.history)
        if epochs is None and is_first_rank():
            columns = getattr(self, "feature_names_in_", None)
            warn_of_outcome(net, training, columns)
        return self

    def _split(
        self, data: LabelledSamples, seed: int
    ) -> tuple[LabelledSamples, LabelledSamples | None]:
        """Set samples aside for early stopping."""
        if not self.early_stopping:
            return data, None
        train, valid = split_rows(
            data.y, data.sample_weight, len(data), self.validation_fraction, seed
        )
        return data.subset(train), data.subset(valid)

    def _pair(
        self,
        X: Any,
        training: LabelledSamples,
        validation: LabelledSamples | None,
        terms: Mapping[str, LossTerm],
        seed: int,
    ) -> tuple[LabelledSamples, LabelledSamples | None]:
        """Give samples their second views, unless nothing would look at them."""
        assert self.views is not None
        views = resolve_views(self.views)
        if views.first_is_sample and not any("h_view" in term.inputs for term in terms.values()):
            return training, validation
        parts = [data.weighted_rows for data in (training, validation) if data is not None]
        pairing = views.pair(X, training.samples, parts, training.y, seed)
        training = replace(training, pairing=pairing)
        return training, None if validation is None else replace(validation, pairing=pairing)

    # -- prediction ---------------------------------------------------------------------------

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Represent samples by the activations of FC1 after its ReLU.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, ...) or list of arrays or str
            Samples of the kind that `fit` saw.

        Returns
        -------
        ndarray of shape (n_samples, n_components)
            float32 representation, ready for KMeans.
        """
        samples = self._read(X)
        return self.net_.embed(samples)

    @property
    def n_components_(self) -> int:
        """Neurons of FC1."""
        return len(self.net_.module_.representation_weight)

    @property
    def alpha_(self) -> float:
        """Share of the penalty in the last fit."""
        return self.net_.alpha

    @property
    def batch_size_(self) -> int:
        """Largest batch of the last fit."""
        return self.net_.batch_size  # type: ignore[no-any-return]

    @property
    def max_epochs_(self) -> int:
        """Epochs that the last fit planned."""
        return self.net_.max_epochs  # type: ignore[no-any-return]

    @property
    def _n_features_out(self) -> int:
        return self.n_components_

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "net_")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags
