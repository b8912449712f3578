"""The autoencoder whose representation is clustered without any labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import _fit_context
from sklearn.utils.validation import check_array, check_is_fitted

from .._inputs import Inputs, Samples
from .._training import ReconstructionTask
from ..modules._registry import AUTOENCODER_MODULES
from ._base import BaseForcedApart, Targets
from ._labels import check_training_weight


class ForcedApartAutoencoder(BaseForcedApart):
    """Learn, without labels, a representation from which KMeans recovers classes.

    A net with a ReLU layer FC1 in its middle is trained to reconstruct its input, while the
    penalty pushes the representations of different samples apart. Read more in the
    :doc:`user guide </guide>`.

    Parameters
    ----------
    module : {"auto", "mlp", "rnn", "cnn"} or type, default="auto"
        The net. "auto" follows X: a 2-D table gets "mlp"; 3-D numbers or a list of (T_i, d)
        arrays "rnn"; 4-D images, channels last, "cnn". How to write a subclass of
        `torch.nn.Module`: :doc:`/extending`.
    module_params : dict or None, default=None
        Options of the net, such as ``{"hidden_sizes": (256, 128)}``. Each is also a parameter of
        its own for `set_params` and searches: ``module__hidden_sizes``.
    n_components : int or None, default=None
        Neurons of FC1: the size of the representation. None: 16, with neighbours as `views` 128.
        With 1, penalties other than "xcov" do nothing.
    penalty : {"single", "multi", "decov", "xcov", "contrast"}, LossTerm, \
list of (str, LossTerm) or None, default="multi"
        What is added to the reconstruction error; "multi" is eq. 10 here, over all pairs of a
        batch. A list adds several terms at once, each with its own ``weight``; they are reachable
        as ``penalty__<name>__<parameter>``. "contrast" needs `views`; the built-in nets then
        make rows of unit length, unless `module_params` names a `representation`. None: a plain
        autoencoder.
    margin : float or None, default=None
        Divergence beyond which a pair costs nothing, for penalty "single" and "multi". None: 5.0
        and 1.0 nats for KL, the divergence's own defaults otherwise; for "multi" with neighbours
        10.0 nats, 20.0 for Jeffreys, 0.6 for Jensen-Shannon and 0.9 for Hellinger. The other
        penalties have none.
    alpha : float in [0, 1) or None, default=None
        Share of the penalty: the loss is (1 - alpha) * reconstruction error + alpha * penalty.
        Without a penalty it is the reconstruction error. None: 0.1, with neighbours as `views`
        0.5.
    divergence : {"kl", "js", "jeffreys", "hellinger"} or callable, default="kl"
        What penalty "single" and "multi" compare representations with; a callable maps two (n, k)
        log-probability tensors to n values.
    views : {"neighbors"}, Views or None, default=None
        What a second view of a sample is: a near neighbour, or an augmented copy
        (`fa_sklearn.views`). Views of one sample are pulled together while the penalty pushes
        samples apart: a penalty without a `fa_sklearn.losses.ConsistencyLoss` gets one, with
        that penalty's divergence; its weight is 1, and 2 for penalty "multi" with neighbours. With
        penalty None they only augment. Neighbours, "neighbors" or
        `fa_sklearn.views.NeighborViews`, alone are one good setting: they change what other
        parameters that are None stand for.
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
        Of the forward pass; losses are float32. "auto" is float32: the error of a reconstruction
        feels the rounding of bfloat16. "bf16" raises a ValueError where a layer does not work in
        it.
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

    See Also
    --------
    ForcedApartClassifier : Learns from coarse labels.

    Notes
    -----
    Eq. 10 and 11 of "Forced Apart: Discovering Disentangled Representations Without Exhaustive
    Labels":

        L = (1 - alpha) (1/N) sum_i ||X_i - X_i'||_F^2 + alpha * penalty.

    The error sums over features and time steps, so a sensible `alpha` depends on the size of X.
    uint8 images are divided by 255 and standardised per channel inside; floats, tables and
    sequences are taken as they are.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from fa_sklearn import ForcedApartAutoencoder
    >>> X = load_digits().data / 16
    >>> autoencoder = ForcedApartAutoencoder(max_epochs=5, random_state=0).fit(X)
    >>> autoencoder.transform(X).shape
    (1797, 16)
    >>> autoencoder.inverse_transform(autoencoder.transform(X)).shape
    (1797, 64)
    """

    _modules = AUTOENCODER_MODULES
    _is_autoencoder = True

    def _make_task(self) -> Callable[[], torch.nn.Module]:
        return ReconstructionTask

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: object = None, sample_weight: ArrayLike | None = None) -> Self:
        """Train the net.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features), array-like of shape \
