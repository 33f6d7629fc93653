"""Trainings that are not rehearsed, where that is not what is tested."""

import contextlib
from collections.abc import Iterator
from unittest import mock


@contextlib.contextmanager
def left_out() -> Iterator[None]:
    """Has no training in this process rehearsed, through TFX or without it.

    TFX imports the Trainer's module anew, which takes what stands in the rehearsal's.
    """
    from modules.training import rehearsal, search, trainer

    with contextlib.ExitStack() as patched:
        for module in (rehearsal, search, trainer):
            patched.enter_context(mock.patch.object(module, "rehearse", lambda *_: None))
        yield
