"""The serving check without a fresh process, where that is not what is tested."""

import contextlib
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from unittest import mock


@contextlib.contextmanager
def asked_here() -> Iterator[None]:
    """Answers in this process as the fresh one would, which takes seconds to import TensorFlow."""
    from components import ask_model, serving_check

    def run(command: list[str], **_: Any) -> SimpleNamespace:
        return SimpleNamespace(returncode=ask_model.main(*command[-3:]), stderr="")

    with mock.patch.object(serving_check, "subprocess", SimpleNamespace(run=run)):
        yield
