"""Runs of local_runner.py in forked processes, which have what takes ten seconds to import.

The process that forks them has imported TensorFlow, but executed none of it and started no thread:
what is forked from it is as good as a fresh one.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests import rehearsals
from tests.crash.steps import Recorder, Step

TIMEOUT = 900  # seconds, for what takes half a minute on a machine that does nothing else
KILL, FULL = "kill", "full disk"
# One thread each: on one machine, the same run has the same figures then, to the last bit.
_ONE_THREAD = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")


class Fault(NamedTuple):
    """What happens to a run: at the `number`th step (from 1) of `place` that `kind` can stop."""

    kind: str
    place: str
    number: int


class Ended(NamedTuple):
    """A process that has ended: its exit code, minus the signal that killed it, and its screen."""

    code: int
    screen: str
    seconds: float


def warm() -> None:
    """Imports everything that runs use; before that, nothing of it may have been imported."""
    for name in _ONE_THREAD:
        os.environ[name] = "1"
    import_all()


def import_all() -> None:
    """Imports what nodes use, which takes seconds; what is forked afterwards has it already."""
    from modules.util import environment

    environment.configure("3")
    with _quiet():
        import apache_beam.runners.portability.fn_api_runner  # noqa: F401
        import keras_tuner  # noqa: F401
        import matplotlib.figure  # noqa: F401
        import sklearn.metrics  # noqa: F401
        import tensorflow_model_analysis  # noqa: F401
        import tfx.components.trainer.executor  # noqa: F401
        import tfx.components.tuner.executor  # noqa: F401

        import components.evaluator  # noqa: F401
        import components.pusher  # noqa: F401
        import components.serving_check  # noqa: F401
        import local_runner  # noqa: F401
        import modules.training.trainer  # noqa: F401
        import modules.training.tuner  # noqa: F401
        import pipeline.run  # noqa: F401


def run(
    arguments: Sequence[str],
    output: Path,
    scratch: Path,
    *,
    fault: Fault | None = None,
    arrive: Callable[[str], None] | None = None,
) -> tuple[Ended, list[Step]]:
    """Runs local_runner.py to its end, or until its fault.

    Args:
        arguments: of the command line, but for the output folder.
        output: the output folder.
        scratch: for the screen, the steps and temporary files.
        fault: what happens to it.
        arrive: called in the run's process with each place that it comes to, before it does
            anything there.

    Returns:
        How it ended, and the steps that it made, the stopped one included.
    """
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    told = scratch / "steps"
    ended = _fork(
        lambda: _run([*arguments, "--output", str(output)], output, told, fault, arrive), scratch
    )
    steps = [Step(*json.loads(line)) for line in told.read_text().splitlines()]
    return ended, steps


def call(function: Callable[[], None], scratch: Path) -> str:
    """Calls a function in a process of its own.

    Returns:
        What was wrong, if it raised; else "".
    """
    scratch.mkdir(parents=True, exist_ok=True)

    def told() -> int:
        function()
        return 0

    ended = _fork(told, scratch)
    return "" if ended.code == 0 else (ended.screen.strip().splitlines() or ["it died"])[-1]


def _run(
    arguments: list[str],
    output: Path,
    told: Path,
    fault: Fault | None,
    arrive: Callable[[str], None] | None,
) -> int:
    import local_runner
    import pipeline.node
    import pipeline.run
    from modules.kinds.keras_family import KerasFamily
    from tests.serving import asked_here

    stop = _Stop(fault)
    file = open(told, "w", buffering=1)

    def see(step: Step, path: str) -> None:
        file.write(json.dumps(step) + "\n")
        stop(step, path)

    recorder = Recorder(output, see)

    def come_to(place: str) -> None:
        if arrive:
            arrive(place)
        recorder.place = place

    run_node, end = pipeline.node.run_node, pipeline.run.Run.end

    def run_node_there(ir: Any, node_id: str, *more: Any) -> Any:
        come_to(node_id)
        return run_node(ir, node_id, *more)

    def end_there(self: Any, *args: Any) -> Any:
        come_to("end")
        return end(self, *args)

    pipeline.node.run_node = run_node_there
    pipeline.run.Run.end = end_there  # type: ignore[method-assign]
    recorder.install()
    # Neither a rehearsal nor the process that asks the model makes a durable step.
    rehearsals.leave_out()
    # Of two trainings beside each other, steps come in another order each time.
    KerasFamily.companion = lambda _: None  # type: ignore[method-assign]
    with asked_here():
        return local_runner.main(arguments)


class _Stop:
    """Makes a fault happen."""

    def __init__(self, fault: Fault | None) -> None:
        self._fault, self._seen = fault, 0

    def __call__(self, step: Step, path: str) -> None:
        fault = self._fault
        if fault is None:
            return
        if fault.kind == FULL and self._seen == fault.number and step.fills:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)  # it stays full
        counts = step.kills if fault.kind == KILL else step.fills
        if step.place != fault.place or not counts:
            return
        self._seen += 1
        if self._seen < fault.number:
            return
        if fault.kind == KILL:
            os.killpg(0, signal.SIGKILL)  # its children, too
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)


def _fork(work: Callable[[], int], scratch: Path) -> Ended:
    started = time.monotonic()
    screen = scratch / "screen"
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if not pid:
        _child(work, scratch, screen)
    while time.monotonic() < started + TIMEOUT:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            break
        time.sleep(0.02)
    else:
        os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        code = -signal.SIGALRM
    return Ended(code, screen.read_text(errors="replace"), time.monotonic() - started)


def _child(work: Callable[[], int], scratch: Path, screen: Path) -> None:
    code = 70
    try:
        os.setsid()
        descriptor = os.open(screen, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_APPEND)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        temporary = scratch / "tmp"
        temporary.mkdir(exist_ok=True)
        os.environ["TMPDIR"], tempfile.tempdir = str(temporary), None
        code = work()
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


@contextlib.contextmanager
def _quiet() -> Any:
    """Keeps what libraries say while they are imported from the screen."""
    kept = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
