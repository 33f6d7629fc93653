"""What `run` and `results` raise: one base, and a class for each way not to be pushed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from components.gates import Failure

if TYPE_CHECKING:
    from pipeline.api.found import Results


class TriptychError(Exception):
    """A run, or a question about one, that did not end as was hoped; str() is a sentence.

    Attributes:
        results: what there is of the run; None where it did not begin.
    """

    def __init__(self, said: str, results: Results | None = None) -> None:
        super().__init__(said)
        self.results = results


class BadInput(TriptychError, ValueError):
    """A setting or the data cannot be used; nothing was started."""


class Refused(TriptychError):
    """A gate refused the model, or it could not be trained."""

    @property
    def failures(self) -> tuple[Failure, ...]:
        """The demands that were not met, the weightiest first."""
        return self.results.verdict.failures if self.results else ()


class Failed(TriptychError):
    """The run broke."""

    @property
    def log(self) -> Path | None:
        """The file with everything that was said; None where the run did not come so far."""
        return self.results.log if self.results else None


class Stopped(TriptychError, KeyboardInterrupt):
    """The run was stopped, as by Ctrl-C; the same call resumes it.

    A KeyboardInterrupt as well, so that what ends at Ctrl-C ends at this.
    """


class Killed(TriptychError):
    """The run was killed, as for want of memory; the same call resumes it."""


class NotThere(TriptychError, LookupError):
    """What was asked for does not exist: the run, or this part of it."""
