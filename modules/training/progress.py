"""How long work tells whoever listens how far it is. Nobody listens by default."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """How far some work is.

    Attributes:
        task: what is going on: "training" or "tuning".
        done: how many units of work are finished, at most total.
        total: how many units there are; above 0.
        figure: the figure to watch so far, such as "val accuracy 0.9841"; may be empty.
        detail: where the work stands, such as "epoch 3/10" or "trial 2/5"; may be empty.
        ended: what has just ended, in a line that stays on the screen; empty for nothing.
    """

    task: str
    done: int
    total: int
    figure: str = ""
    detail: str = ""
    ended: str = ""


Listener = Callable[[Progress], None]

_listeners: list[Listener] = []


@contextmanager
def listen(callback: Listener) -> Iterator[None]:
    """Tells the callback of all progress while the block runs; the innermost listener wins."""
    _listeners.append(callback)
    try:
        yield
    finally:
        _listeners.remove(callback)


def report(progress: Progress) -> None:
    """Tells the listener, if there is one."""
    if _listeners:
        _listeners[-1](progress)


def name_figure(name: str, value: float) -> str:
    """A figure as people read it: "val_accuracy", 0.98412 gives "val accuracy 0.9841"."""
    return f"{name.replace('_', ' ')} {float(value):.4f}"
