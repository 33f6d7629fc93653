"""How a run can end, as the shell sees it. The one place where the numbers stand."""

from __future__ import annotations

import enum


class ExitCode(enum.IntEnum):
    """What local_runner.py, a pod and the commands of kubeflow/ end with."""

    PUSHED = 0  # for a command that pushes nothing: it did what it was asked
    FAILED = 1
    BAD_INPUT = 2  # bad usage or bad input, before any work
    REFUSED = 3  # by a gate, or for what the model itself did
    HANGUP = 129  # 128 and the number of the signal
    INTERRUPTED = 130
    KILLED = 137  # what the shell says of one that could not say it itself
    TERMINATED = 143
