"""The methods that write an estimator to a file: save and export_onnx."""

from __future__ import annotations

import os

from .._persistence import export_estimator, save_estimator

# Parameters whose value may be code: the file says that there was one, load is handed it.
CODE_PARAMETERS = (
    *("module", "module_params", "penalty", "divergence", "optimizer", "callbacks"),
    *("views", "label_groups"),
)


def check_path(path: str | os.PathLike[str], name: str = "path") -> None:
    """Refuse a path that no system can hold, by the name of the parameter."""
    if "\0" in os.fspath(path):
        raise ValueError(f"{name} {os.fspath(path)!r} holds a NUL character: leave it out.")


class SavingMixin:
    """Adds the methods that write a fitted estimator to a file."""

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted estimator to one file, which `fa_sklearn.load` reads.

        The file is in the safetensors format and holds data only, no code: weights, parameters,
        what `fit` learnt of X and y, the history, and the state of the optimizer and of the random
        generators, so that `partial_fit` and warm starts go on as if nothing had happened.

        Parameters
        ----------
        path : str or path-like
            Where to, such as ``"digits.safetensors"``. A file there is replaced once the new one
            is whole; a symbolic link is replaced itself.

        Raises
        ------
        NotFittedError
            If `fit` has not been called.
        TypeError
            If the estimator is of a subclass, or a parameter is neither data nor one that `load`
            can be handed.
        OSError
            If the file cannot be written; a file that was there is left as it was.

        Notes
        -----
        A module class of your own, a divergence, loss term or optimizer of your own, callbacks,
        views with functions or transformers, and a `label_groups` that is no dict are code: the
        file only says that there was one, and `load` is handed it again. Callbacks start afresh,
        as they do in every fit.
        """
        check_path(path)
        if type(self).__module__.partition(".")[0] != __name__.partition(".")[0]:
            raise TypeError(
                f"save cannot write {type(self).__name__}, which is a subclass: "
                "use pickle for an estimator class of your own."
            )
        save_estimator(self, path, CODE_PARAMETERS)

    def export_onnx(self, path: str | os.PathLike[str]) -> None:
        """Write `transform`, and `predict_proba` of a classifier, as an ONNX file.

        Parameters
        ----------
        path : str or path-like
            Where to, such as ``"digits.onnx"``. A file there is replaced once the new one is
            whole.

        Raises
        ------
        NotFittedError
            If `fit` has not been called.
        ImportError
            If the packages of the extra `onnx` are missing.
        ValueError
            If a module of your own cannot be exported. All built-in ones can.
        OSError
            If the file cannot be written.

        Notes
        -----
        The input ``X`` is what `transform` takes: (n, d) or (n, T, d) float32, (n, H, W, C) uint8
        or float32 as in `fit`, whose standardisation is in the file, or (n, T) int64 token ids.
        Sequences and tokens are right-padded with 0 and have a second input ``lengths``, (n,)
        int64. Texts become token ids by ``token_sequencer_.transform`` first; its vocabulary and
        the labels are in the file's metadata.

        The outputs are ``representation`` (n, n_components) and, of a classifier,
        ``probabilities`` (n, n_classes), computed in float32 whatever `precision` is and whatever
        `embedding` is. The file is compared with the net by onnxruntime before it is written.
        """
        check_path(path)
        export_estimator(self, path)
