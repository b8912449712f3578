"""Ctrl-C, told apart from the KeyboardInterrupt by which skorch's callbacks ask to stop."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self


class CtrlC:
    """Notices SIGINT inside its context, and lets it do what it did before.

    Python delivers signals to the main thread only: in other threads nothing is noticed.
    """

    def __init__(self) -> None:
        self.pressed = False
        self._earlier: Any = None

    def __enter__(self) -> Self:
        """Stand in for the handler of SIGINT."""
        earlier = signal.getsignal(signal.SIGINT)
        if threading.current_thread() is threading.main_thread() and callable(earlier):
            self._earlier = earlier
            signal.signal(signal.SIGINT, self._handle)
        return self

    def _handle(self, number: int, frame: FrameType | None) -> None:
        try:
            self._earlier(number, frame)
        except KeyboardInterrupt:
            self.pressed = True
            raise

    def __exit__(
        self,
        exception: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Put the earlier handler back."""
        if self._earlier is not None:
            signal.signal(signal.SIGINT, self._earlier)
