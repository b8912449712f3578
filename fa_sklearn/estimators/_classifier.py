"""The classifier of coarse labels whose representation keeps the fine classes."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.metrics import accuracy_score
from sklearn.utils import Tags
from sklearn.utils._param_validation import MissingValues, StrOptions
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from .._inputs import Samples
from .._training import CoarseLabelTask
from ..losses._penalty import Penalty
from ..modules._registry import CLASSIFIER_MODULES
from ..views import Views
from ._base import BaseForcedApart, Targets
from ._labels import check_training_weight, check_weight, encode_labels, read_groups


class ForcedApartClassifier(ClassifierMixin, BaseForcedApart):
    """Learn coarse labels in a representation from which KMeans recovers the fine classes.

    A net with a penultimate ReLU layer FC1 is trained on the coarse label. The penalty pushes
    representations apart, on FC1's weights (L_single) or on its activations (L_multi), so that
    samples of one coarse label do not collapse onto one point. `transform` returns FC1's
    activations. Read more in the :doc:`user guide </guide>`.

    Parameters
    ----------
    module : {"auto", "mlp", "rnn", "cnn", "text"} or type, default="auto"
        The net. "auto" follows X: a 2-D table gets "mlp"; 3-D numbers or a list of (T_i, d)
        arrays "rnn"; 4-D images, channels last, "cnn"; strings or sequences of token ids "text".
        A list of token arrays of equal length is taken for a table: pass "text" or an object
        array. How to write a subclass of `torch.nn.Module`: :doc:`/extending`.
    module_params : dict or None, default=None
        Options of the net, such as ``{"hidden_sizes": (256, 128)}``. Each is also a parameter of
        its own for `set_params` and searches: ``module__hidden_sizes``.
    n_components : int or None, default=None
        Neurons of FC1: the size of the representation. None: 16, with neighbours as `views` 128.
        With 1, penalties other than "xcov" do nothing.
    penalty : {"single", "multi", "decov", "xcov", "contrast"}, LossTerm, \