(n_samples, T, d) or (n_samples, H, W, C), or list of (T_i, d) arrays
            Samples.
        y : None
            Ignored, present by convention.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Non-negative weights. They enter the penalty too: a pair weighs w_i w_j.

        Returns
        -------
        ForcedApartAutoencoder
            The fitted estimator.

        Raises
        ------
        ValueError
            If X or a parameter is not what it must be, or a loss becomes infinite.
        OSError
            If checkpoint_dir cannot be written; what was written before stays whole.
        """
        return self._learn(X, y, sample_weight, resume=self.warm_start)

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def partial_fit(
        self, X: Any, y: object = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Train one epoch on the given samples.

        Parameters
        ----------
        X : array-like or list
            Samples, as in `fit`.
        y : None
            Ignored, present by convention.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Non-negative weights.

        Returns
        -------
        ForcedApartAutoencoder
            The fitted estimator.

        Raises
        ------
        ValueError
            If early_stopping, checkpoint_dir or an LRScheduler is set.
        """
        self._check_partial_fit()
        return self._learn(X, y, sample_weight, resume=True, epochs=1)

    def _read_targets(
        self, samples: Samples, y: object, sample_weight: ArrayLike | None, **labels: Any
    ) -> Targets:
        return None, check_training_weight(sample_weight, samples)

    def inverse_transform(self, X: ArrayLike, lengths: ArrayLike | None = None) -> NDArray[Any]:
        """Reconstruct samples from their representation.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components)
            Representations.
        lengths : array-like of shape (n_samples,) or None, default=None
            For sequences, how many steps to reconstruct; None: as many as the longest in `fit`.

        Returns
        -------
        ndarray
            Samples as `fit` saw them: a table (n_samples, n_features), images in their own dtype,
            or sequences, an object array of (T_i, d) arrays if `lengths` is given, else
            (n_samples, T, d).
        """
        check_is_fitted(self)
        representation = check_array(X, dtype=np.float32)
        if representation.shape[1] != self._n_features_out:
            raise ValueError(
                f"X has {representation.shape[1]} columns, but a representation of this "
                f"{type(self).__name__} has n_components={self._n_features_out}."
            )
        steps = self._reader.check_lengths(lengths, len(representation))
        return self._reader.inverse_transform(self.net_.decode(representation, steps), lengths)

    def score(self, X: Any, y: object = None, sample_weight: ArrayLike | None = None) -> float:
        """Negative reconstruction error: larger is better.

        Parameters
        ----------
        X : array-like or list
            Samples of the kind that `fit` saw.
        y : None
            Ignored, present by convention.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights.

        Returns
        -------
        float
            Minus the mean over samples of ||X_i - X_i'||_F^2, images standardised as in training.
        """
        samples = self._read(X)
        weight = check_training_weight(sample_weight, samples)
        (errors,) = self.net_.compute(samples, self._errors)
        return -float(np.average(errors[:, 0], weights=weight))

    def _errors(self, inputs: Inputs) -> list[torch.Tensor]:
        """Squared Frobenius distance between each sample and its reconstruction."""
        output, _ = self.net_.infer(inputs)
        return [self.net_.criterion_(output, inputs, None)[:, None]]
