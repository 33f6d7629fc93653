"""Trainings that are not rehearsed, where that is not what is tested."""

import contextlib
import types
from collections.abc import Iterator
from unittest import mock


@contextlib.contextmanager
def left_out() -> Iterator[None]:
    """Has no training in this process rehearsed, through TFX or without it."""
    with contextlib.ExitStack() as patched:
        for module in _modules():
            patched.enter_context(mock.patch.object(module, "rehearse", lambda *_: None))
        yield


def leave_out() -> None:
    """The same for the rest of the process."""
    for module in _modules():
        module.rehearse = lambda *_: None


def _modules() -> tuple[types.ModuleType, ...]:
    """TFX imports the Trainer's module anew, which takes what stands in the rehearsal's."""
    from modules.training import folds, rehearsal, trainer, trying

    return folds, rehearsal, trainer, trying
