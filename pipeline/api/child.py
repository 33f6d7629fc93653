"""local_runner.py in a process of its own, whose lines are passed on.

This process may have loaded TensorFlow with other settings, and a run changes the working directory
and what Ctrl-C does; none of that is to be seen by who called.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import NamedTuple

from pipeline.sources import ROOT

RUNNER = ROOT / "local_runner.py"

# In a session of its own, the child hears Ctrl-C from here alone, and once: a second one would
# break off what it writes at its end. So that it is not left alone when this process is killed, as
# a notebook's is at every restart, it asks to be told then. A background job is deaf to Ctrl-C,
# and its children would be.
_LAUNCH = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
signal.signal(signal.SIGINT, signal.SIG_DFL)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""


class Ended(NamedTuple):
    """How the child ended.

    Attributes:
        code: its exit code, as a shell tells it: 128 and the number of a signal that ended it.
        last: the last lines that it said.
        interrupted: whether it was told of a Ctrl-C.
    """

    code: int
    last: str
    interrupted: bool


def follow(
    options: list[str],
    tell: Callable[[str], None],
    terminal: bool = False,
    variables: Mapping[str, str] | None = None,
) -> Ended:
    """Runs local_runner.py to its end.

    Args:
        options: its command line.
        tell: is given each line that it says, without its end; on a terminal what it says on
            standard error alone, since it draws on the terminal itself.
        terminal: whether standard output is a terminal that it may draw on.
        variables: more of them, for its environment where it may not.
    """
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", _LAUNCH, str(os.getpid()), str(RUNNER), *options],
        stdin=subprocess.DEVNULL,
        stdout=None if terminal else subprocess.PIPE,
        stderr=subprocess.PIPE if terminal else subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
        env=None if terminal else {**_plain(dict(os.environ)), **(variables or {})},
    )
    said, interrupted = [""], False
    lines = process.stderr if terminal else process.stdout
    assert lines is not None
    try:
        while True:
            try:
                for line in lines:
                    said = [*said[-4:], line.rstrip("\n")]
                    tell(said[-1])
                code = process.wait()
                break
            except KeyboardInterrupt:
                # Whoever cannot wait may say so by another one: a run may be killed at any moment.
                process.send_signal(signal.SIGKILL if interrupted else signal.SIGINT)
                interrupted = True
    finally:
        lines.close()  # what it still wants to say must not keep it from ending
        if process.poll() is None:
            process.terminate()
            process.wait()
    return Ended(code if code >= 0 else 128 - code, "\n".join(said).strip(), interrupted)


def _plain(environment: dict[str, str]) -> dict[str, str]:
    """The environment, without what a notebook sets for itself and what asks pipes for colours."""
    if "inline" in environment.get("MPLBACKEND", ""):
        del environment["MPLBACKEND"]
    for name in ("FORCE_COLOR", "CLICOLOR_FORCE"):
        environment.pop(name, None)
    return environment
