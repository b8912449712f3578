"""What both estimators share: parameters, reading X, making the net, training it, transform."""

from __future__ import annotations

import functools
import os
import re
from abc import ABCMeta, abstractmethod
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
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
    ForcedApartNet,
    LabelledSamples,
    NotFiniteError,
    OwnRandomness,
    ProgressLine,
    compute_representations,
    is_first_rank,
    resolve_device,
    resolve_optimizer,
    resolve_precision,
    shared_seed,
)
from ..losses import LossTerm
from ..losses._penalty import Penalty
from ..modules._checks import check_module_arguments, check_module_output
from ..modules._registry import resolve_module
from ..preprocessing import TokenSequencer
from ..views import Views
from ._callbacks import best_weights_callback, copy_callbacks
from ._checkpointing import checkpointed, make_seeds
from ._nested_parameters import NestedParameters
from ._outcome import warn_of_outcome
from ._saving import SavingMixin
from ._single_neuron import warn_of_single_neuron
from ._validation_split import split_rows
from ._viewing import pair_samples, resolve_terms

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
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "penalty": [str, LossTerm, list, tuple, None],
        "margin": [Interval(Real, 0, None, closed="left"), None],
        "alpha": [Interval(Real, 0, 1, closed="left")],
        "divergence": [str, callable],
        "views": [str, Views, None],
        "optimizer": [str, callable],
        "optimizer_params": [dict, None],
        "lr": [Interval(Real, 0, None, closed="neither")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "max_epochs": [Interval(Integral, 1, None, closed="left")],
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

    def __init__(
        self,
        module: str | type[torch.nn.Module] = "auto",
        *,
        module_params: dict[str, Any] | None = None,
        n_components: int = 16,
        penalty: Penalty = "multi",
        margin: float | None = None,
        alpha: float = 0.1,
        divergence: str | Callable[..., torch.Tensor] = "kl",
        views: str | Views | None = None,
        optimizer: str | Callable[..., torch.optim.Optimizer] = "adam",
        optimizer_params: dict[str, Any] | None = None,
        lr: float = 1e-3,
        batch_size: int = 256,
        max_epochs: int = 20,
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
    def _module_arguments(self) -> dict[str, Any]:
        """Arguments of the module beside input_shape and n_components."""

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
        return resolve_terms(self.penalty, self.margin, self.divergence, self.views)

    def _make_net(self, seeds: np.random.SeedSequence) -> ForcedApartNet:
        """Make a fresh net for the samples that were read."""
        terms = self._resolve_terms()
        warn_of_single_neuron(terms, self.n_components)
        module = self._resolve_module()
        extra = self._module_arguments()
        arguments = {"input_shape": self._reader.input_shape, "n_components": self.n_components}
        check_module_arguments(module, {**arguments, **extra}, self.module_params or {})
        device = resolve_device(self.device)
        module_seed, order_seed, split_seed = seeds.spawn(3)
        self._split_seed = int(split_seed.generate_state(1)[0])
        net = ForcedApartNet(
            functools.partial(module, **arguments, **extra, **(self.module_params or {})),
            self._make_task(),
            terms={name: clone(term) for name, term in terms.items()},
            alpha=float(self.alpha),
            optimizer=resolve_optimizer(self.optimizer, device, self.optimizer_params or {}),
            lr=float(self.lr),
            max_epochs=self.max_epochs,
            batch_size=self.batch_size,
            callbacks=self._make_callbacks(),
            device=device,
            dtype=torch.float32,
            channels_last=self._kind == "image",
            randomness=OwnRandomness(int(module_seed.generate_state(1)[0])),
            rng=np.random.default_rng(order_seed),
            check_output=functools.partial(
                check_module_output,
                n_components=self.n_components,
                n_outputs=extra.get("n_outputs"),
            ),
        )
        try:
            net.initialize()
        except (RuntimeError, MemoryError) as error:
            if not isinstance(error, MemoryError) and not ALLOCATION.search(str(error)):
                raise
            raise ValueError(
                f"{module.__name__} is too large for the memory with "
                f"n_components={self.n_components} and samples of shape "
                f"{self._reader.input_shape} (for tokens: the size of the vocabulary): lower "
                "n_components, the sizes in module_params or the number of features or tokens."
            ) from error
        net.dtype = resolve_precision(self.precision, net.module_, device)
        return net

    def _resumed_net(self) -> ForcedApartNet:
        """Hand what may change between fits to the net that goes on."""
        net = self.net_
        terms = self._resolve_terms()
        warn_of_single_neuron(terms, len(net.module_.representation_weight))
        net.set_penalty({name: clone(term) for name, term in terms.items()}, float(self.alpha))
        net.set_lr(float(self.lr))
        net.max_epochs = self.max_epochs
        net.batch_size = self.batch_size
        net.callbacks = self._make_callbacks()
        net.initialize_callbacks()
        return net

    def _make_callbacks(self) -> list[Any]:
        callbacks: list[Any] = []
        if self.early_stopping:
            callbacks.append(("early_stopping", best_weights_callback(self.n_iter_no_change)))
        if self.verbose and is_first_rank():
            callbacks.append(("progress", ProgressLine()))
        return [*callbacks, *copy_callbacks(self.callbacks or [], validates=self.early_stopping)]

    def _split(self, data: LabelledSamples) -> tuple[LabelledSamples, LabelledSamples | None]:
        """Set samples aside for early stopping."""
        if not self.early_stopping:
            return data, None
        train, valid = split_rows(
            data.y, data.sample_weight, len(data), self.validation_fraction, self._split_seed
        )
        return data.subset(train), data.subset(valid)

    def _check_partial_fit(self) -> None:
        """Refuse what a single epoch on samples that come and go cannot do."""
        if self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True: set it to False.")
        if self.checkpoint_dir is not None:
            raise ValueError(
                "partial_fit does not support checkpoint_dir, as it never sees all samples: set "
                "it to None and pickle the estimator between calls."
            )

    def _train(self, X: Any, data: LabelledSamples, *, resume: bool, epochs: int | None) -> None:
        """Train a fresh net or go on with the fitted one; only a trained net becomes `net_`."""
        # With None, seeds come from the operating system: the global generators stay untouched.
        seed = None
        if not resume:
            if self.random_state is not None:
                seed = check_random_state(self.random_state).randint(2**31 - 1)
            seed = shared_seed(seed, resolve_device(self.device))
        net = self._resumed_net() if resume else None
        with checkpointed(self, X, data, seed, net) as checkpoints:
            if net is None:
                net = self._make_net(make_seeds(seed, checkpoints))
            training, validation = self._split(data)
            # Kept by save and warm starts, unlike the seeds of a fresh net.
            seed = self._split_seed
            training, validation = pair_samples(
                self.views, X, training, validation, net.terms.values(), seed
            )
            try:
                net.train_on(training, validation, epochs, checkpoints)
            except NotFiniteError:
                self.__dict__.pop("net_", None)  # no weights are left to go back to
                raise
        self.net_ = net
        self.n_iter_ = len(net.history)
        if epochs is None and is_first_rank():
            warn_of_outcome(self, net, training)

    # -- prediction ---------------------------------------------------------------------------

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Represent samples by the activations of FC1 after its ReLU, or what `embedding` says.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...) or list of arrays or str
            Samples of the kind that `fit` saw.

        Returns
        -------
        ndarray of shape (n_samples, n_components) or (n_samples, n_components + n_classes)
            Non-negative float32 representation, ready for KMeans. A classifier's columns for
            ``embedding="distributions"`` are followed by those of the labels.
        """
        return self._embed(self._read(X))

    def _embed(self, samples: Samples) -> NDArray[np.float32]:
        return compute_representations(self.net_, samples)

    @property
    def _n_features_out(self) -> int:
        return len(self.net_.module_.representation_weight)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "net_")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags
