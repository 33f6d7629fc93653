"""Stands for the interpreter of TFX's environment: what it is asked to run is forked from a process
that has imported TFX already, as the tasks of a run are a dozen processes that each import it.

The process that forks them has executed nothing and started no thread (see tests/crash/process.py),
so that a task has its own environment, folder, standard streams and end, as a pod has.
"""

import contextlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path

_PROJECT = Path(__file__).resolve().parents[2]
_READY = "ready"


@contextlib.contextmanager
def interpreter(python: Path, folder: Path) -> Iterator[Path]:
    """A command that takes what an interpreter takes, for as long as the context lasts.

    Args:
        python: the interpreter that it stands for.
        folder: for the command and its socket.
    """
    place, command = folder / "socket", folder / "python"
    # Neither the environment nor the site packages of any interpreter matter to who only asks.
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S {__file__} ask {place} "$@"\n')
    command.chmod(0o755)
    serving = [str(python), "-m", "tests.kfp.warm_python", "serve", str(place), str(command)]
    server = subprocess.Popen(serving, cwd=_PROJECT, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None and server.stdout.readline().strip() == _READY
        yield command
    finally:
        server.kill()
        server.communicate()


def serve(place: str, command: str) -> None:
    """Forks a process for each who asks, and tells it the child's id, then its exit code."""
    from tests import rehearsals
    from tests.crash.process import import_all

    import_all()
    # A rehearsal is the same in a pod, and each pod that learns would have its own.
    rehearsals.leave_out()
    sys.executable = command  # of what tasks start, too
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(place)
    listening.listen()
    sys.stdout.write(f"{_READY}\n")
    sys.stdout.flush()
    while True:
        asking, _ = listening.accept()
        if not os.fork():
            listening.close()
            _attend(asking)
        asking.close()


def _attend(asking: socket.socket) -> None:
    """Forks the task from a process of its own, which waits for it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    text, streams, _, _ = socket.recv_fds(asking, 1 << 16, 3)
    while not text.endswith(b"\n"):
        text += asking.recv(1 << 16)
    told = json.loads(text)
    child = os.fork()
    if not child:
        asking.close()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(told["folder"])
        os.environ.clear()
        os.environ.update(told["environment"])
        _run(told["words"])
    for stream in streams:
        os.close(stream)
    asking.sendall(f"{child}\n".encode())
    _, status = os.waitpid(child, 0)
    asking.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _run(words: list[str]) -> None:
    """Does what an interpreter does with FILE, -m MODULE or -c CODE, and ends the process."""
    option, *rest = words
    code = 0
    try:
        sys.path[0] = os.getcwd()
        if option == "-m":
            sys.argv = rest
            runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
        elif option == "-c":
            sys.argv = [option, *rest[1:]]
            main = sys.modules["__main__"] = types.ModuleType("__main__")
            exec(compile(rest[0], "<string>", "exec"), main.__dict__)
        else:
            assert not option.startswith("-"), words
            sys.argv = words
            runpy.run_path(option, run_name="__main__")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = 1
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def ask(place: str, words: list[str]) -> int:
    """Has a task run with this process's streams, folder and environment; returns its exit code."""
    asking = socket.socket(socket.AF_UNIX)
    asking.connect(place)
    told = {"words": words, "folder": os.getcwd(), "environment": dict(os.environ)}
    text = json.dumps(told).encode() + b"\n"
    sent = socket.send_fds(asking, [text], [0, 1, 2])
    asking.sendall(text[sent:])
    answers = asking.makefile()
    child = int(answers.readline())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda which, _: os.kill(child, which))
    code = int(answers.readline())
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(*sys.argv[2:])
    sys.exit(ask(sys.argv[2], sys.argv[3:]))