list of (str, LossTerm) or None, default="multi"
        What is added to the task loss. A list adds several terms at once, each with its own
        ``weight``; they are reachable as ``penalty__<name>__<parameter>``. "contrast" needs
        `views`; the built-in nets then make rows of unit length, unless `module_params` names
        a `representation`. None: the baseline.
    margin : float or None, default=None
        Divergence beyond which a pair costs nothing, for penalty "single" and "multi". None: 5.0
        and 1.0 nats for KL, the divergence's own defaults otherwise; for "multi" with neighbours
        10.0 nats, 20.0 for Jeffreys, 0.6 for Jensen-Shannon and 0.9 for Hellinger. The other
        penalties have none.
    alpha : float in [0, 1) or None, default=None
        Share of the penalty: the loss is (1 - alpha) * cross-entropy + alpha * penalty. Without a
        penalty it is the cross-entropy. None: 0.1, with neighbours as `views` 0.5.
    divergence : {"kl", "js", "jeffreys", "hellinger"} or callable, default="kl"
        What penalty "single" and "multi" compare representations with; a callable maps two (n, k)
        log-probability tensors to n values.
    views : {"neighbors"}, Views or None, default=None
        What a second view of a sample is: a near neighbour with its label, or an augmented copy
        (`fa_sklearn.views`). Views of one sample are pulled together while the penalty pushes
        samples apart: a penalty without a `fa_sklearn.losses.ConsistencyLoss` gets one, with
        that penalty's divergence; its weight is 1, and 2 for penalty "multi" with neighbours. With
        penalty None they only augment. Neighbours, "neighbors" or
        `fa_sklearn.views.NeighborViews`, alone are one good setting: they change what other
        parameters that are None stand for.
    label_groups : mapping, callable or None, default=None
        From one label to its group. Given, y holds fine labels everywhere, but training sees only
        the groups: `classes_`, `predict` and `predict_proba` speak of groups. A label that is not
        a key of a mapping is an error. ``cross_val_predict`` with "predict_proba" hands over the
        labels encoded as 0 to k - 1: see :doc:`/fine_labels`.
    unlabeled : int, float, str, np.nan, pandas.NA or None, default=None
        The label of y, before `label_groups`, that marks samples whose coarse label is unknown,
        such as -1 or "?". None: there are none; an integer -1 among at least two other labels is
        then an error, unless `classes` of `partial_fit` or the keys of `label_groups` name it.
    class_weight : {"balanced"}, dict or None, default=None
        Weights of the coarse classes; they multiply `sample_weight`.
    optimizer : {"adam", "adamw", "sgd", "rmsprop"} or callable, default="adam"
        A name ("sgd" has momentum 0.9), or a callable that takes the parameters and ``lr``, such
        as a `torch.optim` class.
    optimizer_params : dict or None, default=None
        Options of the optimizer, such as ``{"weight_decay": 1e-4}``. Each is also a parameter of
        its own for `set_params` and searches: ``optimizer__weight_decay``.
    lr : float, default=1e-3
        Learning rate.
    batch_size : int or None, default=None
        Largest batch: an epoch is split into batches of nearly equal size. None: 256, with
        neighbours as `views` 512. Where one sequence is far longer than the others of its batch,
        they go through the net in parts of similar length; the batch, its pairs and its loss stay
        the same.
    max_epochs : int or None, default=None
        Passes over the data. None: as many as make 500 steps, one per batch, and 20 at least;
        with neighbours as `views` 1,000 steps, and 60 at least, 20 with "contrast".
    early_stopping : bool, default=False
        Set `validation_fraction` of the samples aside, stop when their loss has not fallen for
        `n_iter_no_change` epochs, and keep the best weights.
    validation_fraction : float in (0, 1), default=0.1
        Share of the samples set aside for early stopping; those of weight 0 stay in training.
    n_iter_no_change : int, default=5
        Epochs to wait in early stopping.
    callbacks : list of skorch callbacks or None, default=None
        Cloned for each fit; the ones that ran are in ``net_.callbacks_``. Those that watch a
        validation set need `early_stopping`. Read more in :doc:`/watching`.
    device : str or torch.device, default="auto"
        "auto": the first CUDA GPU where there is one, else the CPU.
    precision : {"auto", "float32", "bf16"}, default="auto"
        Of the forward pass; losses are float32. "auto": bfloat16 for "cnn" and "rnn" on CPUs
        with AMX or AVX512-BF16 and on CUDA GPUs from Ampere on; float32 for all else, "text" and a
        module of your own among it. "bf16" raises a ValueError where a layer does not work in it.
    warm_start : bool, default=False
        Whether `fit` goes on from the weights of the last one. The penalty, alpha, lr, batch_size
        and max_epochs may change in between; the net, its optimizer and device stay.
    checkpoint_dir : str, path or None, default=None
        Folder that keeps the state after each epoch. A killed `fit` goes on from there when it is
        called again with the same parameters and data, and ends with the same bits; other
        parameters or data start afresh, in a file of their own. What is kept, and for how
        long: :doc:`/resuming`.
    verbose : int or bool, default=0
        1 prints epoch, time left and losses: a bar in a terminal, else a line per epoch.
    random_state : int, RandomState or None, default=None
        Seed of weights, order of samples, dropout and the validation split. The same seed gives
        the same bits at equal versions, CPU and thread count. torch's and NumPy's global
        generators are left untouched; None draws a seed from the operating system.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The coarse labels, or the groups; without `unlabeled`.
    net_ : skorch.NeuralNet
        The trained net; ``net_.module_`` is the torch module, ``net_.history`` holds the training
        and validation loss, the task loss and each term per epoch.
    n_features_in_ : int
        Features of a table, of a time step, or channels of an image.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, if X had names.
    n_iter_ : int
        Epochs trained.
    n_components_ : int
        Neurons of FC1.
    alpha_ : float
        Share of the penalty in the last fit.
    batch_size_ : int
        Largest batch of the last fit.
    max_epochs_ : int
        Epochs that the last fit planned; `partial_fit` trains one whatever it is.
    token_sequencer_ : TokenSequencer or None
        Splits strings into tokens, if X held strings.

    See Also
    --------
    ForcedApartAutoencoder : Needs no labels at all.

    Notes
    -----
    Eq. 5-9 of "Forced Apart: Discovering Disentangled Representations Without Exhaustive Labels".
    uint8 images are divided by 255 and standardised per channel inside; floats, tables and
    sequences are taken as they are.

    Samples without a label enter the penalty, in L_multi as a group of their own, but not the task
    loss; `class_weight` leaves them alone.

    Examples
    --------
    >>> from sklearn.cluster import KMeans
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.pipeline import make_pipeline
    >>> from fa_sklearn import ForcedApartClassifier
    >>> from fa_sklearn.metrics import ami_score
    >>> X, y = load_digits(return_X_y=True)
    >>> pipeline = make_pipeline(
    ...     ForcedApartClassifier(label_groups=lambda digit: digit >= 5, random_state=0),
    ...     KMeans(10, random_state=0),
    ... )
    >>> labels = pipeline.fit(X / 16, y).predict(X / 16)
    >>> ami_score(y, labels) > 0.5
    True
    """

    _modules = CLASSIFIER_MODULES
    _is_autoencoder = False
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseForcedApart._parameter_constraints,
        "label_groups": [Mapping, callable, None],
        "unlabeled": [MissingValues()],
        "class_weight": [StrOptions({"balanced"}), dict, None],
    }

    classes_: NDArray[Any]

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
        label_groups: Mapping[Any, Any] | Callable[[Any], Any] | None = None,
        unlabeled: Any = None,
        class_weight: str | dict[Any, float] | None = None,
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
        super().__init__(
            module,
            module_params=module_params,
            n_components=n_components,
            penalty=penalty,
            margin=margin,
            alpha=alpha,
            divergence=divergence,
            views=views,
            optimizer=optimizer,
            optimizer_params=optimizer_params,
            lr=lr,
            batch_size=batch_size,
            max_epochs=max_epochs,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
            callbacks=callbacks,
            device=device,
            precision=precision,
            warm_start=warm_start,
            checkpoint_dir=checkpoint_dir,
            verbose=verbose,
            random_state=random_state,
        )
        self.label_groups = label_groups
        self.unlabeled = unlabeled
        self.class_weight = class_weight

    def _make_task(self) -> Callable[[], torch.nn.Module]:
        return functools.partial(CoarseLabelTask, len(self.classes_))

    def _module_arguments(self) -> dict[str, Any]:
        n_classes = len(self.classes_)
        return {**super()._module_arguments(), "n_outputs": 1 if n_classes <= 2 else n_classes}

    # -- fit ----------------------------------------------------------------------------------

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train the net.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features), array-like of shape \
(n_samples, T, d) or (n_samples, H, W, C), list of (T_i, d) arrays, of 1-D token arrays or of str
            Samples.
        y : array-like of shape (n_samples,)
            Coarse labels, `unlabeled` where unknown; fine labels with `label_groups`.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Non-negative weights. They enter the penalty too: a pair weighs w_i w_j.

        Returns
        -------
        ForcedApartClassifier
            The fitted estimator.

        Raises
        ------
        ValueError
            If X, y or a parameter is not what it must be, or a loss becomes infinite.
        OSError
            If checkpoint_dir cannot be written; what was written before stays whole.
        """
        return self._learn(X, y, sample_weight, resume=self.warm_start)

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def partial_fit(
        self,
        X: Any,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Train one epoch on the given samples.

        Parameters
        ----------
        X : array-like or list
            Samples, as in `fit`.
        y : array-like of shape (n_samples,)
            Coarse labels, `unlabeled` where unknown; fine labels with `label_groups`.
        classes : array-like of shape (n_classes,) or None, default=None
            All labels that y can hold; needed by the first call if y does not hold them all.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Non-negative weights.

        Returns
        -------
        ForcedApartClassifier
            The fitted estimator.

        Raises
        ------
        ValueError
            If early_stopping, checkpoint_dir or an LRScheduler is set, class_weight is "balanced",
            or y has a label not in `classes`.
        """
        self._check_partial_fit()
        if self.class_weight == "balanced":
            raise ValueError(
                "partial_fit does not support class_weight='balanced': a batch does not tell the "
                "proportions, pass a dict."
            )
        return self._learn(X, y, sample_weight, resume=True, classes=classes, epochs=1)

    def _read_targets(
        self,
        samples: Samples,
        y: Any,
        sample_weight: ArrayLike | None,
        *,
        resume: bool,
        classes: ArrayLike | None,
    ) -> Targets:
        self.classes_, codes = encode_labels(
            y,
            samples,
            self.label_groups,
            self.unlabeled,
            announced=classes,
            fitted=self.classes_ if resume else None,
        )
        weight = check_training_weight(
            sample_weight, samples, self.class_weight, self.classes_, codes
        )
        return codes, weight

    # -- predict ------------------------------------------------------------------------------

    def predict_proba(self, X: Any) -> NDArray[np.float32]:
        """Probability of each coarse label.

        Parameters
        ----------
        X : array-like or list
            Samples of the kind that `fit` saw.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            float32, columns in the order of `classes_`.
        """
        samples = self._read(X)  # says it where nothing was fitted
        outputs, _ = self.net_.compute(samples, self.net_.infer)
        probabilities = self.net_.criterion_.predict_proba(torch.from_numpy(outputs))
        return probabilities.numpy()  # type: ignore[no-any-return]

    def predict(self, X: Any) -> NDArray[Any]:
        """Most probable coarse label.

        Parameters
        ----------
        X : array-like or list
            Samples of the kind that `fit` saw.

        Returns
        -------
        ndarray of shape (n_samples,)
            Entries of `classes_`.
        """
        check_is_fitted(self)
        predicted: NDArray[Any] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return predicted

    def score(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Accuracy on the samples whose coarse label is known.

        Parameters
        ----------
        X : array-like or list
            Samples of the kind that `fit` saw.
        y : array-like of shape (n_samples,)
            Coarse labels, `unlabeled` where unknown; fine labels with `label_groups`.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights.

        Returns
        -------
        float
            Share of labelled samples whose coarse label is predicted.
        """
        predicted = self.predict(X)
        groups, known = read_groups(y, self.label_groups, self.unlabeled, classes=self.classes_)
        check_consistent_length(known, predicted)
        if not known.any():
            raise ValueError(
                f"y is unlabeled={self.unlabeled!r} for every sample: score needs some whose "
                "coarse label is known."
            )
        if sample_weight is not None:
            sample_weight = check_weight(sample_weight, predicted)[known]
        return float(accuracy_score(groups, predicted[known], sample_weight=sample_weight))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags
