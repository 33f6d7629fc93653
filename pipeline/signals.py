"""Signals that end a run as Ctrl-C does: its state is kept, and its end is written down."""

from __future__ import annotations

import signal
import types

from pipeline.exit_codes import ExitCode

_ENDS = {signal.SIGTERM: ExitCode.TERMINATED, signal.SIGHUP: ExitCode.HANGUP}


class Stopped(KeyboardInterrupt):
    """A signal came that ends the run."""

    def __init__(self, code: ExitCode) -> None:
        super().__init__()
        self.code = code


def stop_like_ctrl_c() -> None:
    """Makes SIGTERM and SIGHUP raise Stopped; one that is ignored, as by nohup, stays so."""
    for number in _ENDS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)


def exit_code(stop: KeyboardInterrupt) -> ExitCode:
    """What a run ends with that was stopped."""
    return stop.code if isinstance(stop, Stopped) else ExitCode.INTERRUPTED


def _stop(number: int, frame: types.FrameType | None) -> None:
    del frame
    raise Stopped(_ENDS[signal.Signals(number)])
