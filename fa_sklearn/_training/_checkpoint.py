"""The checkpoints of one fit: where it goes on, what it keeps an epoch, what it leaves behind."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from ._checkpoint_files import CheckpointFolder
from ._epoch_losses import NotFiniteError
from ._fingerprint import fingerprint
from ._pickling import pack_state
from ._snapshot import capture, restore


def describe_net(net: Any) -> dict[str, Any]:
    """Collect what a net that was trained before brings into its next fit.

    Parameters
    ----------
    net : ForcedApartNet
        Fitted.

    Returns
    -------
    dict
        For `fingerprint`: all but its callbacks and how long its epochs took.
    """
    state = capture(net)
    del state["callbacks"]
    # What was pickled in between has lists for tuples.
    state["optimizer"] = pack_state(state["optimizer"])
    rows = net.history.to_list()
    state["history"] = [{key: row[key] for key in row if key != "dur"} for row in rows]
    return state


class FitCheckpoints:
    """A fit's checkpoints, for as long as the fit runs.

    Leaving the context keeps the last checkpoint of a fit that would come out the same again, so
    that doing it again takes no time, and none of a fit that would not, or whose numbers became
    infinite. After any other exception, all stay, and those of an unfinished fit.

    Parameters
    ----------
    checkpoint_dir : str or path
        What the user gave.
    parts : dict of str to object
        All that the fit depends on, for `fingerprint`.
    repeatable : bool
        Whether the fit would come out the same again.

    Raises
    ------
    OSError
        If the folder cannot be written.
    TypeError
        If a part cannot be told from others.
    """

    def __init__(
        self, checkpoint_dir: str | os.PathLike[str], parts: dict[str, Any], *, repeatable: bool
    ) -> None:
        self.repeatable = repeatable
        self.unfinished = False
        name = fingerprint({**parts, "repeatable": repeatable})
        self.folder = CheckpointFolder(Path(checkpoint_dir), name)
        self.loaded = self.folder.load()
        self.entropy: Any = None if self.loaded is None else self.loaded["entropy"]

    def seed_sequence(self, seed: int | None) -> np.random.SeedSequence:
        """Make the source of all seeds, the one of the checkpoint where there is one.

        Parameters
        ----------
        seed : int or None
            What a fit without a checkpoint starts from; None draws from the operating system.

        Returns
        -------
        numpy.random.SeedSequence
            Its entropy is kept in every checkpoint.
        """
        sequence = np.random.SeedSequence(seed if self.entropy is None else self.entropy)
        self.entropy = sequence.entropy
        return sequence

    def resume(self, net: Any, planned: int) -> range:
        """Put the last checkpoint into a net.

        Parameters
        ----------
        net : ForcedApartNet
            Fresh, or trained by earlier fits; its callbacks know that training begins.
        planned : int
            Epochs of the whole fit.

        Returns
        -------
        range
            The epochs of this fit that are left to do.
        """
        if self.loaded is None:
            return range(planned)
        restore(net, self.loaded["net"])
        done = planned if self.loaded["stopped"] else self.loaded["epochs"]
        self.loaded = None
        return range(done, planned)

    def save(self, net: Any, epochs: int, *, stopped: bool) -> None:
        """Keep the state after an epoch.

        Parameters
        ----------
        net : ForcedApartNet
            In training.
        epochs : int
            Epochs of this fit that are done.
        stopped : bool
            Whether a callback asked to stop.
        """
        state = {
            "entropy": self.entropy,
            "epochs": epochs,
            "stopped": stopped,
            "net": capture(net),
        }
        self.folder.save(state, epochs)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exception: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Tidy up and let others use the folder."""
        if exception is None and self.unfinished:
            pass
        elif exception is None and self.repeatable:
            self.folder.keep_last()
        elif exception is None or issubclass(exception, NotFiniteError):
            self.folder.clear()
        self.folder.close()
